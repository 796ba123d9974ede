import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { entryOf, idOf, readEvents, SHOW } from '../../test/support/journal-rig.js';
import { keptLog } from '../../test/support/log-lines.js';
import { draftOf, type Happening, showOf } from '../../test/support/sequencer-rig.js';
import { SharedJournal, SharedLog, STRAIGHT } from '../../test/support/shared-log.js';
import { TestClock } from '../../test/support/test-clock.js';
import { type JournalLimits, NO_LIMITS } from '../journal/journal.js';
import { deferred } from '../kit/deferred.js';
import { BridgeError, type ErrorCode } from '../kit/errors.js';
import type { Outcome } from '../protocol/decision.js';
import { initialState } from '../show/state.js';
import { Sequencer } from './writer.js';

function bridge(log: SharedLog, name = 'two', way = STRAIGHT, limits?: JournalLimits) {
  const journal = new SharedJournal(log, name, way, limits);
  const clock = new TestClock();
  const happened: Happening[] = [];
  const kept = keptLog();
  const sequencer = new Sequencer({
    showId: SHOW,
    fingerprint: 'f1',
    journal,
    recovered: { state: initialState(showOf(200)), seq: 0, recordedMs: 0 },
    wasStopped: false,
    savedSeq: 0,
    showSinceSeq: 0,
    goGuardMs: 0,
    patches: false,
    clock,
    log: kept.log,
    effects: {
      perform: (event, state) => void happened.push({ what: 'performed', event, state }),
      publish: (entries, state) => void happened.push({ what: 'published', entries, state }),
    },
  });
  const propose = (wished = {}) => new Promise<Outcome>((resolve) => sequencer.propose(draftOf(wished), resolve));
  const fired = () => happened.flatMap((one) => (one.what === 'performed' ? [one.event.eventSeq] : []));
  const published = () =>
    happened.flatMap((one) => (one.what === 'published' ? one.entries.map(({ event }) => event.eventSeq) : []));
  return { sequencer, journal, clock, log: kept, propose, happened, fired, published };
}

test('a bridge that was behind reads on, decides again, and numbers after the other', async () => {
  const log = new SharedLog();
  const [one, two] = [bridge(log, 'one'), bridge(log, 'two')];
  await one.propose();
  await one.propose();
  expect(await two.propose()).toEqual({ ok: true, eventSeq: 3 });
  expect(two.sequencer.state.currentCueId).toBe('c2');
  expect(two.fired()).toEqual([3]);
  expect(two.published()).toEqual([1, 2, 3]);
  expect(await one.propose()).toEqual({ ok: true, eventSeq: 4 });
  expect((await readEvents(one.sequencer)).map(({ eventSeq }) => eventSeq)).toEqual([1, 2, 3, 4]);
  expect(one.sequencer.state.currentCueId).toBe('c3');
  expect(one.fired()).toEqual([1, 2, 4]);
  expect(one.published()).toEqual([1, 2, 3, 4]);
});

test('two presses that saw the same cue, at two bridges, advance once', async () => {
  const log = new SharedLog();
  const [one, two] = [bridge(log, 'one'), bridge(log, 'two')];
  const press = { payload: { fromCueId: null, toCueId: 'c0', segmentId: 's' } };
  const outcomes = await Promise.all([one.propose(press), two.propose(press)]);
  expect(outcomes).toMatchObject([
    { ok: true, eventSeq: 1 },
    { ok: false, code: 'CONFLICT' },
  ]);
  expect(two.sequencer.state.currentCueId).toBe('c0');
});

test('a message that the other bridge stored is answered with its number; the rest of the batch is decided again', async () => {
  const log = new SharedLog();
  const [one, two] = [bridge(log, 'one'), bridge(log, 'two')];
  await one.propose({ messageId: idOf(1) });
  const outcomes = await Promise.all([
    two.propose({ messageId: idOf(5) }),
    two.propose({ messageId: idOf(1) }),
    two.propose({ messageId: idOf(6) }),
  ]);
  expect(outcomes).toEqual([
    { ok: true, eventSeq: 2 },
    { ok: true, eventSeq: 1 },
    { ok: true, eventSeq: 3 },
  ]);
  expect(two.fired()).toEqual([2, 3]);
});

test('proposals that come while the other’s events are read wait their turn', async () => {
  const log = new SharedLog();
  const [one, two] = [bridge(log, 'one'), bridge(log, 'two')];
  for (let i = 0; i < 5; i += 1) await one.propose();
  const first = two.propose();
  const rest: Promise<Outcome>[] = [];
  for (let i = 0; i < 5; i += 1) {
    await Promise.resolve();
    rest.push(two.propose());
  }
  expect(await Promise.all([first, ...rest])).toEqual([6, 7, 8, 9, 10, 11].map((eventSeq) => ({ ok: true, eventSeq })));
  expect(two.fired()).toEqual([6, 7, 8, 9, 10, 11]);
  expect(two.published()).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
});

test('who is always second is refused in the end, and may press again', async () => {
  const log = new SharedLog();
  const two = bridge(log);
  let others = 0;
  two.journal.before = () => {
    others += 1;
    log.store('one', [entryOf(log.stored.length + 1)], log.stored.length);
  };
  expect(await two.propose()).toMatchObject({ ok: false, code: 'SEQUENCER_BUSY' });
  expect(others).toBe(5);
  two.journal.before = () => {};
  expect(await two.propose()).toMatchObject({ ok: true });
});

test('who cannot hear what the others wrote is refused aloud, and hears it later', async () => {
  const log = new SharedLog();
  const [one, two] = [bridge(log, 'one'), bridge(log, 'two')];
  two.journal.isDeaf = true;
  await one.propose();
  await turn();
  const press = two.propose();
  await two.clock.advance(100);
  expect(await press).toMatchObject({ code: 'JOURNAL_UNAVAILABLE', message: 'no member of the log answers' });
  expect(two.log.named('journal.unheard')).toHaveLength(1);
  expect([two.sequencer.lastEventSeq, two.fired()]).toEqual([0, []]);
  two.journal.isDeaf = false;
  await two.clock.advance(100);
  expect([two.sequencer.lastEventSeq, two.published(), two.fired()]).toEqual([1, [1], []]);
  expect(await two.propose()).toEqual({ ok: true, eventSeq: 2 });
});

test('one where nobody presses is up to date: it publishes what the other wrote, and performs nothing of it', async () => {
  const log = new SharedLog();
  const [one, two] = [bridge(log, 'one'), bridge(log, 'two')];
  for (let i = 0; i < 3; i += 1) await one.propose();
  await turn();
  expect(two.published()).toEqual([1, 2, 3]);
  expect(two.sequencer.state).toEqual(one.sequencer.state);
  expect([one.fired(), two.fired()]).toEqual([[1, 2, 3], []]);
  expect(two.log.named('event.adopted')).toHaveLength(3);
});

test('an event whose answer is lost is found in the log: performed once, answered once', async () => {
  const log = new SharedLog();
  const one = bridge(log, 'one', { turns: () => 1, losesAnswer: () => true });
  expect(await one.propose()).toEqual({ ok: true, eventSeq: 1 });
  expect(await one.propose()).toEqual({ ok: true, eventSeq: 2 });
  await one.sequencer.idle();
  expect([one.fired(), one.published(), log.stored.length]).toEqual([[1, 2], [1, 2], 2]);
});

test('what may be stored is not refused while the log cannot be heard', async () => {
  const { journal, clock, propose, fired } = bridge(new SharedLog(), 'one', {
    turns: () => 1,
    losesAnswer: () => true,
  });
  journal.isDeaf = true;
  const answers: Outcome[] = [];
  void propose().then((outcome) => answers.push(outcome));
  for (let i = 0; i < 5; i += 1) await clock.advance(100);
  expect(answers).toEqual([]);
  journal.isDeaf = false;
  for (let i = 0; i < 5; i += 1) await clock.advance(100);
  expect([answers, fired()]).toEqual([[{ ok: true, eventSeq: 1 }], [1]]);
});

test('an event that was refused and is in the log after all is not taken for the next one, and fires nothing', async () => {
  const { journal, clock, propose, fired, published } = bridge(new SharedLog());
  const append = journal.append.bind(journal);
  journal.isDeaf = true;
  journal.append = async (...args) => {
    await append(...args);
    throw new Error('it says so, and is wrong');
  };
  expect(await propose()).toMatchObject({ code: 'JOURNAL_UNAVAILABLE' });
  const held = deferred<void>();
  journal.append = async (...args) => {
    await held.promise;
    return append(...args);
  };
  const next = propose();
  journal.isDeaf = false;
  await clock.advance(100);
  held.resolve();
  expect(await next).toEqual({ ok: true, eventSeq: 2 });
  expect([fired(), published()]).toEqual([[2], [1, 2]]);
});

test('an event that comes back before its answer is taken then, and the answer changes nothing', async () => {
  const { journal, propose, fired, published, sequencer } = bridge(new SharedLog());
  const append = journal.append.bind(journal);
  const answer = deferred<void>();
  journal.append = async (entries, expectedSeq) => {
    const given = await append(entries, expectedSeq);
    await answer.promise;
    return given;
  };
  expect(await propose()).toEqual({ ok: true, eventSeq: 1 });
  const second = propose();
  answer.resolve();
  expect(await second).toEqual({ ok: true, eventSeq: 2 });
  await turn();
  expect([fired(), published(), sequencer.lastEventSeq]).toEqual([[1, 2], [1, 2], 2]);
});

test('a message that came in at both is performed by the one that stored it, and answered by both', async () => {
  const log = new SharedLog();
  const [one, two] = [bridge(log, 'one'), bridge(log, 'two')];
  const both = { messageId: idOf(7), payload: {} };
  const answers = await Promise.all([one.propose(both), two.propose(both)]);
  expect(answers).toEqual([
    { ok: true, eventSeq: 1 },
    { ok: true, eventSeq: 1 },
  ]);
  await turn();
  expect([one.fired(), two.fired()]).toEqual([[1], []]);
});

test('a press that is made while ours is doomed is decided by the show as it is, not by one that never was', async () => {
  const log = new SharedLog();
  const [one, two] = [bridge(log, 'one'), bridge(log, 'two')];
  const append = two.journal.append.bind(two.journal);
  const answer = deferred<void>();
  two.journal.append = async (entries, expectedSeq) => {
    await answer.promise;
    return append(entries, expectedSeq);
  };
  const doomed = two.propose({ payload: { fromCueId: null, toCueId: 'c5' } });
  await one.propose({ payload: { fromCueId: null, toCueId: 'c0' } });
  await turn();
  expect(two.sequencer.state.currentCueId).toBe('c0');
  const press = two.propose({ payload: { fromCueId: 'c0', toCueId: 'c1' } });
  answer.resolve();
  expect(await Promise.all([doomed, press])).toMatchObject([{ code: 'CONFLICT' }, { ok: true, eventSeq: 2 }]);
});

test('what waits is split into as much as the log takes at once, one append after the other', async () => {
  const { journal, propose, fired } = bridge(new SharedLog());
  const answers = await Promise.all(Array.from({ length: 150 }, () => propose()));
  expect(answers.map((answer) => answer.ok && answer.eventSeq)).toEqual(Array.from({ length: 150 }, (_, i) => i + 1));
  expect(journal.appends).toEqual([1, 60, 60, 29]);
  expect(fired()).toHaveLength(150);
});

test('so it is by bytes; an event that alone is too much is refused, and costs no other', async () => {
  const bytesMax = 2000;
  const { journal, propose } = bridge(new SharedLog(), 'two', STRAIGHT, { eventsMax: 60, bytesMax, appendsMax: 1 });
  const note = (text: string) =>
    propose({ eventType: 'NoteAdded', payload: { noteId: text.slice(0, 9), scope: { type: 'show' }, text } });
  const answers = await Promise.all([note('a'), note('b'), note('c'.repeat(1900)), note('d'.repeat(1000)), note('e')]);
  expect(answers).toMatchObject([{ ok: true }, { ok: true }, { code: 'FRAME_TOO_LARGE' }, { ok: true }, { ok: true }]);
  expect(journal.appends).toEqual([1, 2, 1]);
});

const CLOSED = {
  JOURNAL_FENCED: (log: SharedLog, on: boolean) => {
    if (on) log.fenced.add('two');
    else log.fenced.clear();
  },
  JOURNAL_NO_QUORUM: (log: SharedLog, on: boolean) => {
    log.hasQuorum = !on;
  },
};
test.each(Object.entries(CLOSED))(
  '%s: refused with a code of its own, nothing is stored, and the same message may be tried again',
  async (code, set) => {
    const log = new SharedLog();
    const two = bridge(log);
    set(log, true);
    const press = { messageId: idOf(3) };
    expect(await two.propose(press)).toMatchObject({ ok: false, code });
    expect(two.log.named('journal.unavailable')).toMatchObject([{ code }]);
    // Where the log says so of itself, nothing is tried.
    two.journal.failure = new BridgeError(code as ErrorCode, 'it is so');
    expect(await two.propose(press)).toEqual({ ok: false, code, message: 'it is so' });
    expect([log.stored, two.fired(), two.journal.appends]).toEqual([[], [], [1]]);
    two.journal.failure = undefined;
    set(log, false);
    expect(await two.propose(press)).toEqual({ ok: true, eventSeq: 1 });
  },
);

test('an answer that comes after everything on its way was given up means nothing any more', async () => {
  const { sequencer, journal, propose, fired } = bridge(new SharedLog(), 'one', STRAIGHT, NO_LIMITS);
  const answers: { store(): void; fail(): void }[] = [];
  journal.append = () =>
    new Promise((resolve, reject) => {
      answers.push({ store: () => resolve({ result: 'stored' }), fail: () => reject(new Error('the disk is gone')) });
    });
  const [first, second] = [propose(), propose()];
  await Promise.resolve();
  expect(answers).toHaveLength(2);
  answers[0]?.fail();
  expect(await Promise.all([first, second])).toMatchObject([
    { code: 'JOURNAL_UNAVAILABLE' },
    { code: 'JOURNAL_UNAVAILABLE' },
  ]);
  answers[1]?.store();
  await turn();
  expect([sequencer.lastEventSeq, sequencer.state.currentCueId, fired()]).toEqual([0, null, []]);
});
