import { expect, test } from 'vitest';
import {
  entries,
  entryOf,
  FIRST_SEGMENT,
  FOLDER,
  idOf,
  openJournal,
  readEvents,
} from '../../test/support/journal-rig.js';
import { MemoryDisk } from '../../test/support/memory-disk.js';
import { LineBuffer } from './line.js';
import { segmentName } from './segment.js';

const SNAPSHOT = `${FOLDER}/snapshot`;
const STATE = { show: 'as it was', list: [1, 2, 3] };
const upTo = (n: number) => Array.from({ length: n }, (_, i) => i + 1);

/** A log of `total` events in small segments, with a snapshot at `savedAt`. */
async function saved(savedAt: number, total: number): Promise<MemoryDisk> {
  const disk = new MemoryDisk();
  const { journal } = await openJournal(disk, { segmentBytesMax: 40_000 });
  for (let seq = 1; seq <= total; seq += 10) await journal.append(entries(seq, seq + 9), seq - 1);
  await journal.save({ lastEventSeq: savedAt, fingerprint: 'f1', state: STATE });
  await journal.close();
  return disk;
}

test('a restart takes the state from the snapshot and only the events after it from the log', async () => {
  for (const savedAt of [1, 137, 200, 499, 500]) {
    const opened = await openJournal(await saved(savedAt, 500), { segmentBytesMax: 40_000 });
    expect(opened.saved).toEqual({ lastEventSeq: savedAt, fingerprint: 'f1', state: STATE });
    expect(opened.replayed.map(({ eventSeq }) => eventSeq)).toEqual(upTo(500).slice(savedAt));
    const { journal } = opened;
    expect(journal.lastEventSeq).toBe(500);
    for (const seq of upTo(500)) expect(journal.seqOf(idOf(seq))).toBe(seq);
    await journal.append([entryOf(501)], 500);
    expect((await readEvents(journal)).map(({ eventSeq }) => eventSeq)).toEqual(upTo(501));
    expect((await readEvents(journal, 321)).length).toBe(181);
    await journal.close();
  }
});

test('a snapshot may be deleted, be half written, be of another show file or be damaged: the log says it all', async () => {
  const spoil: [string, (disk: MemoryDisk) => void, { fingerprint?: string }?][] = [
    ['deleted', (disk) => disk.remove(SNAPSHOT)],
    ['half', (disk) => disk.put(SNAPSHOT, disk.bytesOf(SNAPSHOT).subarray(0, 500))],
    ['empty', (disk) => disk.put(SNAPSHOT, Buffer.alloc(0))],
    ['garbage', (disk) => disk.put(SNAPSHOT, Buffer.alloc(5000, 'x'))],
    ['another show file', () => {}, { fingerprint: 'f2' }],
    [
      'not readable',
      (disk) => {
        disk.fault = (operation, path) => (operation === 'open' && path === SNAPSHOT ? { code: 'EACCES' } : undefined);
      },
    ],
  ];
  for (const [what, change, options] of spoil) {
    const disk = await saved(300, 500);
    change(disk);
    const opened = await openJournal(disk, options);
    expect(opened.saved, what).toBeUndefined();
    expect(opened.replayed.length, what).toBe(500);
    expect(opened.log.named('snapshot.ignored').length, what).toBe(what === 'deleted' ? 0 : 1);
  }
});

test('no flipped byte of a snapshot is taken for good', async () => {
  const disk = await saved(20, 20);
  const good = Buffer.from(disk.bytesOf(SNAPSHOT));
  for (let at = 0; at < good.length; at += 1) {
    const bad = Buffer.from(good);
    bad[at] = (bad[at] as number) ^ 0x04;
    disk.put(SNAPSHOT, bad);
    const { journal, replayed } = await openJournal(disk);
    expect(replayed.length).toBe(20);
    await journal.close();
  }
});

test('a log that changed below its snapshot is read in full, and the bad line is named', async () => {
  const disk = await saved(500, 500);
  const bytes = disk.bytesOf(FIRST_SEGMENT);
  const at = bytes.indexOf('note 17"');
  bytes[at] = (bytes[at] as number) ^ 1;
  await expect(openJournal(disk)).rejects.toMatchObject({
    code: 'JOURNAL_CORRUPT',
    message: expect.stringMatching(`^${segmentName(1)}:17: `),
  });
});

test('a log below its snapshot that is whole but another one is read in full', async () => {
  const disk = await saved(20, 20);
  const lines = new LineBuffer();
  for (const { json } of entries(1, 20, 'another text')) lines.add(json);
  disk.put(FIRST_SEGMENT, Buffer.from(lines.view()));
  const opened = await openJournal(disk);
  expect(opened.saved).toBeUndefined();
  expect(opened.replayed.length).toBe(20);
});

test('what a snapshot has seen was stored once: a log that ends before it stops loading instead of going on with less', async () => {
  const disk = await saved(20, 20);
  const whole = Buffer.from(disk.bytesOf(FIRST_SEGMENT));
  for (const end of [whole.length - 1, whole.length - 30, whole.lastIndexOf(10, whole.length - 2) + 1, 0]) {
    disk.put(FIRST_SEGMENT, whole.subarray(0, end));
    await expect(openJournal(disk)).rejects.toThrow(/events 20 to 20 were stored once|events 1 to 20 were stored once/);
    await expect(openJournal(disk, { fingerprint: 'f2' })).rejects.toThrow('delete the snapshot');
  }
  disk.remove(SNAPSHOT);
  expect((await openJournal(disk)).journal.lastEventSeq).toBe(0);
});

test('a snapshot that cannot be written is told, and costs nothing', async () => {
  const disk = new MemoryDisk();
  const { journal, log } = await openJournal(disk);
  await journal.append(entries(1, 3), 0);
  disk.fault = (operation) => (operation === 'write' ? { code: 'ENOSPC' } : undefined);
  await journal.save({ lastEventSeq: 3, fingerprint: 'f1', state: STATE });
  expect(log.named('snapshot.failed')).toMatchObject([
    { code: 'JOURNAL_UNAVAILABLE', detail: 'the disk is full (ENOSPC)' },
  ]);
  await journal.append([entryOf(4)], 3);
  disk.fault = undefined;
  await journal.close();
  expect((await openJournal(disk)).replayed.length).toBe(4);
});
