import { expect, test } from 'vitest';
import { TestClock } from '../../test/support/test-clock.js';
import { Alarm } from './alarm.js';
import type { Clock } from './clock.js';

function alarmed(clock: Pick<Clock, 'mono' | 'sleep'> = new TestClock()) {
  const rung: number[] = [];
  return { rung, alarm: new Alarm(clock, () => rung.push(clock.mono())) };
}

test('rings once, at its time', async () => {
  const clock = new TestClock();
  const { alarm, rung } = alarmed(clock);
  alarm.set(100);
  await clock.advance(99);
  expect(rung).toEqual([]);
  await clock.advance(1000);
  expect(rung).toEqual([100]);
});

test('put off or brought forward, it rings when it was last set to, with one timer', async () => {
  const clock = new TestClock();
  const { alarm, rung } = alarmed(clock);
  for (let at = 100; at <= 200; at += 1) alarm.set(at);
  expect(clock.sleeping).toBe(1);
  await clock.advance(199);
  expect(rung).toEqual([]);
  await clock.advance(1);
  expect(rung).toEqual([200]);
  alarm.set(900);
  alarm.set(300);
  expect(clock.sleeping).toBe(1);
  await clock.advance(1000);
  expect(rung).toEqual([200, 300]);
});

test('a time that is past is now; cleared, it does not ring', async () => {
  const clock = new TestClock();
  const { alarm, rung } = alarmed(clock);
  await clock.advance(50);
  alarm.set(10);
  await clock.advance(0);
  expect(rung).toEqual([50]);
  alarm.set(60);
  alarm.clear();
  alarm.set(70);
  alarm.set(undefined);
  expect(clock.sleeping).toBe(0);
  await clock.advance(100);
  expect(rung).toEqual([50]);
});

test('it may be set again while it rings', async () => {
  const clock = new TestClock();
  const rung: number[] = [];
  const alarm = new Alarm(clock, () => {
    rung.push(clock.mono());
    if (rung.length < 3) alarm.set(clock.mono() + 10);
  });
  alarm.set(10);
  await clock.advance(100);
  expect(rung).toEqual([10, 20, 30]);
});

test('a timer that ends early does not ring early', async () => {
  const clock = new TestClock();
  const early = { mono: clock.mono, sleep: (ms: number, signal?: AbortSignal) => clock.sleep(ms - 0.5, signal) };
  const { alarm, rung } = alarmed(early);
  alarm.set(100);
  await clock.advance(99.9);
  expect(rung).toEqual([]);
  await clock.advance(10);
  expect(rung).toHaveLength(1);
  expect(rung[0]).toBeGreaterThanOrEqual(100);
});
