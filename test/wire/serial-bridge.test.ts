/** The whole bridge with a button on a pty: the far end is socat. */
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Bridge } from '../../src/app/bridge.js';
import { loadChecked } from '../../src/app/registry.js';
import { systemClock } from '../../src/kit/clock.js';
import { silentLog } from '../../src/kit/log.js';
import { packageRoot } from '../../src/kit/package.js';
import { portSettles, SocatBox } from '../support/socat-box.js';
import { eventually } from '../support/waiting.js';

const clock = systemClock();

const bridgeFile = (path: string): string => `
version: 1
show: { id: serial_test, file: show.yaml, goGuardMs: 0 }
server: { listen: 127.0.0.1:0 }
devices:
  button: { adapter: serial, path: ${path}, baudRate: 115200 }
inputs:
  - { id: go, when: { device: button, line: GO }, propose: CueAdvanced }
outputs:
  - { id: lamp, event: CueAdvanced, send: { device: button, line: LAMP $cue.number }, echo: true }
`;

test('a line GO moves the show by exactly one cue and lights the lamp; pulled and plugged in, it does so again within a second', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'serial-bridge-'));
  const box = await SocatBox.plugged();
  await copyFile(join(packageRoot, 'config/show.minimal.yaml'), join(folder, 'show.yaml'));
  await writeFile(join(folder, 'bridge.yaml'), bridgeFile(box.path));
  const loaded = await loadChecked(join(folder, 'bridge.yaml'), {});
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  const bridge = await Bridge.start({ checked: loaded.bridge, log: silentLog });
  const status = () => bridge.devices().find(({ device }) => device === 'button')?.status;
  const current = () => bridge.sequencer.state.currentCueId;
  // After a cable was pulled the bridge may begin with a line end: half a line may have got through.
  const lamps = () => box.received.toString().split('\n').filter(Boolean).join();
  try {
    await eventually(() => status() === 'unverified', 'the port is open');
    await portSettles();
    await box.say('GO\n');
    await eventually(() => lamps() === 'LAMP 1', 'the lamp of the first cue');
    expect(current()).toBe('house-open');
    expect(status()).toBe('up');

    await box.unplug();
    await eventually(() => status() === 'down', 'the loss is told');
    await box.plug();
    await eventually(() => status() === 'unverified', 'the port is open again');
    await portSettles();
    await box.say('GO\n');
    await eventually(() => lamps() === 'LAMP 1,LAMP 2', 'the lamp of the second cue');
    expect(current()).toBe('house-out');
  } finally {
    await bridge.close();
    await box.close();
    await rm(folder, { recursive: true });
  }
});

test('the cue light of config/: amber flashes until it is acknowledged, green lasts two seconds, and it is dark in the end', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'cue-light-'));
  const box = await SocatBox.plugged();
  const example = await readFile(join(packageRoot, 'config/bridge.cue-light.yaml'), 'utf8');
  const here = example
    .replace('/dev/serial/by-id/usb-FLY_LIGHT-if00', box.path)
    .replace('127.0.0.1:8420', '127.0.0.1:0')
    .replace('everyMs: 1000', 'everyMs: 100')
    .replace('file: show.minimal.yaml', 'file: show.minimal.yaml, goGuardMs: 0');
  await copyFile(join(packageRoot, 'config/show.minimal.yaml'), join(folder, 'show.minimal.yaml'));
  await writeFile(join(folder, 'bridge.yaml'), here);
  const loaded = await loadChecked(join(folder, 'bridge.yaml'), {});
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  const bridge = await Bridge.start({ checked: loaded.bridge, log: silentLog });
  const isReady = () => bridge.devices().find(({ device }) => device === 'fly-light')?.status === 'unverified';
  const lines = () => box.received.toString().split('\n').slice(0, -1);
  const told = () => lines().filter((line) => line !== 'ALIVE');
  /** What the box is told next. */
  const hears = async (...expected: string[]) => {
    const all = [...heard, ...expected];
    await eventually(
      () => told().length >= all.length,
      () => `${all}; it heard ${told()}`,
    );
    expect(told()).toEqual(all);
    heard = all;
  };
  let heard: string[] = [];
  try {
    await eventually(isReady, 'the port is open');
    await hears('STANDBY OFF', 'GO OFF');
    // To the cue before the curtain, which is the fly floor's first.
    for (const { id } of bridge.sequencer.state.acts[0]?.segments[0]?.cues.slice(0, 2) ?? []) {
      expect(await bridge.press('CueAdvanced', { toCueId: id }, 'test')).toMatchObject({ ok: true });
      await hears('STANDBY OFF');
    }
    await bridge.press('CueStandbySet', {}, 'test');
    await hears('STANDBY OFF', 'STANDBY FLASH');
    await portSettles();
    await box.say('ACK\n');
    await hears('STANDBY ON');
    await bridge.press('CueAdvanced', {}, 'test');
    await hears('STANDBY OFF', 'GO ON');
    const litMs = clock.mono();
    await hears('GO OFF');
    expect(clock.mono() - litMs).toBeGreaterThan(1500);
    expect(lines().filter((line) => line === 'ALIVE').length).toBeGreaterThan(5);
    await bridge.close();
    await hears('STANDBY OFF', 'GO OFF');
  } finally {
    await bridge.close();
    await box.close();
    await rm(folder, { recursive: true });
  }
});
