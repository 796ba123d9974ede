/** The built bridge against whatever can be written to its port: after each of them it still takes a GO. */
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { startDaemon } from '../support/daemon.js';
import { seeded } from '../support/seeded.js';
import { smallShow } from '../support/small-show.js';
import { eventually, within } from '../support/waiting.js';
import { TestClient } from '../support/ws-client.js';

const ROUNDS = Number(process.env.DOOR_FUZZ_ROUNDS ?? 60);

const ended: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ended.splice(0).reverse()) await end();
});

/** One RFC 6455 frame. @param first  FIN, RSV and opcode. @param lengthBytes  what it says of its length, if that is a lie. */
function frame(first: number, payload: Buffer | string, over: { mask?: boolean; length?: Buffer } = {}): Buffer {
  const { mask = true, length } = over;
  const body = Buffer.from(payload);
  const bit = mask ? 0x80 : 0;
  const wide = Buffer.from([bit | 126, body.length >> 8, body.length & 0xff]);
  const said = length ?? (body.length < 126 ? Buffer.from([bit | body.length]) : wide);
  return Buffer.concat([Buffer.from([first]), said, mask ? Buffer.alloc(4) : Buffer.alloc(0), body]);
}

const TEXT = 0x81;
const TEXT_BEGINS = 0x01;
const GOES_ON = 0x00;
const ENDS = 0x80;
const CLOSE = 0x88;
const PING = 0x89;
const PONG = 0x8a;
const huge = Buffer.from([0x80 | 127, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
const closing = (code: number, reason: Buffer | string = '') =>
  frame(CLOSE, Buffer.concat([Buffer.from([code >> 8, code & 0xff]), Buffer.from(reason)]));

const FRAMES: Record<string, Buffer[]> = {
  'an empty text': [frame(TEXT, '')],
  'an empty binary': [frame(0x82, '')],
  'a text that is no UTF-8': [frame(TEXT, Buffer.from([0xff, 0xfe, 0x80, 0xc0]))],
  'a frame without a mask': [frame(TEXT, '{}', { mask: false })],
  'reserved bits': [frame(0xf1, '{}')],
  'an unknown opcode': [frame(0x83, '{}')],
  'a frame of 2^63 bytes': [frame(TEXT, '{}', { length: huge })],
  'a ping that is too long': [frame(PING, 'x'.repeat(126))],
  'a ping in pieces': [frame(0x09, 'x')],
  'a continuation of nothing': [frame(ENDS, '{}')],
  'a text that begins within a text': [frame(TEXT_BEGINS, '{'), frame(TEXT, '}')],
  'a text in 5,000 pieces with pings between': [
    frame(TEXT_BEGINS, '['),
    ...Array.from({ length: 5000 }, (_, i) => frame(i % 7 === 0 ? PING : GOES_ON, i % 7 === 0 ? '' : '[')),
    frame(ENDS, ']'),
  ],
  '3,000 pings': Array.from({ length: 3000 }, () => frame(PING, 'x')),
  '3,000 pongs that nobody asked for': Array.from({ length: 3000 }, () => frame(PONG, 'x')),
  'half a frame': [frame(TEXT, 'x'.repeat(300)).subarray(0, 40)],
  'close with one byte': [frame(CLOSE, 'x')],
  'close with a reason that is no UTF-8': [closing(1000, Buffer.from([0xff]))],
  ...Object.fromEntries([0, 999, 1005, 1006, 1015, 2999, 65535].map((code) => [`close ${code}`, [closing(code)]])),
  'frames after a close': [closing(1000), frame(TEXT, '{}'), frame(PING, '')],
};

const NESTED = ['payload', 'actor', 'patch', 'unknown'];
const deep = (levels: number) => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`;
const VALUES = [
  ...['1e400', '-1e400', '-0', '9007199254740993', '5e-324', '"\\ud800"', '"\\u0000"', 'null', '[]', '""'],
  ...['{"__proto__":{"isWhole":true}}', '{"constructor":{"prototype":{"x":1}}}', '{"a":1,"a":{}}'],
  ...[deep(63), deep(4100), deep(8000), `[${'[],'.repeat(15_000)}[]]`, `{"toString":${deep(40)},"toJSON":1}`],
];
const TYPES = ['ClientPresenceUpdated', 'NoteAdded', 'NoteUpdated', 'SnapshotRequested', 'TimerSetOverride', 'CueCut'];

/** An event as a client of the house would write it, with odd values where they hurt. */
function oddEvent(random: () => number, round: number): string {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const whole: Record<string, string> = {
    ...{ kind: '"event"', version: '"1.2.0"', messageId: `"${crypto.randomUUID()}"`, showId: '"small"' },
    ...{ eventType: `"${pick(TYPES)}"`, createdAt: '"2026-03-01T19:30:00Z"' },
    actor: `{"userId":"u-x","role":"performer","deviceId":"odd-${round}","unknown":${pick(VALUES)}}`,
    payload: `{"deviceId":"odd-${round}","status":"online","noteId":"n-${round}","scope":{"type":"show"},"text":"x","reason":"connect","visibleTo":["director"],"unknown":${pick(VALUES)}}`,
  };
  if (random() < 0.5) whole[pick(NESTED)] = pick(VALUES);
  return `{${Object.entries(whole)
    .map(([name, value]) => `"${name}":${value}`)
    .join(',')}}`;
}

const upgrade = (port: string) =>
  `GET /ws HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n`;

const REQUESTS: Record<string, (port: string) => string | Buffer> = {
  'frames in the same packet as the upgrade': (port) => `${upgrade(port)}\r\n\x81\x80\x00\x00\x00\x00\x83`,
  'an upgrade with a path of nothing but %': (port) => upgrade(port).replace('/ws', '/%%%?%'),
  'an upgrade with a path that is a host': (port) => `${upgrade(port).replace('/ws', '//[::/ws')}\r\n`,
  'an upgrade to another protocol': (port) => `${upgrade(port).replace('websocket', 'h2c')}\r\n`,
  'an upgrade by POST with a body': (port) =>
    `${upgrade(port).replace('GET', 'POST')}Content-Length: 9\r\n\r\n{"a":1}xx`,
  'an upgrade with odd subprotocols': (port) =>
    `${upgrade(port)}Sec-WebSocket-Protocol: pacebuddy.v1,,bearer.,__proto__\r\n\r\n`,
  'an upgrade with a key that is none': (port) => `${upgrade(port).replace('dGhl', '####')}\r\n`,
  'an upgrade with odd extensions': (port) => `${upgrade(port)}Sec-WebSocket-Extensions: ;;=;"\r\n\r\n`,
  'an odd Host': () => 'GET /v1/show HTTP/1.1\r\nHost: [::::\r\n\r\n',
  'an odd Origin': (port) => `${upgrade(port)}Origin: http://[\r\n\r\n`,
  'no Host at all': () => 'GET /v1/show HTTP/1.1\r\n\r\n',
  'two requests at once, one of them broken': (port) =>
    `GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\nGET \x00 HTTP/9.9\r\n\r\n`,
  'a body that nests 640 deep, all that fits': (port) => {
    const body = deep(640);
    return `POST /v1/session HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  },
  'a body with __proto__': (port) =>
    `POST /v1/session HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Type: application/json\r\nContent-Length: 23\r\n\r\n{"__proto__":{"x":"y"}}`,
  'chunks that are none': (port) =>
    `POST /v1/session HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n{}\r\n`,
  'a head that is too large': () => `GET / HTTP/1.1\r\nX: ${'x'.repeat(40_000)}\r\n\r\n`,
  'a TLS hello': () => Buffer.from('16030100c8010000c40303', 'hex'),
  'an SSH greeting': () => 'SSH-2.0-OpenSSH_9.6\r\n',
};

test('whatever is written to the port, the bridge takes the next GO', async () => {
  const { folder, file } = await smallShow({ cues: 2000 });
  const daemon = await startDaemon(file);
  ended.push(async () => {
    expect(await daemon.stop()).toBe(0);
    await rm(folder, { recursive: true });
  });
  const { port } = new URL(daemon.url);
  const steady = await TestClient.live(daemon.url, { showId: 'small', userId: 'u-steady' });
  ended.push(() => steady.ws.terminate());
  let cue: string | null = null;
  const go = async (after: string) => {
    const to: string = cue === null ? 'c0' : `c${Number(cue.slice(1)) + 1}`;
    const press = steady.say('CueAdvanced', { segmentId: 's', fromCueId: cue, toCueId: to });
    expect(await steady.ackOf(press), `after ${after}`).toMatchObject({ status: 'ok' });
    cue = to;
  };
  const dial = async (head: string | Buffer): Promise<Socket> => {
    const socket = connect(Number(port), '127.0.0.1').on('error', () => undefined);
    ended.push(() => socket.destroy());
    await once(socket, 'connect');
    socket.write(head);
    return socket;
  };
  const session = async (): Promise<Socket> => {
    const socket = await dial(`${upgrade(port)}\r\n`);
    await within(once(socket, 'data'), 'the upgrade');
    return socket;
  };

  await go('nothing');
  for (const [what, frames] of Object.entries(FRAMES)) {
    const socket = await session();
    socket.resume().write(Buffer.concat(frames));
    await go(what);
    // Cut off in the middle of whatever the bridge may want to answer.
    socket.resetAndDestroy();
    await go(`${what}, and the end of it`);
  }
  for (const [what, request] of Object.entries(REQUESTS)) {
    const socket = await dial(request(port));
    socket.resume();
    await go(what);
    socket.resetAndDestroy();
  }
  const random = seeded(23);
  for (let round = 0; round < ROUNDS; round += 1) {
    const socket = await session();
    socket.resume();
    const events = Array.from({ length: 6 }, () => oddEvent(random, round)).filter(({ length }) => length < 65_536);
    socket.write(Buffer.concat(events.map((event) => frame(TEXT, event))));
    await go(`odd events, round ${round}`);
    socket.destroy();
  }
  // Nothing of it stays behind that a newcomer or somebody who resumes could trip over, whatever they may see.
  for (const role of ['performer', 'stageManager'] as const) {
    const newcomer = await TestClient.live(daemon.url, { showId: 'small', userId: `u-${role}`, role });
    const { lastEventSeq } = await newcomer.frame(({ kind }) => kind === 'snapshot', 'the snapshot');
    const again = await TestClient.live(daemon.url, { showId: 'small', userId: `u-2-${role}`, role }, 0);
    await eventually(() => (again.seqs.at(-1) ?? 0) >= Number(lastEventSeq), 'all that it missed');
    for (const client of [newcomer, again]) client.ws.terminate();
  }
  expect(daemon.lines.filter(({ code, msg }) => code === 'INTERNAL' || msg === 'client.failed')).toEqual([]);
  // Not all of it was refused: what is odd and fits is in the show.
  expect(steady.frames.some(({ eventType }) => eventType === 'NoteAdded')).toBe(true);
  expect(steady.frames.some(({ eventType }) => eventType === 'ClientPresenceUpdated')).toBe(true);
  await go('all of it');
}, 120_000);
