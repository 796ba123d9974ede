/** Events as one viewer may see them: most are for everyone, a note may be for some. Pure. */
import type { ReceivedEvent, ShowEvent } from '../protocol/envelope.js';
import type { ShowState } from '../show/state.js';
import {
  type Audience,
  audienceOf,
  mayReadNote,
  maySee,
  restricted,
  visibleState,
  withhold,
} from '../show/visibility.js';
import type { Stretch, Viewer } from './contract.js';

const LF = 10;
/** Looked for by its rare first letter, which is a hundred times faster than to look for the quote before it. */
const NOTE = Buffer.from('Note');
/** The journal writes what JSON.stringify writes, and a quote within a text is escaped: this stands nowhere else. */
const BEFORE_TYPE = '"eventType":"';

export const isNote = ({ eventType }: ShowEvent): boolean => eventType.startsWith('Note');

/** Whether nothing is ever held back from this viewer. */
export const seesAll = (viewer: Viewer): boolean => viewer === 'everyone' || viewer.role === 'bridge';

export const stateFor = (state: ShowState, viewer: Viewer): ShowState =>
  viewer === 'everyone' ? state : visibleState(state, viewer);

/** What there is to know of a note's event to tell each viewer of it; small, so that thousands may be kept. */
export interface NoteAbout {
  event: ShowEvent;
  /** By whom the note may be read; undefined when that is not known. */
  audience: Audience | undefined;
  /** The other notes of that moment that are not for everybody; undefined when it is not known which those were. */
  others: readonly Audience[] | undefined;
}

/** @param state  the show just before the event (`exact`), or at any later time. */
export const aboutNote = (event: ShowEvent, state: ShowState, exact: boolean): NoteAbout => ({
  event,
  audience: audienceOf(state, event),
  others: exact ? restricted(state) : undefined,
});

/**
 * A note's event as this viewer may see it, as JSON.
 * @returns undefined when it may go as it is.
 */
export function noteFor({ event, audience, others }: NoteAbout, viewer: Viewer): Buffer | undefined {
  if (viewer === 'everyone' || seesAll(viewer)) return undefined;
  if (!mayReadNote(event, audience, viewer)) return jsonOf(withhold(event));
  // A patch counts notes by their place in the whole list; who does not see all of them would count wrong.
  if (event.patch === undefined || others?.every((other) => maySee(other, viewer))) return undefined;
  const { patch: _, ...rest } = event;
  try {
    return jsonOf(rest as ReceivedEvent);
  } catch {
    // A log from before the gateway had a limit may hold an event that nests too deep to be written once more.
    return jsonOf(withhold(event));
  }
}

const jsonOf = (event: ReceivedEvent): Buffer => Buffer.from(JSON.stringify(event));

/**
 * The lines of a stretch from number `fromSeq` to `toSeq` as this viewer may see them. Only notes are parsed; a stretch
 * without any is passed on as the bytes that it is.
 * @param state  the show at `toSeq` or later, so that every note up to there can be judged.
 */
export function linesFor(
  { fromSeq: first, lastSeq, lines }: Stretch,
  fromSeq: number,
  toSeq: number,
  viewer: Viewer,
  state: ShowState,
): Buffer {
  const start = afterLines(lines, fromSeq - first);
  const end = lastSeq > toSeq ? afterLines(lines, toSeq - first + 1) : lines.length;
  const part = lines.subarray(start, Math.max(start, end));
  if (seesAll(viewer)) return part;
  const parts: Buffer[] = [];
  let copied = 0;
  for (let at = part.indexOf(NOTE); at >= 0; ) {
    const isType = part.toString('latin1', Math.max(0, at - BEFORE_TYPE.length), at) === BEFORE_TYPE;
    const to = isType ? part.indexOf(LF, at) : at + NOTE.length;
    if (isType) {
      const from = part.lastIndexOf(LF, at) + 1;
      const shown = noteFor(aboutNote(JSON.parse(part.toString('utf8', from, to)), state, false), viewer);
      if (shown) {
        parts.push(part.subarray(copied, from), shown);
        copied = to;
      }
    }
    at = part.indexOf(NOTE, to);
  }
  return parts.length === 0 ? part : Buffer.concat([...parts, part.subarray(copied)]);
}

/** Where the line after `count` lines begins. */
function afterLines(lines: Buffer, count: number): number {
  let at = 0;
  for (let i = 0; i < count && at < lines.length; i++) at = lines.indexOf(LF, at) + 1;
  return at;
}
