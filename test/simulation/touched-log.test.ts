import {
  appendFileSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openFileJournal } from '../../src/journal/file-journal.js';
import type { Journal } from '../../src/journal/journal.js';
import { verifyLog } from '../../src/journal/verify.js';
import { systemClock } from '../../src/kit/clock.js';
import { entries, entryOf, readEvents, SHOW } from '../support/journal-rig.js';
import { keptLog } from '../support/log-lines.js';
import { eventually } from '../support/waiting.js';

let path: string;
let folder: string;
let first: string;
let journal: Journal;
let log: ReturnType<typeof keptLog>;

beforeEach(() => {
  path = mkdtempSync(join(tmpdir(), 'pacebuddy-touched-'));
  folder = join(path, SHOW);
  first = join(folder, '000000000001.jsonl');
});
afterEach(async () => {
  await journal.close();
  rmSync(path, { recursive: true, force: true });
});

async function open(segmentBytesMax = 1_000_000): Promise<void> {
  log = keptLog();
  journal = await openFileJournal({
    path,
    showId: SHOW,
    fingerprint: 'f',
    clock: systemClock(),
    log: log.log,
    onSaved: () => {},
    onEvent: () => {},
    segmentBytesMax,
  });
}

const aside = () => `${path}/aside`;
const kept: { bytes: Buffer } = { bytes: Buffer.alloc(0) };
/** What others do to the log of a running bridge, and how it is undone. */
const TOUCHES: Record<string, { touch: () => void; undo?: () => void; says: RegExp }> = {
  'cut by a byte': {
    touch: () => truncateSync(first, statSync(first).size - 1),
    undo: () => writeFileSync(first, kept.bytes),
    says: /cut it|bytes, but/,
  },
  'cut by a whole line': {
    touch: () => truncateSync(first, kept.bytes.lastIndexOf(10, kept.bytes.length - 2) + 1),
    undo: () => writeFileSync(first, kept.bytes),
    says: /cut it|bytes, but/,
  },
  emptied: {
    touch: () => truncateSync(first, 0),
    undo: () => writeFileSync(first, kept.bytes),
    says: /cut it|bytes, but/,
  },
  'appended to by a byte': {
    touch: () => appendFileSync(first, 'x'),
    undo: () => truncateSync(first, kept.bytes.length),
    says: /others wrote/,
  },
  'appended to by a copied line': {
    touch: () => appendFileSync(first, kept.bytes.subarray(kept.bytes.lastIndexOf(10, kept.bytes.length - 2) + 1)),
    undo: () => truncateSync(first, kept.bytes.length),
    says: /others wrote/,
  },
  renamed: {
    touch: () => renameSync(first, `${first}.old`),
    undo: () => renameSync(`${first}.old`, first),
    says: /deleted or renamed|is gone/,
  },
  deleted: {
    touch: () => rmSync(first),
    undo: () => writeFileSync(first, kept.bytes),
    says: /deleted or renamed|is gone/,
  },
  'swapped by another file of its length': {
    touch: () => {
      renameSync(first, aside());
      writeFileSync(first, Buffer.alloc(kept.bytes.length, 'x'));
    },
    undo: () => renameSync(aside(), first),
    says: /another file|are not those that were stored/,
  },
  'moved with its folder': {
    touch: () => renameSync(folder, aside()),
    undo: () => renameSync(aside(), folder),
    says: /deleted or renamed|is gone/,
  },
  'moved with its folder, and a new one made': {
    touch: () => {
      renameSync(folder, aside());
      mkdirSync(folder);
      writeFileSync(first, '');
    },
    undo: () => {
      rmSync(folder, { recursive: true });
      renameSync(aside(), folder);
    },
    says: /another file|bytes, but/,
  },
};

for (const [how, { touch, undo, says }] of Object.entries(TOUCHES)) {
  test(`a log that is ${how} while the bridge runs takes nothing more until it is put back`, async () => {
    await open();
    await journal.append(entries(1, 5), 0);
    kept.bytes = readFileSync(first);
    touch();
    for (let tries = 0; tries < 2; tries += 1) {
      await expect(journal.append([entryOf(6)], 5)).rejects.toMatchObject({
        code: 'JOURNAL_UNAVAILABLE',
        message: expect.stringMatching(says),
      });
    }
    expect(journal.failure).toMatchObject({ code: 'JOURNAL_UNAVAILABLE' });
    expect(journal.lastEventSeq).toBe(5);
    undo?.();
    await eventually(
      () => journal.failure === undefined,
      () => `it is well again: ${journal.failure?.message}`,
    );
    expect(await journal.append([entryOf(6)], 5)).toEqual({ result: 'stored' });
    expect((await readEvents(journal)).map(({ eventSeq }) => eventSeq)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(await verifyLog(folder)).toMatchObject({ events: 6, problem: undefined });
  });
}

for (const how of ['cut by a byte', 'appended to by a byte', 'moved with its folder']) {
  test(`a log that is ${how} is told within two seconds though nobody presses`, async () => {
    await open();
    await journal.append(entries(1, 5), 0);
    kept.bytes = readFileSync(first);
    TOUCHES[how]?.touch();
    await eventually(() => log.named('journal.troubled').length > 0, 'it is told', 2000);
    expect(log.named('journal.troubled')).toMatchObject([{ code: 'JOURNAL_UNAVAILABLE' }]);
  });
}

test('a copy that is bit for bit the log may take its place, once that was proven', async () => {
  await open();
  await journal.append(entries(1, 5), 0);
  copyFileSync(first, aside());
  renameSync(aside(), first);
  await expect(journal.append([entryOf(6)], 5)).rejects.toThrow('another file was put in its place');
  expect(await journal.append([entryOf(6)], 5)).toEqual({ result: 'stored' });
  expect(await verifyLog(folder)).toMatchObject({ events: 6, problem: undefined });
});

test('an earlier segment that is gone or shorter is told, and nothing is acknowledged until it is back', async () => {
  await open(400);
  for (let seq = 1; seq <= 6; seq += 1) await journal.append([entryOf(seq)], seq - 1);
  const bytes = readFileSync(first);
  for (const touch of [() => truncateSync(first, 10), () => rmSync(first)]) {
    touch();
    await eventually(() => journal.failure !== undefined, 'it is told', 2000);
    await expect(journal.append([entryOf(7)], 6)).rejects.toThrow('was changed while the bridge ran');
    writeFileSync(first, bytes);
    await eventually(() => journal.failure === undefined, 'it is over', 2500);
  }
  expect(await journal.append([entryOf(7)], 6)).toEqual({ result: 'stored' });
  await eventually(() => log.named('journal.untroubled').length === 2, 'both times it is told that it is over');
});
