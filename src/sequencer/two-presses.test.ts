import { expect, test } from 'vitest';
import { readEvents } from '../../test/support/journal-rig.js';
import { MemoryDisk } from '../../test/support/memory-disk.js';
import { seeded } from '../../test/support/seeded.js';
import { openShow } from '../../test/support/sequencer-rig.js';

test('two who press together, 1,000 seeded times: one advance each time, and the log has no gap', async () => {
  const random = seeded(20260301);
  const disk = new MemoryDisk();
  const turns = () => Math.floor(random() * 4);
  const wait = async (n: number) => {
    for (let i = 0; i < n; i += 1)
      await (random() < 0.5 ? Promise.resolve() : new Promise((resolve) => setImmediate(resolve)));
  };
  disk.pace = () => wait(turns());
  const { sequencer, propose, happened } = await openShow(disk, { cues: 1001 });
  for (let round = 0; round < 1000; round += 1) {
    const fromCueId = round === 0 ? null : `c${round - 1}`;
    const press = { payload: { fromCueId } };
    const answers = await Promise.all([
      wait(turns()).then(() => propose({ ...press, deviceId: 'one' })),
      wait(turns()).then(() => propose({ ...press, deviceId: 'two' })),
    ]);
    expect(answers.filter(({ ok }) => ok)).toEqual([{ ok: true, eventSeq: round + 1 }]);
    expect(answers.filter(({ ok }) => !ok)).toMatchObject([{ code: 'CONFLICT' }]);
  }
  expect(sequencer.state.currentCueId).toBe('c999');
  const log = await readEvents(sequencer);
  expect(log.map(({ eventSeq }) => eventSeq)).toEqual(Array.from({ length: 1000 }, (_, i) => i + 1));
  const fired = happened.flatMap((one) => (one.what === 'performed' ? [one.event.eventSeq] : []));
  expect(fired).toEqual(log.map(({ eventSeq }) => eventSeq));
  await sequencer.close();
  expect((await openShow(disk, { cues: 1001 })).sequencer.state).toEqual(sequencer.state);
});
