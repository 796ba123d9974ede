/** Two QLabs as main and backup, each a process, on the built bridge: config/bridge.qlab-main-and-backup.yaml as it stands. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../src/kit/clock.js';
import { packageRoot } from '../../src/kit/package.js';
import { startDaemon } from '../support/daemon.js';
import { proposal } from '../support/messages.js';
import { type QlabProcess, startQlabProcess } from '../support/simulated-qlab.js';
import { eventually } from '../support/waiting.js';
import { type Message, WireClient } from '../support/wire-client.js';

const clock = systemClock();
const CUES = ['1', '2', '3', '4', '5', '6', '7', '8'];
/** Every third cue of the show has no sound. */
const SHOW = CUES.map((number, i) =>
  i % 3 === 2
    ? `          - { id: c${number}, number: "${number}", calls: [{ department: lighting, number: "${number}" }] }`
    : `          - { id: c${number}, number: "${number}", calls: [{ department: sound, targets: { qlab: "${number}" } }] }`,
).join('\n');
const SOUND = CUES.filter((_, i) => i % 3 !== 2);

/** The bridge with both Macs, and a stage manager who looks on. */
async function theatre({ mirrored = false } = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'pacebuddy-backup-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const main = await startQlabProcess(0, SOUND);
  const backup = await startQlabProcess(0, SOUND);
  onTestFinished(async () => void (await Promise.all([main.kill(), backup.kill()])));
  const text = await readFile(join(packageRoot, 'config/bridge.qlab-main-and-backup.yaml'), 'utf8');
  const file = join(folder, 'bridge.yaml');
  await writeFile(
    file,
    text
      .replace('127.0.0.1:8420', '127.0.0.1:0')
      .replace('my_show_2026_05_01', 'small')
      .replace('show.minimal.yaml }', 'show.minimal.yaml, goGuardMs: 0 }')
      .replace('host: 10.0.0.5', `host: 127.0.0.1, port: ${main.port}`)
      .replace('host: 10.0.0.6', `host: 127.0.0.1, port: ${backup.port}`)
      .replace('mirrored: false', `mirrored: ${mirrored}`),
  );
  await writeFile(
    join(folder, 'show.minimal.yaml'),
    `version: 1\ntitle: T\nacts:\n  - id: a\n    segments:\n      - id: s\n        cues:\n${SHOW}\n`,
  );
  const daemon = await startDaemon(file);
  onTestFinished(async () => void (await daemon.stop()));
  const sm = await WireClient.connect(daemon.url);
  onTestFinished(() => sm.drop());
  sm.send(proposal('SnapshotRequested', { reason: 'manual' }));
  await sm.take(({ kind }) => kind === 'snapshot', 'the snapshot');

  const status = (device: string, wanted: string, code?: string) =>
    sm.take(
      ({ eventType, payload }) =>
        eventType === 'DeviceStatusChanged' &&
        Object(payload).device === device &&
        Object(payload).status === wanted &&
        (code === undefined || Object(payload).code === code),
      `${device} ${wanted} ${code ?? ''}`,
    );
  for (const device of ['qlab-main', 'qlab-backup']) {
    const report = async () =>
      (
        (await (await fetch(`${daemon.url}/v1/devices`)).json()) as { devices: { device: string; playhead?: string }[] }
      ).devices.find((one) => one.device === device);
    let seen: { playhead?: string } | undefined;
    await eventually(
      () => {
        void report().then((now) => {
          seen = now;
        });
        return seen?.playhead === '1';
      },
      () => `the playhead of ${device}: ${JSON.stringify(seen)}`,
    );
  }
  /** The stage manager's GO, from one cue to another. */
  const go = (from: string | null, to: string): Promise<Message> => {
    const wish = proposal('CueAdvanced', { segmentId: 's', fromCueId: from, toCueId: to });
    sm.send(wish);
    return sm.take(({ ackOf }) => ackOf === wish.messageId, 'the ack');
  };
  /** What became of a cue's start at a device. */
  const stage = (eventType: string, device: string, summary: string) =>
    sm.take(
      (message) =>
        message.eventType === eventType &&
        Object(message.payload).device === device &&
        Object(message.payload).summary === summary,
      `${eventType} ${device} ${summary}`,
    );
  return { daemon, main, backup, sm, status, go, stage };
}

const firedAt = (qlab: QlabProcess, ...numbers: string[]) =>
  eventually(
    () => qlab.fired().join() === numbers.join(),
    () => `fired ${numbers.join()}; fired were ${qlab.fired().join()}`,
  );

test('a main that dies in the middle of the show costs itself only, is told at once, and comes back where the show is', async () => {
  const { daemon, main, backup, sm, status, go, stage } = await theatre();

  expect(await go(null, 'c1')).toMatchObject({ status: 'ok' });
  const sure = await Promise.all(
    ['qlab-main', 'qlab-backup'].map((device) => stage('OutputConfirmed', device, 'start 1')),
  );
  expect(sure.map(({ payload }) => [Object(payload).ruleId, Object(payload).outputId])).toEqual([
    ['sound', 'sound'],
    ['sound', 'sound@qlab-backup'],
  ]);

  // The operator takes a GO at the main: the show follows, the backup follows the show, the main is not told what it did.
  main.operatorGo('2');
  const moved = await sm.take(
    ({ eventType, actor }) => eventType === 'CueAdvanced' && Object(actor).deviceId === 'qlab-main',
  );
  expect(moved.payload).toMatchObject({ fromCueId: 'c1', toCueId: 'c2' });
  await stage('OutputConfirmed', 'qlab-backup', 'start 2');
  await firedAt(main, '1', '2');
  await firedAt(backup, '1', '2');

  const killedAt = clock.mono();
  const down = status('qlab-main', 'down');
  await main.kill();
  await down;
  const noticedMs = clock.mono() - killedAt;
  expect(noticedMs).toBeLessThan(500);

  await go('c2', 'c3'); // no sound
  await go('c3', 'c4');
  expect((await stage('OutputFailed', 'qlab-main', 'start 4')).payload).toMatchObject({ code: 'DEVICE_CLOSED' });
  const kept = await stage('OutputConfirmed', 'qlab-backup', 'start 4');
  expect(Number(Object(kept.payload).latencyMs)).toBeLessThan(1000);

  const again = await startQlabProcess(main.port, SOUND);
  onTestFinished(() => again.kill());
  const backAt = clock.mono();
  await status('qlab-main', 'up');
  const backMs = clock.mono() - backAt;
  expect(backMs).toBeLessThan(1500);

  // It stands at the top of its list, and whoever would take over there would begin anew.
  const alarm = await status('qlab-main', 'degraded', 'PLAYHEAD_DIVERGED');
  expect(Object(alarm.payload).detail).toBe("qlab-main stands at 1, the show's next is 5");
  expect(again.fired()).toEqual([]);

  await go('c4', 'c5');
  await stage('OutputConfirmed', 'qlab-main', 'start 5');
  await status('qlab-main', 'up');
  await firedAt(again, '5');
  await firedAt(backup, '1', '2', '4', '5');
  const failed = daemon.lines.filter(({ msg }) => msg === 'output.failed');
  expect(failed.map(({ device }) => device)).not.toContain('qlab-backup');
  expect(failed.filter(({ summary }) => String(summary).startsWith('start'))).toHaveLength(1);
});

test('a remote that plays both Macs is one GO, heard twice and sent to neither', async () => {
  const { main, backup, sm, go, stage } = await theatre({ mirrored: true });
  await go(null, 'c1');
  await stage('OutputConfirmed', 'qlab-main', 'start 1');
  await stage('OutputConfirmed', 'qlab-backup', 'start 1');
  main.operatorGo('2');
  backup.operatorGo('2');
  await sm.take(({ eventType, payload }) => eventType === 'CueAdvanced' && Object(payload).toCueId === 'c2');
  for (const device of ['qlab-main', 'qlab-backup']) {
    await sm.take(
      ({ eventType, payload }) => eventType === 'ExternalCueFired' && Object(payload).device === device,
      `what ${device} has done`,
    );
  }
  await go('c2', 'c3');
  await go('c3', 'c4');
  await stage('OutputConfirmed', 'qlab-backup', 'start 4');
  await firedAt(main, '1', '2', '4');
  await firedAt(backup, '1', '2', '4');
  const advances = sm.events.filter(({ eventType }) => eventType === 'CueAdvanced');
  expect(advances.map(({ payload }) => Object(payload).toCueId)).toEqual(['c1', 'c2', 'c3', 'c4']);
});

test('an emergency panics each of them once, also when it grows', async () => {
  const { daemon, sm, go, stage } = await theatre();
  await go(null, 'c1');
  await stage('OutputConfirmed', 'qlab-backup', 'start 1');
  sm.send(proposal('EmergencyTriggered', { emergencyId: 'e1', code: 'technical', level: 'stop' }));
  for (const device of ['qlab-main', 'qlab-backup']) await stage('OutputSent', device, 'panic');
  sm.send(proposal('EmergencyTriggered', { emergencyId: 'e2', code: 'fire', level: 'evacuate' }));
  // A second one would cut off what fades: it is so already, and is told as that.
  for (const device of ['qlab-main', 'qlab-backup']) {
    expect((await stage('OutputSent', device, 'panic')).payload).toMatchObject({ reached: 'acknowledged' });
    await daemon.line((line) => line.msg === 'qlab.done-already' && line.device === device);
  }
});
