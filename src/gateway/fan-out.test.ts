import { setImmediate as nextTurn } from 'node:timers/promises';
import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { gatewayOver, LIMITS } from '../../test/support/gateway.js';
import { MemoryShow } from '../../test/support/memory-show.js';
import { TestClock } from '../../test/support/test-clock.js';
import { eventually } from '../../test/support/waiting.js';
import { TestClient } from '../../test/support/ws-client.js';
import type { MonoMs } from '../kit/clock.js';
import { deferred } from '../kit/deferred.js';
import { FanOut, type Receiver } from './fan-out.js';
import { FANOUT_REST_TIMES, TAIL_ENTRIES_MAX } from './limits.js';

const from = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, i) => first + i);

/** Events that fill a socket's buffers soon. */
function addLarge(show: MemoryShow, count: number): void {
  const payload = { timerId: 'timer-1', value: '00:00:01.000', filler: 'x'.repeat(16_000) };
  show.add(...Array.from({ length: count }, () => ({ eventType: 'TimerSetOverride' as const, payload })));
}

test('two hundred clients get every event in order', async () => {
  const { show, url } = await gatewayOver();
  const clients = await Promise.all(from(1, 200).map((i) => TestClient.live(url, { deviceId: `tablet-${i}` })));
  for (let i = 0; i < 100; i++) {
    show.fill(1 + (i % 3));
    if (i % 7 === 0) await nextTurn();
  }
  const last = show.lastEventSeq;
  for (const client of clients) await client.eventSeq(last, 10_000);
  for (const client of clients) expect(client.seqs).toEqual(from(1, last));
});

test('a client that stops reading is let go, says why when it reads again, and resumes where it was', async () => {
  const metrics = new Registry();
  const { show, url } = await gatewayOver({ metrics, limits: { ...LIMITS, bufferedBytesMax: 262_144 } });
  const reader = await TestClient.live(url, { deviceId: 'reader' });
  const stuck = await TestClient.live(url, { deviceId: 'stuck' });
  stuck.ws.pause();
  const dropped = async () => (await metrics.metrics()).includes('pacebuddy_clients_dropped_total{reason="slow"} 1');
  for (let gone = false; !gone; gone = await dropped()) {
    addLarge(show, 20);
    await reader.eventSeq(show.lastEventSeq);
    expect(show.lastEventSeq).toBeLessThan(5000);
  }
  expect(reader.seqs).toEqual(from(1, show.lastEventSeq));

  stuck.ws.resume();
  await stuck.closing();
  const told = stuck.frames.at(-1);
  // It reads all that was on its way, unless its moment for that was over before.
  if (stuck.closed?.code === 1013) expect(told).toMatchObject({ kind: 'error', code: 'CLIENT_TOO_SLOW' });
  const had = stuck.seqs.at(-1) ?? 0;
  expect(stuck.seqs).toEqual(from(1, had));
  const back = await TestClient.live(url, { deviceId: 'stuck' }, had);
  expect(back.seqs).toEqual(from(had + 1, show.lastEventSeq));
});

test('a client that asks and never reads the answers is let go too', async () => {
  const metrics = new Registry();
  const limits = { ...LIMITS, bufferedBytesMax: 65_536, messagesPerSecond: 1_000_000, messagesBurst: 1_000_000 };
  const { url } = await gatewayOver({ metrics, limits });
  const client = await TestClient.live(url);
  client.ws.pause();
  const gone = async () => (await metrics.metrics()).includes('reason="slow"} 1');
  for (let i = 0; !(await gone()); i++) {
    expect(i).toBeLessThan(1000);
    for (let n = 0; n < 500; n++) client.say('NoteDeleted', { noteId: 'n'.repeat(120) });
    await nextTurn();
  }
});

test('a client that does not read while it resumes holds a piece of the log and no more, and goes on when it reads', async () => {
  const { show, url } = await gatewayOver({ limits: { ...LIMITS, bufferedBytesMax: 65_536 } });
  show.stretchEvents = 10;
  addLarge(show, 2000);
  const read = show.read.bind(show);
  let furthest = 0;
  show.read = async function* (fromSeq, signal) {
    for await (const stretch of read(fromSeq, signal)) {
      furthest = stretch.lastSeq;
      yield stretch;
    }
  };
  const client = await TestClient.open(url);
  client.ws.pause();
  const request = client.say('SnapshotRequested', { reason: 'connect', lastEventSeq: 0 });
  await eventually(() => furthest > 0, 'the reading to begin');
  for (let still = 0, was = 0; still < 200; still = furthest === was ? still + 1 : 0) {
    was = furthest;
    await nextTurn();
  }
  expect(furthest).toBeLessThan(2000);
  client.ws.resume();
  expect(await client.ackOf(request)).toMatchObject({ status: 'ok' });
  expect(client.seqs).toEqual(from(1, 2000));
});

test('a live client that fell behind what is kept in memory reads on from the log, once, and is live again', async () => {
  const { show, url } = await gatewayOver();
  const client = await TestClient.live(url);
  const steady = await TestClient.live(url, { userId: 'u-2' });
  const read = show.read.bind(show);
  const gate = deferred<void>();
  let reads = 0;
  show.read = async function* (fromSeq, signal) {
    reads += 1;
    await gate.promise;
    yield* read(fromSeq, signal);
  };
  const many = TAIL_ENTRIES_MAX + 50;
  show.fill(many);
  await eventually(() => reads === 2, 'both read on');
  // While it reads on it is behind: what is published does not pass it by, and a second request has to wait.
  show.fill(1);
  const early = client.say('SnapshotRequested', { reason: 'gap', lastEventSeq: 0 });
  expect(await client.ackOf(early)).toMatchObject({ status: 'error', code: 'CONFLICT' });
  const beat = client.say('CueAdvanced', { segmentId: 'seg-1', fromCueId: null, toCueId: 'cue-1' });
  expect(await client.ackOf(beat)).toMatchObject({ status: 'ok', eventSeq: many + 2 });
  expect(client.seqs).toEqual([]);
  gate.resolve();
  await client.eventSeq(many + 2, 10_000);
  await steady.eventSeq(many + 2, 10_000);
  show.read = read;
  show.fill(1);
  for (const each of [client, steady]) {
    await each.eventSeq(many + 3);
    expect(each.seqs).toEqual(from(1, many + 3));
  }
  expect(reads).toBe(2);
  expect(await client.hello(many)).toMatchObject({ status: 'ok' });
});

class FakeReceiver implements Receiver {
  readonly viewer = 'everyone';
  sentSeq: number;
  readonly got: { bytes: Buffer; lastSeq: number }[] = [];
  behind = 0;
  failure: unknown;

  constructor(sentSeq: number) {
    this.sentSeq = sentSeq;
  }

  deliver(bytes: Buffer, lastSeq: number): void {
    this.got.push({ bytes, lastSeq });
    this.sentSeq = lastSeq;
  }

  fallBehind(): void {
    this.behind += 1;
  }

  fail(error: unknown): void {
    this.failure = error;
  }
}

/** A fan-out over a show of its own. */
function fanOutOver(show: MemoryShow): FanOut {
  const fanOut = new FanOut(show.lastEventSeq, show.state, new TestClock());
  show.publish = (entries, state) => fanOut.publish(entries, state);
  return fanOut;
}

test('what is published while a pass is under way goes as one buffer with the next, the same one to all', async () => {
  const show = new MemoryShow();
  const fanOut = fanOutOver(show);
  const receivers = from(1, 120).map(() => new FakeReceiver(0));
  for (const receiver of receivers) fanOut.join(receiver);
  const [first, , last] = [receivers[0], receivers[60], receivers[119]];
  show.fill(1);
  expect(first?.got).toEqual([]);
  await eventually(() => first?.got.length === 1, 'the first chunk');
  show.fill(2);
  show.fill(3);
  await eventually(() => last?.sentSeq === 6, 'the last of all');
  for (const receiver of receivers) expect(receiver.got.map(({ lastSeq }) => lastSeq)).toEqual([1, 6]);
  expect(new Set(receivers.map(({ got }) => got[1]?.bytes)).size).toBe(1);
});

test('after a pass over a crowd the show has the machine for a while; what comes meanwhile goes as one buffer', async () => {
  const show = new MemoryShow();
  const clock = new TestClock();
  let busyMs = 0;
  const mono = () => (clock.mono() + busyMs) as MonoMs;
  const fanOut = new FanOut(0, show.state, { mono, sleep: (ms) => clock.sleep(ms) });
  show.publish = (entries, state) => fanOut.publish(entries, state);
  const receiver = new FakeReceiver(0);
  const deliver = receiver.deliver.bind(receiver);
  receiver.deliver = (bytes, lastSeq) => {
    busyMs += 4;
    deliver(bytes, lastSeq);
  };
  fanOut.join(receiver);
  show.fill(1);
  await eventually(() => clock.sleeping === 1, 'the rest after the first pass');
  show.fill(2);
  show.fill(3);
  await clock.advance(4 * FANOUT_REST_TIMES - 1);
  expect(receiver.got.map(({ lastSeq }) => lastSeq)).toEqual([1]);
  await clock.advance(1);
  await eventually(() => receiver.got.length === 2, 'the second pass');
  expect(receiver.got.map(({ lastSeq }) => lastSeq)).toEqual([1, 6]);
});

test('each is served from its own place; who stands before what is kept in memory has to read the log', async () => {
  const show = new MemoryShow();
  show.fill(10);
  const fanOut = fanOutOver(show);
  const ahead = new FakeReceiver(12);
  const old = new FakeReceiver(9);
  fanOut.join(ahead);
  fanOut.join(old);
  show.fill(3);
  await eventually(() => ahead.got.length === 1, 'its event');
  expect(ahead.got).toEqual([{ bytes: expect.any(Buffer), lastSeq: 13 }]);
  expect(ahead.got[0]?.bytes.toString()).toContain('"eventSeq":13');
  expect(ahead.got[0]?.bytes.toString()).not.toContain('"eventSeq":12');
  expect(old).toMatchObject({ behind: 1, got: [] });
});

test('a receiver that throws is left out and told; the others are served', async () => {
  const show = new MemoryShow();
  const fanOut = fanOutOver(show);
  const bad = new FakeReceiver(0);
  bad.deliver = () => {
    throw new Error('a fault');
  };
  const good = new FakeReceiver(0);
  fanOut.join(bad);
  fanOut.join(good);
  show.fill(1);
  await eventually(() => good.sentSeq === 1, 'the event');
  expect(bad.failure).toMatchObject({ message: 'a fault' });
  expect(fanOut.isLive(bad)).toBe(false);
});

test('memory keeps a bounded number of events, and none across a gap', () => {
  const show = new MemoryShow();
  const { tail } = fanOutOver(show);
  show.fill(3 * TAIL_ENTRIES_MAX);
  expect(tail.lastSeq).toBe(3 * TAIL_ENTRIES_MAX);
  expect(tail.lastSeq - tail.firstSeq).toBeLessThan(TAIL_ENTRIES_MAX);
  expect(tail.framesFor(1, 5, 'everyone')).toBeUndefined();
  const publish = show.publish;
  show.publish = () => undefined;
  show.fill(1);
  show.publish = publish;
  show.fill(2);
  expect(tail).toMatchObject({ firstSeq: show.lastEventSeq - 1, lastSeq: show.lastEventSeq });
});
