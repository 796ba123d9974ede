import type { Cue } from '../generated/types.js';
import { cueAt, placeOf, runningOrder } from '../show/running-order.js';
import type { ShowState } from '../show/state.js';
import { member } from './placeholders.js';

/** What a cue is called, by the member of the selector: id, number, call, callNumber, targets.NAME. */
export type Wanted = Readonly<Record<string, string>>;

/** Whether everything that the selector names is so of this cue; what concerns a call, of one and the same call. */
export function isWanted(cue: Cue, { id, number, call, callNumber, ...rest }: Wanted): boolean {
  if (id !== undefined && cue.id !== id) return false;
  if (number !== undefined && cue.number !== number) return false;
  const targets = Object.entries(rest);
  if (call === undefined && callNumber === undefined && targets.length === 0) return true;
  return (cue.calls ?? []).some(
    (one) =>
      (call === undefined || one.department === call) &&
      (callNumber === undefined || one.number === callNumber) &&
      targets.every(([name, value]) => member(one.targets, name.slice('targets.'.length)) === value),
  );
}

/**
 * The cue that was meant: of several the next one on the way that the show goes, else the nearest.
 * @param way  which way the event moves the show: 1 for an advance, -1 for a revert.
 */
export function findWanted(state: ShowState, wanted: Wanted, way: 1 | -1): string | undefined {
  const current = state.currentCueId === null ? -1 : (placeOf(state.acts, state.currentCueId)?.order ?? -1);
  let best: { cueId: string; far: number } | undefined;
  for (const place of runningOrder(state.acts).places) {
    const cue = cueAt(state.acts, place);
    if (!cue || !isWanted(cue, wanted)) continue;
    const ahead = (place.order - current) * way;
    // What lies ahead comes first, the nearest of it; then what lies behind, the nearest of that.
    const far = ahead > 0 ? ahead : Number.MAX_SAFE_INTEGER / 2 - ahead;
    if (!best || far < best.far) best = { cueId: place.cueId, far };
  }
  return best?.cueId;
}
