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

const seqs = (events: readonly { eventSeq: number }[]) => events.map(({ eventSeq }) => eventSeq);
const upTo = (n: number) => Array.from({ length: n }, (_, i) => i + 1);

test('what was appended is read back, byte for byte, live and after a restart', async () => {
  const disk = new MemoryDisk();
  const first = await openJournal(disk);
  expect(first.journal.lastEventSeq).toBe(0);
  const all = entries(1, 20, 'ünï 🎭');
  await first.journal.append(all.slice(0, 5), 0);
  await first.journal.append(all.slice(5), 5);
  const expected = all.map(({ json }) => `${json}\n`).join('');
  for (const opened of [first, await first.journal.close().then(() => openJournal(disk))]) {
    const { journal } = opened;
    expect(journal.lastEventSeq).toBe(20);
    let text = '';
    for await (const stretch of journal.read(1)) text += stretch.lines.toString();
    expect(text).toBe(expected);
    expect(journal.seqOf(idOf(7).toUpperCase())).toBe(7);
    expect(journal.seqOf(idOf(21))).toBeUndefined();
    expect(seqs(opened.replayed)).toEqual(opened === first ? [] : upTo(20));
  }
});

test('reading starts at any event, over segments and stretches, and each stretch says what is in it', async () => {
  const disk = new MemoryDisk();
  const { journal } = await openJournal(disk, { segmentBytesMax: 300_000 });
  const total = 3000;
  for (let seq = 1; seq <= total; seq += 100) await journal.append(entries(seq, seq + 99), seq - 1);
  expect(disk.paths().filter((path) => path.endsWith('.jsonl')).length).toBeGreaterThan(2);
  for (const from of [1, 2, 99, 500, 1024, 1999, 2999, 3000]) {
    let next = from;
    for await (const { fromSeq, lastSeq, lines } of journal.read(from)) {
      const events = lines
        .toString()
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as { eventSeq: number });
      expect(fromSeq).toBe(next);
      expect(seqs(events)).toEqual(Array.from({ length: lastSeq - fromSeq + 1 }, (_, i) => fromSeq + i));
      expect(lines.length).toBeLessThan(400_000);
      next = lastSeq + 1;
    }
    expect(next).toBe(total + 1);
  }
  expect(await readEvents(journal, total + 1)).toEqual([]);
});

test('a reader that keeps up with a writer sees every event once', async () => {
  const { journal } = await openJournal(new MemoryDisk());
  const seen: number[] = [];
  await journal.append(entries(1, 10), 0);
  for await (const { fromSeq, lastSeq } of journal.read(1)) {
    for (let seq = fromSeq; seq <= lastSeq; seq += 1) seen.push(seq);
    if (lastSeq < 2000) await journal.append(entries(lastSeq + 1, lastSeq + 137), lastSeq);
  }
  expect(seen).toEqual(upTo(seen.length));
  expect(seen.length).toBe(journal.lastEventSeq);
});

test('reading ends when it is told to', async () => {
  const { journal } = await openJournal(new MemoryDisk());
  await journal.append(entries(1, 5000), 0);
  const stop = new AbortController();
  let stretches = 0;
  for await (const _ of journal.read(1, stop.signal)) {
    stretches += 1;
    stop.abort();
  }
  expect(stretches).toBe(1);
});

test('what waits while the disk is busy is written together', async () => {
  const disk = new MemoryDisk();
  const { journal } = await openJournal(disk);
  const results = await Promise.all(upTo(64).map((seq) => journal.append([entryOf(seq)], seq - 1)));
  expect(results.every(({ result }) => result === 'stored')).toBe(true);
  expect(disk.appends).toBe(3);
  expect(seqs(await readEvents(journal))).toEqual(upTo(64));
});

test('a crowd that asks again once answered shares its writes evenly, so that disk and processor work at once', async () => {
  const disk = new MemoryDisk();
  const sizes: number[] = [];
  const open = disk.open.bind(disk);
  disk.open = async (...args) => {
    const file = await open(...args);
    const append = file.append.bind(file);
    file.append = (bytes) => {
      sizes.push(bytes.toString().split('\n').length - 1);
      return append(bytes);
    };
    return file;
  };
  const { journal } = await openJournal(disk);
  let seq = 0;
  const one = async () => {
    for (let i = 0; i < 20; i += 1) {
      const next = ++seq;
      await journal.append([entryOf(next)], next - 1);
    }
  };
  await Promise.all(upTo(64).map(one));
  expect(seqs(await readEvents(journal))).toEqual(upTo(64 * 20));
  const settled = sizes.slice(3, -3);
  expect(settled.length).toBeGreaterThan(30);
  for (const size of settled) expect(size).toSatisfy((it: number) => it >= 30 && it <= 34);
});

test('an append that expects another end of the log is told where the log is', async () => {
  const { journal } = await openJournal(new MemoryDisk());
  await journal.append(entries(1, 3), 0);
  expect(await journal.append([entryOf(5)], 4)).toEqual({ result: 'behind', lastEventSeq: 3 });
  expect(await journal.append([entryOf(3)], 2)).toEqual({ result: 'behind', lastEventSeq: 3 });
  expect(await journal.append([entryOf(4)], 3)).toEqual({ result: 'stored' });
});

for (const [code, words] of [
  ['ENOSPC', 'the disk is full (ENOSPC)'],
  ['EIO', 'the disk reports an input/output error (EIO)'],
  ['EROFS', 'the disk is read-only (EROFS)'],
  ['EBADF', 'the file is no longer open (EBADF)'],
] as const) {
  for (const wrote of [0, 1, 200, 100_000]) {
    test(`${code} after ${wrote} bytes: all that waits is refused, nothing stays, and the log goes on later`, async () => {
      const disk = new MemoryDisk();
      const { journal } = await openJournal(disk);
      await journal.append(entries(1, 2), 0);
      const before = Buffer.from(disk.bytesOf(FIRST_SEGMENT));
      disk.fault = (operation) => (operation === 'append' ? { code, wrote } : undefined);
      const tries = [journal.append([entryOf(3)], 2), journal.append([entryOf(4)], 3), journal.append([entryOf(5)], 4)];
      const answers = await Promise.allSettled(tries);
      for (const answer of answers) {
        expect(answer).toMatchObject({
          status: 'rejected',
          reason: {
            code: 'JOURNAL_UNAVAILABLE',
            message: `${FIRST_SEGMENT} cannot be written: ${words}`,
            cause: { code },
          },
        });
      }
      expect(journal.failure).toMatchObject({ code: 'JOURNAL_UNAVAILABLE' });
      expect(journal.lastEventSeq).toBe(2);
      expect(disk.bytesOf(FIRST_SEGMENT)).toEqual(before);
      disk.fault = undefined;
      await journal.append([entryOf(3, 'again')], 2);
      expect(journal.failure).toBeUndefined();
      expect(seqs(await readEvents(journal))).toEqual([1, 2, 3]);
      await journal.close();
      expect(seqs((await openJournal(disk)).replayed)).toEqual([1, 2, 3]);
    });
  }
}

test('while a torn write cannot be cut off, nothing new is written behind it', async () => {
  const disk = new MemoryDisk();
  const { journal } = await openJournal(disk);
  await journal.append(entries(1, 2), 0);
  const whole = disk.bytesOf(FIRST_SEGMENT).length;
  disk.fault = (operation) =>
    operation === 'append' ? { code: 'EIO', wrote: 90 } : operation === 'truncate' ? { code: 'EIO' } : undefined;
  await expect(journal.append([entryOf(3)], 2)).rejects.toThrow('cannot be written');
  disk.fault = (operation) => (operation === 'truncate' ? { code: 'EIO' } : undefined);
  await expect(journal.append([entryOf(3)], 2)).rejects.toThrow('cannot be written');
  expect(disk.bytesOf(FIRST_SEGMENT).length).toBe(whole + 90);
  disk.fault = undefined;
  await journal.append([entryOf(3)], 2);
  expect(seqs(await readEvents(journal))).toEqual([1, 2, 3]);
});

test('a disk that fails where a new segment begins costs nothing that is stored', async () => {
  const disk = new MemoryDisk();
  const { journal } = await openJournal(disk, { segmentBytesMax: 1000 });
  await journal.append(entries(1, 4), 0);
  for (const failing of ['open', 'append'] as const) {
    disk.fault = (operation, path) =>
      operation === failing && path !== FIRST_SEGMENT ? { code: 'ENOSPC', wrote: 40 } : undefined;
    await expect(journal.append([entryOf(5)], 4)).rejects.toMatchObject({ code: 'JOURNAL_UNAVAILABLE' });
  }
  disk.fault = undefined;
  await journal.append([entryOf(5)], 4);
  await journal.append([entryOf(6)], 5);
  expect(seqs(await readEvents(journal))).toEqual(upTo(6));
  await journal.close();
  expect(seqs((await openJournal(disk)).replayed)).toEqual(upTo(6));
});

test('a log file that became shorter under the bridge is not written to', async () => {
  const disk = new MemoryDisk();
  const { journal } = await openJournal(disk);
  await journal.append(entries(1, 4), 0);
  disk.put(FIRST_SEGMENT, disk.bytesOf(FIRST_SEGMENT).subarray(0, 100));
  disk.fault = (operation) => (operation === 'append' ? { code: 'EIO' } : undefined);
  await expect(journal.append([entryOf(5)], 4)).rejects.toThrow();
  disk.fault = undefined;
  await expect(journal.append([entryOf(5)], 4)).rejects.toThrow('has 100 bytes, but');
});

test('closing waits for what was begun, and a closed log takes nothing', async () => {
  const disk = new MemoryDisk();
  const { journal } = await openJournal(disk);
  const begun = journal.append([entryOf(1)], 0);
  await journal.close();
  expect(await begun).toEqual({ result: 'stored' });
  await expect(journal.append([entryOf(2)], 1)).rejects.toMatchObject({ code: 'JOURNAL_UNAVAILABLE' });
  await journal.close();
  expect((await openJournal(disk)).journal.lastEventSeq).toBe(1);
});

test('a path that cannot be written is said in plain words when the log is opened', async () => {
  const disk = new MemoryDisk();
  disk.fault = (operation) => (operation === 'makeFolder' ? { code: 'EROFS' } : undefined);
  await expect(openJournal(disk)).rejects.toMatchObject({
    code: 'JOURNAL_UNAVAILABLE',
    message: `the log in ${FOLDER} cannot be opened: the disk is read-only (EROFS)`,
  });
  disk.fault = (operation, path) => (operation === 'open' && path === FIRST_SEGMENT ? { code: 'EACCES' } : undefined);
  await expect(openJournal(disk)).rejects.toThrow('this user may not write there (EACCES)');
  // The lock was given back.
  disk.fault = undefined;
  await openJournal(disk);
});
