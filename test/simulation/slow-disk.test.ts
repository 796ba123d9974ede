import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { slowDisk } from '../../bench/slow-disk.mjs';
import { systemDisk } from '../../src/journal/disk.js';
import { openSequencer } from '../../src/sequencer/sequencer.js';
import { initialState } from '../../src/show/state.js';
import { fileJournal, readEvents, SHOW } from '../support/journal-rig.js';
import { keptLog } from '../support/log-lines.js';
import { draftOf, showOf } from '../support/sequencer-rig.js';
import { TestClock } from '../support/test-clock.js';
import { eventually } from '../support/waiting.js';

test('on a disk that takes five seconds, presses share the wait, nothing is acked early, and the loop runs on', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'pacebuddy-slow-'));
  const clock = new TestClock();
  const { log } = keptLog();
  const disk = slowDisk(systemDisk(), 5000, clock);
  const performed: number[] = [];
  const answered: number[] = [];
  const sequencer = await openSequencer({
    showId: SHOW,
    initial: initialState(showOf(20)),
    fingerprint: 'f',
    openJournal: fileJournal(disk, clock, log, folder),
    goGuardMs: 0,
    patches: false,
    clock,
    log,
    effects: { perform: ({ eventSeq }) => void performed.push(eventSeq), publish: () => {} },
  });
  const press = () =>
    sequencer.propose(draftOf(), (outcome) => {
      answered.push(outcome.ok ? (outcome.eventSeq as number) : -1);
    });
  try {
    press();
    await eventually(() => clock.sleeping === 2, 'the first write begins');
    for (let i = 0; i < 9; i += 1) press();
    await clock.advance(4999);
    expect(answered).toEqual([]);
    expect(sequencer.lastEventSeq).toBe(0);
    await clock.advance(1);
    await eventually(() => answered.length > 0, 'the first is stored');
    expect(answered).toEqual([1]);
    // The nine that came meanwhile are one write.
    await eventually(() => clock.sleeping === 2, 'the second write begins');
    await clock.advance(5000);
    await eventually(() => answered.length > 1, 'the others are stored');
    expect(answered).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(performed).toEqual(answered);
    expect((await readEvents(sequencer)).map(({ eventSeq }) => eventSeq)).toEqual(answered);
  } finally {
    const closed = sequencer.close();
    await clock.advance(10_000);
    await closed;
    rmSync(folder, { recursive: true, force: true });
  }
});
