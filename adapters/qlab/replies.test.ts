import { expect, test } from 'vitest';
import { BridgeError } from '../../src/kit/errors.js';
import { TestClock } from '../../test/support/test-clock.js';
import { Replies } from './replies.js';

function desk() {
  const clock = new TestClock();
  const written: string[] = [];
  const replies = new Replies({ clock, timeoutMs: 100, write: (address) => void written.push(address) });
  const reply = (address: string, data: unknown, inJson = address, status = 'ok') =>
    replies.take({ address: `/reply${address}`, args: [JSON.stringify({ address: inJson, status, data })] });
  return { clock, written, replies, reply };
}

test('the first question gets the first reply', async () => {
  const { replies, reply } = desk();
  const answers = Promise.all([replies.ask('/cue/1/name'), replies.ask('/cue/1/name')]);
  expect([reply('/cue/1/name', 'a'), reply('/cue/1/name', 'b')]).toEqual(['answered', 'answered']);
  expect((await answers).map(({ data }) => data)).toEqual(['a', 'b']);
});

test('the workspace in the address does not matter, on either side', async () => {
  const { replies, reply } = desk();
  const one = replies.ask('/workspace/W/cue_id/X/start', [], { urgent: true });
  reply('/cue_id/X/start', 1, '/workspace/W/cue_id/X/start');
  const two = replies.ask('/cue_id/X/start', [], { urgent: true });
  reply('/workspace/W/cue_id/X/start', 2, '/cue_id/X/start');
  expect([(await one).data, (await two).data]).toEqual([1, 2]);
});

test('the reply to a question that was given up does not answer the same question asked again', async () => {
  const { clock, replies, reply } = desk();
  const first = replies.ask('/cue/1/isRunning').catch((error) => error.code);
  await clock.advance(100);
  expect(await first).toBe('DEVICE_TIMEOUT');
  const second = replies.ask('/cue/1/isRunning');
  expect(reply('/cue/1/isRunning', 'old')).toBe('late');
  expect(reply('/cue/1/isRunning', 'new')).toBe('answered');
  expect((await second).data).toBe('new');
});

test('a reply that never comes is not waited for for ever', async () => {
  const { clock, replies, reply } = desk();
  replies.ask('/cue/gone/name').catch(() => {});
  await clock.advance(10_101);
  const again = replies.ask('/cue/gone/name');
  expect(reply('/cue/gone/name', 'back')).toBe('answered');
  expect((await again).data).toBe('back');
});

test('four questions are open at once, and a command waits for none of them', async () => {
  const { clock, written, replies, reply } = desk();
  const asked = ['/a', '/b', '/c', '/d', '/e', '/f'].map((address) => replies.ask(address));
  replies.ask('/cue/1/start', [], { urgent: true }).catch(() => {});
  expect(written).toEqual(['/a', '/b', '/c', '/d', '/cue/1/start']);
  reply('/b', 0);
  await asked[1];
  expect(written.at(-1)).toBe('/e');
  for (const waiting of asked) waiting.catch(() => {});
  await clock.advance(100);
  expect(written.at(-1)).toBe('/f');
  replies.end(new BridgeError('DEVICE_CLOSED', 'over'));
  await expect(asked[5]).rejects.toMatchObject({ code: 'DEVICE_CLOSED' });
});

test('more questions than can wait are refused aloud', async () => {
  const { replies } = desk();
  const asked = Array.from({ length: 69 }, (_, at) => replies.ask(`/${at}`));
  const last = asked.pop();
  for (const waiting of asked) waiting.catch(() => {});
  await expect(last).rejects.toMatchObject({ code: 'DEVICE_TIMEOUT' });
  replies.end(new BridgeError('DEVICE_CLOSED', 'over'));
});

test('no reply, or none that was asked for, is told apart for the counters', () => {
  const { replies, reply } = desk();
  expect(reply('/nobody', 1)).toBe('unasked');
  expect(reply('/nobody', 1, '/nobody', 'perhaps')).toBe('malformed');
  expect(replies.take({ address: '/reply/x', args: [] })).toBe('malformed');
  expect(replies.take({ address: '/reply/x', args: ['null'] })).toBe('malformed');
});
