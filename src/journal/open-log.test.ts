import { expect, test } from 'vitest';
import {
  entries,
  entryOf,
  FIRST_SEGMENT,
  FOLDER,
  type OpenedJournal,
  openJournal,
  readEvents,
  SHOW,
} from '../../test/support/journal-rig.js';
import { MemoryDisk } from '../../test/support/memory-disk.js';
import type { Entry } from './journal.js';
import { LineBuffer } from './line.js';
import { segmentName } from './segment.js';

const linesOf = (all: readonly Entry[]): Buffer => {
  const buffer = new LineBuffer();
  for (const { json } of all) buffer.add(json);
  return Buffer.from(buffer.view());
};

const diskWith = (bytes: Buffer): MemoryDisk => {
  const disk = new MemoryDisk();
  disk.put(FIRST_SEGMENT, bytes);
  return disk;
};

const tornOf = (disk: MemoryDisk) => disk.paths().filter((path) => path.includes('.torn-'));
const seqs = ({ replayed }: OpenedJournal) => replayed.map(({ eventSeq }) => eventSeq);
const upTo = (n: number) => Array.from({ length: n }, (_, i) => i + 1);

test('a log that ends anywhere in its last two lines is cut at the last whole line, and the bytes are kept', async () => {
  const whole = linesOf(entries(1, 5));
  const starts = [linesOf(entries(1, 3)).length, linesOf(entries(1, 4)).length, whole.length];
  for (let end = starts[0] as number; end <= whole.length; end += 1) {
    const disk = diskWith(whole.subarray(0, end));
    const good = starts.findLastIndex((start) => start <= end);
    const opened = await openJournal(disk);
    expect(seqs(opened)).toEqual(upTo(3 + good));
    const cutBytes = end - (starts[good] as number);
    const warnings = opened.log.named('journal.tail-cut');
    if (cutBytes === 0) {
      expect(warnings).toEqual([]);
      expect(tornOf(disk)).toEqual([]);
    } else {
      expect(warnings).toMatchObject([
        { level: 'warn', code: 'JOURNAL_TAIL_CUT', file: FIRST_SEGMENT, line: 4 + good, bytes: cutBytes },
      ]);
      const [torn] = tornOf(disk);
      expect(torn).toBe(`${FIRST_SEGMENT}.torn-20260301T193000.000Z`);
      expect(disk.bytesOf(torn as string)).toEqual(whole.subarray(starts[good], end));
    }
    // It goes on as if it had never been there.
    const next = 4 + good;
    await opened.journal.append([entryOf(next, 'after')], next - 1);
    expect((await readEvents(opened.journal)).map(({ eventSeq }) => eventSeq)).toEqual(upTo(next));
  }
});

test('no flipped byte is ever taken for good: it is named with its line, or it is in a tail that was cut', async () => {
  const all = entries(1, 6);
  const whole = linesOf(all);
  const lineAt = (at: number) => whole.subarray(0, at).filter((byte) => byte === 10).length + 1;
  for (let at = 0; at < whole.length; at += 1) {
    for (const flip of [0x01, 0x20, 0xff]) {
      const bytes = Buffer.from(whole);
      bytes[at] = (bytes[at] as number) ^ flip;
      const disk = diskWith(bytes);
      const line = lineAt(at);
      // Without its end, a line swallows the next: only then the last line but one is at the end of the log.
      const isTail = line === 6 || (line === 5 && whole[at] === 10);
      const opening = openJournal(disk);
      if (!isTail) {
        await expect(opening, `byte ${at} ^ ${flip}`).rejects.toMatchObject({
          code: 'JOURNAL_CORRUPT',
          message: expect.stringMatching(`^${segmentName(1)}:${line}: `),
        });
        continue;
      }
      const opened = await opening;
      expect(opened.log.named('journal.tail-cut'), `byte ${at} ^ ${flip}`).toHaveLength(1);
      expect(opened.replayed).toEqual(all.slice(0, line - 1).map(({ event }) => event));
    }
  }
});

test('zeros at the end, as some file systems leave them after a power cut, are a torn tail', async () => {
  const opened = await openJournal(diskWith(Buffer.concat([linesOf(entries(1, 3)), Buffer.alloc(3_000_000)])));
  expect(seqs(opened)).toEqual(upTo(3));
  expect(opened.log.named('journal.tail-cut')).toMatchObject([{ line: 4, bytes: 3_000_000 }]);
});

test('a line longer than any chunk that is read is still one event', async () => {
  const long = 'x'.repeat(3_000_000);
  const opened = await openJournal(diskWith(linesOf([entryOf(1), entryOf(2, long), entryOf(3)])));
  expect(seqs(opened)).toEqual([1, 2, 3]);
  expect((await readEvents(opened.journal, 2)).map(({ eventSeq }) => eventSeq)).toEqual([2, 3]);
});

const corruptions: [string, Entry[], string][] = [
  ['a gap', [...entries(1, 3), entryOf(5)], `${segmentName(1)}:4: eventSeq is 5, not 4`],
  ['a number twice', [...entries(1, 3), entryOf(3)], `${segmentName(1)}:4: eventSeq is 3, not 4`],
];
for (const [what, all, message] of corruptions) {
  test(`${what} stops loading, with file and line, also at the end`, async () => {
    await expect(openJournal(diskWith(linesOf(all)))).rejects.toMatchObject({ code: 'JOURNAL_CORRUPT', message });
  });
}

test('an event of another show stops loading', async () => {
  const strange = entryOf(2);
  const json = Buffer.from(JSON.stringify({ ...strange.event, showId: 'other' }));
  await expect(openJournal(diskWith(linesOf([entryOf(1), { ...strange, json }])))).rejects.toThrow(
    `${segmentName(1)}:2: it belongs to the show other, not ${SHOW}`,
  );
});

test('a missing segment stops loading, and so does a bad line at the end of one that is not the last', async () => {
  const make = () => {
    const disk = diskWith(linesOf(entries(1, 4)));
    disk.put(`${FOLDER}/${segmentName(5)}`, linesOf(entries(5, 8)));
    disk.put(`${FOLDER}/${segmentName(9)}`, linesOf(entries(9, 10)));
    return disk;
  };
  expect(seqs(await openJournal(make()))).toEqual(upTo(10));

  const middle = make();
  middle.remove(`${FOLDER}/${segmentName(5)}`);
  await expect(openJournal(middle)).rejects.toThrow(`${segmentName(9)}:1: events 5 to 8 are missing`);

  const first = make();
  first.remove(FIRST_SEGMENT);
  await expect(openJournal(first)).rejects.toThrow(`${segmentName(5)}:1: events 1 to 4 are missing`);

  const torn = make();
  torn.put(FIRST_SEGMENT, linesOf(entries(1, 4)).subarray(0, -10));
  await expect(openJournal(torn)).rejects.toThrow(`${segmentName(1)}:4: it has no end`);

  const double = make();
  double.put(FIRST_SEGMENT, linesOf(entries(1, 5)));
  await expect(openJournal(double)).rejects.toThrow(`${segmentName(5)}:1: the segment before it goes on to event 5`);
});

test('an empty last segment, left by a crash just after it was begun, is gone on with', async () => {
  const disk = diskWith(linesOf(entries(1, 4)));
  disk.put(`${FOLDER}/${segmentName(5)}`, Buffer.alloc(0));
  const opened = await openJournal(disk);
  await opened.journal.append([entryOf(5)], 4);
  expect(disk.bytesOf(`${FOLDER}/${segmentName(5)}`)).toEqual(linesOf([entryOf(5)]));
});

test('a line that changes under a running bridge is found when it is read', async () => {
  const disk = new MemoryDisk();
  const { journal } = await openJournal(disk);
  await journal.append(entries(1, 400), 0);
  const bytes = disk.bytesOf(FIRST_SEGMENT);
  bytes[5000] = (bytes[5000] as number) ^ 1;
  await expect(readEvents(journal)).rejects.toMatchObject({
    code: 'JOURNAL_CORRUPT',
    message: expect.stringMatching(`^${segmentName(1)}:`),
  });
});
