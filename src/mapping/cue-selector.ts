import type { Call, Cue } from '../generated/types.js';
import { cueAt, placeOf, runningOrder } from '../show/running-order.js';
import type { ShowState } from '../show/state.js';
import { member } from './placeholders.js';

/** What a cue is called, by the member of the selector: id, number, call, callNumber, targets.NAME. */
export type Wanted = Readonly<Record<string, string>>;

/** Prepares the question whether everything that the selector names is so of a cue; what concerns a call, of one call. */
export function compileWanted({ id, number, call, callNumber, ...rest }: Wanted): (cue: Cue) => boolean {
  const targets = Object.entries(rest).map(([name, value]) => [name.slice('targets.'.length), value] as const);
  const isAboutCall = call !== undefined || callNumber !== undefined || targets.length > 0;
  const isCall = (one: Call) =>
    (call === undefined || one.department === call) &&
    (callNumber === undefined || one.number === callNumber) &&
    targets.every(([name, value]) => member(one.targets, name) === value);
  return (cue) =>
    (id === undefined || cue.id === id) &&
    (number === undefined || cue.number === number) &&
    (!isAboutCall || (cue.calls ?? []).some(isCall));
}

/**
 * The cue that was meant: of several the next one on the way that the show goes, else the nearest.
 * @param way  which way the event moves the show: 1 for an advance, -1 for a revert.
 */
export function findWanted(state: ShowState, wanted: Wanted, way: 1 | -1): string | undefined {
  const isWanted = compileWanted(wanted);
  const current = state.currentCueId === null ? -1 : (placeOf(state.acts, state.currentCueId)?.order ?? -1);
  let best: { cueId: string; far: number } | undefined;
  for (const place of runningOrder(state.acts).places) {
    const cue = cueAt(state.acts, place);
    if (!cue || !isWanted(cue)) continue;
    const ahead = (place.order - current) * way;
    // What lies ahead comes first, the nearest of it; then what lies behind, the nearest of that.
    const far = ahead > 0 ? ahead : Number.MAX_SAFE_INTEGER / 2 - ahead;
    if (!best || far < best.far) best = { cueId: place.cueId, far };
  }
  return best?.cueId;
}
