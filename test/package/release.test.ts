import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { packageRoot } from '../../src/kit/package.js';

const subjects = join(packageRoot, 'scripts/check-commits.mjs');
const release = join(packageRoot, 'scripts/release.mjs');
let folder: string;

const run = (command: string, args: string[]) => promisify(execFile)(command, args, { cwd: folder });
const git = (...args: string[]) =>
  run('git', ['-c', 'user.name=T', '-c', 'user.email=t@example.org', '-c', 'commit.gpgsign=false', ...args]);
const commit = async (subject: string) => {
  await git('add', '-A');
  await git('commit', '--allow-empty', '-qm', subject);
};
/** Runs a script that is to refuse. @returns what it said */
const refused = (script: string, ...args: string[]) =>
  run(process.execPath, [script, ...args]).then(
    ({ stdout }) => Promise.reject(new Error(`it was content: ${stdout}`)),
    ({ stderr }: { stderr: string }) => stderr,
  );

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pacebuddy-release-'));
  await git('init', '-q');
});
afterEach(() => rm(folder, { recursive: true }));

async function bringTheCheck() {
  await mkdir(join(folder, 'scripts'));
  await writeFile(join(folder, 'scripts/check-commits.mjs'), '');
  await commit('and the one that brings it is not asked');
}

test('commit subjects count from the commit that brought the check on', async () => {
  await commit('older ones may be as long as they like, since they cannot be changed any more, can they');
  await bringTheCheck();
  await commit('fix(qlab): a late reply no longer answers the next request');
  await commit('feat(xkeys, hid): pedals');
  expect((await run(process.execPath, [subjects])).stdout).toBe('2 commit subjects looked at, 0 wrong\n');
  await commit(`fix: ${'é'.repeat(68)}`);
  expect(await refused(subjects)).toMatch(/^\w+ fix: é+\n {2}has 73 characters, 72 is the most\n$/);
});

test.each(['fixed it', 'fix(qlab) a reply', 'fix: a reply.', 'Fix: a reply', 'fix(QLab): a reply'])(
  'the commit subject "%s" is refused',
  async (subject) => {
    await bringTheCheck();
    await commit(subject);
    expect(await refused(subjects)).toContain('is not as in: fix(qlab)');
  },
);

async function aPackage({ check = 'node -e 0', changes = '## 0.2.0 (unreleased)\n\n- The first one.\n' } = {}) {
  const manifest = { name: 'a-package', version: '0.2.0', scripts: { check, test: 'node -e 0' } };
  await writeFile(join(folder, 'package.json'), JSON.stringify(manifest));
  await writeFile(join(folder, 'CHANGELOG.md'), `# Changelog\n\n${changes}`);
  await commit('build: a package');
}
const text = (name: string) => readFile(join(folder, name), 'utf8');

test('a release is dated, packed, and says how it is tagged', async () => {
  await aPackage();
  const { stdout } = await run(process.execPath, [release]);
  expect(stdout).toContain("git tag -a v0.2.0 -m '0.2.0'");
  expect(await text('CHANGELOG.md')).toMatch(/^# Changelog\n\n## 0\.2\.0 \(\d{4}-\d\d-\d\d\)\n\n- The first one\.\n$/);
  expect((await git('status', '--porcelain')).stdout).toContain('?? a-package-0.2.0.tgz');
  expect((await git('tag')).stdout).toBe('');
}, 30_000);

test('the next release takes what is under Unreleased', async () => {
  await aPackage({ changes: '## Unreleased\n\n- The second one.\n\n## 0.2.0 (2026-11-29)\n\n- The first one.\n' });
  await git('tag', '-am', '0.2.0', 'v0.2.0');
  expect(await refused(release)).toContain('v0.2.0 is tagged already');
  await run(process.execPath, [release, '0.3.0']);
  expect(await text('CHANGELOG.md')).toMatch(
    /^# Changelog\n\n## Unreleased\n\n## 0\.3\.0 \(\d{4}-\d\d-\d\d\)\n\n- The second one\.\n\n## 0\.2\.0 \(2026-11-29\)\n/,
  );
  expect(JSON.parse(await text('package.json'))).toMatchObject({ version: '0.3.0' });
}, 30_000);

test('a red check, an empty section and a dirty tree are no release, and change nothing', async () => {
  await aPackage({ check: 'node -e "process.exit(1)"' });
  expect(await refused(release)).toContain('npm run check has failed');
  await aPackage({ changes: '## Unreleased\n\n## 0.1.0 (2026-01-01)\n\n- An old one.\n' });
  expect(await refused(release)).toContain('CHANGELOG.md has no lines for 0.2.0');
  expect((await git('status', '--porcelain')).stdout).toBe('');
  await writeFile(join(folder, 'left.txt'), '');
  expect(await refused(release)).toContain('the tree is not clean');
}, 30_000);
