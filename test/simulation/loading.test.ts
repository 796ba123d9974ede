/** What the commands load: a check is soon done when it loads the kinds that its file names, and nothing else. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { packageRoot } from '../../src/kit/package.js';

const cli = join(packageRoot, 'dist/src/cli/index.js');
/** Prints every module that is imported, on standard error. */
const HOOK = `export async function load(url, context, next) { process._rawDebug('loads ' + url); return next(url, context); }`;
const REGISTER = `import { register } from 'node:module'; register(${JSON.stringify(asUrl(HOOK))});`;

function asUrl(module: string): string {
  return `data:text/javascript,${encodeURIComponent(module)}`;
}

/** The modules that `pacebuddy ARGS` imports, each as its package or its path in dist/. */
async function loadedBy(...args: string[]): Promise<string[]> {
  const { stderr } = await promisify(execFile)(process.execPath, ['--import', asUrl(REGISTER), cli, ...args], {
    cwd: packageRoot,
  });
  const urls = [...stderr.matchAll(/^loads file:\/\/(.*)$/gm)].map(([, path = '']) => path);
  return urls.map((path) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? path.split('/dist/')[1] ?? path);
}

test.each(['--version', '--help'])('%s loads the command line and nothing behind it', async (option) => {
  const loaded = await loadedBy(option);
  expect(loaded).toContain('commander');
  expect(loaded.filter((path) => !/^(commander|src\/(cli|kit)\/[\w-]+\.js)$/.test(path))).toEqual([]);
  expect(loaded.length).toBeLessThan(12);
});

test('check loads the kinds that the file names, no validators of others, no driver, no log, no compiler', async () => {
  const loaded = await loadedBy('check', 'examples/opening-night/bridge.yaml');
  const kinds = loaded.flatMap((path) => /^adapters\/([a-z]+)\//.exec(path)?.[1] ?? []);
  expect([...new Set(kinds)].sort()).toEqual(['osc', 'qlab']);
  expect(
    loaded.filter((path) => /connection|simulator|drivers\/|^(pino|ajv|fastify|prom-client|ws)$/.test(path)),
  ).toEqual([]);
});
