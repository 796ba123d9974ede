import fc from 'fast-check';
import { applyPatch, type Operation } from 'rfc6902';
import { expect, test } from 'vitest';
import { LiveShow, showFile, type Wish } from '../../test/support/live-show.js';
import { diff } from './patch.js';
import type { ShowState } from './state.js';

function patchOf(show: LiveShow, wish: Wish) {
  const before = show.state;
  show.take(wish);
  return diff(before, show.state);
}

function expectReproduces(before: ShowState, after: ShowState): void {
  const mirror = structuredClone(before);
  const patch = JSON.parse(JSON.stringify(diff(before, after))) as Operation[];
  expect(applyPatch(mirror, patch).every((fault) => fault === null)).toBe(true);
  expect(mirror).toEqual(after);
}

test('a GO is a handful of replacements, as in the example of the specification', () => {
  const show = new LiveShow().take({ eventType: 'CueAdvanced' });
  expect(patchOf(show, { eventType: 'CueAdvanced' })).toEqual([
    { op: 'replace', path: '/acts/0/segments/0/cues/0/status', value: 'done' },
    { op: 'replace', path: '/acts/0/segments/0/cues/1/status', value: 'current' },
    { op: 'replace', path: '/currentCueId', value: 'cue-2' },
    { op: 'replace', path: '/lastAdvanceAt', value: '2026-03-01T19:30:02.000Z' },
    { op: 'replace', path: '/lastAdvanceBy/cueId', value: 'cue-2' },
  ]);
});

test('what changes nothing has an empty patch', () => {
  const { state } = new LiveShow();
  expect(diff(state, state)).toEqual([]);
});

test('a note is added at its place and taken out again', () => {
  const note = (noteId: string) => ({ eventType: 'NoteAdded', payload: { noteId, text: noteId } });
  const show = new LiveShow().take(note('a'), note('b'));
  expect(patchOf(show, note('c'))).toMatchObject([{ op: 'add', path: '/notes/2', value: { id: 'c' } }]);
  expect(patchOf(show, { eventType: 'NoteDeleted', payload: { noteId: 'a' } })).toEqual([
    { op: 'remove', path: '/notes/0' },
  ]);
});

test.each([
  [0, 2],
  [2, 0],
  [0, 1],
  [2, 1],
])('a segment that goes from %i to %i is one move', (fromIndex, toIndex) => {
  const show = new LiveShow();
  const segmentId = `seg-${fromIndex + 1}`;
  const before = show.state;
  const patch = patchOf(show, { eventType: 'SegmentReordered', payload: { segmentId, toIndex } });
  expect(patch).toHaveLength(1);
  expect(patch[0]?.op).toBe('move');
  expectReproduces(before, show.state);
});

test.each([
  [[6000, 6000], '/acts/0/segments'],
  [[10_000], '/acts'],
])('a jump over more cues than a patch has operations replaces what holds them', (sizes, path) => {
  const segments = sizes.map((size, n) => ({
    id: `s${n}`,
    cues: Array.from({ length: size }, (_, i) => ({ id: `c${n}-${i}`, number: `${n}.${i}` })),
  }));
  const show = new LiveShow(showFile({ version: 1, title: 'long', acts: [{ id: 'a', segments }] }));
  const before = show.state;
  const toCueId = segments.at(-1)?.cues.at(-1)?.id;
  const patch = patchOf(show, { eventType: 'CueAdvanced', payload: { toCueId } });
  expect(patch.map((operation) => operation.path)).toEqual([
    path,
    ...['/currentCueId', '/startedAt', '/lastAdvanceAt', '/lastAdvanceBy'],
  ]);
  expectReproduces(before, show.state);
});

test('two long standby lists are not compared entry by entry', () => {
  const cues = Array.from({ length: 1200 }, (_, i) => ({ id: `c${i}`, number: String(i) }));
  const show = new LiveShow(
    showFile({ version: 1, title: 'long', acts: [{ id: 'a', segments: [{ id: 's', cues }] }] }),
  );
  const ids = cues.map(({ id }) => id);
  show.take({ eventType: 'CueStandbySet', payload: { cueIds: ids.slice(0, 900) } });
  const before = show.state;
  const patch = patchOf(show, { eventType: 'CueStandbySet', payload: { cueIds: ids.slice(300, 1200).toReversed() } });
  expect(patch.filter(({ path }) => path === '/standby/cueIds')).toHaveLength(1);
  expectReproduces(before, show.state);
});

test('lists that changed in many places are reproduced as well', () => {
  const { state } = new LiveShow();
  const notes = (ids: readonly number[]) =>
    ids.map((n) => {
      const note = { id: `n${n}`, scope: { type: 'show' as const }, text: 'x', priority: 'low' as const };
      return { ...note, resolved: false, author: 'u', createdAt: '2026-03-01T19:30:00.000Z' };
    });
  const known = notes([0, 1, 2, 3, 4, 5, 6, 7]);
  const some = fc.shuffledSubarray(known);
  fc.assert(
    fc.property(some, some, (before, after) => {
      expectReproduces({ ...state, notes: before }, { ...state, notes: after });
    }),
    { numRuns: 500 },
  );
});
