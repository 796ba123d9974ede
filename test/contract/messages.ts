import type { PayloadByType } from '../../src/generated/types.js';
import type { EventType } from '../../src/protocol/envelope.js';
import { LiveShow } from '../support/live-show.js';

const FULL: { [T in EventType]: PayloadByType[T] } = {
  CueAdvanced: { segmentId: 'seg-1', fromCueId: null, toCueId: 'cue-1', showClockAt: '00:00:00.000' },
  CueReverted: { segmentId: 'seg-1', fromCueId: 'cue-1', toCueId: null, showClockAt: '99:59:59.999', reason: 'oops' },
  MicAssigned: { micId: 'mic-1', performerId: null, segmentId: 'seg-1', channel: 1024 },
  MicSwapped: { performerId: 'ana', fromMicId: 'mic-1', toMicId: 'mic-3', segmentId: 'seg-1', reason: 'battery' },
  SegmentReordered: { actId: 'act-1', segmentId: 'seg-1', fromIndex: 0, toIndex: 1 },
  NoteAdded: {
    noteId: 'n1',
    scope: { type: 'cue', id: 'cue-1' },
    text: 'spät 🎭',
    priority: 'high',
    visibleTo: ['director'],
  },
  NoteUpdated: { noteId: 'n1', text: 'later', priority: 'low', resolved: true },
  NoteDeleted: { noteId: 'n1' },
  TimerStarted: { timerId: 'interval', mode: 'down', duration: '00:20:00.000' },
  TimerPaused: { timerId: 'interval' },
  TimerReset: { timerId: 'interval' },
  TimerSetOverride: { timerId: 'interval', value: '00:05:00.000' },
  EmergencyTriggered: { emergencyId: 'e1', code: 'medical', level: 'hold', message: 'row F', location: 'house left' },
  EmergencyResolved: { emergencyId: 'e1', resolution: 'all well' },
  SnapshotRequested: { reason: 'gap', lastEventSeq: 0 },
  ClientPresenceUpdated: { deviceId: 'tablet-3', status: 'idle', view: 'director' },
  CueStandbySet: { cueIds: ['cue-1', 'cue-2'], department: 'sound' },
  CueStandbyAcknowledged: { cueIds: ['cue-1'], department: 'fly-2' },
  DeviceStatusChanged: {
    device: 'qlab',
    node: 'main',
    adapter: 'qlab',
    status: 'down',
    code: 'DEVICE_TIMEOUT',
    detail: 'no answer',
  },
  OutputSent: {
    device: 'qlab',
    ruleId: 'go',
    outputId: 'go.1',
    causeSeq: 1,
    summary: 'start 12.5',
    reached: 'acknowledged',
    latencyMs: 0.4,
    acknowledgedMs: 3,
    call: { cueId: 'cue-2', department: 'sound', number: '12', by: 'go' },
  },
  OutputConfirmed: { device: 'qlab', ruleId: 'go', outputId: 'go.1', summary: 'start 12.5', latencyMs: 12 },
  OutputFailed: {
    device: 'qlab',
    node: 'main',
    ruleId: 'go',
    summary: 'start 12.5',
    latencyMs: 9,
    code: 'OUTPUT_LATE',
    detail: 'x',
  },
  ExternalCueFired: {
    ...{ device: 'qlab', node: 'main', cueNumber: '12.5', name: 'Thunder', attribution: 'operator' },
    call: { cueId: 'cue-2', department: 'sound', number: '12' },
  },
  CallFired: { cueId: 'cue-2', department: 'sound', kind: 'rerun' },
};

const stamp = {
  version: '1.1.0',
  messageId: '0198f3a2-7c00-7000-8000-0123456789aB',
  createdAt: '2026-03-01T19:30:00Z',
};
const cause = '0198f3a2-7c00-7000-8000-0000000000aa';

/** One fact of every event type, with every member that its schema names. */
export const events: Record<string, unknown>[] = Object.entries(FULL).map(([eventType, payload], index) => ({
  kind: 'event',
  ...stamp,
  correlationId: cause,
  causationId: cause,
  showId: 'pb_2026.03-a',
  eventType,
  actor: { userId: 'u-sm-01', role: 'stageManager', deviceId: 'ipad-1', displayName: 'Ana' },
  payload,
  patch: [{ op: 'replace', path: '/acts/0/segments/0/cues/1/status', value: 'current' }],
  eventSeq: index + 1,
  recordedAt: '2026-03-01T19:30:00.125Z',
}));

/** A show in the middle of everything, so that every member of the state is there. */
export function busyShow(): LiveShow {
  const output = { device: 'qlab', node: 'main', ruleId: 'go', causeSeq: 1, summary: 'start 12.5', latencyMs: 1.5 };
  return new LiveShow().take(
    { eventType: 'CueAdvanced' },
    { eventType: 'CueAdvanced' },
    { eventType: 'ExternalCueFired', role: 'bridge', payload: FULL.ExternalCueFired },
    { eventType: 'CueStandbySet', payload: { cueIds: ['cue-3', 'cue-4'] } },
    { eventType: 'CueStandbyAcknowledged', payload: { department: 'sound' } },
    { eventType: 'NoteAdded', payload: { noteId: 'n1', text: 'late', visibleTo: ['director'] } },
    { eventType: 'NoteUpdated', payload: { noteId: 'n1', resolved: true } },
    { eventType: 'TimerStarted', payload: { timerId: 'interval' } },
    { eventType: 'MicSwapped', payload: { performerId: 'ana', toMicId: 'mic-3' } },
    {
      eventType: 'DeviceStatusChanged',
      role: 'bridge',
      payload: { device: 'qlab', node: 'main', adapter: 'qlab', status: 'up' },
    },
    { eventType: 'OutputSent', role: 'bridge', causationId: cause, payload: output },
    { eventType: 'EmergencyTriggered', payload: { message: 'row F', location: 'house left' } },
  );
}

const showId = 'pb_2026.03-a';

/** One good frame of every kind. */
export const frames: Record<string, unknown>[] = [
  ...events,
  { kind: 'ack', ...stamp, ackOf: cause, status: 'ok', showId, eventSeq: 1 },
  {
    kind: 'ack',
    ...stamp,
    ackOf: cause,
    status: 'error',
    code: 'CONFLICT',
    message: 'm',
    hint: 'h',
    pointer: '/payload',
  },
  { kind: 'snapshot', ...stamp, showId, lastEventSeq: 10, state: busyShow().state },
  { kind: 'heartbeat', ...stamp, correlationId: cause, showId, lastEventSeq: 0 },
  { kind: 'error', ...stamp, correlationId: cause, code: 'FRAME_TOO_LARGE', message: 'm', hint: 'h', pointer: '' },
];
