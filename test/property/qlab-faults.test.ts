/**
 * The bridge before a QLab that refuses, delays, drops, reorders, swallows, hangs up and closes, while an operator works at
 * it: nothing that did not fire is ever told as fired, nothing fires twice or late, and it is up again when QLab is.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { qlabAdapter } from '../../adapters/qlab/adapter.js';
import { type QlabSimulator, startQlabSimulator } from '../../adapters/qlab/simulator.js';
import type { QlabFaults } from '../../adapters/qlab/simulator-messages.js';
import type { Fired } from '../../adapters/qlab/simulator-workspace.js';
import type { Adapter } from '../../src/adapter-sdk/adapter.js';
import { Supervisor } from '../../src/devices/supervisor.js';
import { systemClock } from '../../src/kit/clock.js';
import { silentLog } from '../../src/kit/log.js';
import { qlabDevice } from '../support/qlab-desk.js';
import { seeded } from '../support/seeded.js';
import { eventually } from '../support/waiting.js';

const clock = systemClock();
const CUES = ['1', '2', '3', '4', '5', '6'];
/** What QLab has read it fires at once: later than this, in milliseconds, on a busy machine, is late. */
const LATE_MS = 800;
/** What an operator did so shortly before may still be under way to the bridge: the cue has fired all the same. */
const UNDER_WAY_MS = 150;

const number = fc.constantFrom(...CUES);
const command = fc.oneof(
  { weight: 4, arbitrary: number.map((start) => ({ start })) },
  { weight: 1, arbitrary: fc.constant({ go: true }) },
  { weight: 2, arbitrary: number.map((go) => ({ go })) },
);
const faults: fc.Arbitrary<QlabFaults> = fc.record(
  {
    refuseConnections: fc.boolean(),
    delayMs: fc.constantFrom(5, 40, 90),
    dropReplies: fc.oneof(
      fc.boolean(),
      fc.constant((path: string) => path.endsWith('/start')),
    ),
    dropMessages: fc.constantFrom(
      (path: string) => path.endsWith('/start'),
      (path: string) => path === '/go',
      (path: string) => path === '/thump',
      (path: string) => path === '/cueLists',
    ),
    dropEvents: fc.constantFrom(
      (event: string) => event.startsWith('cue/start'),
      (event: string) => event.startsWith('go'),
      () => true,
    ),
    jitterMs: fc.integer({ min: 1, max: 1 << 30 }).map((seed) => {
      const random = seeded(seed);
      return () => random() * 40;
    }),
    denied: fc.boolean(),
    swallow: fc.boolean(),
  },
  { requiredKeys: [] },
);
const step = fc.oneof(
  { weight: 6, arbitrary: command.map((send) => ({ send })) },
  { weight: 3, arbitrary: faults.map((fault) => ({ fault })) },
  { weight: 2, arbitrary: fc.constant({ fault: {} as QlabFaults }) },
  { weight: 1, arbitrary: fc.constantFrom('hangUp', 'close', 'open').map((does) => ({ does })) },
  {
    weight: 2,
    arbitrary: fc.tuple(fc.constantFrom('go', 'start', 'playhead'), number).map((operator) => ({ operator })),
  },
  { weight: 4, arbitrary: fc.constantFrom(0, 3, 30, 130).map((waitMs) => ({ waitMs })) },
);

interface Sent {
  command: { start?: string; go?: string | true };
  atMs: number;
  /** When it was told as fired. */
  confirmedMs?: number;
}

async function play(qlab: QlabSimulator, steps: readonly (typeof step extends fc.Arbitrary<infer S> ? S : never)[]) {
  const sent: Sent[] = [];
  const supervisor = new Supervisor({
    clock,
    log: silentLog,
    listener: { onStatus: () => undefined, onInput: () => undefined },
  });
  const config = qlabDevice(qlab, { replyTimeoutMs: 60, confirmTimeoutMs: 150, connectTimeoutMs: 200 });
  const spec = { name: 'q', adapter: qlabAdapter as Adapter, config: { ...config }, patterns: [], baseDir: '.' };
  await supervisor.configure([spec]);
  const isUp = () => supervisor.report()[0]?.status === 'up';
  await eventually(isUp, 'QLab is up');
  const ended: Promise<unknown>[] = [];
  for (const one of steps) {
    if ('send' in one) {
      const record: Sent = { command: one.send, atMs: clock.mono() };
      sent.push(record);
      const sending = supervisor.send('q', one.send).then(async ({ confirmed }) => {
        if (!confirmed) return;
        await confirmed;
        record.confirmedMs = clock.mono();
      });
      ended.push(sending.catch(() => undefined));
    } else if ('fault' in one) await qlab.setFaults(one.fault);
    else if ('waitMs' in one) await clock.sleep(one.waitMs);
    else if ('operator' in one) {
      const [what, cue] = one.operator;
      if (what === 'go') qlab.operatorGo(cue);
      else if (what === 'start') qlab.operatorStart(cue);
      else qlab.operatorPlayhead(cue);
    } else if (one.does === 'hangUp') qlab.dropClients();
    else if (one.does === 'close') qlab.closeWorkspace();
    else qlab.openWorkspace();
  }
  await qlab.setFaults({});
  qlab.openWorkspace();
  await Promise.all(ended);
  // A QLab that is well again is known to be, and where its playhead stands; a thing denied is forgiven with the next command.
  await eventually(
    () => supervisor.report()[0]?.connects !== 0 && supervisor.report()[0]?.status !== 'down',
    'it is back',
  );
  return { sent, supervisor, isUp };
}

const firesOf = (fired: readonly Fired[], by: readonly Fired['by'][], cue?: string) =>
  fired.filter((one) => by.includes(one.by) && (cue === undefined || one.number === cue));

/** @throws what is wrong with what was told, or with what fired. */
function judge(sent: readonly Sent[], fired: readonly Fired[]): void {
  const anyone = ['go', 'start', 'operator'] as const;
  for (const { command, atMs, confirmedMs } of sent) {
    if (confirmedMs === undefined) continue;
    const cue = command.start ?? (command.go === true ? undefined : command.go);
    const seen = firesOf(fired, anyone, cue).some(({ at }) => at >= atMs - UNDER_WAY_MS && at <= confirmedMs);
    expect(seen, `${JSON.stringify(command)} was told as fired, and had not`).toBe(true);
  }
  for (const cue of CUES) {
    const starts = sent.filter(({ command }) => command.start === cue);
    const fires = firesOf(fired, ['start'], cue);
    expect(fires.length, `cue ${cue} was started more often than it was told to`).toBeLessThanOrEqual(starts.length);
    for (const { at } of fires) {
      const isInTime = starts.some(({ atMs }) => at >= atMs && at - atMs < LATE_MS);
      expect(isInTime, `cue ${cue} was started late`).toBe(true);
    }
  }
  const goes = sent.filter(({ command }) => command.go !== undefined);
  const fires = firesOf(fired, ['go']);
  expect(fires.length, 'more GOs than were sent').toBeLessThanOrEqual(goes.length);
  for (const { at } of fires) {
    expect(
      goes.some(({ atMs }) => at >= atMs && at - atMs < LATE_MS),
      'a GO came late',
    ).toBe(true);
  }
}

for (const version of ['5.5.10', '4.7.3']) {
  test(`QLab ${version}: whatever fails, no success is told of a cue that did not fire, and none fires twice or late`, {
    timeout: 120_000,
  }, async () => {
    let told = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 24 }), fc.nat(1), async (steps, windowed) => {
        const qlab = await startQlabSimulator({ port: 0, version, cues: CUES, minGoTimeMs: windowed * 100 });
        try {
          const { sent, supervisor, isUp } = await play(qlab, steps);
          try {
            judge(sent, qlab.fired);
            told += sent.filter(({ confirmedMs }) => confirmedMs !== undefined).length;
            await eventually(
              () => {
                if (!isUp()) void supervisor.send('q', { load: '6' }).catch(() => undefined);
                return isUp() && supervisor.playheadOf('q') === (qlab.workspace.playhead?.number ?? null);
              },
              () =>
                `up, with the playhead at ${qlab.workspace.playhead?.number}: ${JSON.stringify(supervisor.report())}`,
              // What was denied is asked for again with the next thump.
              7000,
            );
          } finally {
            await supervisor.close();
          }
        } finally {
          await qlab.close();
        }
      }),
      { numRuns: 30 },
    );
    expect(told, 'some cue was told as fired').toBeGreaterThan(0);
  });
}
