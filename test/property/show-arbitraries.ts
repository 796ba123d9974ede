import fc from 'fast-check';
import type { Role, ShowFile } from '../../src/generated/types.js';
import { EVENT_TYPES, type EventType } from '../../src/protocol/envelope.js';
import { ROLES } from '../../src/show/roles.js';
import { showFile, type Wish } from '../support/live-show.js';

/** Ids are few, so that wishes meet; `x` is of nothing in any show. */
const few = (prefix: string, count: number) =>
  fc.oneof(
    { weight: 12, arbitrary: fc.nat(count - 1).map((n) => `${prefix}${n}`) },
    { weight: 1, arbitrary: fc.constant('x') },
  );

const cueId = few('c', 8);
const segmentId = few('s', 4);
const micId = few('m', 3);
const performerId = few('p', 3);
const noteId = few('n', 2);
const timerId = few('t', 3);
const emergencyId = few('e', 2);
const uuid = fc.nat(3).map((n) => `00000000-0000-4000-8000-0000000000a${n}`);
const timecode = fc.constantFrom('00:00:00.000', '00:00:01.500', '00:20:00.000', '99:59:59.999');
const role = fc.constantFrom(...(Object.keys(ROLES) as Role[]));
const department = fc.constantFrom('sound', 'lighting', 'fly');
const index = fc.nat(4);
const or = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: null, freq: 4 });
const some = (members: Record<string, fc.Arbitrary<unknown>>) => fc.record(members, { requiredKeys: [] });

const stage = {
  device: fc.constantFrom('qlab', 'desk'),
  ruleId: fc.constantFrom('r1', 'r2'),
  summary: fc.constant('start 1'),
};
const node = fc.constantFrom('main', 'backup');
const stageMore = {
  node,
  outputId: few('o', 3),
  causeSeq: fc.integer({ min: 1, max: 9 }),
  latencyMs: fc.constantFrom(0, 1.5),
};
const withMore = (must: Record<string, fc.Arbitrary<unknown>>, more: Record<string, fc.Arbitrary<unknown>> = {}) =>
  fc.record({ ...must, ...more }, { requiredKeys: Object.keys(must) });

/** Every cue of the random show has calls for sound and lighting, most with the number 1. */
const callRef = withMore({ cueId, department }, { number: fc.constant('1') });
const sentCall = {
  call: withMore({ cueId, department }, { number: fc.constant('1'), by: fc.constantFrom('go', 'rerun') }),
};

const scope = fc.oneof(
  fc.constant({ type: 'show' }),
  ...Object.entries({ cue: cueId, segment: segmentId, performer: performerId, mic: micId, act: few('a', 2) }).map(
    ([type, id]) => id.map((it) => ({ type, id: it })),
  ),
);

const payloads: Record<EventType, fc.Arbitrary<object>> = {
  CueAdvanced: some({ fromCueId: or(cueId), toCueId: cueId, segmentId }),
  CueReverted: some({ fromCueId: cueId, toCueId: or(cueId), segmentId }),
  MicAssigned: withMore(
    { micId, performerId: or(performerId) },
    { segmentId, channel: fc.integer({ min: 1, max: 8 }) },
  ),
  MicSwapped: withMore({ performerId, toMicId: micId }, { fromMicId: micId, segmentId }),
  SegmentReordered: withMore({ segmentId, toIndex: index }, { actId: few('a', 2), fromIndex: index }),
  NoteAdded: withMore(
    { text: fc.constantFrom('late', '🎭') },
    { noteId, scope, visibleTo: fc.uniqueArray(role, { minLength: 1 }) },
  ),
  NoteUpdated: withMore(
    { noteId },
    { text: fc.constant('early'), priority: fc.constantFrom('low', 'high'), resolved: fc.boolean() },
  ),
  NoteDeleted: fc.record({ noteId }),
  TimerStarted: withMore({ timerId }, { mode: fc.constantFrom('up', 'down'), duration: timecode }),
  TimerPaused: fc.record({ timerId }),
  TimerReset: fc.record({ timerId }),
  TimerSetOverride: fc.record({ timerId, value: timecode }),
  EmergencyTriggered: some({
    emergencyId,
    code: fc.constantFrom('fire', 'medical'),
    level: fc.constantFrom('hold', 'stop', 'evacuate'),
    message: fc.constant('!'),
  }),
  EmergencyResolved: fc.oneof(some({ emergencyId }), fc.constant({})),
  SnapshotRequested: fc.record({ reason: fc.constantFrom('connect', 'gap') }),
  ClientPresenceUpdated: fc.record({ deviceId: fc.constant('d'), status: fc.constantFrom('online', 'offline') }),
  CueStandbySet: some({ cueIds: fc.uniqueArray(cueId, { maxLength: 3 }), department }),
  CueStandbyAcknowledged: withMore({ department }, { cueIds: fc.uniqueArray(cueId, { maxLength: 2 }) }),
  CallFired: withMore({ cueId, kind: fc.constant('rerun') }, { department }),
  DeviceStatusChanged: withMore(
    { device: stage.device, adapter: fc.constant('qlab'), status: fc.constantFrom('up', 'down', 'connecting') },
    { node, code: fc.constant('DEVICE_TIMEOUT'), detail: fc.constant('no answer') },
  ),
  OutputSent: withMore(stage, { ...stageMore, ...sentCall, reached: fc.constantFrom('sent', 'acknowledged') }),
  OutputConfirmed: withMore(stage, { ...stageMore, ...sentCall }),
  OutputFailed: withMore(
    { ...stage, code: fc.constant('DEVICE_TIMEOUT') },
    { ...stageMore, call: callRef, detail: fc.constant('late') },
  ),
  ExternalCueFired: withMore(
    {
      device: stage.device,
      cueNumber: fc.constantFrom('1', '2'),
      attribution: fc.oneof({ weight: 4, arbitrary: fc.constant('operator') }, fc.constantFrom('echo', 'doubtful')),
    },
    { call: callRef },
  ),
};

/** How often each kind of wish is made; the others once. */
const WEIGHT: Partial<Record<EventType, number>> = {
  CueAdvanced: 12,
  CueReverted: 4,
  CueStandbySet: 4,
  CueStandbyAcknowledged: 5,
  EmergencyResolved: 12,
  ExternalCueFired: 8,
  OutputSent: 4,
  MicSwapped: 10,
  NoteUpdated: 3,
  NoteDeleted: 2,
  SegmentReordered: 4,
  TimerStarted: 3,
  TimerPaused: 3,
};

/** One wish, mostly by somebody who may. Emergencies end soon, or little else would be seen. */
export const wish: fc.Arbitrary<Wish> = fc.oneof(
  ...(Object.keys(EVENT_TYPES) as EventType[]).map((eventType) => ({
    weight: WEIGHT[eventType] ?? 1,
    arbitrary: fc.record({
      eventType: fc.constant(eventType),
      payload: fc.oneof({ weight: 3, arbitrary: payloads[eventType] }, { weight: 1, arbitrary: fc.constant({}) }),
      role:
        EVENT_TYPES[eventType].by === 'server'
          ? fc.constant<Role>('bridge')
          : fc.oneof({ weight: 12, arbitrary: fc.constant<Role>('stageManager') }, { weight: 1, arbitrary: role }),
      afterMs: fc.constantFrom(0, 1, 299, 300, 301, 5000, 3_600_000),
      ...(eventType.startsWith('Output') ? { causationId: uuid } : {}),
    }),
  })),
);

/** A small show of one or two acts, with empty segments, followers, spares and timers of both kinds. */
export const show: fc.Arbitrary<ShowFile> = fc
  .record({
    /** How many cues each segment has; the first half of the segments is the first act. */
    sizes: fc.array(fc.nat(3), { minLength: 2, maxLength: 4 }),
    wearers: fc.array(fc.option(fc.nat(2)), { minLength: 2, maxLength: 3 }),
    guards: fc.array(fc.option(fc.constantFrom(0, 1000)), { maxLength: 8 }),
  })
  .map(({ sizes, wearers, guards }) => {
    let cues = 0;
    const segments = sizes.map((size, n) => ({
      id: `s${n}`,
      cues: Array.from({ length: size }, () => {
        const n = cues++;
        const goGuardMs = guards[n];
        const calls = [{ department: 'sound', number: '1' }, { department: 'lighting' }];
        return { id: `c${n}`, number: `${n}.5`, calls, ...(goGuardMs == null ? {} : { goGuardMs }) };
      }),
    }));
    return showFile({
      version: 1,
      title: 'random',
      acts: [
        { id: 'a0', segments: segments.slice(0, 2) },
        ...(segments.length > 2 ? [{ id: 'a1', segments: segments.slice(2) }] : []),
      ],
      performers: [0, 1, 2].map((n) => ({ id: `p${n}`, name: `P${n}` })),
      mics: wearers.map((wearer, n) => ({ id: `m${n}`, ...(wearer === null ? {} : { performerId: `p${wearer}` }) })),
      timers: [{ id: 't0' }, { id: 't1', mode: 'down', duration: '00:20:00.000' }],
    });
  });
