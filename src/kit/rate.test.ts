import { expect, test } from 'vitest';
import { keptLog } from '../../test/support/log-lines.js';
import { TestClock } from '../../test/support/test-clock.js';
import { RareLog, RateLimiter, WindowCount } from './rate.js';

test('a burst is taken at once, then as many as the rate earns', async () => {
  const clock = new TestClock();
  const rate = new RateLimiter(clock);
  const take = (times: number) => Array.from({ length: times }, () => rate.take(10, 3));
  expect(take(4)).toEqual([true, true, true, false]);
  await clock.advance(99);
  expect(take(1)).toEqual([false]);
  await clock.advance(1);
  expect(take(2)).toEqual([true, false]);
  await clock.advance(10_000);
  expect(take(4)).toEqual([true, true, true, false]);
});

test('a limit without a burst is a second’s share at once, and another limit holds from the next one on', async () => {
  const clock = new TestClock();
  const rate = new RateLimiter(clock);
  const taken = (limit: number) => Array.from({ length: 50 }, () => rate.take(limit)).filter(Boolean).length;
  expect(taken(20)).toBe(20);
  await clock.advance(1000);
  expect(taken(5)).toBe(5);
});

test('a window counts from its first on, and the next begins anew', async () => {
  const clock = new TestClock();
  const count = new WindowCount(clock, 10_000);
  expect([count.add(), count.add()]).toEqual([1, 2]);
  await clock.advance(9_999);
  expect(count.add()).toBe(3);
  await clock.advance(1);
  expect([count.add(), count.add()]).toEqual([1, 2]);
});

test('what a stranger brings about again and again is a line a minute, with how many were not told; another cause is its own', async () => {
  const [clock, kept] = [new TestClock(), keptLog()];
  const log = new RareLog(kept.log, clock);
  const turnAway = (peer: string, code = 'UNAUTHENTICATED') => log.warn({ code, peer }, 'client.turned-away');
  for (let n = 0; n < 500; n += 1) turnAway('10.0.0.1');
  turnAway('10.0.0.2');
  turnAway('10.0.0.1', 'FORBIDDEN');
  log.error({ code: 'UNAUTHENTICATED', peer: '10.0.0.1' }, 'client.failed');
  expect(kept.lines).toHaveLength(4);
  await clock.advance(59_999);
  turnAway('10.0.0.1');
  expect(kept.lines).toHaveLength(4);
  await clock.advance(1);
  turnAway('10.0.0.1');
  expect(kept.lines.at(-1)).toMatchObject({ level: 'warn', peer: '10.0.0.1', unsaid: 500 });
  await clock.advance(60_000);
  turnAway('10.0.0.1');
  expect(kept.lines.at(-1)).not.toHaveProperty('unsaid');
});

test('a thousand peers are no memory without end', () => {
  const kept = keptLog();
  const log = new RareLog(kept.log, new TestClock());
  const all = Array.from({ length: 1000 }, (_, n) => `10.0.${n >> 8}.${n & 255}`);
  for (const peer of all) log.warn({ code: 'RATE_LIMITED', peer }, 'client.turned-away');
  expect(kept.lines).toHaveLength(1000);
  // The newest are remembered, the oldest were let go of.
  for (const peer of [all.at(-1), all.at(0)]) log.warn({ code: 'RATE_LIMITED', peer }, 'client.turned-away');
  expect(kept.lines).toHaveLength(1001);
});
