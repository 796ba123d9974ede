import type { Act, Cue, CueStatus, Segment } from '../generated/types.js';

/** Where a cue stands: its place in the flat order over acts, segments and cues, and the way down to it. */
export interface Place {
  /** From 0, over the whole show. */
  order: number;
  act: number;
  segment: number;
  cue: number;
  cueId: string;
  segmentId: string;
}

/** The flat order of the cues, and where to find each. */
export interface RunningOrder {
  places: readonly Place[];
  byCueId: ReadonlyMap<string, Place>;
}

/** Statuses change with every GO, places only when a segment moves: the index goes along with the acts. */
const known = new WeakMap<Act[], RunningOrder>();

/** The flat order of the cues. Built once for each arrangement of the segments. */
export function runningOrder(acts: Act[]): RunningOrder {
  const found = known.get(acts);
  if (found) return found;
  const places: Place[] = [];
  const byCueId = new Map<string, Place>();
  for (const [act, { segments }] of acts.entries()) {
    for (const [segment, { id, cues }] of segments.entries()) {
      for (const [cue, { id: cueId }] of cues.entries()) {
        const place = { order: places.length, act, segment, cue, cueId, segmentId: id };
        places.push(place);
        if (!byCueId.has(cueId)) byCueId.set(cueId, place);
      }
    }
  }
  const order = { places, byCueId };
  known.set(acts, order);
  return order;
}

/** @returns the place of a cue, or undefined when the show has no such cue. */
export const placeOf = (acts: Act[], cueId: string): Place | undefined => runningOrder(acts).byCueId.get(cueId);

export const cueAt = (acts: Act[], { act, segment, cue }: Place): Cue | undefined =>
  acts[act]?.segments[segment]?.cues[cue];

/** The acts with other statuses at some places; everything that does not change is the same object as before. */
export const withStatuses = (acts: Act[], changes: readonly (readonly [Place, CueStatus])[]): Act[] =>
  withCues(
    acts,
    changes.map(([place, status]) => [place, { status }]),
  );

/** The acts with other members of some cues. */
export function withCues(acts: Act[], changes: readonly (readonly [Place, Partial<Cue>])[]): Act[] {
  if (changes.length === 0) return acts;
  const next = acts.slice();
  for (const [place, members] of changes) {
    const act = ownAt(next, acts, place.act, copyAct);
    const segment = act && ownAt(act.segments, acts[place.act]?.segments, place.segment, copySegment);
    const cue = segment?.cues[place.cue];
    if (segment && cue) segment.cues[place.cue] = { ...cue, ...members };
  }
  known.set(next, runningOrder(acts));
  return next;
}

const copyAct = (act: Act): Act => ({ ...act, segments: act.segments.slice() });
const copySegment = (segment: Segment): Segment => ({ ...segment, cues: segment.cues.slice() });

/** The entry at `index`, copied the first time that it is still the one of before. */
function ownAt<T>(next: T[], before: readonly T[] | undefined, index: number, copy: (item: T) => T): T | undefined {
  const item = next[index];
  if (item === undefined || item !== before?.[index]) return item;
  const own = copy(item);
  next[index] = own;
  return own;
}
