import { expect, test } from 'vitest';
import { FIRST_SEGMENT, idOf, readEvents } from '../../test/support/journal-rig.js';
import { type Fault, MemoryDisk } from '../../test/support/memory-disk.js';
import { seeded } from '../../test/support/seeded.js';
import { openShow } from '../../test/support/sequencer-rig.js';

const upTo = (n: number) => Array.from({ length: n }, (_, i) => i + 1);
const timer = { eventType: 'TimerSetOverride', payload: { timerId: 't', value: '00:00:00.000' } };

test('on a full disk every press is refused aloud and nothing fires; when there is room again the show goes on', async () => {
  const disk = new MemoryDisk();
  const { sequencer, propose, happened, log } = await openShow(disk);
  await propose();
  const before = sequencer.state;
  happened.length = 0;
  disk.fault = (operation) => (operation === 'append' ? { code: 'ENOSPC', wrote: 37 } : undefined);
  const presses = await Promise.all([propose({ messageId: idOf(1) }), propose(), propose()]);
  for (const outcome of presses) {
    expect(outcome).toMatchObject({
      ok: false,
      code: 'JOURNAL_UNAVAILABLE',
      message: `${FIRST_SEGMENT} cannot be written: the disk is full (ENOSPC)`,
    });
  }
  expect(happened.map(({ what }) => what)).toEqual(Array(3).fill('answered'));
  expect(sequencer.state).toBe(before);
  expect(sequencer.failure).toMatchObject({ code: 'JOURNAL_UNAVAILABLE' });
  await propose();
  expect(log.named('journal.unavailable')).toMatchObject([{ level: 'error', code: 'JOURNAL_UNAVAILABLE', waiting: 3 }]);
  disk.fault = undefined;
  // The same press again, now that it can be stored.
  expect(await propose({ messageId: idOf(1) })).toEqual({ ok: true, eventSeq: 2 });
  expect(sequencer.failure).toBeUndefined();
  expect(log.named('journal.recovered')).toMatchObject([{ level: 'info', seq: 2 }]);
  expect(sequencer.state.currentCueId).toBe('c1');
  expect((await readEvents(sequencer)).map(({ eventSeq }) => eventSeq)).toEqual([1, 2]);
});

test('the moment in which the log fails is told once, so that no display goes on saying GO; its return is an event', async () => {
  const disk = new MemoryDisk();
  const told: unknown[] = [];
  const { sequencer, propose, happened } = await openShow(disk, { unavailable: () => told.push(sequencer.failure) });
  await propose();
  disk.fault = (operation) => (operation === 'append' ? { code: 'EIO' } : undefined);
  await Promise.all([propose(), propose()]);
  await propose();
  expect(told).toMatchObject([{ code: 'JOURNAL_UNAVAILABLE' }]);
  disk.fault = undefined;
  happened.length = 0;
  await propose();
  expect(happened.map(({ what }) => what)).toContain('published');
  expect(sequencer.failure).toBeUndefined();
  disk.fault = (operation) => (operation === 'append' ? { code: 'EIO' } : undefined);
  await propose();
  expect(told).toHaveLength(2);
});

test('a proposal that comes while the disk fails under the one before it is not built on what never was', async () => {
  const disk = new MemoryDisk();
  const { sequencer, propose } = await openShow(disk);
  let release = () => {};
  disk.pace = () => new Promise((resolve) => (release = resolve));
  disk.fault = (operation) => (operation === 'append' ? { code: 'EIO' } : undefined);
  const doomed = propose();
  await new Promise((resolve) => setImmediate(resolve));
  // The head stands at c0, which will never have been.
  const onTop = propose({ payload: { fromCueId: 'c0' } });
  release();
  expect(await doomed).toMatchObject({ code: 'JOURNAL_UNAVAILABLE' });
  expect(await onTop).toMatchObject({ code: 'JOURNAL_UNAVAILABLE' });
  disk.pace = async () => {};
  disk.fault = undefined;
  expect(await propose({ payload: { fromCueId: 'c0' } })).toMatchObject({ code: 'CONFLICT' });
  expect(await propose({ payload: { fromCueId: null } })).toEqual({ ok: true, eventSeq: 1 });
  expect(sequencer.state.currentCueId).toBe('c0');
});

test('a press made from within the answer to a failed one is tried anew', async () => {
  const disk = new MemoryDisk();
  const { propose } = await openShow(disk);
  let failures = 1;
  disk.fault = (operation) => (operation === 'append' && failures-- > 0 ? { code: 'EIO' } : undefined);
  expect(await propose({ messageId: idOf(1) }).then(() => propose({ messageId: idOf(1) }))).toEqual({
    ok: true,
    eventSeq: 1,
  });
});

test('over a disk that fails now and then under pipelined proposals: what was answered is on disk, gapless, once', async () => {
  for (let seed = 1; seed <= 20; seed += 1) {
    const random = seeded(seed);
    const disk = new MemoryDisk();
    const { sequencer, propose, happened, clock } = await openShow(disk);
    const codes = ['ENOSPC', 'EIO', 'EROFS', 'EBADF'];
    const fault = (): Fault | undefined =>
      random() < 0.15
        ? { code: codes[Math.floor(random() * 4)] as string, wrote: Math.floor(random() * 900) }
        : undefined;
    disk.fault = (operation) => (['append', 'sync', 'truncate', 'open'].includes(operation) ? fault() : undefined);
    const outcomes: Promise<readonly [string, Awaited<ReturnType<typeof propose>>]>[] = [];
    for (let i = 1; i <= 300; i += 1) {
      const messageId = idOf(i);
      outcomes.push(propose({ ...timer, messageId }).then((outcome) => [messageId, outcome] as const));
      if (random() < 0.3) await new Promise((resolve) => setImmediate(resolve));
    }
    const answered = await Promise.all(outcomes);
    disk.fault = undefined;
    const log = await readEvents(sequencer);
    expect(log.map(({ eventSeq }) => eventSeq)).toEqual(upTo(log.length));
    const inLog = new Map(log.map(({ messageId, eventSeq }) => [messageId, eventSeq]));
    expect(inLog.size).toBe(log.length);
    let refusals = 0;
    for (const [messageId, outcome] of answered) {
      if (outcome.ok) expect(inLog.get(messageId)).toBe(outcome.eventSeq);
      else {
        refusals += 1;
        expect(outcome.code).toBe('JOURNAL_UNAVAILABLE');
        expect(inLog.has(messageId)).toBe(false);
      }
    }
    expect(refusals).toBeGreaterThan(0);
    expect(refusals).toBeLessThan(300);
    const fired = happened.flatMap((one) => (one.what === 'performed' ? [one.event.eventSeq] : []));
    expect(fired).toEqual(upTo(log.length));
    const published = happened.flatMap((one) =>
      one.what === 'published' ? one.entries.map(({ event }) => event.eventSeq) : [],
    );
    expect(published).toEqual(upTo(log.length));
    await sequencer.close();
    const again = await openShow(disk, { clock });
    expect(again.sequencer.state).toEqual(sequencer.state);
    expect(again.sequencer.lastEventSeq).toBe(log.length);
  }
});
