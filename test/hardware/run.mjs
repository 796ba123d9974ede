/**
 * `npm run test:hardware`: boots a guest with the stock Debian kernel and runs the built bridge in it, against devices
 * that its kernel believes to be real. `npm run test:hardware -- story midi` runs the files whose names have these words.
 * Ends with 0 when every test passed, 1 when one failed, 2 when the suite could not run: that is not a pass.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { build } from 'esbuild';
import { runGuest } from './guest.mjs';
import { Tap } from './tap.mjs';

const here = import.meta.dirname;
const root = resolve(here, '../..');
const cache = resolve(process.env.HARDWARE_CACHE ?? join(root, 'node_modules/.cache/pacebuddy-hardware'));
const consoleLog = join(cache, 'console.log');
const began = Date.now();
const seconds = () => `${((Date.now() - began) / 1000).toFixed(0)} s`;

const missing = whatIsMissing();
if (missing.length > 0) notRun(missing.join('; '));
mkdirSync(cache, { recursive: true });
const image = spawnSync('bash', [join(here, 'image.sh'), cache], {
  stdio: ['ignore', 'inherit', 'pipe'],
  encoding: 'utf8',
});
if (image.status !== 0) notRun(`the image cannot be made: ${image.stderr.trim().split('\n').slice(-3).join(' ')}`);
const words = process.argv.slice(2);
const files = readdirSync(join(here, 'guest')).filter((name) => name.endsWith('.test.ts'));
const chosen = files.filter((name) => words.length === 0 || words.some((word) => name.includes(word))).sort();
if (chosen.length === 0) notRun(`no file of test/hardware/guest is named like ${words.join(' ')}: ${files.join(' ')}`);
const tests = await bundle(chosen);
makeInitrd();
console.log(`the guest is made: ${seconds()}`);

let verdict = await attempt();
if (verdict.isCrash) {
  console.log(`== QEMU itself crashed (exit code ${verdict.code}): once more`);
  verdict = await attempt();
}
const { tap, problem } = verdict;
if (problem) {
  console.log(`\nThe hardware suite has failed as a whole: ${problem}. The guest's console said last:`);
  console.log(readFileSync(consoleLog, 'utf8').trimEnd().split('\n').slice(-40).join('\n'));
}
const failed = tap.failed + (problem ? 1 : 0);
console.log(`\n      Tests  ${failed > 0 ? `${failed} failed | ` : ''}${tap.passed} passed (${tap.passed + failed})`);
console.log(`   Duration  ${seconds()}`);
process.exit(failed > 0 ? 1 : 0);

/** @returns what has to be installed before anything can run, in the technician's words */
function whatIsMissing() {
  if (process.platform !== 'linux' || process.arch !== 'x64') return ['Linux on x86-64 (the guest is one)'];
  const has = (program) => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;
  const programs = { 'qemu-system-x86_64': 'qemu-system-x86', cpio: 'cpio', 'apt-get': 'apt', 'dpkg-deb': 'dpkg' };
  const gaps = Object.entries(programs)
    .filter(([program]) => !has(program))
    .map(([program, name]) => `${program} (apt-get install ${name})`);
  const isStatic = existsSync('/bin/busybox') && !readFileSync('/bin/busybox').includes('/lib64/ld-linux');
  if (!isStatic) gaps.push('a static busybox (apt-get install busybox-static)');
  const kernel = spawnSync('apt-cache', ['depends', 'linux-image-amd64'], { encoding: 'utf8' });
  if (!/Depends: linux-image-/.test(kernel.stdout ?? '')) {
    gaps.push('the kernel package linux-image-amd64 (apt-get update)');
  }
  if (!existsSync(join(root, 'dist/src/cli/index.js'))) gaps.push('the built bridge (npm run build)');
  return gaps;
}

function notRun(why) {
  console.error(`\nhardware suite not run: ${why}`);
  process.exit(2);
}

/** The tests as JavaScript. What they import of ours is taken from dist/: it is the built bridge that is tested. */
async function bundle(names) {
  const outdir = join(cache, 'tests/bridge/test/hardware');
  rmSync(join(cache, 'tests'), { recursive: true, force: true });
  const fromBuild = {
    name: 'from-build',
    setup(building) {
      building.onResolve({ filter: /^vitest$/ }, () => ({ path: join(here, 'guest/expect.ts') }));
      building.onResolve({ filter: /^\./ }, ({ path, resolveDir }) => {
        const target = resolve(resolveDir, path);
        const inside = target.startsWith(`${root}/`) ? target.slice(root.length + 1) : '';
        // The contract's suite is a test, with the guest's own expect.
        if (!/^(src|adapters)\//.test(inside) || inside.startsWith('src/adapter-sdk/testing/')) return undefined;
        return { path: `../../dist/${inside}`, external: true };
      });
    },
  };
  await build({
    entryPoints: names.map((name) => join(here, 'guest', name)),
    outdir,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    packages: 'external',
    sourcemap: 'inline',
    sourcesContent: false,
    logLevel: 'warning',
    plugins: [fromBuild],
  });
  return names.map((name) => `test/hardware/${basename(name, '.ts')}.js`);
}

/** The base, the bridge with the packages that it runs with, and the tests: one initramfs, each part a cpio archive. */
function makeInitrd() {
  const stage = join(cache, 'stage');
  rmSync(stage, { recursive: true, force: true });
  mkdirSync(stage);
  symlinkSync(root, join(stage, 'bridge'));
  const packages = spawnSync('npm', ['ls', '--omit=dev', '--all', '--parseable'], { cwd: root, encoding: 'utf8' });
  const ours = packages.stdout
    .split('\n')
    .filter((path) => path.startsWith(`${root}/node_modules/`))
    .map((path) => `bridge${path.slice(root.length)}`);
  const rest = ['dist', 'config', 'schemas', 'examples', 'package.json'].map((name) => `bridge/${name}`);
  // Folders within folders are found by themselves, and prebuilt binaries of other systems would only be carried about.
  const tops = [
    ...new Set(
      ours.map((path) =>
        path
          .split('/')
          .slice(0, path.split('/')[2]?.startsWith('@') ? 4 : 3)
          .join('/'),
      ),
    ),
  ];
  const list = [
    `printf '%s\\n' bridge/node_modules bridge/node_modules/@*`,
    `find ${[...rest, ...tops].map((path) => `'${path}'`).join(' ')} \\( -name '*.map' -o -name '*.md' -o -path '*/prebuilds/*-*' ! -path '*/prebuilds/*linux-x64*' \\) -prune -o -print`,
  ].join('; ');
  const { status, stderr } = spawnSync(
    'bash',
    [
      '-c',
      `set -e -o pipefail
       (cd '${stage}' && { ${list}; } | cpio -o -H newc -R 0:0 --quiet > '${cache}/bridge.cpio')
       (cd '${cache}/tests' && find . | cpio -o -H newc -R 0:0 --quiet > '${cache}/tests.cpio')
       cat '${cache}/base.cpio' '${cache}/bridge.cpio' '${cache}/tests.cpio' > '${cache}/initrd.cpio'
       rm '${cache}/bridge.cpio' '${cache}/tests.cpio'`,
    ],
    { encoding: 'utf8' },
  );
  if (status !== 0) notRun(`the initramfs cannot be made: ${stderr}`);
}

async function attempt() {
  const tap = new Tap(
    ({ name, ok, seconds: took, words }) => {
      console.log(` ${ok ? '✓' : '✗'} ${name} (${took.toFixed(1)} s)`);
      if (!ok) console.log(words.join('\n'));
    },
    (note) => console.log(`   ${note}`),
  );
  const { code, isLate } = await runGuest(
    { kernel: join(cache, 'vmlinuz'), initrd: join(cache, 'initrd.cpio'), consoleLog },
    { tests, silenceSeconds: () => tap.silenceSeconds, onResults: (text) => tap.push(text) },
  );
  const isCrash = !isLate && code >= 128;
  const late = isLate ? `nothing was heard of it for ${tap.silenceSeconds} s after ${tap.lastWord}: ` : '';
  const problem = tap.problem();
  return { tap, code, isCrash, problem: problem && late + problem };
}
