import type { Note, Role } from '../generated/types.js';
import type { ReceivedEvent, ShowEvent } from '../protocol/envelope.js';
import type { ShowState } from './state.js';

export interface Viewer {
  userId: string;
  role: Role;
}

const maySee = ({ author, visibleTo }: Pick<Note, 'author' | 'visibleTo'>, { userId, role }: Viewer): boolean =>
  role === 'bridge' || visibleTo === undefined || author === userId || visibleTo.includes(role);

/** The show as a viewer may see it: without the notes that are for others. The state itself when none are. */
export function visibleState(state: ShowState, viewer: Viewer): ShowState {
  const notes = state.notes.filter((note) => maySee(note, viewer));
  return notes.length === state.notes.length ? state : { ...state, notes };
}

/**
 * Whether a viewer may read an event's payload. Anybody may read what they wrote themselves.
 * @param state  the show before or after the event, or at any later time. A change to a note that is not in it any
 *   more, or that is older than the note of that id, cannot be judged and is kept from everybody but its writer: the
 *   note was deleted further on, so nobody misses what it said.
 */
export function mayRead(state: ShowState, event: ShowEvent, viewer: Viewer): boolean {
  switch (event.eventType) {
    case 'NoteAdded': {
      const { visibleTo } = event.payload;
      return maySee({ author: event.actor.userId, ...(visibleTo === undefined ? {} : { visibleTo }) }, viewer);
    }
    case 'NoteUpdated':
    case 'NoteDeleted': {
      if (viewer.role === 'bridge' || event.actor.userId === viewer.userId) return true;
      const note = state.notes.find(({ id }) => id === event.payload.noteId);
      return note !== undefined && note.createdAt <= event.recordedAt && maySee(note, viewer);
    }
    default:
      return true;
  }
}

/** The event as someone gets it who may not read it: it has its number and names its note, and says nothing else, not
 * even what a newer version may have added. */
export function withhold(event: ShowEvent): ReceivedEvent {
  const {
    kind,
    version,
    messageId,
    correlationId,
    causationId,
    showId,
    eventType,
    createdAt,
    actor,
    eventSeq,
    recordedAt,
  } = event;
  const { userId, role, deviceId, displayName } = actor;
  return {
    ...{ kind, version, messageId },
    ...(correlationId === undefined ? {} : { correlationId }),
    ...(causationId === undefined ? {} : { causationId }),
    ...{ showId, eventType, createdAt },
    actor: { userId, role, deviceId, ...(displayName === undefined ? {} : { displayName }) },
    payload: 'noteId' in event.payload ? { noteId: event.payload.noteId } : {},
    ...{ eventSeq, recordedAt },
    withheld: true,
  } as unknown as ReceivedEvent;
}
