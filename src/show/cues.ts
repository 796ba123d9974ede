import type { CallFired, Cue, CueAdvanced, CueReverted, CueStatus } from '../generated/types.js';
import { accepted, type Decision, type Refusal, refused } from '../protocol/decision.js';
import type { EventOf } from '../protocol/envelope.js';
import { toTimecode } from '../protocol/timecode.js';
import { withoutEarly } from './calls.js';
import { isUnsent, withoutUnsent } from './devices.js';
import { cueAt, type Place, placeOf, runningOrder, withStatuses } from './running-order.js';
import { standbyWithout } from './standby.js';
import { findCue, isAhead, nameCue, nextCue, type ShowState, stampMs, whereIs } from './state.js';

/** The moment of a decision, and what is known of the press besides the proposal. */
export interface Now {
  /** The server's time, in milliseconds since 1970. */
  nowMs: number;
  /** The bridge's guard; a cue's own `goGuardMs` goes before it. */
  goGuardMs: number;
  /**
   * From the press of the last GO to this press, in milliseconds, where both are known: a loaded process may deliver them
   * further apart than the contacts closed. The guard goes by this, or by the time since the last advance, if that is less.
   */
  sinceGoMs?: number;
  /** From the last press of GO at the same device, taken or refused, to this one; left out: there was none. */
  sinceOwnPressMs?: number;
}

/** Time since the first cue, as it would be written into an event made now. */
const showClock = (state: ShowState, nowMs: number): string => toTimecode(nowMs - (stampMs(state.startedAt) ?? nowMs));

const unknownCue = (cueId: string, member: string): Refusal =>
  refused('NOT_FOUND', `the show has no cue ${cueId}`, `/payload/${member}`);

const stale = (state: ShowState, fromCueId: string | null): Refusal =>
  refused(
    'CONFLICT',
    `the show is ${whereIs(state)}, not ${fromCueId === null ? 'before its first cue' : `at ${nameCue(state, fromCueId)}`}`,
    '/payload/fromCueId',
  );

export const heldBy = ({ emergency }: ShowState): Refusal | undefined =>
  emergency
    ? refused('EMERGENCY_ACTIVE', `${emergency.level} since ${emergency.triggeredAt} (${emergency.code})`)
    : undefined;

/** A press that saw nothing becomes: from where the show is, to the next cue. */
export function completeAdvance(
  state: ShowState,
  draft: Partial<CueAdvanced>,
  nowMs: number,
): { ok: true; payload: CueAdvanced } | Refusal {
  const { fromCueId = state.currentCueId } = draft;
  // Said before anything else: what a stale press wanted next is not what comes next now.
  if (fromCueId !== state.currentCueId) return stale(state, fromCueId);
  const toCueId = draft.toCueId ?? nextCue(state)?.id;
  if (toCueId === undefined) return refused('CONFLICT', 'the show is at its last cue');
  const segmentId = draft.segmentId ?? placeOf(state.acts, toCueId)?.segmentId;
  if (segmentId === undefined) return unknownCue(toCueId, 'toCueId');
  return { ok: true, payload: { showClockAt: showClock(state, nowMs), ...draft, segmentId, fromCueId, toCueId } };
}

export function decideAdvance(state: ShowState, payload: CueAdvanced, now: Now): Decision {
  const { fromCueId, toCueId, segmentId } = payload;
  if (fromCueId !== state.currentCueId) return stale(state, fromCueId);
  const to = placeOf(state.acts, toCueId);
  if (!to) return unknownCue(toCueId, 'toCueId');
  const from = fromCueId === null ? undefined : placeOf(state.acts, fromCueId);
  if (from && to.order <= from.order) {
    return refused(
      'CONFLICT',
      `${nameCue(state, toCueId)} is not after ${nameCue(state, from.cueId)}; revert to go back`,
    );
  }
  const elsewhere = inNeither(state, segmentId, to, from);
  return elsewhere ?? heldBy(state) ?? guard(state, findCue(state, toCueId), now);
}

function inNeither(state: ShowState, segmentId: string, to?: Place, from?: Place): Refusal | undefined {
  if (segmentId === to?.segmentId || segmentId === from?.segmentId) return undefined;
  const place = to ?? from;
  const where = place
    ? `${nameCue(state, place.cueId)} is in segment ${place.segmentId}, not in ${segmentId}`
    : segmentId;
  return refused('CONFLICT', where, '/payload/segmentId');
}

/** A thumb that bounces is one press, whichever way it came in, and so is a button that repeats while it is held. */
function guard(state: ShowState, to: Cue | undefined, now: Now): Decision {
  const lastMs = stampMs(state.lastAdvanceAt);
  if (lastMs === undefined) return accepted;
  const recordedAgoMs = now.nowMs - lastMs;
  // A clock that went back says nothing about how long ago it was, and must not hold the show.
  if (recordedAgoMs < 0) return accepted;
  const guardMs = to?.goGuardMs ?? now.goGuardMs;
  const agoMs = Math.max(0, Math.min(recordedAgoMs, now.sinceGoMs ?? recordedAgoMs));
  if (agoMs < guardMs) {
    const cueId = state.lastAdvanceBy?.cueId;
    const went = cueId === undefined ? 'the last cue' : nameCue(state, cueId);
    return refused(
      'GO_GUARD',
      `${went} went ${Math.round(agoMs)} ms ago; a GO within ${guardMs} ms counts as the same press`,
    );
  }
  const { sinceOwnPressMs } = now;
  if (sinceOwnPressMs === undefined || sinceOwnPressMs >= guardMs) return accepted;
  return held(sinceOwnPressMs, guardMs);
}

const held = (agoMs: number, guardMs: number): Refusal =>
  refused(
    'GO_GUARD',
    `this device pressed ${Math.max(0, Math.round(agoMs))} ms ago as well: it counts as held until it has been quiet for ${guardMs} ms`,
  );

/** A cue, or one department's part of it, is sent once more; the show stays where it is. */
export function decideCallFired(state: ShowState, { cueId, department, outputId }: CallFired, now: Now): Decision {
  const cue = findCue(state, cueId);
  if (!cue) return unknownCue(cueId, 'cueId');
  if (department !== undefined && !cue.calls?.some((call) => call.department === department)) {
    return refused('NOT_FOUND', `${nameCue(state, cueId)} has no call for ${department}`, '/payload/department');
  }
  // Two people may press "Send now" at once, and one of them again.
  if (outputId !== undefined && !isUnsent(state, cueId, outputId)) {
    const detail = `${outputId} of ${nameCue(state, cueId)} is not waiting to be sent: it was sent meanwhile, the show went on, or the bridge file changed`;
    return refused('CONFLICT', detail, '/payload/outputId');
  }
  const { sinceOwnPressMs } = now;
  const isRepeat = sinceOwnPressMs !== undefined && sinceOwnPressMs < now.goGuardMs;
  return heldBy(state) ?? (isRepeat ? held(sinceOwnPressMs, now.goGuardMs) : accepted);
}

/** What was asked for became a fact: from is done, what was jumped over is skipped, to is current. */
export function applyAdvance(state: ShowState, event: EventOf<'CueAdvanced'>): ShowState {
  const { recordedAt, actor } = event;
  const { toCueId } = event.payload;
  const { places, byCueId } = runningOrder(state.acts);
  const to = byCueId.get(toCueId);
  if (!to) return state;
  const from = state.currentCueId === null ? undefined : byCueId.get(state.currentCueId);
  const changes: [Place, CueStatus][] = [];
  if (from) changes.push([from, 'done']);
  for (let order = (from?.order ?? -1) + 1; order < to.order; order++) {
    const place = places[order];
    if (place && isAhead(cueAt(state.acts, place))) changes.push([place, 'skipped']);
  }
  changes.push([to, 'current']);
  // Copied, then set: several times faster than overriding in the literal, and a replay does it a million times.
  const next: ShowState = { ...withoutUnsent(state) };
  next.acts = withStatuses(state.acts, changes);
  next.currentCueId = toCueId;
  next.startedAt ??= recordedAt;
  next.lastAdvanceAt = recordedAt;
  next.lastAdvanceBy = {
    userId: actor.userId,
    deviceId: actor.deviceId,
    ...(actor.displayName === undefined ? {} : { displayName: actor.displayName }),
    cueId: toCueId,
  };
  next.standby = standbyWithout(state.standby, changes);
  return next;
}

/** A bare press goes back to the nearest earlier cue that was done, or to before the first. */
export function completeRevert(
  state: ShowState,
  draft: Partial<CueReverted>,
  nowMs: number,
): { ok: true; payload: CueReverted } | Refusal {
  const { fromCueId = state.currentCueId } = draft;
  if (fromCueId === null)
    return refused('CONFLICT', 'the show is before its first cue; there is nothing to go back from');
  if (fromCueId !== state.currentCueId) return stale(state, fromCueId);
  const toCueId = draft.toCueId === undefined ? lastDone(state, fromCueId) : draft.toCueId;
  const segmentId = draft.segmentId ?? placeOf(state.acts, toCueId ?? fromCueId)?.segmentId;
  if (segmentId === undefined) return unknownCue(toCueId ?? fromCueId, toCueId === null ? 'fromCueId' : 'toCueId');
  return { ok: true, payload: { showClockAt: showClock(state, nowMs), ...draft, segmentId, fromCueId, toCueId } };
}

function lastDone(state: ShowState, fromCueId: string): string | null {
  const from = placeOf(state.acts, fromCueId);
  const earlier = runningOrder(state.acts).places.slice(0, from?.order ?? 0);
  return earlier.findLast((place) => cueAt(state.acts, place)?.status === 'done')?.cueId ?? null;
}

export function decideRevert(state: ShowState, { fromCueId, toCueId, segmentId }: CueReverted): Decision {
  if (fromCueId !== state.currentCueId) return stale(state, fromCueId);
  const from = placeOf(state.acts, fromCueId);
  const to = toCueId === null ? undefined : placeOf(state.acts, toCueId);
  if (toCueId !== null && !to) return unknownCue(toCueId, 'toCueId');
  if (to && from && to.order >= from.order) {
    return refused(
      'CONFLICT',
      `${nameCue(state, to.cueId)} is not before ${nameCue(state, fromCueId)}; advance to go on`,
    );
  }
  return inNeither(state, segmentId, to, from) ?? heldBy(state) ?? accepted;
}

/** Everything after `to` is still to come again, and none of it has gone. Back before the first cue, the show has not begun. */
export function applyRevert(state: ShowState, { toCueId }: CueReverted): ShowState {
  const to = toCueId === null ? undefined : placeOf(state.acts, toCueId);
  if (toCueId !== null && !to) return state;
  const changes: [Place, CueStatus][] = to ? [[to, 'current']] : [];
  // Only in a show file that was put in another order since: the cue that was gone back to stands later in it.
  const from = state.currentCueId === null ? undefined : placeOf(state.acts, state.currentCueId);
  if (from && to && from.order < to.order) changes.push([from, 'done']);
  for (const place of runningOrder(state.acts).places.slice((to?.order ?? -1) + 1)) {
    const cue = cueAt(state.acts, place);
    if (cue && !isAhead(cue)) changes.push([place, 'pending']);
  }
  const acts = withoutEarly(withStatuses(state.acts, changes));
  if (acts === state.acts && toCueId === state.currentCueId) return state;
  return {
    ...state,
    acts,
    currentCueId: toCueId,
    startedAt: toCueId === null ? null : state.startedAt,
    standby: standbyWithout(state.standby, changes),
  };
}
