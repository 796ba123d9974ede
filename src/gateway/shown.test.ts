import { expect, test } from 'vitest';
import { BRIDGE, MemoryShow } from '../../test/support/memory-show.js';
import type { Stretch, Viewer } from './contract.js';
import { linesFor } from './shown.js';

const PERFORMER: Viewer = { userId: 'u-perf', role: 'performer' };

async function stretchOf(show: MemoryShow): Promise<Stretch> {
  show.stretchEvents = 1000;
  for await (const stretch of show.read(1)) return stretch;
  throw new Error('the log is empty');
}

const seqs = (lines: Buffer) =>
  lines
    .toString()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line).eventSeq);

test.each([
  [1, 9, [1, 2, 3, 4, 5]],
  [3, 4, [3, 4]],
  [5, 5, [5]],
  [6, 9, []],
  [0, 2, [1, 2]],
])('the lines from %i to %i are cut out of a stretch', async (fromSeq, toSeq, expected) => {
  const show = new MemoryShow();
  show.fill(5);
  expect(seqs(linesFor(await stretchOf(show), fromSeq, toSeq, 'everyone', show.state))).toEqual(expected);
});

test('what holds no note is passed on as the very bytes', async () => {
  const show = new MemoryShow();
  show.fill(5);
  const stretch = await stretchOf(show);
  expect(linesFor(stretch, 1, 5, PERFORMER, show.state).buffer).toBe(stretch.lines.buffer);
});

test('notes are found wherever they stand, and texts that only look like them are left alone', async () => {
  const show = new MemoryShow();
  const note = (noteId: string, text: string, visibleTo?: ['director']) => ({
    eventType: 'NoteAdded' as const,
    actor: BRIDGE,
    payload: { noteId, scope: { type: 'show' as const }, text, ...(visibleTo ? { visibleTo } : {}) },
  });
  const looks = '"eventType":"NoteAdded" Note \n "eventType":"Note';
  show.add(note('n-1', 'first', ['director']), note('Note', looks), note('n-3', 'third', ['director']));
  show.add({
    eventType: 'EmergencyTriggered',
    payload: { emergencyId: 'Note', code: 'other', level: 'hold', message: looks },
  });
  show.add(note('n-5', 'fifth', ['director']));
  const lines = linesFor(await stretchOf(show), 1, 5, PERFORMER, show.state);
  expect(seqs(lines)).toEqual([1, 2, 3, 4, 5]);
  const [first, second, third, fourth, fifth] = lines
    .toString()
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  for (const withheld of [first, third, fifth]) expect(withheld).toMatchObject({ withheld: true });
  expect(lines.toString()).not.toMatch(/first|third|fifth/);
  expect(second.payload.text).toBe(looks);
  expect(fourth).toEqual(show.events[3]);
});

test('a note that nests too deep to be written once more, of a log from before there was a limit, is withheld', () => {
  const { state } = new MemoryShow();
  const deep = `${'{"a":'.repeat(8000)}1${'}'.repeat(8000)}`;
  const isTooDeep = cannotWrite(JSON.parse(deep));
  const line = (payload: string) =>
    Buffer.from(
      `{"kind":"event","eventType":"NoteAdded","actor":{"userId":"u-1","role":"crew","deviceId":"d"},"payload":${payload},"eventSeq":1,"patch":[]}\n`,
    );
  const shownTo = (role: 'director' | 'performer', lines: Buffer) =>
    JSON.parse(String(linesFor({ fromSeq: 1, lastSeq: 1, lines }, 1, 1, { userId: 'u-2', role }, state)));
  const open = line(`{"noteId":"n","scope":{"type":"show"},"text":"x","more":${deep}}`);
  const closed = line(`{"noteId":"n","scope":{"type":"show"},"text":"x","visibleTo":["director"],"more":${deep}}`);
  const isWithheld = { eventSeq: 1, payload: { noteId: 'n' }, withheld: true };
  expect(shownTo('performer', closed)).toMatchObject(isWithheld);
  for (const [role, lines] of [
    ['performer', open],
    ['director', closed],
  ] as const) {
    const shown = shownTo(role, lines);
    if (isTooDeep) expect(shown).toMatchObject(isWithheld);
    else expect(shown.payload.text).toBe('x');
  }
});

/** Up to Node 24 nobody can write what nests 8,000 levels deep; newer ones can, and need not hold it back. */
function cannotWrite(value: unknown): boolean {
  try {
    return JSON.stringify(value) === undefined;
  } catch {
    return true;
  }
}
