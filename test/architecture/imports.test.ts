import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { adapters } from '../../adapters/index.js';
import { CONTRACT_VERSION } from '../../src/adapter-sdk/define-adapter.js';
import { ERRORS } from '../../src/kit/errors.js';

/** Who may import whom: the table of the README, as data. `*` is everything. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  'src/app': ['*'],
  'src/cli': ['src/app', 'src/journal', 'src/config', 'src/kit', 'src/client'],
  'src/kit': [],
  'src/kit/pointer.ts': [],
  'src/generated': ['src/kit'],
  'src/protocol': ['src/generated', 'src/kit/pointer.ts'],
  'src/wire': ['src/kit'],
  'src/adapter-sdk': ['src/config', 'src/kit'],
  'src/show': ['src/protocol', 'src/generated', 'src/kit/pointer.ts'],
  'src/sequencer': ['src/show', 'src/journal', 'src/kit', 'src/protocol'],
  'src/journal': ['src/protocol', 'src/kit'],
  'src/mapping': ['src/show', 'src/protocol', 'src/generated', 'src/kit/pointer.ts'],
  'src/devices': ['src/adapter-sdk', 'src/kit'],
  'src/gateway': ['src/show', 'src/protocol', 'src/kit', 'src/generated'],
  'src/config': ['src/generated', 'src/kit'],
  'src/check': ['src/config', 'src/mapping', 'src/show', 'src/protocol', 'src/generated', 'src/kit'],
  'src/client': ['src/show', 'src/protocol', 'src/generated', 'src/kit'],
  'src/views': ['src/client'],
  'adapters/index.ts': ['adapters'],
};

const root = resolve(import.meta.dirname, '../..');

function files(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return files(path);
    return /\.tsx?$/.test(entry.name) && !/\.(test|d)\.ts$/.test(entry.name) ? [path] : [];
  });
}

const sources = [...files('src'), ...files('adapters')];
const text = (path: string) => readFileSync(join(root, path), 'utf8');

/** The room a file belongs to: its own line in the table, or its folder. */
function roomOf(path: string): string {
  if (path in MAY_IMPORT) return path;
  return path.split('/').slice(0, 2).join('/');
}

function importsOf(path: string): string[] {
  const found = text(path).matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g);
  return [...found].map(([, target]) =>
    relative(root, resolve(root, path, '..', target ?? '')).replace(/\.js$/, '.ts'),
  );
}

test('the table of the README says the same', () => {
  const paths = (said: string) =>
    said.split(', ').flatMap((name) => {
      if (name === 'everything') return ['*'];
      if (name === 'nothing' || name === 'nothing of ours') return [];
      return [name.startsWith('adapters') || name.startsWith('src/') ? name : `src/${name}`];
    });
  const rows = [...text('README.md').matchAll(/^\| `((?:src|adapters)\/[\w./-]+)` \|[^|]*\| ([^|]+) \|$/gm)];
  const table = rows.map(([, room = '', said = '']) => [room.replace(/\/$/, ''), paths(said).sort()]);
  const data = Object.entries(MAY_IMPORT).map(([room, names]) => [room, [...names].sort()]);
  expect(Object.fromEntries(table)).toEqual(Object.fromEntries(data));
});

test('every import runs along an arrow of the tree', () => {
  const wrong = sources.flatMap((path) => {
    const room = roomOf(path);
    const allowed =
      room.startsWith('adapters/') && room !== 'adapters/index.ts'
        ? ['src/adapter-sdk', 'src/wire', 'src/kit']
        : (MAY_IMPORT[room] ?? []);
    return importsOf(path)
      .map((target) => roomOf(target))
      .filter((target) => target !== room && !allowed.includes('*'))
      .filter((target) => !allowed.some((name) => target === name || target.startsWith(`${name}/`)))
      .map((target) => `${path} imports ${target}`);
  });
  expect(wrong).toEqual([]);
});

test('the sequencer knows the contract of the journal, and not which one it is', () => {
  const known = sources
    .filter((path) => path.startsWith('src/sequencer/'))
    .flatMap((path) => importsOf(path).filter((target) => target.startsWith('src/journal/')));
  expect([...new Set(known)]).toEqual(['src/journal/journal.ts']);
});

test('the show, the messages and the mapping know no machine: no node: module, no package but the patch library', () => {
  const wrong = sources
    .filter((path) => /^src\/(show|protocol|mapping)\//.test(path))
    .flatMap((path) => [...text(path).matchAll(/from '([^.'][^']*)'/g)].map(([, name]) => `${path} imports ${name}`))
    .filter((line) => !line.endsWith(' rfc6902'));
  expect(wrong).toEqual([]);
});

test('time is handed in: only the clock asks the machine', () => {
  const wrong = sources
    .filter((path) => path !== 'src/kit/clock.ts' && !path.startsWith('src/views/'))
    .filter((path) => /\b(Date\.now|performance\.now|setTimeout|setInterval)\(/.test(text(path)));
  expect(wrong).toEqual([]);
});

test('every adapter folder is in the registry under its own name, with its contract, its schema and its README', async () => {
  const folders = readdirSync(join(root, 'adapters'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name);
  expect(Object.keys(adapters).sort()).toEqual(folders.sort());
  for (const [folder, load] of Object.entries(adapters)) {
    const { default: definition } = await load();
    expect([definition.kind, definition.contract]).toEqual([folder, CONTRACT_VERSION]);
    expect(existsSync(new URL(String(definition.schema)))).toBe(true);
    expect((await definition.adapter()).kind).toBe(folder);
    expect(Object.keys((await definition.validators?.()) ?? {})).toEqual(
      expect.arrayContaining(['device', 'when', 'send']),
    );
    for (const file of ['README.md', 'index.ts', 'adapter.ts', 'config.schema.json', 'adapter.test.ts']) {
      expect(existsSync(join(root, 'adapters', folder, file)), `adapters/${folder}/${file}`).toBe(true);
    }
  }
});

test('a built-in adapter is its folder and one line of the registry', () => {
  const core = [...files('src'), 'adapters/index.ts', 'scripts/generate.mjs', 'scripts/build.mjs', 'package.json'];
  // The commands that are a QLab or a console by name, and the demo with both.
  const desks = ['src/cli/simulate.ts', 'src/cli/demo.ts', 'src/cli/qlab-lines.ts', 'src/cli/program.ts'];
  for (const kind of Object.keys(adapters)) {
    const naming = core
      .filter((path) => !desks.includes(path))
      .flatMap((path) =>
        text(path)
          .split('\n')
          .map((line) => `${path}: ${line.trim()}`),
      )
      .filter((line) => new RegExp(`'${kind}'|adapters/${kind}\\b|'\\./${kind}/|\\b${kind}Adapter\\b`).test(line));
    expect(naming).toEqual([`adapters/index.ts: ${kind}: () => import('./${kind}/index.js'),`]);
  }
});

test('a hint that sends somebody to a README names one that there is', () => {
  const hints = Object.values(ERRORS).map(({ hint }) => hint);
  const sending = hints.filter((hint) => hint.includes('README'));
  expect(sending.length).toBeGreaterThan(0);
  for (const hint of sending) {
    const named = [...hint.matchAll(/\S*README(?:\.md)?/g)].map(([path]) => path.replace('/KIND/', '/qlab/'));
    for (const path of named) {
      expect(path, hint).toMatch(/.\/README\.md$/);
      expect(existsSync(join(root, path)), hint).toBe(true);
    }
  }
});

test('the table of codes is the table of the code', () => {
  const rows = text('docs/codes.md').matchAll(/^\| `([A-Z_]+)` \| (\w+) \| (.+) \|$/gm);
  const table = [...rows].map(([, code = '', severity, hint]) => [code, { severity, hint }]);
  expect(Object.fromEntries(table)).toEqual(ERRORS);
});
