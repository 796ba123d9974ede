import type { Act, Call, CallRef, Cue, Fired } from '../generated/types.js';
import type { EventOf } from '../protocol/envelope.js';
import { cueAt, type Place, placeOf, runningOrder, withCues } from './running-order.js';
import { isAhead, nextCue, type ShowState } from './state.js';

/** How many starts at devices one call remembers. */
const STARTS_MAX = 16;

/**
 * An operator started at a device what a call would have sent there. It counts for a cue that has gone, and for one that may
 * go now: the next one of a running show, or one that stands by. What is further ahead, what comes before the first cue,
 * and what comes in an emergency is taken for a check, which no GO is to miss.
 */
export function applyExternalCue(state: ShowState, event: EventOf<'ExternalCueFired'>): ShowState {
  const { call, device, cueNumber, attribution } = event.payload;
  if (attribution !== 'operator' || call === undefined) return state;
  const place = placeOf(state.acts, call.cueId);
  const cue = place && cueAt(state.acts, place);
  if (!cue || (isAhead(cue) && !mayGo(state, cue))) return state;
  return withFired(state, place, call, ({ fired }) => {
    const others = (fired?.devices ?? []).filter((one) => one.device !== device || one.cueNumber !== cueNumber);
    const devices = [...others, { device, cueNumber }].slice(-STARTS_MAX);
    return { at: event.recordedAt, by: 'operator', seq: event.eventSeq, devices };
  });
}

const mayGo = (state: ShowState, cue: Cue): boolean =>
  state.emergency === null &&
  (cue.status === 'standby' || (state.currentCueId !== null && nextCue(state)?.id === cue.id));

/**
 * An output for a call has left. Who was earlier stays named, but for a rerun. Of a cue that is still to come it says nothing:
 * the GO that it belongs to was taken back, or the cue was only tried.
 */
export function applyCallSent(state: ShowState, event: EventOf<'OutputSent'> | EventOf<'OutputConfirmed'>): ShowState {
  const { call, causeSeq: seq = event.eventSeq } = event.payload;
  const place = call && placeOf(state.acts, call.cueId);
  const cue = place && cueAt(state.acts, place);
  if (!cue || isAhead(cue)) return state;
  const { by = 'go' } = call;
  return withFired(state, place, call, ({ fired }) =>
    fired && (by !== 'rerun' || seq <= fired.seq) ? fired : { ...fired, at: event.recordedAt, by, seq },
  );
}

/** An output for a call had left, and came to nothing: the call has not gone. Seen to fire after all, it has. */
export function applyCallFailed(state: ShowState, event: EventOf<'OutputFailed'>): ShowState {
  const { call, causeSeq } = event.payload;
  const place = call && placeOf(state.acts, call.cueId);
  if (!place) return state;
  // An operator's own start has another number, and so has what a later cause sent.
  return withFired(state, place, call, ({ fired }) => (fired?.seq === causeSeq ? undefined : fired));
}

function withFired(
  state: ShowState,
  place: Place,
  { department, number }: CallRef,
  of: (call: Call) => Fired | undefined,
): ShowState {
  const { calls = [] } = cueAt(state.acts, place) ?? {};
  const next = calls.map((call) => {
    if (call.department !== department || call.number !== number) return call;
    const { fired: before, ...rest } = call;
    const fired = of(call);
    return fired === before ? call : fired ? { ...rest, fired } : rest;
  });
  if (next.every((call, index) => call === calls[index])) return state;
  return { ...state, acts: withCues(state.acts, [[place, { calls: next }]]) };
}

/** The acts, when what is still to come is placed again: nothing of it has gone. */
export function withoutEarly(acts: Act[]): Act[] {
  const changes: [Place, Pick<Cue, 'calls'>][] = [];
  for (const place of runningOrder(acts).places) {
    const cue = cueAt(acts, place);
    if (!cue?.calls || !isAhead(cue) || !cue.calls.some(({ fired }) => fired)) continue;
    changes.push([place, { calls: cue.calls.map(({ fired: _, ...call }) => call) }]);
  }
  return withCues(acts, changes);
}
