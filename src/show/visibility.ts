import type { Note, NoteAdded, Role } from '../generated/types.js';
import type { EventOf, ReceivedEvent, ShowEvent } from '../protocol/envelope.js';
import type { ShowState } from './state.js';

export interface Viewer {
  userId: string;
  role: Role;
}

/** By whom a note may be read. */
export type Audience = Pick<Note, 'author' | 'visibleTo'>;

/** Those of the show's notes that are not for everybody, by whom they may be read; each once. */
export function restricted({ notes }: ShowState): readonly Audience[] {
  const found = new Map<string, Audience>();
  for (const { author, visibleTo } of notes) {
    if (visibleTo !== undefined) found.set(JSON.stringify([author, visibleTo]), { author, visibleTo });
  }
  return [...found.values()];
}

export const maySee = ({ author, visibleTo }: Audience, { userId, role }: Viewer): boolean =>
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
  return isNoteEvent(event) ? mayReadNote(event, audienceOf(state, event), viewer) : true;
}

type NoteEvent = EventOf<'NoteAdded' | 'NoteUpdated' | 'NoteDeleted'>;

const isNoteEvent = ({ eventType }: ShowEvent): boolean => eventType.startsWith('Note');

/** By whom the note may be read that the event is about; undefined when the show cannot say. @param state  as for `mayRead` */
export function audienceOf(state: ShowState, event: ShowEvent): Audience | undefined {
  const { payload, actor, eventType, recordedAt } = event as NoteEvent;
  if (eventType === 'NoteAdded') {
    const { visibleTo } = payload as NoteAdded;
    return { author: actor.userId, ...(visibleTo === undefined ? {} : { visibleTo }) };
  }
  const note = state.notes.find(({ id }) => id === payload.noteId);
  if (!note || note.createdAt > recordedAt) return undefined;
  const { author, visibleTo } = note;
  return { author, ...(visibleTo === undefined ? {} : { visibleTo }) };
}

/** Whether a viewer may read a note's event. @param audience  of the note, from `audienceOf` */
export const mayReadNote = (event: ShowEvent, audience: Audience | undefined, viewer: Viewer): boolean =>
  viewer.role === 'bridge' ||
  event.actor.userId === viewer.userId ||
  (audience !== undefined && maySee(audience, viewer));

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
