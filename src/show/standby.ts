import type { Actor, Cue, CueStandbyAcknowledged, CueStandbySet, CueStatus, Standby } from '../generated/types.js';
import { accepted, type Decision, type Refusal, refused } from '../protocol/decision.js';
import { cueAt, type Place, placeOf, withStatuses } from './running-order.js';
import { ACKNOWLEDGED_MAX, findCue, nameCue, nextCue, type ShowState } from './state.js';

const unknownCue = (cueId: string): Refusal => refused('NOT_FOUND', `the show has no cue ${cueId}`, '/payload/cueIds');

/** "Stand by": without cues it means the next one. */
export function completeStandby(
  state: ShowState,
  draft: Partial<CueStandbySet>,
): { ok: true; payload: CueStandbySet } | Refusal {
  const next = draft.cueIds ? undefined : nextCue(state);
  const cueIds = draft.cueIds ?? (next && [next.id]);
  if (!cueIds) return refused('CONFLICT', 'the show is at its last cue');
  return { ok: true, payload: { ...draft, cueIds } };
}

export function decideStandby(state: ShowState, { cueIds }: CueStandbySet): Decision {
  for (const cueId of cueIds) {
    const cue = findCue(state, cueId);
    if (!cue) return unknownCue(cueId);
    if (cue.status !== 'pending' && cue.status !== 'standby') {
      return refused('CONFLICT', `${nameCue(state, cueId)} is ${cue.status}`, '/payload/cueIds');
    }
  }
  return accepted;
}

/** The named cues stand by, and no others. */
export function applyStandby(state: ShowState, payload: CueStandbySet): ShowState {
  const changes: [Place, CueStatus][] = [];
  const named = new Set(payload.cueIds);
  const cueIds: string[] = [];
  for (const cueId of named) {
    const place = placeOf(state.acts, cueId);
    const status = place && cueAt(state.acts, place)?.status;
    if (!place || (status !== 'pending' && status !== 'standby')) continue;
    cueIds.push(cueId);
    if (status === 'pending') changes.push([place, 'standby']);
  }
  for (const cueId of state.standby.cueIds) {
    const place = named.has(cueId) ? undefined : placeOf(state.acts, cueId);
    if (place) changes.push([place, 'pending']);
  }
  const before = state.standby.cueIds;
  if (cueIds.length === before.length && cueIds.every((cueId, index) => cueId === before[index])) return state;
  return { ...state, acts: withStatuses(state.acts, changes), standby: { cueIds, acknowledged: [] } };
}

/** A department answers for the cues that it was told to stand by for; without cues for all of them. */
export function completeAcknowledgement(
  state: ShowState,
  draft: Partial<CueStandbyAcknowledged>,
): { ok: true; payload: CueStandbyAcknowledged } | Refusal {
  const { cueIds = state.standby.cueIds, department } = draft;
  if (department === undefined) return refused('VALIDATION_FAILED', 'department is missing', '/payload/department');
  return { ok: true, payload: { ...draft, cueIds, department } };
}

/** Whose answer is not theirs to give: an operator speaks for the own department. */
const NOT_THEIRS: Readonly<Record<string, string>> = { soundOperator: 'lighting', lightingOperator: 'sound' };

export function decideAcknowledgement(
  state: ShowState,
  { cueIds, department }: CueStandbyAcknowledged,
  actor: Actor,
): Decision {
  if (NOT_THEIRS[actor.role] === department) {
    return refused('FORBIDDEN', `${department} answers for itself; the ${actor.role} may not`, '/payload/department');
  }
  const standing = state.standby;
  if (standing.cueIds.length === 0) return refused('CONFLICT', 'no cue stands by');
  if (cueIds.length === 0) return refused('VALIDATION_FAILED', 'cueIds must not be empty', '/payload/cueIds');
  for (const cueId of cueIds) {
    if (!findCue(state, cueId)) return unknownCue(cueId);
    if (!standing.cueIds.includes(cueId)) {
      return refused('CONFLICT', `${nameCue(state, cueId)} does not stand by`, '/payload/cueIds');
    }
  }
  if (!cueIds.some((cueId) => mayConcern(findCue(state, cueId)?.calls, department))) {
    const what = cueIds.map((cueId) => nameCue(state, cueId)).join(', ');
    return refused('NOT_FOUND', `${department} has no call in ${what}`, '/payload/department');
  }
  if (!standing.acknowledged.includes(department) && standing.acknowledged.length >= ACKNOWLEDGED_MAX) {
    return refused('CONFLICT', `${ACKNOWLEDGED_MAX} departments have answered already`, '/payload/department');
  }
  return accepted;
}

/** A cue for which the show file names no call at all may be anybody's. */
const mayConcern = (calls: Cue['calls'], department: string): boolean =>
  calls === undefined || calls.length === 0 || calls.some((call) => call.department === department);

export function applyAcknowledgement(state: ShowState, { cueIds, department }: CueStandbyAcknowledged): ShowState {
  const { standby } = state;
  if (standby.acknowledged.includes(department) || !cueIds.some((cueId) => standby.cueIds.includes(cueId)))
    return state;
  return { ...state, standby: { ...standby, acknowledged: [...standby.acknowledged, department] } };
}

/** The standby list without the cues that went another way; who answered counts only for the list they answered. */
export function standbyWithout(standby: Standby, changes: readonly (readonly [Place, CueStatus])[]): Standby {
  if (standby.cueIds.length === 0) return standby;
  const gone = new Set(changes.map(([{ cueId }]) => cueId));
  const cueIds = standby.cueIds.filter((cueId) => !gone.has(cueId));
  return cueIds.length === standby.cueIds.length ? standby : { cueIds, acknowledged: [] };
}
