import { expect, test } from 'vitest';
import { entryOf, idOf, readEvents, SHOW } from '../../test/support/journal-rig.js';
import { keptLog } from '../../test/support/log-lines.js';
import { draftOf, type Happening, showOf } from '../../test/support/sequencer-rig.js';
import { TestClock } from '../../test/support/test-clock.js';
import type { AppendResult, Entry, Journal } from '../journal/journal.js';
import { BridgeError } from '../kit/errors.js';
import type { Outcome } from '../protocol/decision.js';
import { initialState } from '../show/state.js';
import { Sequencer } from './writer.js';

/** A log that several bridges write: one transaction compares the number and the messageIds, and stores. */
class SharedLog {
  readonly entries: Entry[] = [];

  store(entries: readonly Entry[], expectedSeq: number): AppendResult {
    for (const { event } of entries) {
      const twin = this.entries.find((entry) => entry.event.messageId === event.messageId);
      if (twin) return { result: 'duplicate', messageId: event.messageId, eventSeq: twin.event.eventSeq };
    }
    if (expectedSeq !== this.entries.length) return { result: 'behind', lastEventSeq: this.entries.length };
    this.entries.push(...entries);
    return { result: 'stored' };
  }
}

/** One bridge's view of it: it knows of others' events when it has read them. */
class SharedJournal implements Journal {
  readonly failure = undefined;
  lastEventSeq = 0;
  /** Runs before each append reaches the log: the moment of another bridge. */
  before: () => void = () => {};
  readonly #log: SharedLog;

  constructor(log: SharedLog) {
    this.#log = log;
  }

  async append(entries: readonly Entry[], expectedSeq: number): Promise<AppendResult> {
    this.before();
    const result = this.#log.store(entries, expectedSeq);
    if (result.result === 'stored') this.lastEventSeq = this.#log.entries.length;
    return result;
  }

  seqOf(messageId: string): number | undefined {
    const known = this.#log.entries.slice(0, this.lastEventSeq);
    return known.find(({ event }) => event.messageId === messageId)?.event.eventSeq;
  }

  async *read(fromSeq: number) {
    for (const [i, { json }] of this.#log.entries.entries()) {
      if (i + 1 < fromSeq) continue;
      this.lastEventSeq = Math.max(this.lastEventSeq, i + 1);
      yield { fromSeq: i + 1, lastSeq: i + 1, lines: Buffer.from(`${json}\n`) };
    }
  }

  async save(): Promise<void> {}
  async close(): Promise<void> {}
}

function bridge(log: SharedLog) {
  const journal = new SharedJournal(log);
  const happened: Happening[] = [];
  const kept = keptLog();
  const sequencer = new Sequencer({
    showId: SHOW,
    fingerprint: 'f1',
    journal,
    recovered: { state: initialState(showOf(20)), seq: 0, recordedMs: 0 },
    wasStopped: false,
    savedSeq: 0,
    showSinceSeq: 0,
    goGuardMs: 0,
    patches: false,
    clock: new TestClock(),
    log: kept.log,
    effects: {
      perform: (event, state) => void happened.push({ what: 'performed', event, state }),
      publish: (entries, state) => void happened.push({ what: 'published', entries, state }),
    },
  });
  const propose = (wished = {}) => new Promise<Outcome>((resolve) => sequencer.propose(draftOf(wished), resolve));
  const fired = () => happened.flatMap((one) => (one.what === 'performed' ? [one.event.eventSeq] : []));
  return { sequencer, journal, propose, happened, fired };
}

test('a bridge that was behind reads on, decides again, and numbers after the other', async () => {
  const log = new SharedLog();
  const [one, two] = [bridge(log), bridge(log)];
  await one.propose();
  await one.propose();
  expect(await two.propose()).toEqual({ ok: true, eventSeq: 3 });
  expect(two.sequencer.state.currentCueId).toBe('c2');
  expect(two.fired()).toEqual([1, 2, 3]);
  expect(await one.propose()).toEqual({ ok: true, eventSeq: 4 });
  expect((await readEvents(one.sequencer)).map(({ eventSeq }) => eventSeq)).toEqual([1, 2, 3, 4]);
  expect(one.sequencer.state.currentCueId).toBe('c3');
  expect(one.fired()).toEqual([1, 2, 3, 4]);
});

test('two presses that saw the same cue, at two bridges, advance once', async () => {
  const log = new SharedLog();
  const [one, two] = [bridge(log), bridge(log)];
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
  const [one, two] = [bridge(log), bridge(log)];
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
  expect(two.fired()).toEqual([1, 2, 3]);
});

test('proposals that come while the other’s events are read wait their turn', async () => {
  const log = new SharedLog();
  const [one, two] = [bridge(log), bridge(log)];
  for (let i = 0; i < 5; i += 1) await one.propose();
  const first = two.propose();
  const rest: Promise<Outcome>[] = [];
  for (let i = 0; i < 5; i += 1) {
    await Promise.resolve();
    rest.push(two.propose());
  }
  expect(await Promise.all([first, ...rest])).toEqual([6, 7, 8, 9, 10, 11].map((eventSeq) => ({ ok: true, eventSeq })));
  expect(two.fired()).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
});

test('who is always second is refused in the end, and may press again', async () => {
  const log = new SharedLog();
  const two = bridge(log);
  let others = 0;
  two.journal.before = () => {
    others += 1;
    log.entries.push(entryOf(log.entries.length + 1));
  };
  expect(await two.propose()).toMatchObject({ ok: false, code: 'SEQUENCER_BUSY' });
  expect(others).toBe(5);
  two.journal.before = () => {};
  expect(await two.propose()).toMatchObject({ ok: true });
});

test('a shared log that cannot be read is an unavailable log', async () => {
  const log = new SharedLog();
  const [one, two] = [bridge(log), bridge(log)];
  await one.propose();
  two.journal.read = async function* () {
    yield* [];
    throw new BridgeError('JOURNAL_UNAVAILABLE', 'no member of the log answers');
  };
  expect(await two.propose()).toMatchObject({ code: 'JOURNAL_UNAVAILABLE', message: 'no member of the log answers' });
  expect(two.fired()).toEqual([]);
});

test('an answer that comes after everything on its way was given up means nothing any more', async () => {
  const { sequencer, journal, propose, fired } = bridge(new SharedLog());
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
  await new Promise((resolve) => setImmediate(resolve));
  expect([sequencer.lastEventSeq, sequencer.state.currentCueId, fired()]).toEqual([0, null, []]);
});
