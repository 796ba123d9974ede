import type { Timer, TimerPaused, TimerReset, TimerSetOverride, TimerStarted } from '../generated/types.js';
import { accepted, type Decision, refused } from '../protocol/decision.js';
import type { EventOf } from '../protocol/envelope.js';
import { fromTimecode } from '../protocol/timecode.js';
import { heldBy } from './cues.js';
import { type ShowState, stampMs, TIMERS_MAX } from './state.js';

/**
 * What a timer shows. Nothing ticks: it is worked out from its last event and the server's time.
 * @param nowMs  the server's time, in milliseconds since 1970.
 * @returns milliseconds; below zero a timer that counts down has run over.
 */
export function timerValueMs(timer: Timer, nowMs: number): number {
  const anchorMs = stampMs(timer.anchorAt);
  if (timer.status !== 'running' || anchorMs === undefined) return timer.valueMs;
  const ranMs = Math.max(0, Math.round(nowMs - anchorMs));
  return timer.mode === 'up' ? timer.valueMs + ranMs : timer.valueMs - ranMs;
}

const findTimer = (state: ShowState, timerId: string): Timer | undefined =>
  state.timers.find(({ id }) => id === timerId);

/** Whether a start means "go on": it names nothing new, and the timer stands part way. */
const goesOn = (timer: Timer | undefined, { mode, duration }: TimerStarted): timer is Timer =>
  timer?.status === 'paused' && mode === undefined && duration === undefined;

function planOf(timer: Timer | undefined, payload: TimerStarted): { mode: 'up' | 'down'; durationMs?: number } {
  const durationMs = payload.duration === undefined ? timer?.durationMs : fromTimecode(payload.duration);
  return { mode: payload.mode ?? timer?.mode ?? 'up', ...(durationMs === undefined ? {} : { durationMs }) };
}

export function decideTimerStarted(state: ShowState, payload: TimerStarted): Decision {
  const { timerId } = payload;
  const timer = findTimer(state, timerId);
  const held = heldBy(state);
  if (held) return held;
  if (timer?.status === 'running')
    return refused('CONFLICT', `timer ${timerId} is running already`, '/payload/timerId');
  if (!timer && state.timers.length >= TIMERS_MAX) {
    return refused('CONFLICT', `the show holds ${TIMERS_MAX} timers, which is the limit`, '/payload/timerId');
  }
  if (goesOn(timer, payload)) return accepted;
  const { mode, durationMs } = planOf(timer, payload);
  if (mode === 'down' && durationMs === undefined) {
    return refused('VALIDATION_FAILED', `timer ${timerId} counts down: duration is missing`, '/payload/duration');
  }
  return accepted;
}

/** For a pause, a reset and an override: there must be such a timer, and to be paused it must run. */
export function decideTimerChanged(
  state: ShowState,
  eventType: 'TimerPaused' | 'TimerReset' | 'TimerSetOverride',
  { timerId }: TimerPaused | TimerReset | TimerSetOverride,
): Decision {
  const timer = findTimer(state, timerId);
  if (!timer) return refused('NOT_FOUND', `there is no timer ${timerId}`, '/payload/timerId');
  if (eventType === 'TimerPaused' && timer.status !== 'running' && !timer.held) {
    return refused('CONFLICT', `timer ${timerId} is ${timer.status} already`, '/payload/timerId');
  }
  return accepted;
}

export function applyTimerStarted(state: ShowState, event: EventOf<'TimerStarted'>): ShowState {
  const { payload, recordedAt, actor } = event;
  const timer = findTimer(state, payload.timerId);
  if (timer?.status === 'running') return state;
  if (goesOn(timer, payload))
    return withTimer(state, { ...timer, status: 'running', anchorAt: recordedAt, held: false, by: actor.deviceId });
  const plan = planOf(timer, payload);
  return withTimer(state, {
    ...(timer ?? { id: payload.timerId }),
    ...plan,
    status: 'running',
    valueMs: startOf(plan),
    anchorAt: recordedAt,
    held: false,
    by: actor.deviceId,
  });
}

const startOf = ({ mode, durationMs = 0 }: Pick<Timer, 'mode' | 'durationMs'>): number =>
  mode === 'down' ? durationMs : 0;

/** A timer that an emergency holds and somebody pauses stays paused when the emergency ends. */
export function applyTimerPaused(state: ShowState, event: EventOf<'TimerPaused'>): ShowState {
  const timer = findTimer(state, event.payload.timerId);
  const by = event.actor.deviceId;
  if (timer?.status !== 'running') return timer?.held ? withTimer(state, { ...timer, held: false, by }) : state;
  return withTimer(state, { ...standing(timer, event.recordedAt, false), by });
}

export function applyTimerReset(state: ShowState, { payload, actor }: EventOf<'TimerReset'>): ShowState {
  const timer = findTimer(state, payload.timerId);
  if (!timer) return state;
  const valueMs = startOf(timer);
  return withTimer(state, { ...timer, status: 'stopped', valueMs, anchorAt: null, held: false, by: actor.deviceId });
}

/** A stopped timer that is set to a value stands part way: the next start goes on from there. */
export function applyTimerOverride(state: ShowState, event: EventOf<'TimerSetOverride'>): ShowState {
  const { payload, recordedAt, actor } = event;
  const timer = findTimer(state, payload.timerId);
  const valueMs = fromTimecode(payload.value);
  if (!timer || valueMs === undefined) return state;
  const status = timer.status === 'stopped' ? 'paused' : timer.status;
  return withTimer(state, { ...timer, status, valueMs, anchorAt: recordedAt, by: actor.deviceId });
}

/** Every running timer stands still, marked to go on when the emergency ends. */
export const holdTimers = (timers: Timer[], recordedAt: string): Timer[] =>
  timers.some(({ status }) => status === 'running')
    ? timers.map((timer) => (timer.status === 'running' ? standing(timer, recordedAt, true) : timer))
    : timers;

export const releaseTimers = (timers: Timer[], recordedAt: string): Timer[] =>
  timers.some(({ held }) => held)
    ? timers.map((timer) => (timer.held ? { ...timer, status: 'running', anchorAt: recordedAt, held: false } : timer))
    : timers;

function standing(timer: Timer, recordedAt: string, held: boolean): Timer {
  const valueMs = timerValueMs(timer, stampMs(recordedAt) ?? 0);
  return { ...timer, status: 'paused', valueMs, anchorAt: recordedAt, held };
}

function withTimer(state: ShowState, timer: Timer): ShowState {
  const index = state.timers.findIndex(({ id }) => id === timer.id);
  return { ...state, timers: index < 0 ? [...state.timers, timer] : state.timers.with(index, timer) };
}
