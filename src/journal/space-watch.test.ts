import { expect, test } from 'vitest';
import { TestClock } from '../../test/support/test-clock.js';
import { LOW_BYTES, watchSpace } from './space-watch.js';

test('a disk that fills up is told once, before anybody presses, and once when there is room again', async () => {
  const clock = new TestClock();
  const life = new AbortController();
  const told: (number | undefined)[] = [];
  let left: number | undefined = LOW_BYTES;
  const watch = watchSpace(
    '/log',
    clock,
    (bytes) => told.push(bytes),
    life.signal,
    async () => left,
  );
  for (const next of [LOW_BYTES - 1, 5, undefined, 0, LOW_BYTES, LOW_BYTES * 2]) {
    await clock.advance(5000);
    left = next;
  }
  await clock.advance(5000);
  // What nobody can say is not low.
  expect(told).toEqual([LOW_BYTES - 1, undefined, 0, undefined]);
  life.abort();
  await clock.advance(5000);
  await watch;
});

test('the machine says how much room there is', async () => {
  const life = new AbortController();
  const clock = new TestClock();
  const told: unknown[] = [];
  const watch = watchSpace('/no/such/folder', clock, (bytes) => told.push(bytes), life.signal);
  await clock.advance(5000);
  life.abort();
  await watch;
  expect(told).toEqual([]);
});
