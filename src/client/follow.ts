import type { Snapshot } from '../generated/types.js';
import { isEventType, type ReceivedEvent } from '../protocol/envelope.js';
import { apply } from '../show/apply.js';
import type { ShowState } from '../show/state.js';

/** The show as one client knows it: the state after event `lastEventSeq`. */
export interface View {
  state: ShowState;
  lastEventSeq: number;
}

/**
 * applied: the state moved. passed: counted, and nothing else: its type is of a newer version, or its payload is
 * withheld. duplicate: known already. gap: events before it are missing, and the view did not move.
 */
export interface Followed {
  view: View;
  how: 'applied' | 'passed' | 'duplicate' | 'gap';
}

/** Applies strictly by `eventSeq`. Pure. */
export function follow(view: View, event: ReceivedEvent): Followed {
  if (event.eventSeq <= view.lastEventSeq) return { view, how: 'duplicate' };
  if (event.eventSeq > view.lastEventSeq + 1) return { view, how: 'gap' };
  const { eventSeq: lastEventSeq } = event;
  if (event.withheld || !isEventType(event.eventType)) return { view: { ...view, lastEventSeq }, how: 'passed' };
  return { view: { state: apply(view.state, event), lastEventSeq }, how: 'applied' };
}

/** A snapshot as a view. An older bridge leaves members out; unknown ones of a newer bridge stay. */
export function viewOf(snapshot: Snapshot): View {
  const { state, lastEventSeq } = snapshot;
  return {
    lastEventSeq,
    state: {
      ...state,
      title: state.title ?? '',
      currentCueId: state.currentCueId ?? null,
      startedAt: state.startedAt ?? null,
      lastAdvanceAt: state.lastAdvanceAt ?? null,
      lastAdvanceBy: state.lastAdvanceBy ?? null,
      standby: state.standby ?? { cueIds: [], acknowledged: [] },
      performers: state.performers ?? [],
      mics: state.mics ?? [],
      notes: state.notes ?? [],
      timers: state.timers ?? [],
      emergency: state.emergency ?? null,
      devices: state.devices ?? [],
      outputs: state.outputs ?? [],
    },
  };
}
