import type { Role } from '../generated/types.js';
import { EVENT_TYPES, type EventType } from '../protocol/envelope.js';

const ALL = Object.keys(EVENT_TYPES) as EventType[];
const CLIENT = ALL.filter((type) => EVENT_TYPES[type].by === 'client');

const SESSION: readonly EventType[] = ['SnapshotRequested', 'ClientPresenceUpdated'];
const NOTES: readonly EventType[] = ['NoteAdded', 'NoteUpdated', 'NoteDeleted'];
const MICS: readonly EventType[] = ['MicAssigned', 'MicSwapped'];
const TIMERS: readonly EventType[] = ['TimerStarted', 'TimerPaused', 'TimerReset', 'TimerSetOverride'];

/** Who may propose what. The table of README.md is this one. */
export const ROLES: Readonly<Record<Role, readonly EventType[]>> = {
  stageManager: CLIENT,
  assistantStageManager: CLIENT.filter((type) => type !== 'EmergencyResolved'),
  director: [...NOTES, 'EmergencyTriggered', 'EmergencyResolved', ...SESSION],
  performer: ['NoteAdded', ...SESSION],
  soundOperator: ['CueAdvanced', 'CueStandbyAcknowledged', ...MICS, ...NOTES, 'EmergencyTriggered', ...SESSION],
  lightingOperator: ['CueAdvanced', 'CueStandbyAcknowledged', ...NOTES, 'EmergencyTriggered', ...SESSION],
  technician: [...MICS, ...TIMERS, ...NOTES, 'EmergencyTriggered', ...SESSION],
  bridge: ALL,
};

const allowed = new Map<string, ReadonlySet<string>>(
  Object.entries(ROLES).map(([role, types]) => [role, new Set<string>(types)]),
);

/** @returns whether `role` may propose events of `eventType`; false for a role or a type that is not known. */
export const mayPropose = (role: string, eventType: string): boolean => allowed.get(role)?.has(eventType) ?? false;

/** Those who keep the book. */
export const isStageManagement = (role: string): boolean => role === 'stageManager' || role === 'assistantStageManager';
