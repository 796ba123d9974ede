/** What the page says, in the words of the booth. Pure. */
import {
  type Actor,
  type ClientRefusal,
  cuesOf,
  type PayloadByType,
  type Proposal,
  type ShowState,
} from '../../client/index.js';

type Cue = ShowState['acts'][number]['segments'][number]['cues'][number];
type Call = NonNullable<Cue['calls']>[number];
type Device = ShowState['devices'][number];

const DEPARTMENTS: Readonly<Record<string, string>> = { lighting: 'LX', sound: 'Sound', video: 'Video', fly: 'Fly' };

export const departmentName = (department: string): string =>
  DEPARTMENTS[department] ?? `${department.slice(0, 1).toUpperCase()}${department.slice(1)}`;

/** What a cue is called; its id where the show does not have it. */
export const numberOf = (state: ShowState, cueId: string): string =>
  cuesOf(state).find(({ id }) => id === cueId)?.number ?? cueId;

/** A call: "Sound 12". */
export const callName = ({ department, number }: Pick<Call, 'department' | 'number'>): string =>
  `${departmentName(department)} ${number ?? ''}`.trim();

/** Who goes with a cue: "LX 24, Sound 12". */
export const callsOf = (cue: Cue): string => (cue.calls ?? []).map(callName).join(', ');

/** Who of them has gone: "LX 24, Sound 12 by hand 19:43:05"; empty when nobody has. */
export const goneOf = (cue: Cue): string =>
  (cue.calls ?? []).flatMap((call) => (call.fired ? [callName(call) + howGone(call.fired)] : [])).join(', ');

function howGone({ by, at }: NonNullable<Call['fired']>): string {
  const how = { go: undefined, call: undefined, operator: 'by hand', rerun: 'again' }[by];
  return how === undefined ? '' : ` ${how} ${timeOfDay(Date.parse(at))}`;
}

/** What is said before a cue, without the word "standby", which the page shows already. */
export function standbyOf(cue: Cue): string {
  const said = cue.standbyText?.replace(/^stand[ -]?by[:,]?\s*/i, '');
  return said || callsOf(cue) || (cue.label ?? `Cue ${cue.number}`);
}

/** Cues by their numbers: "3", "3 and 4", "3 to 9". */
export function cueNumbers(numbers: readonly string[]): string {
  const [first = '', last = first] = [numbers[0], numbers.at(-1)];
  return numbers.length < 2 ? first : `${first} ${numbers.length === 2 ? 'and' : 'to'} ${last}`;
}

/** Who did it, as this page names them. */
export const byWhom = (
  { deviceId, displayName, userId }: Pick<Actor, 'deviceId' | 'displayName' | 'userId'>,
  ownDeviceId: string,
): string => (deviceId === ownDeviceId ? 'you' : (displayName ?? userId));

/** Milliseconds as H:MM:SS, with a minus below zero. */
export function duration(ms: number): string {
  const whole = Math.floor(Math.abs(ms) / 1000);
  const two = (n: number) => String(n).padStart(2, '0');
  const text = `${Math.floor(whole / 3600)}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
  return ms <= -1000 ? `−${text}` : text;
}

/** A wall clock time of this place, HH:MM:SS. */
export function timeOfDay(wallMs: number): string {
  const at = new Date(wallMs);
  return [at.getHours(), at.getMinutes(), at.getSeconds()].map((n) => String(n).padStart(2, '0')).join(':');
}

export const milliseconds = (ms: number): string => (ms < 10 ? `${ms.toFixed(1)} ms` : `${Math.round(ms)} ms`);

/** Milliseconds as seconds with one digit: "2.6 s". */
export const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

export const DEVICE_WORDS: Readonly<Record<Device['status'], string>> = {
  up: 'up',
  unverified: 'unverified',
  degraded: 'degraded',
  connecting: 'connecting',
  down: 'down',
};

const WISHES: Readonly<Partial<Record<Proposal['eventType'], string>>> = {
  CueAdvanced: 'GO',
  CueReverted: 'Back',
  CueStandbySet: 'Standby',
  CallFired: 'Send now',
  NoteAdded: 'Note',
  TimerStarted: 'Timer start',
  TimerPaused: 'Timer pause',
  TimerReset: 'Timer reset',
  EmergencyTriggered: 'Emergency',
  EmergencyResolved: 'Resolve',
};

/** What was asked for: "GO", or "Note “Follow spot late”". */
export function wishName(proposal: Proposal): string {
  const name = WISHES[proposal.eventType] ?? proposal.eventType;
  return proposal.eventType === 'NoteAdded' ? `${name} “${proposal.payload.text.slice(0, 60)}”` : name;
}

/**
 * The same while only a duration in it counts up: "silent for 1067 ms" and "silent for 2 s" are one trouble, and "stands
 * at 3" and "stands at 4" are two.
 */
export const withoutDurations = (text: string): string => text.replace(/\d+([.,]\d+)?\s?(ms|s|min|h)\b/g, '…');

/** A sentence of its own: a capital letter and a full stop. */
export function sentence(text: string): string {
  const trimmed = text.trim();
  if (trimmed === '') return '';
  return `${trimmed.slice(0, 1).toUpperCase()}${trimmed.slice(1)}${/[.!?…]$/.test(trimmed) ? '' : '.'}`;
}

export const hintOf = (refusal: ClientRefusal): string => sentence(refusal.hint ?? '');

export const EMERGENCY_CODES: readonly PayloadByType['EmergencyTriggered']['code'][] = [
  'technical',
  'medical',
  'security',
  'fire',
  'weather',
  'other',
];
