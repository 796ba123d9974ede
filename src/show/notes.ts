import type { Actor, Note, NoteAdded, NoteDeleted, NoteScope, NoteUpdated } from '../generated/types.js';
import { accepted, type Decision, type Refusal, refused } from '../protocol/decision.js';
import type { EventOf } from '../protocol/envelope.js';
import { isStageManagement } from './roles.js';
import { hasSegment } from './segments.js';
import { findCue, NOTES_MAX, NOTES_OF_THE_BOOK, NOTES_PER_AUTHOR_MAX, type ShowState } from './state.js';

/** A note written in the dark: it gets the message's id, and is about the current cue. */
export function completeNote(
  state: ShowState,
  draft: Partial<NoteAdded>,
  messageId: string,
): { ok: true; payload: NoteAdded } | Refusal {
  const { noteId = messageId, text, scope = here(state) } = draft;
  if (text === undefined) return refused('VALIDATION_FAILED', 'text is missing', '/payload/text');
  return { ok: true, payload: { ...draft, noteId, scope, text } };
}

const here = ({ currentCueId }: ShowState): NoteScope =>
  currentCueId === null ? { type: 'show' } : { type: 'cue', id: currentCueId };

export function decideNoteAdded(state: ShowState, { noteId, scope }: NoteAdded, actor: Actor): Decision {
  if (state.notes.some(({ id }) => id === noteId)) {
    return refused('CONFLICT', `there is a note ${noteId} already`, '/payload/noteId');
  }
  if (!scopeExists(state, scope)) {
    return refused('NOT_FOUND', `the show has no ${scope.type} ${scope.id ?? ''}`, '/payload/scope/id');
  }
  if (state.notes.length >= NOTES_MAX)
    return refused('CONFLICT', `the show holds ${NOTES_MAX} notes, which is the limit`);
  return isStageManagement(actor.role) || actor.role === 'bridge' ? accepted : decideShare(state, actor.userId);
}

/** Nobody fills the show with notes: each author has a share, and the last ones are stage management's. */
function decideShare({ notes }: ShowState, author: string): Decision {
  const own = notes.reduce((count, note) => (note.author === author ? count + 1 : count), 0);
  if (own >= NOTES_PER_AUTHOR_MAX) {
    return refused('CONFLICT', `you have ${own} notes, which is one author’s share; delete one first`);
  }
  if (notes.length < NOTES_MAX - NOTES_OF_THE_BOOK) return accepted;
  return refused('CONFLICT', `the last ${NOTES_OF_THE_BOOK} notes of the show are kept for stage management`);
}

function scopeExists(state: ShowState, { type, id }: NoteScope): boolean {
  if (type === 'show') return true;
  if (id === undefined) return false;
  const has = (list: readonly { id: string }[]) => list.some((item) => item.id === id);
  switch (type) {
    case 'act':
      return has(state.acts);
    case 'segment':
      return hasSegment(state, id);
    case 'cue':
      return findCue(state, id) !== undefined;
    case 'performer':
      return has(state.performers);
    case 'mic':
      return has(state.mics);
  }
}

/** A note is its author's, and stage management keeps the book. */
export function decideNoteChanged(state: ShowState, payload: NoteUpdated | NoteDeleted, actor: Actor): Decision {
  const { noteId } = payload;
  const note = state.notes.find(({ id }) => id === noteId);
  if (!note) return refused('NOT_FOUND', `there is no note ${noteId}`, '/payload/noteId');
  const keepsTheBook = isStageManagement(actor.role) || actor.role === 'bridge';
  if (!keepsTheBook && actor.userId !== note.author) {
    return refused('FORBIDDEN', `note ${noteId} is ${note.author}’s; only they or stage management may change it`);
  }
  if ('visibleTo' in payload) {
    const message =
      'who may read a note is said when it is written: what was read cannot be taken back. Delete it and write it anew';
    return refused('VALIDATION_FAILED', message, '/payload/visibleTo');
  }
  return accepted;
}

export function applyNoteAdded(state: ShowState, event: EventOf<'NoteAdded'>): ShowState {
  const { noteId, scope, text, priority = 'normal', visibleTo } = event.payload;
  if (state.notes.some(({ id }) => id === noteId)) return state;
  const note: Note = {
    id: noteId,
    // Only what the state names: what else a message holds may be of any size and depth.
    scope: { type: scope.type, ...(scope.id === undefined ? {} : { id: scope.id }) },
    text,
    priority,
    resolved: false,
    ...(visibleTo === undefined ? {} : { visibleTo }),
    author: event.actor.userId,
    createdAt: event.recordedAt,
  };
  return { ...state, notes: [...state.notes, note] };
}

export function applyNoteUpdated(state: ShowState, event: EventOf<'NoteUpdated'>): ShowState {
  const { noteId, text, priority, resolved } = event.payload;
  const index = state.notes.findIndex(({ id }) => id === noteId);
  const note = state.notes[index];
  if (!note) return state;
  const updated: Note = {
    ...note,
    text: text ?? note.text,
    priority: priority ?? note.priority,
    resolved: resolved ?? note.resolved,
    updatedAt: event.recordedAt,
  };
  return { ...state, notes: state.notes.with(index, updated) };
}

export function applyNoteDeleted(state: ShowState, { noteId }: NoteDeleted): ShowState {
  const index = state.notes.findIndex(({ id }) => id === noteId);
  return index < 0 ? state : { ...state, notes: state.notes.toSpliced(index, 1) };
}
