import type { InputRule, OutputRule, PayloadByType } from '../generated/types.js';
import type { Actor, EventType } from '../protocol/envelope.js';
import { PROTOCOL_VERSION } from '../protocol/version.js';

/** The events that rules can be about. */
export type RuleEvent = InputRule['propose'] | OutputRule['event'];

/**
 * A whole payload of each event that a rule can be about: its names are those that a rule may use, its values stand for
 * what is known only on the night.
 */
export const SAMPLES: { readonly [T in RuleEvent]: Readonly<Required<PayloadByType[T]>> } = {
  CueAdvanced: { segmentId: 's', fromCueId: 'c1', toCueId: 'c2', showClockAt: '00:00:00.000' },
  CueReverted: { segmentId: 's', fromCueId: 'c2', toCueId: 'c1', showClockAt: '00:00:00.000', reason: 'x' },
  CueStandbySet: { cueIds: ['c1'], department: 'sound' },
  CueStandbyAcknowledged: { cueIds: ['c1'], department: 'sound' },
  MicAssigned: { micId: 'm', performerId: 'p', segmentId: 's', channel: 1 },
  MicSwapped: { performerId: 'p', fromMicId: 'm1', toMicId: 'm2', segmentId: 's', reason: 'battery' },
  SegmentReordered: { actId: 'a', segmentId: 's', fromIndex: 0, toIndex: 1 },
  NoteAdded: { noteId: 'n', scope: { type: 'show' }, text: 'x', priority: 'normal', visibleTo: ['stageManager'] },
  TimerStarted: { timerId: 't', mode: 'up', duration: '00:00:00.000' },
  TimerPaused: { timerId: 't' },
  TimerReset: { timerId: 't' },
  TimerSetOverride: { timerId: 't', value: '00:00:00.000' },
  EmergencyTriggered: { emergencyId: 'e', code: 'other', level: 'hold', message: 'x', location: 'x' },
  EmergencyResolved: { emergencyId: 'e', resolution: 'x' },
  DeviceStatusChanged: { device: 'd', node: 'n', adapter: 'a', status: 'up', code: 'X', detail: 'x' },
};

/** A whole event around a payload. */
export const sampleEvent = (showId: string, eventType: EventType, payload: object, role: Actor['role'] = 'bridge') => ({
  kind: 'event' as const,
  version: PROTOCOL_VERSION,
  messageId: '00000000-0000-7000-8000-000000000000',
  showId,
  eventType,
  createdAt: '2025-01-01T00:00:00.000Z',
  recordedAt: '2025-01-01T00:00:00.000Z',
  eventSeq: 1,
  actor: { userId: 'u', role, deviceId: '(check)', displayName: 'x' },
  payload,
});
