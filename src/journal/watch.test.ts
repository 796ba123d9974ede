import { expect, test } from 'vitest';
import { TestClock } from '../../test/support/test-clock.js';
import { BridgeError } from '../kit/errors.js';
import { LogWatch } from './watch.js';

function watched() {
  const clock = new TestClock();
  const appender = { isBusy: false, steps: 0, failure: undefined as BridgeError | undefined, looks: 0 };
  const told: (string | undefined)[] = [];
  const inspect = async () => {
    appender.looks += 1;
  };
  const watch: LogWatch = new LogWatch(Object.assign(appender, { inspect }), clock, () =>
    told.push(watch.failure?.code),
  );
  return { clock, appender, told, watch };
}

test('a disk that answers all the time, though something always waits, does not hang', async () => {
  const { clock, appender, told, watch } = watched();
  appender.isBusy = true;
  for (let i = 0; i < 40; i += 1) {
    appender.steps += 1;
    await clock.advance(250);
  }
  expect(told).toEqual([]);
  watch.close();
});

test('a disk that does not answer hangs after a second, and no more once it answers; each is told once', async () => {
  const { clock, appender, told, watch } = watched();
  await clock.advance(900);
  appender.isBusy = true;
  await clock.advance(900);
  expect(watch.failure).toBeUndefined();
  await clock.advance(600);
  expect(watch.failure).toMatchObject({ code: 'JOURNAL_STALLED' });
  await clock.advance(5000);
  expect(told).toEqual(['JOURNAL_STALLED']);
  appender.steps += 1;
  await clock.advance(250);
  expect(told).toEqual(['JOURNAL_STALLED', undefined]);
  watch.close();
});

test('what the log says of itself is told when it begins and when it is over; it is asked each second', async () => {
  const { clock, appender, told, watch } = watched();
  appender.failure = new BridgeError('JOURNAL_UNAVAILABLE', 'the disk is full');
  await clock.advance(1000);
  appender.failure = undefined;
  await clock.advance(9000);
  expect(told).toEqual(['JOURNAL_UNAVAILABLE', undefined]);
  expect(appender.looks).toBe(10);
  watch.close();
  await clock.advance(5000);
  expect(appender.looks).toBe(10);
  expect(clock.sleeping).toBe(0);
});
