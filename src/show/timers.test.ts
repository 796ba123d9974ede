import { expect, test } from 'vitest';
import { LiveShow } from '../../test/support/live-show.js';
import { apply } from './apply.js';
import { TIMERS_MAX } from './state.js';
import { timerValueMs } from './timers.js';

const shown = (show: LiveShow, timerId: string, afterMs = 0) => {
  const timer = show.state.timers.find(({ id }) => id === timerId);
  if (!timer) throw new Error(`no timer ${timerId}`);
  return timerValueMs(timer, show.nowMs + afterMs);
};
const start = (timerId: string) => ({ eventType: 'TimerStarted', payload: { timerId } });
const pause = (timerId: string, afterMs = 1000) => ({ eventType: 'TimerPaused', payload: { timerId }, afterMs });

test('a timer runs over midnight', () => {
  const show = new LiveShow();
  show.nowMs = Date.parse('2026-12-31T23:50:00.000Z');
  show.take(start('show'), start('interval'));
  expect(shown(show, 'show', 1_800_000)).toBe(1_801_000);
  expect(shown(show, 'interval', 900_000)).toBe(300_000);
});

test('a timer that counts down runs over below zero, and a pause keeps that', () => {
  const show = new LiveShow().take(start('interval'));
  expect(shown(show, 'interval', 1_205_000)).toBe(-5000);
  show.take(pause('interval', 1_205_000));
  expect(shown(show, 'interval', 60_000)).toBe(-5000);
  validState(show);
});

test('a pause through a hold: what was paused before stays paused after', () => {
  const show = new LiveShow().take(start('show'), start('interval'), pause('show', 9000));
  show.take({ eventType: 'EmergencyTriggered' });
  expect(shown(show, 'interval', 99_000)).toBe(1_190_000);
  show.take({ eventType: 'EmergencyResolved', afterMs: 600_000 });
  expect(shown(show, 'show', 5000)).toBe(10_000);
  expect(shown(show, 'interval', 5000)).toBe(1_185_000);
});

test('a hold that becomes an evacuation holds the timers once', () => {
  const show = new LiveShow().take(start('show'), { eventType: 'EmergencyTriggered', afterMs: 4000 });
  show.take({ eventType: 'EmergencyTriggered', payload: { level: 'evacuate' }, afterMs: 7000 });
  expect(shown(show, 'show')).toBe(4000);
  show.take({ eventType: 'EmergencyResolved', afterMs: 7000 });
  expect(shown(show, 'show', 1000)).toBe(5000);
});

test('a held timer may be set, and goes on from there', () => {
  const show = new LiveShow().take(start('show'), { eventType: 'EmergencyTriggered' });
  show.take({ eventType: 'TimerSetOverride', payload: { timerId: 'show', value: '01:00:00.000' } });
  expect(shown(show, 'show', 5000)).toBe(3_600_000);
  show.take({ eventType: 'EmergencyResolved' });
  expect(shown(show, 'show', 5000)).toBe(3_605_000);
});

test('a held timer that is reset stays at its start', () => {
  const show = new LiveShow().take(start('interval'), { eventType: 'EmergencyTriggered', afterMs: 5000 });
  show.take({ eventType: 'TimerReset', payload: { timerId: 'interval' } }, { eventType: 'EmergencyResolved' });
  expect(show.state.timers[1]).toMatchObject({ status: 'stopped', valueMs: 1_200_000, held: false });
});

test('a reader whose clock is behind the server sees no time run backwards', () => {
  const show = new LiveShow().take(start('show'));
  expect(shown(show, 'show', -5000)).toBe(0);
});

test('a reader whose clock has fractions sees whole milliseconds', () => {
  const show = new LiveShow().take(start('show'));
  expect(shown(show, 'show', 10.4)).toBe(10);
});

test('timers have a limit, and one that is known may still start', () => {
  const show = new LiveShow();
  for (let n = show.state.timers.length; n < TIMERS_MAX; n++) show.take(start(`t${n}`));
  expect(show.refuse(start('one-more')).code).toBe('CONFLICT');
  show.take(start('show'));
});

test.each(['TimerStarted', 'TimerPaused', 'TimerReset', 'TimerSetOverride'])(
  'a timer tells which device it was that did the last %s; an emergency is nobody',
  (eventType) => {
    const show = new LiveShow().take(start('show'));
    if (eventType === 'TimerStarted') show.take(pause('show'));
    show.take({
      eventType,
      payload: { timerId: 'show', ...(eventType === 'TimerSetOverride' && { value: '00:00:09.000' }) },
    });
    const event = show.events.at(-1);
    if (!event) throw new Error('nothing happened');
    const before = show.events.slice(0, -1).reduce(apply, show.initial);
    const after = apply(before, { ...event, actor: { ...event.actor, deviceId: 'tc' } });
    expect(after.timers[0]).toMatchObject({ id: 'show', by: 'tc' });
    show.state = after;
    show.take({ eventType: 'EmergencyTriggered' }, { eventType: 'EmergencyResolved' });
    expect(show.state.timers[0]?.by).toBe('tc');
  },
);

function validState({ state }: LiveShow): void {
  for (const { valueMs } of state.timers) expect(Number.isInteger(valueMs)).toBe(true);
}
