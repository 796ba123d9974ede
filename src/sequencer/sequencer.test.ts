import { describe, expect, test } from 'vitest';
import { idOf, readEvents } from '../../test/support/journal-rig.js';
import { MemoryDisk } from '../../test/support/memory-disk.js';
import { draftOf, openShow } from '../../test/support/sequencer-rig.js';
import { TestClock } from '../../test/support/test-clock.js';
import type { MonoMs } from '../kit/clock.js';
import type { Outcome } from '../protocol/decision.js';
import { cuesOf } from '../show/state.js';

const upTo = (n: number) => Array.from({ length: n }, (_, i) => i + 1);

test('a press becomes one numbered, stamped, durable event, and the show moves on', async () => {
  const disk = new MemoryDisk();
  const { sequencer, propose } = await openShow(disk);
  const outcome = await propose({ messageId: idOf(1), correlationId: idOf(9), fromTheFuture: { kept: true } });
  expect(outcome).toEqual({ ok: true, eventSeq: 1 });
  expect(sequencer.lastEventSeq).toBe(1);
  expect(sequencer.state.currentCueId).toBe('c0');
  expect(await readEvents(sequencer)).toEqual([
    {
      kind: 'event',
      version: '1.1.0',
      messageId: idOf(1),
      correlationId: idOf(9),
      fromTheFuture: { kept: true },
      showId: 'small',
      eventType: 'CueAdvanced',
      createdAt: '2026-03-01T19:30:00.000Z',
      actor: { userId: 'u-stageManager', role: 'stageManager', deviceId: 'desk' },
      payload: { segmentId: 's', fromCueId: null, toCueId: 'c0', showClockAt: '00:00:00.000' },
      eventSeq: 1,
      recordedAt: '2026-03-01T19:30:00.000Z',
    },
  ]);
});

test('nothing is seen, answered or fired before it is durable; then outputs, answers, and one fan-out', async () => {
  const disk = new MemoryDisk();
  const { sequencer, propose, happened } = await openShow(disk);
  let release = () => {};
  disk.pace = () => new Promise((resolve) => (release = resolve));
  const presses = [propose(), propose(), propose()];
  await new Promise((resolve) => setImmediate(resolve));
  expect(happened).toEqual([]);
  expect(sequencer.lastEventSeq).toBe(0);
  expect(sequencer.state.currentCueId).toBeNull();
  const all = Promise.all(presses).then(() => 'answered');
  const turn = () => new Promise<string>((resolve) => setImmediate(() => resolve('waiting')));
  while ((await Promise.race([all, turn()])) === 'waiting') release();
  // The first went to the disk at once; the other two waited for it, and then went together.
  expect(happened.map(({ what }) => what)).toEqual([
    ...['performed', 'answered', 'published'],
    ...['performed', 'performed', 'answered', 'answered', 'published'],
  ]);
  const performed = happened.filter((one) => one.what === 'performed');
  expect(performed.map(({ event, state }) => [event.eventSeq, state.currentCueId])).toEqual([
    [1, 'c0'],
    [2, 'c1'],
    [3, 'c2'],
  ]);
  const published = happened.filter((one) => one.what === 'published');
  const entries = published.flatMap((one) => one.entries);
  expect(published.map((one) => one.entries.map(({ event }) => event.eventSeq))).toEqual([[1], [2, 3]]);
  expect(entries.map(({ json }) => JSON.parse(json.toString()))).toEqual(await readEvents(sequencer));
  expect(published.at(-1)?.state).toBe(sequencer.state);
});

test('the same press twice is one GO: on its way, stored, and after a restart', async () => {
  const disk = new MemoryDisk();
  const first = await openShow(disk);
  const twice = await Promise.all([
    first.propose({ messageId: idOf(1) }),
    first.propose({ messageId: idOf(1).toUpperCase() }),
  ]);
  expect(twice).toEqual([
    { ok: true, eventSeq: 1 },
    { ok: true, eventSeq: 1 },
  ]);
  await first.propose({ messageId: idOf(2) });
  expect(await first.propose({ messageId: idOf(1) })).toEqual({ ok: true, eventSeq: 1 });
  expect(first.happened.filter(({ what }) => what === 'performed')).toHaveLength(2);
  await first.sequencer.close();
  const second = await openShow(disk);
  expect(await second.propose({ messageId: idOf(1) })).toEqual({ ok: true, eventSeq: 1 });
  expect(await second.propose({ messageId: idOf(2).toUpperCase() })).toEqual({ ok: true, eventSeq: 2 });
  expect(second.sequencer.state.currentCueId).toBe('c1');
  expect(second.happened.map(({ what }) => what)).toEqual(['answered', 'answered']);
});

test('a message that was refused is refused again, whatever has become of the show', async () => {
  const { propose } = await openShow(new MemoryDisk());
  const stale = { messageId: idOf(7), payload: { fromCueId: 'c0' } };
  const refusal = await propose(stale);
  expect(refusal).toMatchObject({ ok: false, code: 'CONFLICT' });
  await propose();
  expect(await propose(stale)).toEqual(refusal);
  expect(await propose({ payload: { fromCueId: 'c0' } })).toEqual({ ok: true, eventSeq: 2 });
});

test('every press within the guard is refused aloud, from whomever it comes and however precise it is', async () => {
  const clock = new TestClock();
  const { sequencer, propose, log } = await openShow(new MemoryDisk(), { goGuardMs: 300, clock });
  await propose({ deviceId: 'pedal' });
  const sources = [
    { deviceId: 'pedal' },
    { deviceId: 'button', role: 'bridge' },
    { deviceId: 'tablet', payload: { fromCueId: 'c0', toCueId: 'c1', segmentId: 's' } },
    { deviceId: 'qlab', role: 'soundOperator', payload: { toCueId: 'c1' } },
  ] as const;
  await clock.advance(299);
  for (const source of sources) {
    const outcome = await propose(source);
    expect(outcome).toMatchObject({ ok: false });
    expect(outcome.ok || outcome.code).toMatch(/GO_GUARD|FORBIDDEN/);
  }
  expect(await propose({ deviceId: 'pedal' })).toMatchObject({ code: 'GO_GUARD' });
  expect(sequencer.lastEventSeq).toBe(1);
  await clock.advance(1);
  expect(await propose({ deviceId: 'tablet' })).toMatchObject({ code: 'GO_GUARD' });
  expect(await propose({ deviceId: 'another' })).toEqual({ ok: true, eventSeq: 2 });
  // On its way to the disk counts as taken.
  const together = await Promise.all([
    clock.advance(300).then(() => propose({ deviceId: 'left' })),
    clock.advance(300).then(() => propose({ deviceId: 'right' })),
  ]);
  expect(together.filter(({ ok }) => ok)).toHaveLength(1);
  expect(log.named('event.rejected').filter(({ code }) => code === 'GO_GUARD').length).toBeGreaterThan(3);
  // A shorter guard holds from the next press on.
  sequencer.reconfigure({ goGuardMs: 0, patches: false });
  expect(await propose()).toMatchObject({ ok: true });
});

test('what only the server writes is dropped from a proposal, and the true patch is written', async () => {
  const { sequencer, propose } = await openShow(new MemoryDisk(), { patches: true });
  await propose({
    patch: [{ op: 'replace', path: '/currentCueId', value: 'lie' }],
    eventSeq: 99,
    recordedAt: '1999-01-01T00:00:00.000Z',
    withheld: true,
  });
  const [event] = await readEvents(sequencer);
  expect(event).toMatchObject({ eventSeq: 1, recordedAt: '2026-03-01T19:30:00.000Z' });
  expect(event).not.toHaveProperty('withheld');
  expect(event?.patch).toContainEqual({ op: 'replace', path: '/currentCueId', value: 'c0' });
  // What changes nothing in the state has no patch.
  await propose({
    eventType: 'ExternalCueFired',
    role: 'bridge',
    payload: { device: 'qlab', cueNumber: '1', attribution: 'operator' },
  });
  expect((await readEvents(sequencer))[1]).not.toHaveProperty('patch');
});

test('what cannot be is refused with its code, and nothing is stored', async () => {
  const { sequencer, propose } = await openShow(new MemoryDisk());
  expect(await propose({ showId: 'other' })).toMatchObject({ code: 'UNKNOWN_SHOW' });
  expect(await propose({ role: 'performer' })).toMatchObject({ code: 'FORBIDDEN' });
  expect(await propose({ version: '2.0.0' })).toMatchObject({ code: 'UNSUPPORTED_VERSION' });
  expect(await propose({ messageId: 'none' })).toMatchObject({ code: 'VALIDATION_FAILED', pointer: '/messageId' });
  expect(await propose({ eventType: 'SnapshotRequested', payload: { reason: 'gap' } })).toMatchObject({
    code: 'VALIDATION_FAILED',
  });
  expect(await propose({ payload: { fromCueId: 17 } })).toMatchObject({ ok: false });
  expect(sequencer.lastEventSeq).toBe(0);
});

test('an effect that throws stops neither the others nor the show, and is logged as our fault', async () => {
  const { sequencer, happened, log, propose } = await openShow(new MemoryDisk());
  const thrown = new Promise<void>((resolve) => {
    sequencer.propose(draftOf(), () => {
      resolve();
      throw new Error('the answer failed');
    });
  });
  await thrown;
  expect(await propose()).toEqual({ ok: true, eventSeq: 2 });
  expect(happened.filter(({ what }) => what === 'published')).toHaveLength(2);
  expect(log.named('effect.failed')).toMatchObject([{ level: 'error', code: 'INTERNAL' }]);
});

test('too much at once is refused aloud, never dropped', async () => {
  const disk = new MemoryDisk();
  const { sequencer, propose } = await openShow(disk, { cues: 2 });
  let release = () => {};
  const gate = new Promise<void>((resolve) => (release = resolve));
  disk.pace = () => gate;
  const note = (n: number) => ({
    eventType: 'TimerSetOverride',
    payload: { timerId: 't', value: '00:00:00.000' },
    messageId: idOf(n),
  });
  const waiting = upTo(10_000).map((n) => propose(note(n)));
  expect(await propose(note(10_001))).toMatchObject({ code: 'SEQUENCER_BUSY' });
  const repeats = Array.from({ length: 120 }, () => propose(note(1)));
  release();
  const outcomes = await Promise.all(waiting);
  expect(outcomes).toEqual(upTo(10_000).map((eventSeq) => ({ ok: true, eventSeq })));
  const repeated = await Promise.all(repeats);
  expect(repeated.filter(({ ok }) => ok)).toHaveLength(99);
  expect(repeated.filter((outcome) => !outcome.ok && outcome.code === 'SEQUENCER_BUSY')).toHaveLength(21);
  // What was refused for want of room may be tried again.
  expect(await propose(note(10_001))).toEqual({ ok: true, eventSeq: 10_001 });
  await sequencer.close();
});

test('each event is one line of the program’s log, and so is each refusal', async () => {
  const { propose, log } = await openShow(new MemoryDisk());
  await propose({ messageId: idOf(1), deviceId: 'pedal' });
  await propose({ messageId: idOf(2), deviceId: 'tablet', payload: { fromCueId: null } });
  expect(log.named('event.accepted')).toMatchObject([
    { level: 'info', seq: 1, messageId: idOf(1), eventType: 'CueAdvanced', from: 'pedal', tookMs: expect.any(Number) },
  ]);
  expect(log.named('event.rejected')).toMatchObject([
    { level: 'warn', messageId: idOf(2), code: 'CONFLICT', from: 'tablet' },
  ]);
});

test('recovery applies and fires nothing, with and without a saved state', async () => {
  const disk = new MemoryDisk();
  const first = await openShow(disk);
  for (let i = 0; i < 5; i += 1) await first.propose();
  await first.sequencer.close();
  const second = await openShow(disk);
  expect(second.log.named('journal.opened')).toMatchObject([{ seq: 5, snapshotSeq: 5 }]);
  expect(second.sequencer.state).toEqual(first.sequencer.state);
  await second.sequencer.close();
  disk.remove('/data/small/snapshot');
  const third = await openShow(disk);
  expect(third.log.named('journal.opened')[0]).not.toHaveProperty('snapshotSeq');
  expect(third.sequencer.state).toEqual(first.sequencer.state);
  expect(third.happened).toEqual([]);
  expect(second.happened).toEqual([]);
  expect(
    cuesOf(third.sequencer.state)
      .map(({ status }) => status)
      .slice(0, 6),
  ).toEqual([...Array(4).fill('done'), 'current', 'pending']);
});

test('another show file makes the saved state worthless, not the log', async () => {
  const disk = new MemoryDisk();
  const first = await openShow(disk);
  await first.propose();
  await first.sequencer.close();
  const second = await openShow(disk, { fingerprint: 'f2' });
  expect(second.log.named('journal.opened')[0]).not.toHaveProperty('snapshotSeq');
  expect(second.sequencer.state.currentCueId).toBe('c0');
});

test('the state is saved every 5000 events, when nothing waits', async () => {
  const disk = new MemoryDisk();
  const { sequencer, propose, log } = await openShow(disk);
  const timer = { eventType: 'TimerSetOverride', payload: { timerId: 't', value: '00:00:00.000' } };
  for (let i = 0; i < 50; i += 1) await Promise.all(upTo(100).map(() => propose(timer)));
  const saved = () => log.named('snapshot.saved').length;
  while (saved() === 0) await new Promise((resolve) => setImmediate(resolve));
  expect(log.named('snapshot.saved')).toMatchObject([{ seq: 5000 }]);
  await propose();
  await sequencer.close();
  expect(log.named('snapshot.saved')).toMatchObject([{ seq: 5000 }, { seq: 5001 }]);
});

test('closing waits for what is on its way; whoever comes later is told', async () => {
  const disk = new MemoryDisk();
  const { sequencer, propose } = await openShow(disk);
  const begun = propose();
  const closing = sequencer.close();
  expect(await propose()).toMatchObject({ code: 'JOURNAL_UNAVAILABLE' });
  await closing;
  expect(await begun).toEqual({ ok: true, eventSeq: 1 });
  expect((await openShow(disk)).sequencer.lastEventSeq).toBe(1);
});

test('a button that repeats while it is held is one GO, until it has been quiet for as long as the guard', async () => {
  const clock = new TestClock();
  const { sequencer, propose } = await openShow(new MemoryDisk(), { goGuardMs: 300, clock });
  for (let ms = 0; ms <= 2000; ms += 50) {
    await propose({ deviceId: 'box' });
    await clock.advance(50);
  }
  expect(sequencer.lastEventSeq).toBe(1);
  // Somebody else is not held up by it.
  expect(await propose({ deviceId: 'tablet' })).toMatchObject({ ok: true });
  await clock.advance(249);
  const held = await propose({ deviceId: 'box' });
  expect(held).toMatchObject({ code: 'GO_GUARD' });
  await clock.advance(299);
  expect(await propose({ deviceId: 'box' })).toMatchObject({
    code: 'GO_GUARD',
    message: 'this device pressed 299 ms ago as well: it counts as held until it has been quiet for 300 ms',
  });
  await clock.advance(300);
  expect(await propose({ deviceId: 'box' })).toMatchObject({ ok: true });
});

test('a contact that repeats while the show is held does not fire when the hold is lifted; who sees the show may press at once', async () => {
  const clock = new TestClock();
  const { propose } = await openShow(new MemoryDisk(), { goGuardMs: 300, clock });
  await propose({ deviceId: 'other' });
  await clock.advance(1000);
  await propose({ eventType: 'EmergencyTriggered', payload: { code: 'technical', level: 'hold' } });
  const seeing = { deviceId: 'tablet', payload: { segmentId: 's', fromCueId: 'c0', toCueId: 'c1' } };
  expect(await propose({ deviceId: 'box' })).toMatchObject({ code: 'EMERGENCY_ACTIVE' });
  expect(await propose(seeing)).toMatchObject({ code: 'EMERGENCY_ACTIVE' });
  await propose({ eventType: 'EmergencyResolved' });
  await clock.advance(50);
  expect(await propose({ deviceId: 'box' })).toMatchObject({ code: 'GO_GUARD' });
  expect(await propose(seeing)).toMatchObject({ ok: true });
});

test('a cue that must follow at once says so, also for the device that pressed just now', async () => {
  const clock = new TestClock();
  const { propose } = await openShow(new MemoryDisk(), { goGuardMs: 0, clock });
  expect(await propose({ deviceId: 'box' })).toMatchObject({ ok: true });
  expect(await propose({ deviceId: 'box' })).toMatchObject({ ok: true });
});

test('the guard counts from contact to contact, however late a loaded process delivers the second one', async () => {
  const clock = new TestClock();
  const { sequencer } = await openShow(new MemoryDisk(), { goGuardMs: 300, clock });
  const press = (deviceId: string, at: MonoMs) =>
    new Promise<Outcome>((resolve) => sequencer.propose(draftOf({ deviceId }), resolve, false, at));
  const first = clock.mono();
  await press('pedal', first);
  await clock.advance(1000);
  const bounce = (first + 60) as MonoMs;
  expect(await press('button', bounce)).toMatchObject({
    code: 'GO_GUARD',
    message: expect.stringMatching(/^cue 0 \(c0\) went 60 ms ago/),
  });
  expect(await press('pedal', bounce)).toMatchObject({ code: 'GO_GUARD' });
  expect(await press('box', clock.mono())).toMatchObject({ ok: true });
  // Delivered late is not pressed long ago: whoever presses again because nothing happened is guarded from the advance on.
  await clock.advance(1000);
  await press('pedal', (clock.mono() - 500) as MonoMs);
  await clock.advance(100);
  expect(await press('button', clock.mono())).toMatchObject({ code: 'GO_GUARD' });
});

test('a press that is delivered behind a later one of its device makes that one no older', async () => {
  const clock = new TestClock();
  const { sequencer } = await openShow(new MemoryDisk(), { goGuardMs: 300, clock });
  const press = (deviceId: string, at: MonoMs) =>
    new Promise<Outcome>((resolve) => sequencer.propose(draftOf({ deviceId }), resolve, false, at));
  await press('button', clock.mono());
  await clock.advance(200);
  const later = clock.mono();
  expect(await press('pedal', later)).toMatchObject({ code: 'GO_GUARD' });
  expect(await press('pedal', (later - 150) as MonoMs)).toMatchObject({ code: 'GO_GUARD' });
  // 350 ms after the GO, but only 150 ms after the pedal's own last press.
  await clock.advance(150);
  expect(await press('pedal', clock.mono())).toMatchObject({
    message: expect.stringContaining('this device pressed 150 ms ago as well'),
  });
});

test('after a step back the guard names the cue that went, not the one that is current', async () => {
  const clock = new TestClock();
  const { propose } = await openShow(new MemoryDisk(), { goGuardMs: 300, clock });
  await propose({ deviceId: 'a' });
  await clock.advance(1000);
  await propose({ deviceId: 'b' });
  await propose({ eventType: 'CueReverted' });
  expect(await propose({ deviceId: 'c' })).toMatchObject({
    code: 'GO_GUARD',
    message: expect.stringMatching(/^cue 1 \(c1\) went/),
  });
});

test('who pressed the last GO is part of the show, so that a page that reloads still says it', async () => {
  const { sequencer, propose } = await openShow(new MemoryDisk());
  expect(sequencer.state.lastAdvanceBy).toBeNull();
  await propose({ actor: { userId: 'u-ana', role: 'stageManager', deviceId: 'pedal', displayName: 'Ana' } });
  expect(sequencer.state.lastAdvanceBy).toEqual({
    ...{ userId: 'u-ana', deviceId: 'pedal', displayName: 'Ana', cueId: 'c0' },
  });
});

test('a press whose deadline is past is refused, in the show’s time, and fires nothing', async () => {
  const clock = new TestClock();
  const { sequencer, propose, happened } = await openShow(new MemoryDisk(), { clock });
  const at = (ms: number) => new Date(clock.wall() + ms).toISOString();
  expect(await propose({ notAfter: at(-1) })).toMatchObject({ code: 'INPUT_LATE', pointer: '/notAfter' });
  expect(await propose({ notAfter: at(0) })).toMatchObject({ ok: true });
  expect(await propose({ notAfter: at(5000) })).toMatchObject({ ok: true });
  expect(
    await propose({ eventType: 'NoteAdded', notAfter: at(-1), payload: { scope: { type: 'show' }, text: 'x' } }),
  ).toMatchObject({ code: 'INPUT_LATE' });
  expect(happened.filter(({ what }) => what === 'performed')).toHaveLength(2);
  expect(sequencer.lastEventSeq).toBe(2);
});

test('what was taken in time and is sent again later gets its first answer', async () => {
  const clock = new TestClock();
  const { propose } = await openShow(new MemoryDisk(), { clock });
  const press = { messageId: idOf(1), notAfter: new Date(clock.wall() + 100).toISOString() };
  expect(await propose(press)).toEqual({ ok: true, eventSeq: 1 });
  await clock.advance(5000);
  expect(await propose(press)).toEqual({ ok: true, eventSeq: 1 });
});

describe('a messageId that was used before', () => {
  const other = { messageId: idOf(1), payload: { toCueId: 'c7' } };
  const stranger = { messageId: idOf(1), role: 'soundOperator' } as const;
  const conflict = { ok: false, code: 'CONFLICT', pointer: '/messageId' };
  const forbidden = { ok: false, code: 'FORBIDDEN', pointer: '/messageId' };

  test('for a stored message: another content is a conflict, another sender is forbidden, the same is answered', async () => {
    const disk = new MemoryDisk();
    const first = await openShow(disk);
    await first.propose({ messageId: idOf(1) });
    for (let n = 2; n < 6; n += 1) await first.propose({ messageId: idOf(n) });
    expect(await first.propose(other)).toMatchObject(conflict);
    expect(await first.propose({ ...other, eventType: 'CueReverted' })).toMatchObject(conflict);
    expect(await first.propose(stranger)).toMatchObject(forbidden);
    // The same person at another task is another sender.
    const inOtherRole = { userId: 'u-stageManager', role: 'director', deviceId: 'desk' };
    expect(await first.propose({ messageId: idOf(1), actor: inOtherRole })).toMatchObject(forbidden);
    expect(await first.propose({ messageId: idOf(1), payload: { toCueId: 'c0' } })).toEqual({ ok: true, eventSeq: 1 });
    expect(await first.propose({ messageId: idOf(4) })).toEqual({ ok: true, eventSeq: 4 });
    await first.sequencer.close();
    const second = await openShow(disk);
    expect(await second.propose(other)).toMatchObject(conflict);
    expect(await second.propose({ messageId: idOf(1) })).toEqual({ ok: true, eventSeq: 1 });
    expect(second.sequencer.lastEventSeq).toBe(5);
  });

  test('for one that is on its way', async () => {
    const { propose } = await openShow(new MemoryDisk());
    const all = await Promise.all([propose({ messageId: idOf(1) }), propose(other), propose(stranger)]);
    expect(all).toMatchObject([{ ok: true, eventSeq: 1 }, conflict, forbidden]);
  });

  test('for one that was refused', async () => {
    const { propose } = await openShow(new MemoryDisk());
    const stale = { messageId: idOf(1), payload: { fromCueId: 'c5' } };
    const refusal = await propose(stale);
    expect(refusal).toMatchObject({ code: 'CONFLICT', pointer: '/payload/fromCueId' });
    expect(await propose({ messageId: idOf(1) })).toMatchObject(conflict);
    expect(await propose(stale)).toEqual(refusal);
  });
});
