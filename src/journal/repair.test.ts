import fc from 'fast-check';
import { expect, test } from 'vitest';
import { entries, FIRST_SEGMENT, FOLDER, openJournal, PATH } from '../../test/support/journal-rig.js';
import { MemoryDisk } from '../../test/support/memory-disk.js';
import { repairLog } from './repair.js';
import { verifyLog } from './verify.js';

const EVENTS = 40;
const NEW = '/new/small';

/** A log in some segments, as its bridge left it; with a snapshot at event `savedAt`, unless that is 0. */
async function written(savedAt = 0): Promise<MemoryDisk> {
  const disk = new MemoryDisk();
  const { journal } = await openJournal(disk, { segmentBytesMax: 3000 });
  for (let seq = 1; seq <= EVENTS; seq += 1) {
    await journal.append(entries(seq, seq), seq - 1);
    if (seq === savedAt) await journal.save({ lastEventSeq: seq, fingerprint: 'f1', state: {} });
  }
  await journal.close();
  return disk;
}
const segments = (disk: MemoryDisk) => disk.paths().filter((path) => path.endsWith('.jsonl') && path.startsWith(PATH));
const contents = (disk: MemoryDisk) =>
  disk
    .paths()
    .filter((path) => path.startsWith(PATH))
    .map((path) => [path, disk.bytesOf(path).toString('latin1')]);

/** Moves a repaired log to where a bridge looks for it. */
async function started(disk: MemoryDisk) {
  const fresh = new MemoryDisk();
  for (const path of disk.paths()) {
    if (path.startsWith(NEW)) fresh.put(path.replace(NEW, FOLDER), disk.bytesOf(path));
  }
  return openJournal(fresh);
}

const mutilation = fc.oneof(
  fc.record({ how: fc.constant('cut' as const), segment: fc.nat(9), at: fc.nat(4000) }),
  fc.record({ how: fc.constant('flip' as const), segment: fc.nat(9), at: fc.nat(4000) }),
  fc.record({ how: fc.constant('zeros' as const), segment: fc.nat(9), at: fc.nat(400) }),
  fc.record({ how: fc.constant('gone' as const), segment: fc.nat(9), at: fc.constant(0) }),
  fc.record({ how: fc.constant('twice' as const), segment: fc.nat(9), at: fc.constant(0) }),
);

test('of every mutilated log, proving and starting agree, and what is repaired starts with all that is kept', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(mutilation, { minLength: 1, maxLength: 3 }),
      fc.constantFrom(0, 7, EVENTS),
      async (mutilations, savedAt) => {
        const disk = await written(savedAt);
        for (const { how, segment, at } of mutilations) {
          const all = segments(disk);
          const path = all[segment % all.length] as string;
          const bytes = Buffer.from(disk.bytesOf(path));
          if (how === 'gone') await disk.remove(path);
          else if (how === 'cut') disk.put(path, bytes.subarray(0, at % (bytes.length + 1)));
          else if (how === 'zeros') disk.put(path, Buffer.concat([bytes, Buffer.alloc(at)]));
          else if (how === 'twice') disk.put(path, Buffer.concat([bytes, bytes]));
          else if (bytes.length > 0) {
            bytes[at % bytes.length] = (bytes[at % bytes.length] as number) ^ 0x20;
            disk.put(path, bytes);
          }
          if (segments(disk).length === 0) return;
        }
        const before = contents(disk);
        const { problem, events } = await verifyLog(FOLDER, disk);
        const report = await repairLog(FOLDER, NEW, disk);
        expect(contents(disk)).toEqual(before);
        expect(report).toMatchObject({ keeps: events, to: problem ? NEW : undefined });
        if (problem) {
          const { replayed } = await started(disk);
          expect(replayed.map(({ eventSeq }) => eventSeq)).toEqual(Array.from({ length: events }, (_, i) => i + 1));
        }
        const opening = openJournal(disk);
        if (problem && !problem.torn) await expect(opening).rejects.toMatchObject({ code: 'JOURNAL_CORRUPT' });
        else expect((await opening).journal.lastEventSeq).toBe(events);
      },
    ),
    { numRuns: 300 },
  );
});

test('what is lost is counted and kept, and nothing is written where only the question was asked', async () => {
  const disk = await written();
  const bytes = disk.bytesOf(FIRST_SEGMENT);
  const at = bytes.indexOf('note 3"');
  bytes[at] = (bytes[at] as number) ^ 1;
  const before = disk.paths();
  const asked = await repairLog(FOLDER, undefined, disk);
  expect(disk.paths()).toEqual(before);
  expect(asked).toMatchObject({
    problem: { line: 3 },
    keeps: 2,
    lost: { readable: EVENTS - 3, lastSeq: EVENTS },
    to: undefined,
  });
  const done = await repairLog(FOLDER, NEW, disk);
  expect(done).toEqual({ ...asked, to: NEW });
  const kept = disk.paths().filter((path) => path.startsWith(NEW));
  expect(kept.length).toBe(segments(disk).length + 1);
  const together = kept
    .filter((path) => path.endsWith('.lost'))
    .reduce((sum, path) => sum + disk.bytesOf(path).length, 0);
  expect(together).toBe(asked.lost.bytes);
});

test('a whole log is left alone, and a folder that is there is never written to', async () => {
  const disk = await written();
  expect(await repairLog(FOLDER, NEW, disk)).toMatchObject({ problem: undefined, keeps: EVENTS, to: undefined });
  expect(disk.paths().filter((path) => path.startsWith(NEW))).toEqual([]);
  await disk.remove(segments(disk)[1] as string);
  disk.facts = async (path) =>
    path === NEW ? { bytes: 0, links: 1, isOpenToOthers: false, device: 1, inode: 1 } : undefined;
  await expect(repairLog(FOLDER, NEW, disk)).rejects.toThrow('is there already');
});

test('a log that its own snapshot has seen longer is told with what is missing', async () => {
  const disk = await written(EVENTS);
  const last = segments(disk).at(-1) as string;
  disk.put(last, disk.bytesOf(last).subarray(0, disk.bytesOf(last).lastIndexOf(10, -2) + 1));
  const { keeps, lost } = await repairLog(FOLDER, NEW, disk);
  expect([keeps, lost.lastSeq]).toEqual([EVENTS - 1, EVENTS]);
  expect((await started(disk)).replayed.length).toBe(EVENTS - 1);
});
