import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { ACCESS, gatewayOver, LIMITS } from '../../test/support/gateway.js';
import { eventually, within } from '../../test/support/waiting.js';
import { TestClient } from '../../test/support/ws-client.js';

const GO = { segmentId: 'seg-1', fromCueId: null, toCueId: 'cue-1' };

test.each([
  ['no JSON', '{"kind":"event"', { message: expect.stringContaining('no JSON') }],
  ['nothing', '', {}],
  ['a list', '[]', {}],
  ['a text', '"event"', {}],
  ['null', 'null', {}],
  ['no kind', '{}', { pointer: '/kind' }],
  ['a kind that only the server sends', '{"kind":"snapshot"}', { pointer: '/kind' }],
  ['an event without a type', '{"kind":"event"}', { pointer: '/eventType', message: 'eventType is missing' }],
  ['a type that is no text', '{"kind":"event","eventType":5}', { message: 'eventType must be a text' }],
  ['a kind that is no text', '{"kind":5}', { message: expect.stringMatching(/^kind must be a text;/) }],
  ['an event without an id', '{"kind":"event","version":"1.0.0","eventType":"TimerReset"}', { pointer: '/messageId' }],
  ['a deep nest', `{"kind":"event","payload":${'['.repeat(30_000)}${']'.repeat(30_000)}}`, {}],
  ['a nest that never ends', '['.repeat(60_000), {}],
])('%s gets an error, and the session lives', async (_, text, expected) => {
  const { show, url } = await gatewayOver();
  const client = await TestClient.live(url);
  client.ws.send(text);
  expect(await client.error('VALIDATION_FAILED')).toMatchObject(expected);
  expect(await client.ackOf(client.say('CueAdvanced', GO))).toMatchObject({ status: 'ok', eventSeq: 1 });
  expect(show.lastEventSeq).toBe(1);
});

test.each([
  ['a missing member', { payload: { segmentId: 'seg-1', fromCueId: null } }, 'VALIDATION_FAILED', '/payload/toCueId'],
  ['a wrong type', { payload: { ...GO, toCueId: 7 } }, 'VALIDATION_FAILED', '/payload/toCueId'],
  ['a wrong time', { payload: { ...GO, showClockAt: '1:2:3' } }, 'VALIDATION_FAILED', '/payload/showClockAt'],
  ['an unknown event type', { eventType: 'CueExploded' }, 'VALIDATION_FAILED', '/eventType'],
  ['an event type of the future', { eventType: 'CueExploded', version: '1.9.0' }, 'UNSUPPORTED_VERSION', '/eventType'],
  ['another major version', { version: '2.0.0' }, 'UNSUPPORTED_VERSION', '/version'],
  ['a version that is none', { version: 'one' }, 'VALIDATION_FAILED', '/version'],
  ['another show', { showId: 'last-night' }, 'UNKNOWN_SHOW', '/showId'],
  ['a payload that says it is withheld', { payload: {}, withheld: true }, 'VALIDATION_FAILED', '/withheld'],
])('%s gets a refused ack with a pointer, and nothing is stored', async (_, over, code, pointer) => {
  const { show, url } = await gatewayOver();
  const client = await TestClient.live(url);
  const ack = await client.ackOf(client.say('CueAdvanced', GO, over));
  expect(ack).toMatchObject({ status: 'error', code, pointer, hint: expect.any(String) });
  expect(show.lastEventSeq).toBe(0);
  expect(client.closed).toBeUndefined();
});

test('a stale fromCueId is a CONFLICT that says where the show is', async () => {
  const { show, url } = await gatewayOver();
  const client = await TestClient.live(url);
  await client.ackOf(client.say('CueAdvanced', GO));
  const ack = await client.ackOf(client.say('CueAdvanced', { ...GO, toCueId: 'cue-2' }));
  expect(ack).toMatchObject({ status: 'error', code: 'CONFLICT', message: expect.stringContaining('1') });
  expect(show.lastEventSeq).toBe(1);
});

test('a role that may not is FORBIDDEN, and nothing is stored', async () => {
  const { show, url } = await gatewayOver({ access: ACCESS });
  const client = await TestClient.live(url, { token: 'token-of-performer', userId: 'u-perf', role: 'performer' });
  expect(await client.ackOf(client.say('CueAdvanced', GO))).toMatchObject({ status: 'error', code: 'FORBIDDEN' });
  expect(show.lastEventSeq).toBe(0);
});

test.each([
  ['another user', { userId: 'u-dir' }, '/actor/userId'],
  ['another role', { role: 'director' }, '/actor/role'],
  ['a configured device', { deviceId: 'pedal' }, '/actor/deviceId'],
  ['the bridge as a device', { deviceId: 'bridge' }, '/actor/deviceId'],
])('an actor that is %s is FORBIDDEN, with a token and without', async (_, over, pointer) => {
  for (const options of [{ access: ACCESS }, {}]) {
    const { show, url } = await gatewayOver(options);
    const client = await TestClient.live(url, { token: 'token-of-ana' });
    const ack = await client.ackOf(client.say('CueAdvanced', GO, { actor: { ...client.actor, ...over } }));
    expect(ack).toMatchObject({ status: 'error', code: 'FORBIDDEN', pointer });
    expect(show.lastEventSeq).toBe(0);
  }
});

test('with a token, already the first frame must be of its user', async () => {
  const { url } = await gatewayOver({ access: ACCESS });
  const client = await TestClient.open(url, { token: 'token-of-performer', userId: 'u-sm', role: 'stageManager' });
  expect(await client.hello()).toMatchObject({ status: 'error', code: 'FORBIDDEN' });
  expect(client.frames).toHaveLength(1);
});

test('without an access list nobody takes the role of the bridge, and may then still say who they are', async () => {
  const { url } = await gatewayOver();
  const client = await TestClient.open(url, { role: 'bridge' });
  expect(await client.hello()).toMatchObject({ code: 'FORBIDDEN', pointer: '/actor/role' });
  client.actor.role = 'technician';
  expect(await client.hello()).toMatchObject({ status: 'ok' });
});

test.each([
  ['DeviceStatusChanged', { device: 'pedal', adapter: 'hid', status: 'up' }, {}],
  ['OutputSent', { device: 'pedal', ruleId: 'r', summary: 'x' }, { causationId: crypto.randomUUID() }],
  ['ExternalCueFired', { device: 'pedal', cueNumber: '1', attribution: 'operator' }, {}],
])('%s is only the bridge’s to say', async (eventType, payload, over) => {
  const { show, url } = await gatewayOver();
  const client = await TestClient.live(url);
  expect(await client.ackOf(client.say(eventType, payload, over))).toMatchObject({ code: 'FORBIDDEN' });
  expect(show.lastEventSeq).toBe(0);
});

test('nobody tells of the presence of another device', async () => {
  const { url } = await gatewayOver();
  const client = await TestClient.live(url);
  const ack = await client.ackOf(client.say('ClientPresenceUpdated', { deviceId: 'tablet-9', status: 'offline' }));
  expect(ack).toMatchObject({ code: 'FORBIDDEN', pointer: '/payload/deviceId' });
});

test('a binary frame gets an error, and the session lives', async () => {
  const { url } = await gatewayOver();
  const client = await TestClient.live(url);
  client.ws.send(Buffer.from('{}'));
  expect(await client.error('VALIDATION_FAILED')).toMatchObject({ message: expect.stringContaining('binary') });
  expect(await client.hello()).toMatchObject({ status: 'ok' });
});

test('a frame above frameBytesMax is refused and the session lives; one above a megabyte ends it with 1009', async () => {
  const { url } = await gatewayOver();
  const client = await TestClient.live(url);
  client.ws.send(JSON.stringify({ kind: 'event', filler: 'x'.repeat(LIMITS.frameBytesMax) }));
  await client.error('FRAME_TOO_LARGE');
  expect(await client.hello()).toMatchObject({ status: 'ok' });
  client.ws.send('x'.repeat(1024 * 1024 + 1));
  expect(await client.closing()).toMatchObject({ code: 1009 });
});

test('a client that sends too fast is refused with RATE_LIMITED, and heard again when it has slowed down', async () => {
  const { show, url } = await gatewayOver({ limits: { ...LIMITS, messagesPerSecond: 50, messagesBurst: 5 } });
  const client = await TestClient.live(url);
  const ids = Array.from({ length: 10 }, () => client.say('TimerReset', { timerId: 'timer-1' }));
  const acks = await Promise.all(ids.map((id) => client.ackOf(id)));
  expect(acks.filter(({ status }) => status === 'ok').length).toBeGreaterThanOrEqual(4);
  expect(acks.at(-1)).toMatchObject({ status: 'error', code: 'RATE_LIMITED' });
  const stored = show.lastEventSeq;
  expect(stored).toBe(acks.filter(({ status }) => status === 'ok').length);
  for (let taken = false; !taken; ) taken = (await client.hello()).status === 'ok';
});

test('a client that goes on with garbage is let go with 1008; its neighbour notices nothing', async () => {
  const { url } = await gatewayOver();
  const neighbour = await TestClient.live(url, { deviceId: 'tablet-2' });
  const client = await TestClient.live(url);
  for (let i = 0; i < 150; i++) client.ws.send('garbage');
  expect(await client.closing()).toEqual({ code: 1008, reason: 'too many bad frames' });
  expect(client.frames.filter(({ kind }) => kind === 'error')).toHaveLength(100);
  expect(await neighbour.ackOf(neighbour.say('CueAdvanced', GO))).toMatchObject({ status: 'ok' });
});

test.each([
  ['half a request', 'GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgr', ''],
  ['no HTTP', 'EHLO booth\r\n\r\n', '400'],
  ['an upgrade without a key', upgradeText([]), '400'],
  ['an upgrade to something else', upgradeText(['Sec-WebSocket-Key: x'], 'h2c'), '400'],
  ['a bad version', upgradeText([key(), 'Sec-WebSocket-Version: 7']), '400'],
  ['a head that never ends', `GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\nX: ${'x'.repeat(40_000)}`, '4'],
  ['half a frame', `${upgradeText([key(), 'Sec-WebSocket-Version: 13'])}\x81\xfe`, '101'],
  ['a frame that is not masked', `${upgradeText([key(), 'Sec-WebSocket-Version: 13'])}\x81\x02{}`, '101'],
  ['a reserved opcode', `${upgradeText([key(), 'Sec-WebSocket-Version: 13'])}\x83\x80\x00\x00\x00\x00`, '101'],
])('%s on the bare socket costs nobody anything', async (_, bytes, status) => {
  const { url } = await gatewayOver();
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  let answer = '';
  socket.on('data', (data) => {
    answer += data.toString('latin1');
  });
  socket.on('error', () => undefined);
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.write(Buffer.from(bytes, 'latin1'));
  if (status !== '')
    await eventually(
      () => answer.startsWith(`HTTP/1.1 ${status}`),
      () => `${status}, got ${answer}`,
    );
  const client = await TestClient.live(url);
  expect(await client.ackOf(client.say('CueAdvanced', GO))).toMatchObject({ status: 'ok' });
  socket.destroy();
  await within(closed, 'the socket to close');
});

function key(): string {
  return 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==';
}

function upgradeText(headers: string[], to = 'websocket'): string {
  const lines = ['GET /ws HTTP/1.1', 'Host: 127.0.0.1', 'Connection: Upgrade', `Upgrade: ${to}`, ...headers];
  return `${lines.join('\r\n')}\r\n\r\n`;
}

const nested = (depth: number) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;

test.each([
  ['a presence', 'ClientPresenceUpdated', `{"deviceId":"tablet-1","status":"online","more":${nested(8000)}}`],
  ['a note', 'NoteAdded', `{"noteId":"n","scope":{"type":"show","more":${nested(4100)}},"text":"x"}`],
  ['a note one level too deep', 'NoteAdded', `{"noteId":"n","scope":{"type":"show"},"text":"x","more":${nested(63)}}`],
])('%s that nests too deep is refused before it is parsed, and the next GO is taken', async (_, eventType, payload) => {
  const { show, url } = await gatewayOver();
  const [client, other] = [await TestClient.live(url), await TestClient.live(url, { userId: 'u-2' })];
  const head = client.say('SnapshotRequested', { reason: 'manual' });
  await client.ackOf(head);
  const envelope = { kind: 'event', version: '1.0.0', messageId: crypto.randomUUID(), showId: 'pb_test', eventType };
  const frame = JSON.stringify({ ...envelope, createdAt: '2026-03-01T19:30:00Z', actor: client.actor, payload: 0 });
  client.ws.send(frame.replace('"payload":0', `"payload":${payload}`));
  expect(await client.error('VALIDATION_FAILED')).toMatchObject({ message: 'the frame nests deeper than 64 levels' });
  expect(await other.ackOf(other.say('CueAdvanced', GO))).toMatchObject({ status: 'ok' });
  expect(show.lastEventSeq).toBe(1);
});

test('an event may nest as deep as the limit, and braces in a text are no levels', async () => {
  const { url } = await gatewayOver();
  const client = await TestClient.live(url);
  const payload = { noteId: 'n', scope: { type: 'show' }, text: '{['.repeat(500), more: JSON.parse(nested(62)) };
  expect(await client.ackOf(client.say('NoteAdded', payload))).toMatchObject({ status: 'ok' });
});

test('what a note holds besides is kept from whoever may not read it, and out of the state', async () => {
  const { show, url } = await gatewayOver({ access: ACCESS });
  const director = await TestClient.live(url, { token: 'token-of-director', userId: 'u-dir', role: 'director' });
  const performer = await TestClient.live(url, { token: 'token-of-performer', userId: 'u-perf', role: 'performer' });
  const payload = {
    noteId: 'n',
    scope: { type: 'show', more: 'secret' },
    text: 'secret',
    visibleTo: ['director'],
    more: 'secret',
  };
  await director.ackOf(director.say('NoteAdded', payload, { more: 'secret' }));
  const seen = await performer.event('NoteAdded');
  expect(seen).toMatchObject({ withheld: true, payload: { noteId: 'n' } });
  expect(JSON.stringify(seen)).not.toContain('secret');
  expect(show.state.notes).toMatchObject([{ scope: { type: 'show' } }]);
  expect(show.state.notes[0]?.scope).toEqual({ type: 'show' });
});

test('presence is passed on as the schema names it and nothing else, however much was sent', async () => {
  const { url } = await gatewayOver();
  const [one, other] = [await TestClient.live(url), await TestClient.live(url, { userId: 'u-2' })];
  const payload = { deviceId: 'tablet-1', status: 'online', view: 'stage-manager', more: 'x'.repeat(50_000) };
  await one.ackOf(one.say('ClientPresenceUpdated', payload, { more: 'y'.repeat(5000) }));
  const told = await other.event('ClientPresenceUpdated');
  expect(told.payload).toEqual({ deviceId: 'tablet-1', status: 'online', view: 'stage-manager' });
  expect(JSON.stringify(told).length).toBeLessThan(600);
});

test('a device is its user’s while they are connected with it: nobody else speaks as it or sets it offline', async () => {
  const { url } = await gatewayOver({ access: ACCESS });
  const ana = await TestClient.live(url, { token: 'token-of-ana' });
  await ana.ackOf(ana.say('ClientPresenceUpdated', { deviceId: 'tablet-1', status: 'online' }));
  const ada = { token: 'token-of-performer', userId: 'u-perf', role: 'performer' as const, deviceId: 'tablet-1' };
  const performer = await TestClient.open(url, ada);
  const refusal = { status: 'error', code: 'FORBIDDEN', pointer: '/actor/deviceId' };
  expect(await performer.hello()).toMatchObject(refusal);
  const offline = performer.say('ClientPresenceUpdated', { deviceId: 'tablet-1', status: 'offline' });
  expect(await performer.ackOf(offline)).toMatchObject(refusal);
  // A second page of hers is welcome; when the last of them is gone the device may be somebody else's.
  const page = await TestClient.live(url, { token: 'token-of-ana' });
  await ana.close();
  expect(await performer.hello()).toMatchObject(refusal);
  await page.close();
  await eventually(() => performer.closed === undefined, 'the performer is still there');
  await expect.poll(async () => (await performer.hello()).status).toBe('ok');
});
