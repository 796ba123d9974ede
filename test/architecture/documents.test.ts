import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { expect, test } from 'vitest';

/** Lines of a folder's README: what is longer is a reference, and goes to docs/. */
const SCREEN = 70;
/** What a technician reads from the beginning to the end: one kind of device, or what is there to copy. */
const PAGE = 90;

const root = resolve(import.meta.dirname, '../..');
const text = (path: string) => readFileSync(join(root, path), 'utf8');

function markdown(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    if (entry.name === 'node_modules' || entry.name === 'dist' || entry.name.startsWith('.')) return [];
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return markdown(path);
    return entry.name.endsWith('.md') ? [path] : [];
  });
}
const documents = markdown('.');
const readmes = documents.filter((path) => path.endsWith('/README.md'));

test('every top folder opens with a README', () => {
  const folders = readdirSync(join(root, 'src'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => `src/${entry.name}`);
  const missing = [...folders, 'schemas', 'adapters', 'config', 'docs', 'examples', 'test', 'bench'].filter(
    (folder) => !existsSync(join(root, folder, 'README.md')),
  );
  expect(missing).toEqual([]);
});

test("a folder's README is one screen", () => {
  expect(readmes.length).toBeGreaterThan(20);
  const tooLong = readmes
    .map((path) => ({ path, lines: text(path).trimEnd().split('\n').length }))
    .filter(({ path, lines }) => lines > (/^(adapters|config)\//.test(path) ? PAGE : SCREEN))
    .map(({ path, lines }) => `${path}: ${lines} lines`);
  expect(tooLong).toEqual([]);
});

/** As GitHub names a heading: lower case, words with hyphens. */
const anchorsOf = (path: string) =>
  [...text(path).matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );

test('every link in a document leads to something', () => {
  const dead = documents.flatMap((path) => {
    const prose = text(path)
      .replace(/^```[\s\S]*?^```/gm, '')
      .replace(/`[^`\n]*`/g, '');
    const links = [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link);
    return links
      .filter((link) => !/^(https?|mailto):/.test(link))
      .filter((link) => {
        const [file = '', anchor] = link.split('#');
        const target = file === '' ? path : relative(root, resolve(root, dirname(path), file));
        if (!existsSync(join(root, target))) return true;
        return anchor !== undefined && !anchorsOf(target).includes(anchor);
      })
      .map((link) => `${path}: ${link}`);
  });
  expect(dead).toEqual([]);
});

test('a document that is named in a comment or a message is there', () => {
  const named = ['config', 'examples', 'src', 'adapters'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.(ya?ml|tsx?|json)$/.test(name))
      .flatMap((name) => [...text(join(folder, name)).matchAll(/\bdocs\/[\w./-]+\.md\b/g)].map(([path]) => path)),
  );
  expect(named.length).toBeGreaterThan(0);
  expect(named.filter((path) => !existsSync(join(root, path)))).toEqual([]);
});
