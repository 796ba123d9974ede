/** The whole bridge with a button on a pty: the far end is socat. */
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { silentLog } from '../../src/kit/log.js';
import { packageRoot } from '../../src/kit/package.js';
import { loadChecked, startBridge } from '../../src/main.js';
import { SocatBox } from '../support/socat-box.js';
import { eventually } from '../support/waiting.js';

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
  const bridge = await startBridge({ checked: loaded.bridge, log: silentLog });
  const status = () => bridge.devices().find(({ device }) => device === 'button')?.status;
  const current = () => bridge.sequencer.state.currentCueId;
  const lamp = () => box.received.toString();
  try {
    await eventually(() => status() === 'unverified', 'the port is open');
    await box.say('GO\n');
    await eventually(() => lamp() === 'LAMP 1\n', 'the lamp of the first cue');
    expect(current()).toBe('house-open');
    expect(status()).toBe('up');

    await box.unplug();
    await eventually(() => status() === 'down', 'the loss is told');
    await box.plug();
    await eventually(() => status() === 'unverified', 'the port is open again', 1000);
    await box.say('GO\n');
    await eventually(() => lamp() === 'LAMP 1\nLAMP 2\n', 'the lamp of the second cue');
    expect(current()).toBe('house-out');
  } finally {
    await bridge.close();
    await box.close();
    await rm(folder, { recursive: true });
  }
});
