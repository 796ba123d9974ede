import { expect, test } from 'vitest';
import { entries, entryOf, FIRST_SEGMENT, FOLDER, openJournal, readEvents } from '../../test/support/journal-rig.js';
import { MemoryDisk } from '../../test/support/memory-disk.js';
import { BridgeError } from '../kit/errors.js';
import { fenceLast } from './fence.js';

/** The same disk as a successor sees it, who took the lock from a silent holder. */
function seenBySuccessor(disk: MemoryDisk): MemoryDisk {
  const successor = Object.create(disk) as MemoryDisk;
  for (const name of ['makeFolder', 'list', 'open', 'rename', 'syncFolder', 'facts', 'remove'] as const) {
    Object.assign(successor, { [name]: disk[name].bind(disk) });
  }
  const held = { lost: undefined, isFresh: () => true, confirm: async () => {}, release: () => {} };
  successor.lock = async () => ({ fromSilent: true, ...held });
  return successor;
}

test('a write that stood still while its log was taken over is not acknowledged, and is not in the log', async () => {
  const disk = new MemoryDisk();
  const first = await openJournal(disk);
  await first.journal.append(entries(1, 3), 0);
  let go = () => {};
  const stopped = new Promise<void>((resolve) => {
    go = resolve;
  });
  disk.pace = () => stopped;
  const late = first.journal.append([entryOf(4, 'late')], 3);
  const told = expect(late).rejects.toMatchObject({ code: 'JOURNAL_UNAVAILABLE' });
  const second = await openJournal(seenBySuccessor(disk));
  expect(second.journal.lastEventSeq).toBe(3);
  const appended = second.journal.append([entryOf(4, 'successor')], 3);
  go();
  await told;
  expect(await appended).toEqual({ result: 'stored' });
  // It does not find its way back either.
  await expect(first.journal.append([entryOf(4, 'again')], 3)).rejects.toMatchObject({ code: 'JOURNAL_UNAVAILABLE' });
  await first.journal.close();
  expect(await second.journal.append([entryOf(5)], 4)).toEqual({ result: 'stored' });
  const texts = (await readEvents(second.journal)).map(({ payload }) => (payload as { text: string }).text);
  expect(texts).toEqual(['note 1', 'note 2', 'note 3', 'successor', 'note 5']);
});

test('what the last holder stored between the copy and the rename is in the copy too', async () => {
  const disk = new MemoryDisk();
  const { journal } = await openJournal(disk);
  await journal.append(entries(1, 3), 0);
  const rename = disk.rename.bind(disk);
  disk.rename = async (from, to) => {
    expect(await journal.append([entryOf(4)], 3)).toEqual({ result: 'stored' });
    await rename(from, to);
  };
  const before = disk.bytesOf(FIRST_SEGMENT).length;
  await fenceLast(disk, FOLDER);
  expect(disk.bytesOf(FIRST_SEGMENT).length).toBeGreaterThan(before);
  expect(disk.paths()).toEqual([FIRST_SEGMENT]);
  await journal.close();
  expect((await openJournal(disk)).replayed.map(({ eventSeq }) => eventSeq)).toEqual([1, 2, 3, 4]);
});

test('what was written under a lock that was lost meanwhile is not acknowledged, and nothing is cut that is another’s', async () => {
  const disk = new MemoryDisk();
  let isLost = false;
  const lost = new BridgeError('JOURNAL_UNAVAILABLE', 'process 7 has taken this journal over');
  disk.lock = async () => ({
    fromSilent: false,
    get lost() {
      return isLost ? lost : undefined;
    },
    isFresh: () => !isLost,
    confirm: async () => {
      if (isLost) throw lost;
    },
    release: () => {},
  });
  const { journal } = await openJournal(disk);
  await journal.append(entries(1, 3), 0);
  disk.pace = async () => {
    isLost = true;
  };
  const before = disk.bytesOf(FIRST_SEGMENT).length;
  await expect(journal.append([entryOf(4)], 3)).rejects.toThrow('process 7');
  const after = disk.bytesOf(FIRST_SEGMENT).length;
  expect(after).toBeGreaterThan(before);
  await expect(journal.append([entryOf(4)], 3)).rejects.toThrow('process 7');
  await journal.close();
  expect(disk.bytesOf(FIRST_SEGMENT).length).toBe(after);
});

test('a log without an event needs no fence', async () => {
  const disk = new MemoryDisk();
  await fenceLast(disk, FOLDER);
  expect(disk.paths()).toEqual([]);
});
