import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { entries, openJournal, readEvents, SHOW } from '../../test/support/journal-rig.js';
import { diskWords, makeFolder, systemDisk } from './disk.js';
import { segmentName } from './segment.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pacebuddy-disk-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const disk = systemDisk();

test('the machine’s own disk: append, read, truncate, replace, rename, list', async () => {
  const path = join(folder, 'file');
  const file = await disk.open(path, 'create');
  await file.append(Buffer.from('hello '));
  await file.append(Buffer.from('world'));
  expect(await file.size()).toBe(11);
  const into = Buffer.alloc(20);
  expect(await file.read(into, 6)).toBe(5);
  expect(into.toString('utf8', 0, 5)).toBe('world');
  await file.truncate(5);
  await file.append(Buffer.from('!'));
  await file.sync();
  await file.close();
  expect(readFileSync(path, 'utf8')).toBe('hello!');
  const fresh = await disk.open(path, 'replace');
  await fresh.write(Buffer.from('new'));
  await fresh.close();
  await disk.rename(path, join(folder, 'other'));
  await disk.syncFolder(folder);
  expect(await disk.list(folder)).toEqual(['other']);
  expect(readFileSync(join(folder, 'other'), 'utf8')).toBe('new');
  await expect(disk.open(join(folder, 'none'), 'read')).rejects.toMatchObject({ code: 'ENOENT' });
});

test('a log on a real disk is lines of JSON that any program reads, and survives a restart', async () => {
  const first = await openJournal(disk, { path: folder });
  await first.journal.append(entries(1, 200), 0);
  await first.journal.save({ lastEventSeq: 150, fingerprint: 'f1', state: {} });
  await first.journal.close();
  const text = readFileSync(join(folder, SHOW, segmentName(1)), 'utf8');
  const numbers = text
    .trimEnd()
    .split('\n')
    .map((line) => (JSON.parse(line) as { eventSeq: number }).eventSeq);
  expect(numbers).toEqual(Array.from({ length: 200 }, (_, i) => i + 1));
  const second = await openJournal(disk, { path: folder });
  expect(second.replayed.length).toBe(50);
  expect((await readEvents(second.journal)).length).toBe(200);
  await expect(openJournal(disk, { path: folder })).rejects.toMatchObject({ code: 'JOURNAL_LOCKED' });
  await second.journal.close();
});

test('a path through a file is told as what it is', async () => {
  await disk.open(join(folder, 'file'), 'create').then((file) => file.close());
  await expect(openJournal(disk, { path: join(folder, 'file') })).rejects.toMatchObject({
    code: 'JOURNAL_UNAVAILABLE',
    message: expect.stringContaining('a part of the path is a file, not a folder (ENOTDIR)'),
  });
});

test.each([
  ['EROFS', 'the disk is read-only (EROFS)'],
  ['ENOSPC', 'the disk is full (ENOSPC)'],
])('a folder that cannot be made on a disk that says %s is told as what it is', async (code, words) => {
  const there = '/shows';
  // As Node 20 on a read-only disk: ENOENT for all at once, and for one whose parent is missing.
  const mkdir = async (path: string, options?: { recursive?: true }) => {
    const says = options?.recursive || dirname(path) !== there ? 'ENOENT' : code;
    throw Object.assign(new Error(`${says}: mkdir ${path}`), { code: says });
  };
  const error = await makeFolder(join(there, 'data/opening'), mkdir).catch((reason: unknown) => reason);
  expect(diskWords(error)).toBe(words);
});

test('errors that have no words of ours keep the system’s', () => {
  expect(diskWords(Object.assign(new Error('EFOO: odd'), { code: 'EFOO' }))).toBe('EFOO: odd');
  expect(diskWords(new Error('plain'))).toBe('plain');
});
