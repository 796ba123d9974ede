import { getEventListeners } from 'node:events';
import { expect, test } from 'vitest';
import { TestClock } from '../../test/support/test-clock.js';
import { opening, resolveHost, splitListen } from './opening.js';

test('what does not open within the limit is given up and undone', async () => {
  const clock = new TestClock();
  const { signal } = new AbortController();
  let undone = 0;
  const start = () => undefined;
  const waiting = opening({ clock, signal, limitMs: 3000 }, 'connecting to the desk', start, () => {
    undone += 1;
  });
  const failed = expect(waiting).rejects.toMatchObject({
    code: 'DEVICE_TIMEOUT',
    message: 'connecting to the desk took longer than 3000 ms',
  });
  await clock.advance(2999);
  expect(undone).toBe(0);
  await clock.advance(1);
  await failed;
  expect(undone).toBe(1);
  expect(getEventListeners(signal, 'abort')).toHaveLength(0);
});

test('what opened leaves no timer and no listener', async () => {
  const clock = new TestClock();
  const { signal } = new AbortController();
  expect(await opening({ clock, signal, limitMs: 3000 }, 'it', (done: (value: number) => void) => done(7))).toBe(7);
  expect(clock.sleeping).toBe(0);
  expect(getEventListeners(signal, 'abort')).toHaveLength(0);
});

test('an address is not looked up, and IPv6 is written in brackets', async () => {
  const limit = { clock: new TestClock(), signal: new AbortController().signal, limitMs: 1 };
  expect(await resolveHost('10.0.0.9', limit)).toEqual({ address: '10.0.0.9', family: 4 });
  expect(await resolveHost('::1', limit)).toEqual({ address: '::1', family: 6 });
  expect(splitListen('[::1]:53100')).toEqual({ host: '::1', port: 53100 });
  expect(splitListen('0.0.0.0:8001')).toEqual({ host: '0.0.0.0', port: 8001 });
});
