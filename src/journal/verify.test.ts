import { expect, test } from 'vitest';
import { entries, entryOf, FIRST_SEGMENT, FOLDER, openJournal, SHOW } from '../../test/support/journal-rig.js';
import { MemoryDisk } from '../../test/support/memory-disk.js';
import { segmentName } from './segment.js';
import { readLog, verifyLog } from './verify.js';

/** A bridge that goes on running on a log of 1000 events in several segments. */
async function running() {
  const disk = new MemoryDisk();
  const { journal } = await openJournal(disk, { segmentBytesMax: 100_000 });
  for (let seq = 1; seq <= 1000; seq += 50) await journal.append(entries(seq, seq + 49), seq - 1);
  return { disk, journal };
}

const eventsOf = async (disk: MemoryDisk, fromSeq?: number) => {
  const seen: number[] = [];
  for await (const { fromSeq: from, lastSeq, lines } of readLog(FOLDER, fromSeq, disk)) {
    const events = lines
      .toString()
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { eventSeq: number });
    expect([events.at(0)?.eventSeq, events.at(-1)?.eventSeq]).toEqual([from, lastSeq]);
    seen.push(...events.map(({ eventSeq }) => eventSeq));
  }
  return seen;
};
const from = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, i) => first + i);

test('a whole log is proven and read while a bridge runs on it', async () => {
  const { disk, journal } = await running();
  const report = await verifyLog(FOLDER, disk);
  expect(report).toMatchObject({ showId: SHOW, events: 1000, problem: undefined });
  expect(report.segments).toBeGreaterThan(2);
  expect(report.bytes).toBe(
    disk
      .paths()
      .filter((path) => path.endsWith('.jsonl'))
      .reduce((sum, path) => sum + disk.bytesOf(path).length, 0),
  );
  for (const first of [1, 2, 500, 1000]) expect(await eventsOf(disk, first)).toEqual(from(first, 1000));
  expect(await eventsOf(disk, 1001)).toEqual([]);
  await journal.append([entryOf(1001)], 1000);
  expect((await verifyLog(FOLDER, disk)).events).toBe(1001);
});

test('a write that is under way is told as such, and left out', async () => {
  const { disk } = await running();
  const last = disk.paths().findLast((path) => path.endsWith('.jsonl')) as string;
  disk.put(last, Buffer.concat([disk.bytesOf(last), Buffer.from('{"kind":"event",')]));
  expect(await verifyLog(FOLDER, disk)).toMatchObject({ events: 1000, problem: { torn: true, why: 'it has no end' } });
  expect(await eventsOf(disk)).toEqual(from(1, 1000));
});

test('the first bad line is named, and everything before it is read', async () => {
  const { disk } = await running();
  const bytes = disk.bytesOf(FIRST_SEGMENT);
  const at = bytes.indexOf('note 21"');
  bytes[at] = (bytes[at] as number) ^ 1;
  const problem = { file: segmentName(1), line: 21, why: 'its crc does not fit', torn: false };
  expect(await verifyLog(FOLDER, disk)).toMatchObject({ events: 20, problem });
  const seen: number[] = [];
  const reading = async () => {
    for await (const { lastSeq } of readLog(FOLDER, 1, disk)) seen.push(lastSeq);
  };
  await expect(reading()).rejects.toThrow(`${segmentName(1)}:21: its crc does not fit`);
  expect(seen).toEqual([20]);
});

test('a missing segment is named', async () => {
  const { disk } = await running();
  const [, second, third] = disk.paths().filter((path) => path.endsWith('.jsonl'));
  disk.remove(second as string);
  const { problem } = await verifyLog(FOLDER, disk);
  expect(problem).toMatchObject({ file: (third as string).slice(FOLDER.length + 1), line: 1, torn: false });
});

test('an empty folder is a whole log of nothing; a folder that is not there is not', async () => {
  const disk = new MemoryDisk();
  expect(await verifyLog(FOLDER, disk)).toMatchObject({ events: 0, segments: 0, problem: undefined });
  await expect(verifyLog('/none/such')).rejects.toMatchObject({ code: 'JOURNAL_UNAVAILABLE' });
});
