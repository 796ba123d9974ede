/** What happens while the log takes nothing is told when it does again: a device that was lost is not shown as up for ever. */
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startQlabSimulator } from '../../adapters/qlab/simulator.js';
import type { ShowState } from '../../src/show/state.js';
import { startDaemon } from '../support/daemon.js';
import { pacebuddy } from '../support/program.js';
import { smallShow } from '../support/small-show.js';

test('a device that is lost and a cue that fails while the log is away are in the show when it is back', async () => {
  const qlab = await startQlabSimulator({ port: 0, cues: ['0', '1'] });
  const { folder, file } = await smallShow({
    cues: 3,
    parts: `devices: { sound: { adapter: qlab, port: ${qlab.port}, confirmTimeoutMs: 1500 } }
outputs: [{ id: go, event: CueAdvanced, call: lighting, send: { device: sound, start: $call.number } }]`,
  });
  const daemon = await startDaemon(file);
  await daemon.line(({ msg, status }) => msg === 'device.changed' && status === 'up');
  await qlab.setFaults({ swallow: true });
  expect(await pacebuddy(['send', 'CueAdvanced', '--url', daemon.url])).toMatchObject({ code: 0 });
  await rename(join(folder, 'data'), join(folder, 'elsewhere'));
  await daemon.line(({ msg }) => msg === 'output.failed');
  await qlab.close();
  await daemon.line(({ msg, status }) => msg === 'device.lost' && status === 'down');
  await daemon.line(({ msg, eventType }) => msg === 'event.rejected' && eventType === 'DeviceStatusChanged');
  await rename(join(folder, 'elsewhere'), join(folder, 'data'));
  const state = async () =>
    ((await (await fetch(`${daemon.url}/v1/show`)).json()) as { state: Pick<ShowState, 'devices' | 'outputs'> }).state;
  await expect.poll(state, { timeout: 8000 }).toMatchObject({
    devices: [{ device: 'sound', status: 'down' }],
    outputs: [{ device: 'sound', stage: 'failed' }],
  });
  await daemon.stop();
  await rm(folder, { recursive: true });
});
