/** A bridge that is killed between the log and the wire: the cue is told as taken and not sent, once, and one press sends it. */
import { createSocket } from 'node:dgram';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { expect, test } from 'vitest';
import { systemClock } from '../../src/kit/clock.js';
import { type Daemon, startDaemon } from '../support/daemon.js';
import { freePort } from '../support/free-port.js';
import { pacebuddy } from '../support/program.js';
import { unsentRig } from '../support/unsent-rig.js';
import { eventually } from '../support/waiting.js';

const logOf = async (daemon: Daemon) =>
  (await (await fetch(`${daemon.url}/v1/log`)).text())
    .split('\n')
    .filter(Boolean)
    .map(
      (line) =>
        JSON.parse(line) as {
          eventType: string;
          messageId: string;
          causationId?: string;
          payload: { code?: string; outputId?: string; cueId?: string };
        },
    );
const unsentIn = async (daemon: Daemon) =>
  (await logOf(daemon)).filter(({ payload }) => payload.code === 'OUTPUT_UNSENT');

test('after a crash it is told once and never sent by itself; the stage manager sends it with one press', async () => {
  const { file, fired, pressUnsent, close } = await unsentRig();
  await pressUnsent('kill');
  const first = await startDaemon(file);
  await first.line(({ msg, code }) => msg === 'output.unsent' && code === 'OUTPUT_UNSENT');
  await eventually(
    () => first.lines.some(({ msg, eventType }) => msg === 'event.accepted' && eventType === 'OutputFailed'),
    'it is in the log',
  );
  expect(await unsentIn(first)).toMatchObject([
    { eventType: 'OutputFailed', payload: { outputId: 'go', cueId: 'c0' } },
  ]);
  await first.kill();
  const second = await startDaemon(file);
  expect(fired).toEqual([]);
  const rerun = (payload: object) => pacebuddy(['send', 'CallFired', JSON.stringify(payload), '--url', second.url]);
  expect(await rerun({ cueId: 'c0', outputId: 'another', kind: 'rerun' })).toMatchObject({ code: 1 });
  expect(await rerun({ cueId: 'c0', outputId: 'go', kind: 'rerun' })).toMatchObject({ code: 0 });
  await eventually(() => fired.length > 0, 'the packet');
  expect(await rerun({ cueId: 'c0', department: 'sound', kind: 'rerun' })).toMatchObject({ code: 1 });
  expect(await unsentIn(second)).toHaveLength(1);
  const { state } = (await (await fetch(`${second.url}/v1/show`)).json()) as { state: { currentCueId: string } };
  expect([fired, state.currentCueId]).toEqual([['/go/0'], 'c0']);
  await second.stop();
  await close();
});

test('after a stop on purpose nothing is in doubt, also when the rules are others', async () => {
  const { file, fired, pressUnsent, close } = await unsentRig();
  await pressUnsent('stop');
  const daemon = await startDaemon(file);
  expect(await unsentIn(daemon)).toEqual([]);
  expect(fired).toEqual([]);
  await daemon.stop();
  await close();
});

const rerun = (daemon: Daemon, payload: object) =>
  pacebuddy(['send', 'CallFired', JSON.stringify({ cueId: 'c0', kind: 'rerun', ...payload }), '--url', daemon.url]);

test('two people who send it at once send it once, and nobody sends it again', async () => {
  const { file, fired, pressUnsent, close } = await unsentRig();
  await pressUnsent('kill');
  const daemon = await startDaemon(file);
  const codes = await Promise.all([rerun(daemon, { outputId: 'go' }), rerun(daemon, { outputId: 'go' })]);
  expect(codes.map(({ code }) => code).sort()).toEqual([0, 1]);
  expect(await rerun(daemon, { outputId: 'go' })).toMatchObject({ code: 1, err: expect.stringContaining('CONFLICT') });
  await eventually(() => fired.length > 0, 'the packet');
  expect(fired).toEqual(['/go/0']);
  await daemon.stop();
  await close();
});

test('a bridge that is started again minutes later tells it too', async () => {
  const { folder, file, pressUnsent, close } = await unsentRig();
  await pressUnsent('kill');
  await agedBy(join(folder, 'data'), 15 * 60_000);
  const daemon = await startDaemon(file);
  await eventually(() => daemon.lines.some(({ msg }) => msg === 'output.unsent'), 'it is told');
  expect(await unsentIn(daemon)).toHaveLength(1);
  await daemon.stop();
  await close();
});

test('a GO of the new bridge is none of the old one, however early it comes', async () => {
  const { file, fired, pressUnsent, change, close } = await unsentRig();
  await pressUnsent('kill');
  const port = await freePort('udp');
  await change('devices: {', `devices: { button: { adapter: osc, transport: udp, listen: "127.0.0.1:${port}" },`);
  await change(
    'outputs:',
    'inputs: [{ id: in, when: { device: button, address: /go }, propose: CueAdvanced }]\noutputs:',
  );
  const button = createSocket('udp4');
  const life = new AbortController();
  const pressing = (async () => {
    // "/go" and an empty list of types, each padded to four bytes.
    for (; !life.signal.aborted; await systemClock().sleep(3)) button.send('/go\0,\0\0\0', port, '127.0.0.1');
  })();
  const daemon = await startDaemon(file);
  await eventually(() => fired.length > 0, 'a GO of the new bridge', 6000);
  await systemClock().sleep(300);
  life.abort();
  await pressing;
  button.close();
  const told = await unsentIn(daemon);
  expect(told).toHaveLength(1);
  const [first] = (await logOf(daemon)).filter(({ eventType }) => eventType === 'CueAdvanced');
  expect(told[0]).toMatchObject({ causationId: first?.messageId });
  await daemon.stop();
  await close();
});

test.each([
  ['id: go,', 'id: renamed,'],
  ['address: /go/', 'address: /blackout/'],
])('with other rules it is no longer offered, since another thing would be sent: %s → %s', async (from, to) => {
  const { file, fired, pressUnsent, change, close } = await unsentRig();
  await pressUnsent('kill');
  const daemon = await startDaemon(file);
  await daemon.line(({ msg }) => msg === 'output.unsent');
  await change(from, to);
  daemon.process.kill('SIGHUP');
  await daemon.line(({ msg }) => msg === 'config.reloaded');
  await expect.poll(() => unsentIn(daemon), { timeout: 4000 }).toHaveLength(2);
  const { state } = (await (await fetch(`${daemon.url}/v1/show`)).json()) as { state: { outputs: object[] } };
  expect(state.outputs).toMatchObject([{ detail: expect.stringContaining('send it by hand'), outputId: 'go' }]);
  expect(await rerun(daemon, { outputId: 'go' })).toMatchObject({ code: 1 });
  expect(fired).toEqual([]);
  await daemon.stop();
  await close();
});

/** Makes a log as old as if all of it had been written so much earlier. */
async function agedBy(folder: string, ms: number): Promise<void> {
  const names = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.jsonl'));
  expect(names).toHaveLength(1);
  const path = join(folder, names[0] ?? '');
  const older = (utc: string) => new Date(Date.parse(utc) - ms).toISOString();
  const lines = (await readFile(path, 'utf8')).split('\n').filter(Boolean);
  const aged = lines.map((line) => {
    const { crc: _, ...event } = JSON.parse(line) as { crc: string; recordedAt: string; createdAt: string };
    const { recordedAt, createdAt } = event;
    const json = JSON.stringify({ ...event, recordedAt: older(recordedAt), createdAt: older(createdAt) });
    return `${json.slice(0, -1)},"crc":"${crc32(json).toString(16).padStart(8, '0')}"}\n`;
  });
  await writeFile(path, aged.join(''));
}
