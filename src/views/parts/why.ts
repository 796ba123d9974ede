/** Why a control would do nothing now, in the presser's words; undefined when it would. Pure. */
import {
  type Client,
  type ClientRefusal,
  type EventType,
  mayPropose,
  nextCue,
  type Proposal,
  refusal,
} from '../../client/index.js';
import { timeOfDay } from './words.js';

export type Role = Proposal['actor']['role'];
type Why = ClientRefusal | undefined;

/** The line to the bridge, and the role. @param what  what is pressed: "a GO". */
function whyNotReach({ state, status, statusInfo }: Client, role: Role, eventType: EventType, what: string): Why {
  if (status === 'refused') return statusInfo.reason ?? refusal('CLIENT_OFFLINE', 'the bridge refused this page');
  if (status === 'connecting' || !state) return refusal('CLIENT_OFFLINE', 'not connected yet');
  if (status === 'offline') {
    return refusal('CLIENT_OFFLINE', `offline since ${timeOfDay(statusInfo.sinceMs)}: ${what} would not arrive`);
  }
  if (!mayPropose(role, eventType)) return refusal('FORBIDDEN', `the role ${role} may not do that`);
  return undefined;
}

const whyHeld = ({ state }: Client): Why =>
  state?.emergency ? refusal('EMERGENCY_ACTIVE', `held: ${state.emergency.level}, ${state.emergency.code}`) : undefined;

const whyNoNext = ({ state }: Client): Why =>
  state && nextCue(state) ? undefined : refusal('CONFLICT', 'that was the last cue', 'there is nothing after it');

export const whyNotGo = (client: Client, role: Role): Why =>
  whyNotReach(client, role, 'CueAdvanced', 'a GO') ?? whyHeld(client) ?? whyNoNext(client);

export const whyNotStandby = (client: Client, role: Role): Why =>
  whyNotReach(client, role, 'CueStandbySet', 'a standby') ?? whyNoNext(client);

export function whyNotBack(client: Client, role: Role): Why {
  const why = whyNotReach(client, role, 'CueReverted', 'it') ?? whyHeld(client);
  if (why || client.state?.currentCueId != null) return why;
  return refusal('CONFLICT', 'the show is before its first cue', 'there is no GO to take back');
}

/** An emergency can only be made graver. */
export function whyNotHold(client: Client, role: Role): Why {
  const why = whyNotReach(client, role, 'EmergencyTriggered', 'it');
  if (why || client.state?.emergency?.level !== 'evacuate') return why;
  return refusal('CONFLICT', 'EVACUATE is the gravest that there is', 'resolve it when the show may go on');
}

export const whyNotResolve = (client: Client, role: Role): Why => whyNotReach(client, role, 'EmergencyResolved', 'it');
