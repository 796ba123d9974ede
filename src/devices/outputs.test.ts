/** What becomes of an output after it was told as failed, and of one that fired something else. */
import { expect, test } from 'vitest';
import { TestClock } from '../../test/support/test-clock.js';
import type { Fired, Receipt } from '../adapter-sdk/adapter.js';
import { Overdue } from '../adapter-sdk/overdue.js';
import { deferred } from '../kit/deferred.js';
import { BridgeError } from '../kit/errors.js';
import { silentLog } from '../kit/log.js';
import { Outputs, type StageReport } from './outputs.js';
import { OWNS_ALL } from './ownership.js';

function desk(send: (clock: TestClock) => Promise<Receipt>, cueNumber?: string) {
  const clock = new TestClock('2026-03-01T19:30:00.000Z');
  const told: StageReport[] = [];
  const logged: string[] = [];
  const note = (facts: { detail?: string }, msg: string) => void logged.push(`${msg} ${facts.detail ?? ''}`.trim());
  const outputs = new Outputs({
    ownership: OWNS_ALL,
    clock,
    log: { ...silentLog, info: note, warn: note, error: note } as typeof silentLog,
    summarise: () => 'start 12',
    tell: (report) => told.push(report),
    send: () => send(clock),
  });
  const output = { ruleId: 'r', outputId: 'r@backup', device: 'd', command: {}, maxLateMs: 2000 };
  outputs.perform({ eventSeq: 7, messageId: 'm', recordedAt: '2026-03-01T19:30:00.000Z' }, [
    { ...output, ...(cueNumber === undefined ? {} : { cueNumber }) },
  ]);
  return { clock, told, logged, stages: () => told.map(({ stage }) => stage) };
}

test('a cue that fires after it was told as failed is put right, as the same output', async () => {
  const late = deferred<Fired>();
  const failing = deferred<void>();
  const confirmed = failing.promise.then(() => Promise.reject(new Overdue('DEVICE_TIMEOUT', 'not seen', late.promise)));
  confirmed.catch(() => undefined);
  const { clock, told, logged, stages } = desk(async () => ({ reached: 'acknowledged', confirmed }));
  await clock.advance(2000);
  failing.resolve();
  await clock.advance(600);
  expect(stages()).toEqual(['sent', 'failed']);
  late.resolve({});
  await clock.advance(0);
  expect(told.at(-1)).toMatchObject({ stage: 'confirmed', outputId: 'r@backup', latencyMs: 2600, summary: 'start 12' });
  expect(logged.at(-1)).toBe('output.late start 12: seen after 2.6 s, and had been told as failed');
});

test('a receipt that says nothing known is a failure of its adapter, and the output is told', async () => {
  const { clock, told } = desk(async () => ({ reached: 'confirmd' }) as unknown as Receipt);
  await clock.advance(0);
  expect(told).toMatchObject([
    { stage: 'failed', code: 'ADAPTER_FAILED', detail: expect.stringContaining("'confirmd'") },
  ]);
});

test('what is older than its limit is not sent, and told as late', () => {
  const sent: string[] = [];
  const told: StageReport[] = [];
  const outputs = new Outputs({
    ownership: OWNS_ALL,
    clock: new TestClock('2026-03-01T19:30:02.001Z'),
    log: silentLog,
    send: async (device) => {
      sent.push(device);
      return { reached: 'sent' };
    },
    summarise: (device) => device,
    tell: (report) => told.push(report),
  });
  const output = (device: string, maxLateMs: number) => ({
    ...{ ruleId: device, outputId: device, device, command: {}, maxLateMs },
  });
  const cause = { eventSeq: 7, messageId: 'm', recordedAt: '2026-03-01T19:30:00.000Z' };
  outputs.perform(cause, [output('late', 2000), output('patient', 3000)]);
  expect(sent).toEqual(['patient']);
  expect(told).toMatchObject([{ device: 'late', stage: 'failed', code: 'OUTPUT_LATE' }]);
});

test('all outputs of a cue are sent before a word is said of any', () => {
  const order: string[] = [];
  const outputs = new Outputs({
    ownership: OWNS_ALL,
    clock: new TestClock('2026-03-01T19:30:00.000Z'),
    log: silentLog,
    send: async (device) => {
      order.push(`send ${device}`);
      return { reached: 'sent' };
    },
    summarise: (device) => {
      order.push(`say ${device}`);
      return device;
    },
    tell: () => undefined,
  });
  const output = (device: string) => ({ ruleId: device, outputId: device, device, command: {}, maxLateMs: 2000 });
  const cause = { eventSeq: 7, messageId: 'm', recordedAt: '2026-03-01T19:30:00.000Z' };
  outputs.perform(cause, [output('a'), output('b')]);
  expect(order).toEqual(['send a', 'send b', 'say a', 'say b']);
});

test('so is one that the device never answered', async () => {
  const late = deferred<Fired>();
  const { clock, stages } = desk(async () => {
    throw new Overdue('DEVICE_TIMEOUT', 'no answer', late.promise);
  });
  await clock.advance(1000);
  expect(stages()).toEqual(['failed']);
  late.resolve({});
  await clock.advance(0);
  expect(stages()).toEqual(['failed', 'confirmed']);
});

test('a command that names no cue tells which one it fired; another than the show’s is no success, late or not', async () => {
  const { clock, told } = desk(
    async () => ({ reached: 'acknowledged', confirmed: Promise.resolve({ cueNumber: '12' }) }),
    '12',
  );
  await clock.advance(0);
  expect(told.at(-1)).toMatchObject({ stage: 'confirmed', summary: 'start 12: cue 12' });

  const other = desk(async () => ({ reached: 'acknowledged', confirmed: Promise.resolve({ cueNumber: '' }) }), '12');
  await other.clock.advance(0);
  expect(other.told.at(-1)).toMatchObject({
    stage: 'failed',
    code: 'PLAYHEAD_DIVERGED',
    detail: "start 12 fired a cue without a number; the show's is 12",
  });

  const late = desk(async () => {
    throw new Overdue('DEVICE_TIMEOUT', 'no answer', Promise.resolve({ cueNumber: '9' }));
  }, '12');
  await late.clock.advance(0);
  expect(late.told.map((report) => ('code' in report ? report.code : report.stage))).toEqual([
    'DEVICE_TIMEOUT',
    'PLAYHEAD_DIVERGED',
  ]);
});

test('where the show says nothing of the cue, whatever fired has fired', async () => {
  const { clock, told } = desk(async () => ({
    reached: 'acknowledged',
    confirmed: Promise.resolve({ cueNumber: '9' }),
  }));
  await clock.advance(0);
  expect(told.at(-1)).toMatchObject({ stage: 'confirmed', summary: 'start 12: cue 9' });
});

test('what was told as sent and then thrown away with the port is told as failed; what has left is told once', async () => {
  const left = Promise.reject(new BridgeError('DEVICE_TIMEOUT', 'it was sent, but did not leave'));
  left.catch(() => undefined);
  const { clock, told, logged, stages } = desk(async () => ({ reached: 'sent', left }));
  await clock.advance(0);
  expect(stages()).toEqual(['sent', 'failed']);
  expect(told.at(-1)).toMatchObject({
    outputId: 'r@backup',
    code: 'DEVICE_TIMEOUT',
    detail: 'it was sent, but did not leave',
  });
  expect(logged.at(-1)).toBe('output.failed it was sent, but did not leave');
  const well = desk(async () => ({ reached: 'sent', left: Promise.resolve() }));
  await well.clock.advance(0);
  expect(well.stages()).toEqual(['sent']);
});

test('a device of another machine is asked about right before the send: nothing is sent, and nothing told as failed', async () => {
  const clock = new TestClock('2026-03-01T19:30:10.000Z');
  const told: StageReport[] = [];
  const sent: string[] = [];
  const owned = new Set(['ours', 'lost']);
  const outputs = new Outputs({
    ownership: { owns: (device) => owned.has(device) },
    clock,
    log: silentLog,
    summarise: () => 'start 12',
    tell: (report) => told.push(report),
    send: async (device) => {
      sent.push(device);
      owned.delete('lost');
      return { reached: 'sent' };
    },
  });
  const to = (device: string) => ({ ruleId: 'r', outputId: device, device, command: {}, maxLateMs: 20_000 });
  outputs.perform({ eventSeq: 7, messageId: 'm', recordedAt: '2026-03-01T19:30:00.000Z' }, [
    to('ours'),
    to('lost'),
    { ...to('theirs'), maxLateMs: 2000 },
  ]);
  await clock.advance(0);
  expect(sent).toEqual(['ours']);
  expect(told.map(({ device, stage }) => [device, stage])).toEqual([['ours', 'sent']]);
});
