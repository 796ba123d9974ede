/**
 * `npm run release` makes the version of package.json ready to be tagged, `npm run release -- 0.3.0` another one: version and
 * date are set, the package lies beside package.json, and what is left to do is printed. Nothing is committed, tagged or pushed.
 * Refuses, with nothing changed, when the tree is not clean, the version is tagged already, CHANGELOG.md has nothing to say of it,
 * or a check fails.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';

const read = () => JSON.parse(readFileSync('package.json', 'utf8'));
const version = process.argv[2] ?? read().version;
const today = new Date().toISOString().slice(0, 10);

function refuse(why) {
  console.error(`not released: ${why}`);
  process.exit(1);
}
function run(command, ...args) {
  if (spawnSync(command, args, { stdio: 'inherit' }).status !== 0) refuse(`${command} ${args.join(' ')} has failed`);
}
const ask = (...args) => spawnSync('git', args, { encoding: 'utf8' }).stdout.trim();

/** The changelog with this version's section dated, or undefined when it has none, or an empty one. */
function dated(text) {
  const mark = version.replaceAll('.', '\\.');
  const section = new RegExp(`^## (?:${mark} \\(unreleased\\)|Unreleased)\\n((?:(?!## ).*\\n?)*)`, 'gm');
  const found = [...text.matchAll(section)].find(([, body]) => /^- /m.test(body));
  if (!found) return undefined;
  const [whole, body] = found;
  const rest = whole.startsWith('## Unreleased') ? '## Unreleased\n\n' : '';
  return text.replace(whole, () => `${rest}## ${version} (${today})\n${body}`);
}

if (!/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version)) refuse(`"${version}" is no version`);
if (ask('status', '--porcelain') !== '') refuse('the tree is not clean: commit or stash what git status tells');
if (ask('tag', '--list', `v${version}`) !== '') refuse(`v${version} is tagged already: npm run release -- VERSION`);
const changelog = dated(readFileSync('CHANGELOG.md', 'utf8'));
if (changelog === undefined)
  refuse(`CHANGELOG.md has no lines for ${version}, neither under its name nor under Unreleased`);
run('npm', 'run', 'check');
run('npm', 'test');

writeFileSync('CHANGELOG.md', changelog);
run('npm', 'version', version, '--no-git-tag-version', '--allow-same-version');
run('npm', 'pack');
console.log(`
${read().name}-${version}.tgz is packed. bash .ci/run proves the rest of it; then:

    git commit -am 'build: release ${version}'
    git tag -a v${version} -m '${version}'
    git push --follow-tags
`);
