/** The built daemon and its drivers' processes: no end of the one leaves any of the others. */
import { rm } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { type Daemon, startDaemon } from '../support/daemon.js';
import { isAlive } from '../support/isolated-rig.js';
import { proposal } from '../support/messages.js';
import { smallShow } from '../support/small-show.js';
import { eventually, within } from '../support/waiting.js';
import { WireClient } from '../support/wire-client.js';

/** Devices that are not there: their drivers are at work all the same, trying. */
const parts = `devices:
  box: { adapter: serial, path: /dev/tty-of-nobody }
  lamp: { adapter: serial, path: /dev/tty-of-no-one }
`;

const started = ({ lines }: Daemon) => lines.filter(({ msg }) => msg === 'driver.started');
const pidOf = (daemon: Daemon, name: string) => Number(started(daemon).findLast(({ device }) => device === name)?.pid);

async function daemonWithDrivers(): Promise<{ daemon: Daemon; pids: number[]; folder: string }> {
  const { folder, file } = await smallShow({ cues: 10, parts });
  const daemon = await startDaemon(file, {}, ['--log-level', 'debug']);
  await eventually(() => started(daemon).length >= 2, 'both drivers');
  const pids = [pidOf(daemon, 'box'), pidOf(daemon, 'lamp')];
  expect(pids.map(isAlive)).toEqual([true, true]);
  return { daemon, pids, folder };
}

test('SIGTERM ends the bridge with all of its drivers within 3 s', async () => {
  const { daemon, pids, folder } = await daemonWithDrivers();
  expect(await within(daemon.stop(), 'the end of the bridge', 3000)).toBe(0);
  await eventually(() => !pids.some(isAlive), 'the end of the drivers');
  await rm(folder, { recursive: true });
});

test('a bridge that is killed leaves no driver behind', async () => {
  const { daemon, pids, folder } = await daemonWithDrivers();
  await daemon.kill();
  await eventually(() => !pids.some(isAlive), 'the end of the drivers');
  await rm(folder, { recursive: true });
});

test('a driver that is killed during the show is replaced; the show goes on meanwhile', async () => {
  const { daemon, pids, folder } = await daemonWithDrivers();
  const client = await WireClient.connect(daemon.url);
  client.send(proposal('SnapshotRequested', { reason: 'connect' }));
  await client.take(({ kind }) => kind === 'snapshot');
  const [box = 0, lamp] = pids;
  process.kill(box, 'SIGKILL');
  const press = proposal('CueAdvanced', { segmentId: 's', fromCueId: null, toCueId: 'c0' });
  client.send(press);
  expect(await client.take(({ ackOf }) => ackOf === press.messageId)).toMatchObject({ status: 'ok' });
  await daemon.line(({ msg, device }) => msg === 'driver.lost' && device === 'box');
  await eventually(() => pidOf(daemon, 'box') !== box, 'a new driver');
  expect(pidOf(daemon, 'lamp')).toBe(lamp);
  client.drop();
  expect(await daemon.stop()).toBe(0);
  await rm(folder, { recursive: true });
});
