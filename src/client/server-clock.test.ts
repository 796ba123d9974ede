import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SAMPLES_MAX, ServerClock } from './server-clock.js';

test('nothing is known before the first word, and a hint is better than nothing', () => {
  const clock = new ServerClock();
  expect(clock.wallAt(5)).toBe(undefined);
  clock.hint(1000, 5);
  expect(clock.wallAt(10)).toBe(1005);
  expect(clock.roundTripMs).toBe(undefined);
});

test('the error is at most half of the smallest round trip, however unequal the two ways are', () => {
  const trip = fc.record({ out: fc.integer({ min: 0, max: 500 }), home: fc.integer({ min: 0, max: 500 }) });
  fc.assert(
    fc.property(
      fc.integer({ min: -1e9, max: 1e9 }),
      fc.array(trip, { minLength: 1, maxLength: 20 }),
      (offset, trips) => {
        const clock = new ServerClock();
        let now = 0;
        for (const { out, home } of trips) {
          clock.sample(now, now + out + home, now + out + offset);
          now += 2000;
        }
        const smallest = Math.min(...trips.slice(-SAMPLES_MAX).map(({ out, home }) => out + home));
        expect(clock.roundTripMs).toBe(smallest);
        expect(Math.abs((clock.wallAt(now) ?? Number.NaN) - (now + offset))).toBeLessThanOrEqual(smallest / 2);
      },
    ),
  );
});

test('a time that is none, and an answer before its question, count for nothing', () => {
  const clock = new ServerClock();
  clock.sample(0, 10, Number.NaN);
  clock.sample(10, 0, 1000);
  clock.hint(Number.NaN, 0);
  expect(clock.wallAt(0)).toBe(undefined);
});
