/** The template adapter and the bridge as tarballs, installed into an empty folder: as somebody does who writes an adapter. */
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { packageRoot } from '../../src/kit/package.js';
import { freePort } from '../support/free-port.js';
import { isAlive } from '../support/isolated-rig.js';
import { pacebuddy, Talking } from '../support/program.js';
import { eventually } from '../support/waiting.js';

const call = promisify(execFile);
const TEMPLATE = 'pacebuddy-adapter-artnet';
/** It hangs wherever it can: when it connects, and when it is asked. */
const HANGING = `export default { contract: 1, kind: 'hanging', schema: { $defs: { device: {}, when: {}, send: {} } }, adapter: async () => ({
  kind: 'hanging', connect() { for (;;); }, summarise() { for (;;); }, matches() { for (;;); } }) };`;
/** The processes of its driver that run. */
const hanging = (): number[] =>
  readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && titleOf(pid).includes('driver hanging') && isAlive(pid));
function titleOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}
let folder: string;
let cli: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bridge-outside-'));
  const modules = join(folder, 'node_modules');
  await mkdir(modules);
  for (const [name, source] of [
    ['pacebuddy-bridge', packageRoot],
    [TEMPLATE, join(packageRoot, 'examples/adapter-template')],
  ] as const) {
    const { stdout } = await call('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder], {
      cwd: source,
      maxBuffer: 2 ** 24,
    });
    const [{ filename }] = JSON.parse(stdout) as [{ filename: string }];
    const home = join(modules, name);
    await mkdir(home);
    await call('tar', ['-xzf', join(folder, filename), '-C', home, '--strip-components=1']);
  }
  // The bridge's dependencies, without a registry: those that are installed here.
  for (const name of await readdir(join(packageRoot, 'node_modules'))) {
    if (!name.startsWith('.')) await symlink(join(packageRoot, 'node_modules', name), join(modules, name));
  }
  await mkdir(join(modules, 'hanging'));
  await writeFile(join(modules, 'hanging', 'package.json'), '{ "type": "module", "main": "a.js" }');
  await writeFile(join(modules, 'hanging', 'a.js'), HANGING);
  await cp(join(modules, TEMPLATE, 'example'), folder, { recursive: true });
  cli = join(modules, 'pacebuddy-bridge/dist/src/cli/index.js');
}, 120_000);
afterAll(() => rm(folder, { recursive: true }));

test('its example passes check, and a mistake in it is told in the words of the bridge', async () => {
  const good = await pacebuddy(['check', join(folder, 'bridge.yaml')], {}, cli);
  expect(good).toMatchObject({
    code: 0,
    err: '',
    out: expect.stringContaining('good. Two pictures: 2 cues, 1 device'),
  });
  const wrong = await bridgeFile('wrong.yaml', { key: 'makro' });
  const { code, out } = await pacebuddy(['check', wrong], {}, cli);
  expect(code).toBe(1);
  expect(out).toMatch(
    /wrong.yaml:8:49 error CONFIG_INVALID key must be ascii, macro, soft or show, found makro, did you mean 'macro'/,
  );
});

test('it is listed beside the kinds of the bridge', async () => {
  const { out, code } = await pacebuddy(['devices', '--bridge', join(folder, 'bridge.yaml')], {}, cli);
  expect(out).toMatch(/^# Not looked for: artnet, osc, qlab devices/m);
  expect(code).not.toBe(2);
  const broken = join(folder, 'broken.yaml');
  await writeFile(broken, 'version: 1\nshow: { id: a, file: show.yaml }\nadapters: [nobody]\n');
  const without = await pacebuddy(['devices', '--bridge', broken], {}, cli);
  expect(without).toMatchObject({
    code: 1,
    err: expect.stringContaining('broken.yaml:3:12 error CONFIG_ADAPTER nobody'),
  });
  expect((await pacebuddy(['devices', 'artnet'], {}, cli)).err).toMatch(
    /no kind of device, and no file, of the name artnet/,
  );
});

test('it runs against its simulator, and what hangs beside it costs nobody a GO', { timeout: 60_000 }, async () => {
  const [far, near] = [await freePort('udp'), await freePort('udp')];
  const file = await bridgeFile('run.yaml', { far, near, bad: true });
  const device = talking([
    'simulate',
    'artnet',
    '--bridge',
    file,
    '--listen',
    `127.0.0.1:${far}`,
    '--to',
    `127.0.0.1:${near}`,
    '--json',
  ]);
  await device.line(({ msg }) => msg === 'artnet.ready');
  const bridge = talking(['run', file, '--json']);
  const { url } = await bridge.line(({ msg }) => msg === 'bridge.started');
  await bridge.line(
    ({ msg, device: name, status }) => msg === 'device.changed' && name === 'media' && status === 'unverified',
  );
  const sent = await pacebuddy(['send', 'CueAdvanced', '--url', String(url)], {}, cli);
  expect(sent.code).toBe(0);
  expect(await device.line(({ msg }) => msg === 'artnet.triggered')).toMatchObject({ key: 'show', subKey: 11 });
  device.say('macro 1');
  expect(await bridge.line(({ msg }) => msg === 'input.taken')).toMatchObject({ device: 'media', ruleId: 'media-go' });
  await bridge.line(({ msg, device: name }) => msg === 'device.lost' && name === 'bad');
  const { out } = await pacebuddy(['devices', '--url', String(url), '--json'], {}, cli);
  expect(JSON.parse(out).devices).toEqual([
    expect.objectContaining({ device: 'media', adapter: 'artnet', status: 'up' }),
    expect.objectContaining({ device: 'bad', adapter: 'hanging', status: expect.not.stringMatching(/up/) }),
  ]);
  if (process.platform !== 'linux') return;
  // The one that hangs hears of nothing: it must not spin on when the bridge is gone.
  await eventually(() => hanging().length > 0, 'a driver that hangs');
  bridge.process.kill('SIGKILL');
  await eventually(() => hanging().length === 0, 'its end with the bridge');
});

test('a reload takes a package in that was installed meanwhile, and refuses one that does not load', async () => {
  const file = await bridgeFile('reload.yaml', {});
  const text = await readFile(file, 'utf8');
  await writeFile(file, 'version: 1\nshow: { id: artnet_reload, file: show.yaml }\nserver: { listen: 127.0.0.1:0 }\n');
  const bridge = talking(['run', file, '--json']);
  await bridge.line(({ msg }) => msg === 'bridge.started');
  await writeFile(file, text.replaceAll('artnet_test', 'artnet_reload').replace('hanging]', 'nobody]'));
  bridge.process.kill('SIGHUP');
  const refused = await bridge.line(({ msg }) => msg === 'config.refused');
  expect(refused.detail).toContain('reload.yaml:4:38 nobody is not installed');
  const free = text.replace('6455', String(await freePort('udp'))).replace('6454', String(await freePort('udp')));
  await writeFile(file, free.replaceAll('artnet_test', 'artnet_reload'));
  bridge.process.kill('SIGHUP');
  await bridge.line(({ msg, device }) => msg === 'device.changed' && device === 'media');
});

test('it passes the contract of adapters, which comes with the bridge', { timeout: 120_000 }, async () => {
  const copy = join(folder, 'my-adapter');
  await cp(join(folder, 'node_modules', TEMPLATE), copy, { recursive: true });
  const vitest = join(folder, 'node_modules/vitest/vitest.mjs');
  const { NODE_OPTIONS: _, ...env } = process.env;
  const { stdout } = await call(process.execPath, [vitest, 'run', '--reporter=json'], {
    cwd: copy,
    env,
    maxBuffer: 2 ** 24,
  });
  const report = JSON.parse(stdout.slice(stdout.indexOf('{'))) as { numPassedTests: number; numTotalTests: number };
  expect(report.numPassedTests).toBe(report.numTotalTests);
  expect(report.numTotalTests).toBeGreaterThan(15);
});

test('its types are those of the door', async () => {
  const copy = join(folder, 'typed-adapter');
  await cp(join(folder, 'node_modules', TEMPLATE), copy, { recursive: true });
  const tsc = join(packageRoot, 'node_modules/typescript/bin/tsc');
  const flags = '--noEmit --allowJs --checkJs --strict --module nodenext --target es2023 --types node --ignoreConfig';
  const check = () => call(process.execPath, [tsc, ...flags.split(' '), 'src/index.js'], { cwd: copy });
  expect((await check()).stdout).toBe('');
  const adapter = join(copy, 'src/adapter.js');
  await writeFile(adapter, (await readFile(adapter, 'utf8')).replace("kind: 'artnet'", 'kind: 7'));
  await expect(check()).rejects.toMatchObject({
    stdout: expect.stringMatching(/adapter\.js.* not assignable to type 'string'/),
  });
});

/** The example's bridge file with something changed. */
async function bridgeFile(
  name: string,
  change: { far?: number; near?: number; key?: string; bad?: boolean },
): Promise<string> {
  const { far = 6455, near = 6454, key = 'macro', bad = false } = change;
  const path = join(folder, name);
  await writeFile(
    path,
    `version: 1
show: { id: artnet_test, file: show.yaml, goGuardMs: 0 }
server: { listen: 127.0.0.1:0 }
adapters: [${TEMPLATE}, hanging]
devices:
  media: { adapter: artnet, host: 127.0.0.1, port: ${far}, listen: 127.0.0.1:${near} }
${bad ? '  bad: { adapter: hanging }\n' : ''}inputs:
  - { id: media-go, when: { device: media, key: ${key}, subKey: 1 }, propose: CueAdvanced }
outputs:${bad ? '\n  - { id: go-to-bad, event: CueAdvanced, send: { device: bad } }' : ''}
  - { id: go-to-media, event: CueAdvanced, call: video, send: { device: media, key: show, subKey: $call.number } }
  - { id: stop-media, event: EmergencyTriggered, send: { device: media, key: macro, subKey: 255 } }
`,
  );
  return path;
}

function talking(args: readonly string[]): Talking {
  const one = new Talking(args, {}, [], cli);
  onTestFinished(async () => {
    one.process.kill('SIGTERM');
    await one.ended;
  });
  return one;
}
