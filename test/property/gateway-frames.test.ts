/** Whatever a client sends to the WebSocket or by HTTP, it breaks its own session at most, and the next GO is taken. */
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { isTooDeep } from '../../src/gateway/depth.js';
import { gatewayOver } from '../support/gateway.js';
import { ODD, oddFrames, picker } from '../support/odd-frames.js';
import { seeded } from '../support/seeded.js';
import { within } from '../support/waiting.js';
import { TestClient } from '../support/ws-client.js';

const ROUNDS = Number(process.env.FRAME_FUZZ_ROUNDS ?? 300);

test('frames of every kind of damage end no more than their session', async () => {
  const { show, url } = await gatewayOver();
  const random = seeded(7);
  const steady = await TestClient.live(url, { userId: 'u-2' });
  let from: string | null = null;
  for (let round = 0; round < ROUNDS; round += 1) {
    const client = await TestClient.open(url, { userId: 'u-3', deviceId: `fuzz-${round % 7}` });
    const next = oddFrames(random, client.actor, 'pb_test');
    for (let n = 0; n < 12 && client.closed === undefined; n += 1) client.ws.send(next());
    if (round % 25 !== 0) {
      client.ws.terminate();
      continue;
    }
    const at = show.state.currentCueId;
    from = at;
    const to = `cue-${at === null ? 1 : Number(at.slice(4)) + 1}`;
    const press = steady.say('CueAdvanced', { segmentId: 'seg-1', fromCueId: from, toCueId: to });
    expect((await steady.ackOf(press)).status).toMatch(/ok|error/);
    client.ws.terminate();
  }
  const at = show.state.currentCueId;
  const press = steady.say('CueAdvanced', {
    ...{ segmentId: 'seg-1', fromCueId: at, toCueId: `cue-${at === null ? 1 : Number(at.slice(4)) + 1}` },
  });
  expect(await steady.ackOf(press)).toMatchObject({ status: 'ok' });
  const fresh = await TestClient.live(url, { userId: 'u-9' });
  expect(fresh.frames.some(({ kind }) => kind === 'snapshot')).toBe(true);
}, 60_000);

test('requests of every kind of damage are answered or closed, and the next one is served', async () => {
  const { url } = await gatewayOver();
  const { port } = new URL(url);
  const random = seeded(11);
  const paths = [
    '/',
    '/ws',
    '/v1/show',
    '/v1/log?from=0',
    '/v1/log?from=9e9',
    '/%',
    '/%00',
    '/..%2f..%2fetc/passwd',
    `/${'a'.repeat(9000)}`,
  ];
  const heads = [
    'Upgrade: websocket',
    'Connection: upgrade',
    'Sec-WebSocket-Key: x',
    'Sec-WebSocket-Version: 99',
    'Content-Length: -1',
    'Transfer-Encoding: chunked',
    'Host: [',
    'Cookie: pacebuddy_token=%',
    'Authorization: Bearer',
    'Origin: null',
    ': x',
    'Expect: 100-continue',
  ];
  const pick = picker(random);
  for (let round = 0; round < ROUNDS / 3; round += 1) {
    const request = `${pick(['GET', 'POST', 'DELETE', 'PRI', 'X'])} ${pick(paths)} HTTP/1.1\r\nHost: localhost:${port}\r\n${Array.from({ length: random() * 5 }, () => pick(heads)).join('\r\n')}\r\n\r\n${random() < 0.5 ? pick(ODD) : ''}`;
    await within(
      new Promise<void>((resolve) => {
        const socket = connect(Number(port), '127.0.0.1', () => socket.end(request));
        socket
          .on('data', () => undefined)
          .on('error', () => undefined)
          .on('close', () => resolve());
        setTimeout(() => socket.destroy(), 150);
      }),
      'the request ends',
    );
  }
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
}, 60_000);

test('the depth of a text is counted as a parser would, whatever stands in its texts', () => {
  const random = seeded(3);
  const depthOf = (value: unknown): number =>
    typeof value === 'object' && value !== null ? 1 + Math.max(0, ...Object.values(value).map(depthOf)) : 0;
  const build = (left: number): unknown => {
    if (left === 0 || random() < 0.02) return ['{', '"[', '\\"}', '\\', 'é{'][Math.floor(random() * 5)];
    return random() < 0.5 ? [build(left - 1)] : { '{"': build(left - 1), b: 1 };
  };
  for (let n = 0; n < 500; n += 1) {
    const value = build(55 + Math.floor(random() * 20));
    expect(isTooDeep(Buffer.from(JSON.stringify(value)))).toBe(depthOf(value) > 64);
  }
});
