import type { InputRule, OutputRule, ShowFile } from '../../src/generated/types.js';
import type { EventOf, EventType, ShowEvent } from '../../src/protocol/envelope.js';
import { initialState, type ShowState } from '../../src/show/state.js';

const sound = (qlab?: string, number?: string) => ({
  department: 'sound',
  ...(number === undefined ? {} : { number }),
  ...(qlab === undefined ? {} : { targets: { qlab } }),
});

/** Two segments and five cues: one without calls, one with two sound calls, one whose sound call has no target. */
export const SHOW: ShowFile = {
  version: 1,
  title: 'Test',
  acts: [
    {
      id: 'act-1',
      title: 'One',
      segments: [
        {
          id: 'seg-1',
          title: 'Opening',
          cues: [
            {
              id: 'cue-1',
              number: '1',
              label: 'House',
              calls: [sound('12.5', '10'), { department: 'lighting', number: '24' }],
            },
            { id: 'cue-2', number: '1.10', calls: [] },
            { id: 'cue-3', number: '3', calls: [sound('13', '11'), sound('14', '12')] },
          ],
        },
        {
          id: 'seg-2',
          cues: [
            { id: 'cue-4', number: '4', calls: [sound(undefined, '13')] },
            { id: 'cue-5', number: '5', calls: [sound('12.5', '10')] },
          ],
        },
      ],
    },
  ],
  performers: [{ id: 'p-1', name: 'Mia' }],
  mics: [{ id: 'm-1', performerId: 'p-1' }],
  timers: [{ id: 't-1', mode: 'up' }],
};

/** The show at a cue, or before its first. */
export const stateAt = (currentCueId: string | null = null): ShowState => ({ ...initialState(SHOW), currentCueId });

export function eventOf<T extends EventType>(
  eventType: T,
  payload: EventOf<T>['payload'],
  deviceId = 'ipad',
): ShowEvent {
  return {
    kind: 'event',
    version: '1.1.0',
    messageId: '11111111-1111-7111-8111-111111111111',
    showId: 'pb_1',
    eventType,
    createdAt: '2026-03-01T19:30:00.000Z',
    actor: { userId: 'u-sm', role: 'stageManager', deviceId, displayName: 'Ana' },
    payload,
    eventSeq: 41,
    recordedAt: '2026-03-01T19:30:00.100Z',
  } as ShowEvent;
}

export const goTo = (toCueId: string, segmentId = 'seg-1', deviceId?: string): ShowEvent =>
  eventOf('CueAdvanced', { segmentId, fromCueId: null, toCueId }, deviceId);

/** An output rule with its defaults. `send` is any adapter's. */
export const output = (
  rule: Partial<Omit<OutputRule, 'send'>> & { send: { device: string; [name: string]: unknown } },
): OutputRule => ({
  id: 'rule',
  event: 'CueAdvanced',
  maxLateMs: 2000,
  echo: false,
  ...rule,
});

/** An input rule. `when` is any adapter's, `with` any event's. */
export const input = (rule: Partial<Omit<InputRule, 'with'>> & { with?: Record<string, unknown> }): InputRule =>
  ({ id: 'rule', when: { device: 'pedal' }, propose: 'CueAdvanced', ...rule }) as InputRule;

/** Freezes a value and everything in it. */
export function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) deepFreeze(inner);
  }
  return value;
}
