import type { Cue, ShowFile, Timer, TimerEntry, ShowState as WireState } from '../generated/types.js';
import { fromTimecode } from '../protocol/timecode.js';
import { cueAt, placeOf, runningOrder } from './running-order.js';

/** The whole show as it stands. Never changed in place: whoever holds one may keep it. */
export type ShowState = Required<WireState>;

/** The version of the state's own form, as in a snapshot. */
const STATE_VERSION = '1.2.0';

/** How many notes one performance may hold. */
export const NOTES_MAX = 5000;
/** How many of them one author may have who is not stage management, and how many are kept for stage management. */
export const NOTES_PER_AUTHOR_MAX = 500;
export const NOTES_OF_THE_BOOK = 1000;
/** How many timers, those of the show file and those made on the night together. */
export const TIMERS_MAX = 100;
/** How many outputs of one cause the state tells of. */
export const OUTPUTS_MAX = 256;
/** How many devices the state tells of; a bridge file holds at most 200. */
export const DEVICES_MAX = 256;
/** How many departments may answer one standby. */
export const ACKNOWLEDGED_MAX = 64;

/** The show before its first event. @param file  a checked show file, its defaults filled in. */
export function initialState(file: ShowFile): ShowState {
  return {
    schemaVersion: STATE_VERSION,
    title: file.title,
    acts: file.acts.map((act) => ({
      ...act,
      segments: act.segments.map((segment) => ({
        ...segment,
        cues: segment.cues.map((cue) => ({ ...cue, status: 'pending' as const })),
      })),
    })),
    currentCueId: null,
    startedAt: null,
    lastAdvanceAt: null,
    lastAdvanceBy: null,
    standby: { cueIds: [], acknowledged: [] },
    performers: file.performers,
    mics: file.mics.map(({ performerId = null, ...mic }) => ({ ...mic, performerId })),
    notes: [],
    timers: file.timers.map(newTimer),
    emergency: null,
    devices: [],
    outputs: [],
  };
}

function newTimer({ duration, ...entry }: TimerEntry): Timer {
  const durationMs = duration === undefined ? undefined : fromTimecode(duration);
  return {
    ...entry,
    ...(durationMs === undefined ? {} : { durationMs }),
    status: 'stopped',
    valueMs: entry.mode === 'down' ? (durationMs ?? 0) : 0,
    anchorAt: null,
    held: false,
  };
}

/** Every cue of the show, flat in order over acts, segments and cues. */
export const cuesOf = (state: ShowState): Cue[] =>
  state.acts.flatMap(({ segments }) => segments.flatMap(({ cues }) => cues));

export function findCue(state: ShowState, cueId: string): Cue | undefined {
  const place = placeOf(state.acts, cueId);
  return place && cueAt(state.acts, place);
}

/** Whether a cue is still to come. */
export const isAhead = (cue: Cue | undefined): boolean => cue?.status === 'pending' || cue?.status === 'standby';

/** What the GOs to come go to, in order: the cues after the current one that are pending or stand by. */
export function* cuesAhead(state: ShowState): Generator<Cue> {
  const { places } = runningOrder(state.acts);
  const current = state.currentCueId === null ? undefined : placeOf(state.acts, state.currentCueId);
  for (let order = (current?.order ?? -1) + 1; order < places.length; order++) {
    const place = places[order];
    const cue = place && cueAt(state.acts, place);
    if (cue && isAhead(cue)) yield cue;
  }
}

/** What the next GO means; undefined at the end. */
export function nextCue(state: ShowState): Cue | undefined {
  for (const cue of cuesAhead(state)) return cue;
  return undefined;
}

/** A cue in the presser's words: its number, and its id when it is another. */
export function nameCue(state: ShowState, cueId: string): string {
  const cue = findCue(state, cueId);
  return cue && cue.number !== cueId ? `cue ${cue.number} (${cueId})` : `cue ${cueId}`;
}

/** Where the show is, in the presser's words. */
export const whereIs = (state: ShowState): string =>
  state.currentCueId === null ? 'before its first cue' : `at ${nameCue(state, state.currentCueId)}`;

/** @returns milliseconds since 1970 of a stamp; undefined when there is none or it is no time. */
export function stampMs(utc: string | null): number | undefined {
  if (utc === null) return undefined;
  const ms = Date.parse(utc);
  return Number.isNaN(ms) ? undefined : ms;
}
