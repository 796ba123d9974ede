import { expect, test } from 'vitest';
import { SHOW } from '../../test/support/journal-rig.js';
import { keptLog } from '../../test/support/log-lines.js';
import { draftOf, showOf } from '../../test/support/sequencer-rig.js';
import { TestClock } from '../../test/support/test-clock.js';
import { type AppendResult, type Journal, NO_LIMITS } from '../journal/journal.js';
import type { Outcome } from '../protocol/decision.js';
import { initialState } from '../show/state.js';
import { Sequencer } from './writer.js';

/** A journal whose answers the test gives, one by one. */
function slowJournal() {
  const appends: { resolve: (answer: AppendResult) => void; reject: (why: Error) => void }[] = [];
  const journal: Journal = {
    lastEventSeq: 0,
    failure: undefined,
    limits: NO_LIMITS,
    append: () => new Promise((resolve, reject) => appends.push({ resolve, reject })),
    seqOf: () => undefined,
    read: async function* () {},
    follow: async function* () {},
    save: async () => undefined,
    close: async () => undefined,
  };
  return { journal, appends };
}

test('an append that fails late says nothing of what was begun after the first had failed', async () => {
  const { journal, appends } = slowJournal();
  const sequencer = new Sequencer({
    ...{ showId: SHOW, fingerprint: 'f', journal, savedSeq: 0, showSinceSeq: -1, wasStopped: true },
    ...{ goGuardMs: 0, patches: false, clock: new TestClock(), log: keptLog().log },
    recovered: { state: initialState(showOf(3)), seq: 0, recordedMs: 0 },
    effects: { perform: () => undefined, publish: () => undefined },
  });
  const propose = () => new Promise<Outcome>((done) => sequencer.propose(draftOf(), done));
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  const [first, second] = [propose(), propose()];
  await turn();
  expect(appends).toHaveLength(2);
  appends[0]?.reject(new Error('the disk is full'));
  const refused = { ok: false, code: 'JOURNAL_UNAVAILABLE' };
  expect([await first, await second]).toMatchObject([refused, refused]);
  const third = propose();
  await turn();
  appends[1]?.reject(new Error('the disk is full'));
  await turn();
  appends[2]?.resolve({ result: 'stored' });
  expect(await third).toEqual({ ok: true, eventSeq: 1 });
  expect(sequencer.state.currentCueId).toBe('c0');
});
