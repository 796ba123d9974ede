/** Whatever a client sends to the WebSocket or by HTTP, it breaks its own session at most, and the next GO is taken. */
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { isTooDeep } from '../../src/gateway/depth.js';
import { gatewayOver } from '../support/gateway.js';
import { seeded } from '../support/seeded.js';
import { within } from '../support/waiting.js';
import { TestClient } from '../support/ws-client.js';

const ROUNDS = Number(process.env.FRAME_FUZZ_ROUNDS ?? 300);

/** Values that have broken parsers, validators and writers of JSON before. */
const ODD = [
  ...[
    '1e400',
    '-0',
    '9007199254740993',
    '1e-400',
    '-1',
    '0.1',
    'null',
    'true',
    '[]',
    '{}',
    '""',
    '"\\ud800"',
    '"\\u0000"',
  ],
  ...[
    '{"__proto__":{"x":1}}',
    '{"constructor":{"prototype":{}}}',
    '{"a":1,"a":2}',
    '{"toString":1,"hasOwnProperty":1}',
  ],
  ...[`"${'x'.repeat(5000)}"`, `[${'0,'.repeat(2000)}0]`, `${'['.repeat(60)}${']'.repeat(60)}`, `${'['.repeat(9000)}`],
];
const TYPES = ['CueAdvanced', 'NoteAdded', 'NoteUpdated', 'TimerStarted', 'ClientPresenceUpdated', 'SnapshotRequested'];
const MEMBERS = [
  'segmentId',
  'fromCueId',
  'toCueId',
  'noteId',
  'scope',
  'text',
  'deviceId',
  'status',
  'reason',
  'lastEventSeq',
];
const ENVELOPE = [
  'kind',
  'version',
  'messageId',
  'showId',
  'createdAt',
  'actor',
  'patch',
  'eventSeq',
  'notAfter',
  'withheld',
  'x',
];

function frames(random: () => number, actor: object) {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const messageId = () => crypto.randomUUID();
  return (): string | Buffer => {
    if (random() < 0.1) return Buffer.from(Array.from({ length: random() * 200 }, () => random() * 256));
    const payload = Array.from({ length: random() * 4 }, () => `${JSON.stringify(pick(MEMBERS))}:${pick(ODD)}`).join(
      ',',
    );
    const whole = {
      ...{ kind: '"event"', version: '"1.2.0"', messageId: `"${messageId()}"`, showId: '"pb_test"' },
      ...{ eventType: `"${pick(TYPES)}"`, createdAt: '"2026-03-01T19:30:00Z"', actor: JSON.stringify(actor) },
      payload: `{${payload}}`,
      ...(random() < 0.6 ? { [pick(ENVELOPE)]: pick(ODD) } : {}),
    };
    const text = `{${Object.entries(whole)
      .map(([name, value]) => `"${name}":${value}`)
      .join(',')}}`;
    return random() < 0.1 ? text.slice(0, random() * text.length) : text;
  };
}

test('frames of every kind of damage end no more than their session', async () => {
  const { show, url } = await gatewayOver();
  const random = seeded(7);
  const steady = await TestClient.live(url, { userId: 'u-2' });
  let from: string | null = null;
  for (let round = 0; round < ROUNDS; round += 1) {
    const client = await TestClient.open(url, { userId: 'u-3', deviceId: `fuzz-${round % 7}` });
    const next = frames(random, client.actor);
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
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
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
