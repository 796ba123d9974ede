import { expect, test } from 'vitest';
import { TestClock } from '../../test/support/test-clock.js';
import { deferred } from './deferred.js';
import { LATE, within } from './within.js';

const turn = () => new Promise((resolve) => setImmediate(resolve));

test('work that is done in time gives what it came to, and leaves no timer', async () => {
  const clock = new TestClock();
  await expect(within(clock, 100, Promise.resolve('done'))).resolves.toBe('done');
  await expect(within(clock, 100, Promise.resolve(undefined))).resolves.toBeUndefined();
  await expect(within(clock, 100, Promise.reject(new Error('broken')))).rejects.toThrow('broken');
  expect(clock.sleeping).toBe(0);
});

test('what takes longer is late at the limit, not before', async () => {
  const clock = new TestClock();
  const work = deferred<string>();
  let how: unknown = 'waiting';
  const waiting = within(clock, 100, work.promise).then((found) => {
    how = found;
  });
  await clock.advance(99);
  expect(how).toBe('waiting');
  await clock.advance(1);
  expect(how).toBe(LATE);
  work.resolve('too late');
  await waiting;
  expect(how).toBe(LATE);
});

test('a signal ends the waiting, now or from before, and nothing stays on it', async () => {
  const clock = new TestClock();
  const stop = new AbortController();
  const never = new Promise<void>(() => undefined);
  const waiting = within(clock, 100, never, stop.signal);
  stop.abort();
  await expect(waiting).resolves.toBe(LATE);
  await expect(within(clock, 100, never, stop.signal)).resolves.toBe(LATE);
  expect(clock.sleeping).toBe(0);
});

test('work that fails after its limit is nobody’s unhandled rejection', async () => {
  const clock = new TestClock();
  const unhandled: unknown[] = [];
  const note = (error: unknown) => void unhandled.push(error);
  process.on('unhandledRejection', note);
  let fail: (error: Error) => void = () => undefined;
  const work = new Promise<void>((_, reject) => {
    fail = reject;
  });
  const waiting = within(clock, 100, work);
  await clock.advance(100);
  await expect(waiting).resolves.toBe(LATE);
  fail(new Error('later'));
  await turn();
  await turn();
  process.off('unhandledRejection', note);
  expect(unhandled).toEqual([]);
});
