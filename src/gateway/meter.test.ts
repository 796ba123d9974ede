import { expect, test } from 'vitest';
import { FAULT_WINDOW_MS, FAULTS_MAX } from './limits.js';
import { Meter } from './meter.js';

const LIMITS = { messagesPerSecond: 10, messagesBurst: 3 };

test('a burst is taken at once, then as many as the rate earns', () => {
  const meter = new Meter();
  const take = (nowMs: number) => meter.take(nowMs, LIMITS);
  expect([take(0), take(0), take(0), take(0)]).toEqual([true, true, true, false]);
  expect([take(99), take(100), take(100)]).toEqual([false, true, false]);
  expect([take(10_000), take(10_000), take(10_000), take(10_000)]).toEqual([true, true, true, false]);
});

test('faults are one too many only when they come together', () => {
  const meter = new Meter();
  const faults = (nowMs: number, count: number) => Array.from({ length: count }, () => meter.fault(nowMs)).at(-1);
  expect(faults(0, FAULTS_MAX - 1)).toBe(false);
  expect(faults(FAULT_WINDOW_MS, FAULTS_MAX - 1)).toBe(false);
  expect(faults(FAULT_WINDOW_MS + 1, 1)).toBe(true);
});
