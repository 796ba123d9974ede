import { expect, test } from 'vitest';
import { TestClock } from '../../test/support/test-clock.js';
import { confirmation, type Outcome } from './confirmation.js';
import type { Sighting } from './evidence.js';
import type { Look } from './watch.js';

const nothing: Look = { hasFired: false, isIdle: false, preWaitMs: 0 };
const never = new Promise<Sighting>(() => {});

/** Waits for a command that left at 0 on a clock of its own. @param looks  what the cue answers, one after the other. */
function waiting(limitMs: number, looks: Partial<Look>[], reported?: Promise<Sighting>) {
  const clock = new TestClock();
  const life = new AbortController();
  const askedAt: number[] = [];
  let outcome: Outcome | undefined;
  const look = async () => {
    askedAt.push(clock.mono());
    return { ...nothing, ...(looks[askedAt.length - 1] ?? looks.at(-1)) };
  };
  void confirmation({
    ...{ clock, signal: life.signal, sentAt: clock.mono(), limitMs, look },
    ...(reported ? { reported } : {}),
  }).then((found) => {
    outcome = found;
  });
  return { clock, life, askedAt, outcome: () => outcome };
}

test('a cue that is not reported is asked half a second before its time is up, and no sooner', async () => {
  const { clock, askedAt, outcome } = waiting(2000, [{ isIdle: true }], never);
  await clock.advance(1499);
  expect(askedAt).toEqual([]);
  await clock.advance(501);
  expect(askedAt).toEqual([1500]);
  expect(outcome()).toEqual({ is: 'idle' });
});

test('where its time is short, half of that before', async () => {
  const { clock, askedAt } = waiting(400, [{}], never);
  await clock.advance(400);
  expect(askedAt).toEqual([200]);
});

test('a pre-wait is added to its time, and it is asked again before that is up', async () => {
  const { clock, askedAt, outcome } = waiting(1000, [{ preWaitMs: 5000 }, { hasFired: true }], never);
  await clock.advance(5000);
  expect(outcome()).toBeUndefined();
  await clock.advance(1000);
  expect(askedAt).toEqual([500, 5500]);
  expect(outcome()).toEqual({ is: 'fired' });
});

test('a report is the proof, whatever the cue would say', async () => {
  const sighting: Sighting = { cue: undefined, as: 'ours' };
  const { clock, askedAt, outcome } = waiting(2000, [{ isIdle: true }], Promise.resolve(sighting));
  await clock.advance(0);
  expect(outcome()).toEqual({ is: 'fired', sighting });
  expect(askedAt).toEqual([]);
});

test('where nothing is reported the cue is asked every 110 ms, until it has fired', async () => {
  const { clock, askedAt, outcome } = waiting(2000, [{}, {}, { hasFired: true }]);
  await clock.advance(1000);
  expect(askedAt).toEqual([0, 110, 220]);
  expect(outcome()).toEqual({ is: 'fired' });
});

test('a connection that ends asks nothing any more', async () => {
  const { clock, life, askedAt, outcome } = waiting(2000, [{ hasFired: true }], never);
  await clock.advance(1000);
  life.abort();
  await clock.advance(5000);
  expect(askedAt).toEqual([]);
  expect(outcome()).toEqual({ is: 'silent' });
});
