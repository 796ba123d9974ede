import { expect, test } from 'vitest';
import { readEvents } from '../../test/support/journal-rig.js';
import { MemoryDisk } from '../../test/support/memory-disk.js';
import { openShow } from '../../test/support/sequencer-rig.js';
import { TestClock } from '../../test/support/test-clock.js';
import { ShowTime } from './show-time.js';

const HOUR = 3_600_000;

test('follows the clock, and never goes back; after a step back it goes on at the clock’s pace', async () => {
  const clock = new TestClock();
  const time = new ShowTime(clock);
  const start = clock.wall();
  expect(time.now(0)).toBe(start);
  await clock.advance(500);
  expect(time.now(start)).toBe(start + 500);
  clock.stepWall(HOUR);
  expect(time.now(start)).toBe(start + HOUR + 500);
  clock.stepWall(-2 * HOUR);
  const last = start + HOUR + 500;
  expect(time.now(last)).toBe(last);
  await clock.advance(700);
  expect(time.now(last)).toBe(last + 700);
  expect(time.aheadMs).toBe(2 * HOUR);
});

test('a bridge whose clock is a day behind its log still takes the next GO after the guard', async () => {
  const disk = new MemoryDisk();
  const first = await openShow(disk, { goGuardMs: 300 });
  await first.propose();
  await first.sequencer.close();
  const clock = new TestClock('2026-02-28T19:30:00.000Z');
  const second = await openShow(disk, { goGuardMs: 300, clock });
  expect(second.log.named('clock.behind')).toMatchObject([
    { level: 'warn', code: 'CLOCK_BEHIND', behindMs: 24 * HOUR },
  ]);
  await clock.advance(300);
  expect(await second.propose()).toEqual({ ok: true, eventSeq: 2 });
  await clock.advance(1000);
  expect(await second.propose()).toEqual({ ok: true, eventSeq: 3 });
  const times = (await readEvents(second.sequencer)).map(({ recordedAt }) => recordedAt);
  expect(times).toEqual(['2026-03-01T19:30:00.000Z', '2026-03-01T19:30:00.300Z', '2026-03-01T19:30:01.300Z']);
  expect(second.sequencer.now()).toBe(Date.parse('2026-03-01T19:30:01.300Z'));
});
