import type { Emergency, EmergencyLevel, EmergencyResolved, EmergencyTriggered } from '../generated/types.js';
import { accepted, type Decision, type Refusal, refused } from '../protocol/decision.js';
import type { EventOf } from '../protocol/envelope.js';
import { withoutEarly } from './calls.js';
import type { ShowState } from './state.js';
import { holdTimers, releaseTimers } from './timers.js';

const RANK: Readonly<Record<EmergencyLevel, number>> = { hold: 1, stop: 2, evacuate: 3 };

const nameOf = ({ emergencyId, level, code }: Emergency): string => `${level} ${emergencyId} (${code})`;

/** A red button has no words: without any it means "hold", and the message's id names it. */
export function completeTrigger(draft: Partial<EmergencyTriggered>, messageId: string): EmergencyTriggered {
  return { emergencyId: messageId, code: 'other', level: 'hold', ...draft };
}

/** An emergency latches. Only a graver one takes its place. */
export function decideTrigger({ emergency }: ShowState, { level }: EmergencyTriggered): Decision {
  if (emergency && RANK[level] <= RANK[emergency.level]) {
    return refused('CONFLICT', `${nameOf(emergency)} is active already`, '/payload/level');
  }
  return accepted;
}

export function applyTrigger(state: ShowState, event: EventOf<'EmergencyTriggered'>): ShowState {
  const { emergencyId, code, level, message, location } = event.payload;
  const emergency: Emergency = {
    emergencyId,
    code,
    level,
    ...(message === undefined ? {} : { message }),
    ...(location === undefined ? {} : { location }),
    triggeredAt: event.recordedAt,
    triggeredBy: event.actor.userId,
  };
  // What an operator was early with is silenced, and the show goes on from where everybody stands by again.
  return { ...state, acts: withoutEarly(state.acts), emergency, timers: holdTimers(state.timers, event.recordedAt) };
}

export function completeResolve(
  { emergency }: ShowState,
  draft: Partial<EmergencyResolved>,
): { ok: true; payload: EmergencyResolved } | Refusal {
  const emergencyId = draft.emergencyId ?? emergency?.emergencyId;
  if (emergencyId === undefined) return refused('CONFLICT', 'no emergency is active');
  return { ok: true, payload: { ...draft, emergencyId } };
}

export function decideResolve({ emergency }: ShowState, { emergencyId }: EmergencyResolved): Decision {
  if (!emergency) return refused('CONFLICT', 'no emergency is active');
  if (emergency.emergencyId !== emergencyId) {
    return refused('CONFLICT', `the active emergency is ${nameOf(emergency)}`, '/payload/emergencyId');
  }
  return accepted;
}

export function applyResolve(state: ShowState, { emergencyId }: EmergencyResolved, recordedAt: string): ShowState {
  if (state.emergency?.emergencyId !== emergencyId) return state;
  return { ...state, emergency: null, timers: releaseTimers(state.timers, recordedAt) };
}
