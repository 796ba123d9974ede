/**
 * What tsc leaves undone: the generated validators (plain JavaScript), the schemas, the pages, and what is in the way. Everything lands
 * in dist/.
 * `npm run build` runs tsc first.
 */
import { chmodSync, cpSync, existsSync, readdirSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const views = `${root}src/views/`;
const cli = `${root}dist/src/cli/index.js`;
const namesIn = (folder, ...endings) =>
  readdirSync(folder).filter((name) => endings.some((ending) => name.endsWith(ending)));

// What was built from a source that has moved or is gone: nobody is to load or to pack it.
for (const file of ['src', 'adapters'].flatMap((folder) =>
  readdirSync(`${root}dist/${folder}`, { recursive: true }).map((name) => `${folder}/${name}`),
)) {
  const source = file.replace(/(\.d\.ts|\.js)(\.map)?$/, '');
  if (source === file || ['.ts', '.tsx', '.js'].some((ending) => existsSync(`${root}${source}${ending}`))) continue;
  rmSync(`${root}dist/${file}`);
}

for (const folder of ['src', 'adapters']) {
  for (const name of readdirSync(`${root}${folder}`, { recursive: true })) {
    if (!/[\\/]?generated[\\/][^\\/]+(\.js|\.d\.ts)$|[\\/]config\.schema\.json$/.test(name)) continue;
    cpSync(`${root}${folder}/${name}`, `${root}dist/${folder}/${name}`);
  }
}

// A page is one .html and one .tsx of src/views itself; what pages share is in its folders.
await build({
  entryPoints: namesIn(views, '.tsx', '.css').map((name) => `${views}${name}`),
  outdir: `${root}dist/views`,
  bundle: true,
  format: 'esm',
  minify: true,
  sourcemap: true,
  // iPadOS 16 runs on an iPad of 2017.
  target: ['safari16', 'chrome110', 'firefox115'],
  jsx: 'automatic',
  jsxImportSource: 'preact',
  legalComments: 'none',
  logLevel: 'warning',
});
for (const name of namesIn(views, '.html', '.svg')) cpSync(`${views}${name}`, `${root}dist/views/${name}`);

if (existsSync(cli)) chmodSync(cli, 0o755);
