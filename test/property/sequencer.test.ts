import fc from 'fast-check';
import { expect, test } from 'vitest';
import { openSequencer } from '../../src/sequencer/sequencer.js';
import { initialState } from '../../src/show/state.js';
import { fileJournal, PATH, readEvents, SHOW } from '../support/journal-rig.js';
import { LiveShow } from '../support/live-show.js';
import { keptLog } from '../support/log-lines.js';
import { MemoryDisk } from '../support/memory-disk.js';
import { TestClock } from '../support/test-clock.js';
import { show, wish } from './show-arbitraries.js';

const copy = <T>(value: T): T => JSON.parse(JSON.stringify(value));

test('any proposals over a disk that fails: no gap, no id twice, and the log replayed is the live show', async () => {
  await fc.assert(
    fc.asyncProperty(
      show,
      fc.array(fc.record({ wish, again: fc.boolean(), pause: fc.boolean() }), { maxLength: 60, size: 'max' }),
      fc.array(fc.nat(40), { maxLength: 3 }),
      fc.boolean(),
      async (file, steps, failingAppends, patches) => {
        const disk = new MemoryDisk();
        const clock = new TestClock();
        const drafts = new LiveShow(file);
        let appends = 0;
        disk.fault = (operation) =>
          operation === 'append' && failingAppends.includes(appends++) ? { code: 'EIO', wrote: 50 } : undefined;
        const { log, named } = keptLog();
        const open = () =>
          openSequencer({
            showId: SHOW,
            initial: initialState(file),
            fingerprint: 'f',
            openJournal: fileJournal(disk, clock, log),
            goGuardMs: 300,
            patches,
            clock,
            log,
            effects: { perform: () => {}, publish: () => {} },
          });
        const live = await open();
        const answers = new Map<string, Promise<number | string>[]>();
        for (const { wish, again, pause } of steps) {
          // In one stride: nobody is to wake four times a second for an hour.
          clock.standStill(wish.afterMs ?? 0);
          await clock.advance(0);
          const draft = drafts.draft(wish);
          for (let i = 0; i < (again ? 2 : 1); i += 1) {
            const answer = new Promise<number | string>((resolve) => {
              live.propose(draft, (outcome) => resolve(outcome.ok ? (outcome.eventSeq ?? 0) : outcome.code));
            });
            answers.set(draft.messageId, [...(answers.get(draft.messageId) ?? []), answer]);
          }
          if (pause) await live.idle();
        }
        await live.idle();
        const events = await readEvents(live);
        expect(events.map(({ eventSeq }) => eventSeq)).toEqual(events.map((_, i) => i + 1));
        expect(new Set(events.map(({ messageId }) => messageId)).size).toBe(events.length);
        const times = events.map(({ recordedAt }) => recordedAt);
        expect(times).toEqual(times.toSorted());
        const seqOf = new Map(events.map(({ messageId, eventSeq }) => [messageId, eventSeq]));
        for (const [messageId, given] of answers) {
          for (const answer of await Promise.all(given)) {
            // The same message again may find the disk well; a number, though, is always the log's.
            if (typeof answer === 'number') expect(answer).toBe(seqOf.get(messageId));
            else if (given.length === 1) expect(seqOf.has(messageId)).toBe(false);
          }
        }
        // The saved state, then the log alone.
        await live.close();
        const fromSaved = await open();
        expect(fromSaved.state).toEqual(copy(live.state));
        await fromSaved.close();
        disk.remove(`${PATH}/${SHOW}/snapshot`);
        const fromLog = await open();
        expect(fromLog.state).toEqual(copy(live.state));
        expect(fromLog.lastEventSeq).toBe(events.length);
        expect(named('event.failed')).toEqual([]);
        expect(named('effect.failed')).toEqual([]);
      },
    ),
    { numRuns: 150 },
  );
});
