import type { Cue } from '../generated/types.js';
import { findCue, nextCue, type ShowState } from './state.js';

/** What the show looks like now, in as few words as a small display has room for. */
export function faceOf(state: ShowState) {
  const { title, currentCueId, emergency, standby } = state;
  const current = currentCueId === null ? undefined : findCue(state, currentCueId);
  const next = nextCue(state);
  return {
    title,
    state: emergency?.level ?? (next ? ('ready' as const) : ('ended' as const)),
    ...(current && { current: words(current) }),
    ...(next && { next: { ...words(next), standingBy: standby.cueIds.includes(next.id) } }),
  };
}

const words = ({ number, label = '' }: Cue) => ({ number, label });
