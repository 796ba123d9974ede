import { expect, test } from 'vitest';
import { LiveShow, type Wish } from '../../test/support/live-show.js';
import type { ShowEvent } from '../protocol/envelope.js';
import { apply } from './apply.js';
import { mayRead, type Viewer, visibleState, withhold } from './visibility.js';

const director: Viewer = { userId: 'u-director', role: 'director' };
const performer: Viewer = { userId: 'u-performer', role: 'performer' };
const bridge: Viewer = { userId: 'bridge', role: 'bridge' };
const secret = { eventType: 'NoteAdded', payload: { noteId: 'n1', text: 'flat', visibleTo: ['director'] } };
const open = { eventType: 'NoteAdded', payload: { noteId: 'n2', text: 'bow twice' } };

function take(show: LiveShow, wish: Wish): ShowEvent {
  const outcome = show.propose(wish);
  if (!outcome.ok) throw new Error(outcome.message);
  return outcome.event;
}

test('a note for some is not in the state of the others', () => {
  const { state } = new LiveShow().take(secret, open);
  expect(visibleState(state, director)).toBe(state);
  expect(visibleState(state, bridge)).toBe(state);
  expect(visibleState(state, performer).notes.map(({ id }) => id)).toEqual(['n2']);
  expect(visibleState(state, performer).acts).toBe(state.acts);
});

test('the author reads their own note, whoever else may', () => {
  const show = new LiveShow();
  const event = take(show, { ...secret, role: 'performer' });
  expect(mayRead(show.state, event, performer)).toBe(true);
  expect(mayRead(show.state, event, { userId: 'u-other', role: 'performer' })).toBe(false);
  expect(visibleState(show.state, performer)).toBe(show.state);
});

test('what happens to a hidden note is hidden as well', () => {
  const show = new LiveShow();
  const added = take(show, secret);
  const updated = take(show, { eventType: 'NoteUpdated', payload: { noteId: 'n1', text: 'sharp' } });
  const before = show.state;
  const deleted = take(show, { eventType: 'NoteDeleted', payload: { noteId: 'n1' } });
  for (const event of [added, updated, deleted]) {
    expect(mayRead(before, event, performer)).toBe(false);
    expect(mayRead(before, event, director)).toBe(true);
    expect(mayRead(before, event, bridge)).toBe(true);
  }
});

test('out of the log, a change to a note that is gone is kept from those who cannot be judged', () => {
  const show = new LiveShow();
  take(show, open);
  const updated = take(show, { eventType: 'NoteUpdated', payload: { noteId: 'n2', text: 'bow once' } });
  take(show, { eventType: 'NoteDeleted', payload: { noteId: 'n2' } });
  expect(mayRead(show.state, updated, performer)).toBe(false);
  expect(mayRead(show.state, updated, { userId: 'u-stageManager', role: 'stageManager' })).toBe(true);
});

test('an open note that takes the id of a hidden one does not open what was said in that one', () => {
  const show = new LiveShow();
  take(show, secret);
  const updated = take(show, { eventType: 'NoteUpdated', payload: { noteId: 'n1', text: 'still flat' } });
  take(show, { eventType: 'NoteDeleted', payload: { noteId: 'n1' } });
  take(show, { eventType: 'NoteAdded', payload: { noteId: 'n1', text: 'well sung' } });
  expect(mayRead(show.state, updated, performer)).toBe(false);
});

test('a withheld event keeps its number and its note, and says nothing else', () => {
  const show = new LiveShow();
  const event = { ...take(show, secret), patch: [{ op: 'add' as const, path: '/notes/0', value: { text: 'flat' } }] };
  const kept = withhold(event);
  expect(kept).toMatchObject({ eventSeq: event.eventSeq, recordedAt: event.recordedAt, withheld: true });
  expect(kept.payload).toEqual({ noteId: 'n1' });
  expect(JSON.stringify(kept)).not.toContain('flat');
  expect(event.payload).toMatchObject({ text: 'flat' });
});

test('a withheld event changes nothing, but a withheld deletion still deletes', () => {
  const { state } = new LiveShow().take(open);
  const show = new LiveShow();
  const added = take(show, secret);
  expect(apply(state, withhold(added))).toBe(state);
  take(show, open);
  const deleted = take(show, { eventType: 'NoteDeleted', payload: { noteId: 'n2' } });
  expect(apply(state, withhold(deleted)).notes).toEqual([]);
});
