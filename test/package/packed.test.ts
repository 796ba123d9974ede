import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { packageRoot, packageVersion } from '../../src/kit/package.js';

interface Manifest {
  name: string;
  bin: Record<string, string>;
  dependencies: Record<string, string>;
}
const run = promisify(execFile);
const modules = join(packageRoot, 'node_modules');
/** The command, where npm links it to. */
let program: string;
let folder: string;
let tarball: string;
let installed: string;

/** As `npm install` of the tarball leaves the folder, with the packages that the bridge says it needs and no other. */
beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'pacebuddy-packed-')));
  const { stdout } = await run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder], {
    cwd: packageRoot,
    maxBuffer: 16 * 1024 * 1024,
  });
  tarball = join(folder, (JSON.parse(stdout) as { filename: string }[])[0]?.filename ?? '');
  installed = join(folder, 'node_modules/pacebuddy-bridge');
  await mkdir(installed, { recursive: true });
  await run('tar', ['-xzf', tarball, '--strip-components=1', '-C', installed]);
  const manifest = JSON.parse(await readFile(join(installed, 'package.json'), 'utf8')) as Manifest;
  for (const name of Object.keys(manifest.dependencies)) await lend(name);
  await mkdir(join(folder, 'node_modules/.bin'));
  program = join(folder, 'node_modules/.bin/pacebuddy');
  await symlink(join(installed, manifest.bin.pacebuddy ?? ''), program);
  await writeFile(join(folder, 'package.json'), JSON.stringify({ name: 'a-theatre', private: true, type: 'module' }));
}, 60_000);
afterAll(() => rm(folder, { recursive: true }));

async function lend(name: string): Promise<void> {
  const place = join(folder, 'node_modules', name);
  await mkdir(dirname(place), { recursive: true });
  await symlink(join(modules, name), place);
}

const inFolder = (command: string, args: string[]) =>
  run(command, args, { cwd: folder }).catch((fault: { stdout?: string; stderr?: string }) => {
    throw new Error(`${command} ${args.join(' ')}\n${fault.stdout}\n${fault.stderr}`);
  });

test('the packed program says its version and finds nothing wrong with the example that it brings', async () => {
  expect((await inFolder(program, ['--version'])).stdout.trim()).toBe(packageVersion);
  const example = join(installed, 'examples/opening-night/bridge.yaml');
  expect((await inFolder(program, ['check', example])).stdout).toContain('good.');
  expect(existsSync(join(installed, 'docs/bridge-file.md'))).toBe(true);
});

test('both doors open for a program beside it', async () => {
  const script = `
    const client = await import('pacebuddy-bridge/client');
    const adapter = await import('pacebuddy-bridge/adapter');
    console.log(typeof client.connect, typeof client.fileStore, typeof adapter);`;
  const { stdout } = await inFolder(process.execPath, ['--input-type=module', '-e', script]);
  expect(stdout.trim()).toBe('function function object');
});

test('somebody else compiles against both doors, their own libraries checked too', async () => {
  await cp(join(import.meta.dirname, 'consumer.ts'), join(folder, 'consumer.ts'));
  await lend('@types/node');
  const compilerOptions = { module: 'nodenext', target: 'es2023', strict: true, noEmit: true, types: ['node'] };
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['consumer.ts'] }));
  await inFolder(process.execPath, [join(modules, 'typescript/bin/tsc'), '-p', 'tsconfig.json']);
}, 60_000);

test('every way to import the package finds its types', async () => {
  const attw = join(modules, '@arethetypeswrong/cli/dist/index.js');
  // Only ever imported: whoever would require() it gets Node's own word for that.
  await inFolder(process.execPath, [attw, tarball, '--profile', 'esm-only', '--no-emoji']);
}, 60_000);
