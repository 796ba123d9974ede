import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { ACCESS, gatewayOver, LIMITS } from '../../test/support/gateway.js';
import { keptLog } from '../../test/support/log-lines.js';
import { TestClock } from '../../test/support/test-clock.js';
import { eventually, within } from '../../test/support/waiting.js';
import { refusedUpgrade, TestClient } from '../../test/support/ws-client.js';
import { systemClock } from '../kit/clock.js';
import { Troubles } from './troubles.js';

const isBeat = ({ kind }: { kind: string }) => kind === 'heartbeat';

test('every client gets a heartbeat with the show’s time and where it stands', async () => {
  const clock = new TestClock('2026-03-01T19:30:00.000Z');
  const { show, url } = await gatewayOver({ clock, heartbeatMs: 5000 });
  show.fill(2);
  const live = await TestClient.live(url);
  const fresh = await TestClient.open(url);
  await clock.advance(4999);
  expect(live.frames.some(isBeat)).toBe(false);
  await clock.advance(1);
  const beat = { kind: 'heartbeat', showId: 'pb_test', createdAt: '2026-03-01T19:30:05.000Z', lastEventSeq: 2 };
  expect(await live.frame(isBeat, 'a heartbeat')).toMatchObject(beat);
  expect(await fresh.frame(isBeat, 'a heartbeat')).toMatchObject(beat);
  await clock.advance(5000);
  await eventually(() => live.frames.filter(isBeat).length === 2, 'the next heartbeat');
});

test('a client that is quiet but there is kept; one that answers no ping is gone after three intervals', async () => {
  const clock = new TestClock();
  const { url } = await gatewayOver({ clock, heartbeatMs: 1000 });
  const quiet = await TestClient.live(url);
  let pings = 0;
  quiet.ws.on('ping', () => {
    pings += 1;
  });
  // It takes the upgrade and never says a word again.
  const dead = connect(Number(new URL(url).port), '127.0.0.1');
  const gone = new Promise((resolve) => dead.once('close', resolve));
  dead.on('error', () => undefined);
  const answered = new Promise((resolve) => dead.once('data', resolve));
  const key = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13';
  dead.write(`GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n${key}\r\n\r\n`);
  await within(answered, 'the upgrade');
  for (let beat = 1; beat <= 3; beat++) {
    await clock.advance(1000);
    await eventually(() => pings === beat, `ping ${beat}`);
    // The pong is on its way: a round trip proves that it was heard.
    await quiet.hello();
  }
  expect(dead.destroyed).toBe(false);
  await clock.advance(1000);
  await within(gone, 'the dead one to be cut off');
  await eventually(() => pings === 4, 'the next ping');
  expect(quiet.closed).toBeUndefined();
});

test('closing says goodbye to everyone, takes nobody new and lets the port go', async () => {
  const { gateway, url } = await gatewayOver();
  const clients = await Promise.all([1, 2, 3].map((i) => TestClient.live(url, { deviceId: `tablet-${i}` })));
  await within(gateway.close(), 'the gateway to close');
  for (const client of clients)
    expect(await client.closing()).toEqual({ code: 1001, reason: 'the bridge is stopping' });
  await expect(refusedUpgrade(url)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  await gateway.close();
  const { host } = new URL(url);
  await gatewayOver({ listen: host });
});

test('who does not answer the goodbye is cut off within a second, and so is who reads the log and does not take it', async () => {
  const { gateway, show, url } = await gatewayOver();
  show.fill(100_000);
  const deaf = await TestClient.live(url);
  deaf.ws.pause();
  const reader = connect(Number(new URL(url).port), '127.0.0.1');
  reader.on('error', () => undefined);
  const begun = new Promise((resolve) => reader.once('readable', resolve));
  reader.write('GET /v1/log HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n');
  await within(begun, 'the log to begin');
  const clock = systemClock();
  const startedAt = clock.mono();
  await within(gateway.close(), 'the gateway to close');
  expect(clock.mono() - startedAt).toBeLessThan(2500);
  deaf.ws.terminate();
  reader.destroy();
});

test('who is taken out of the access list is let go at once; who stays notices nothing', async () => {
  const settings = { allowedOrigins: [], heartbeatMs: 60_000, limits: LIMITS };
  const { gateway, show, url } = await gatewayOver({ access: ACCESS });
  const ana = await TestClient.live(url, { token: 'token-of-ana' });
  const director = await TestClient.live(url, { token: 'token-of-director', userId: 'u-dir', role: 'director' });
  const performer = await TestClient.live(url, { token: 'token-of-performer', userId: 'u-perf', role: 'performer' });
  const changed = ACCESS.filter(({ userId }) => userId !== 'u-dir').map((entry) =>
    entry.userId === 'u-perf' ? { ...entry, role: 'director' as const } : entry,
  );
  gateway.reconfigure({ ...settings, access: changed });
  expect(await director.closing()).toMatchObject({ code: 1008 });
  expect(await performer.closing()).toMatchObject({ code: 1008 });
  expect(await refusedUpgrade(url, { headers: { authorization: 'Bearer token-of-director' } })).toMatchObject({
    status: 401,
  });
  gateway.reconfigure({ ...settings, access: changed });
  show.fill(1);
  await ana.eventSeq(1);

  gateway.reconfigure(settings);
  expect(await ana.hello()).toMatchObject({ status: 'ok' });
  const anyone = await TestClient.live(url, { userId: 'u-x' });
  gateway.reconfigure({ ...settings, access: ACCESS });
  expect(await anyone.closing()).toMatchObject({ code: 1008 });
});

test('new limits hold for who is connected already', async () => {
  const { gateway, url } = await gatewayOver();
  const client = await TestClient.live(url);
  const limits = { ...LIMITS, frameBytesMax: 1024, clientsMax: 1 };
  gateway.reconfigure({ allowedOrigins: ['http://new.example'], heartbeatMs: 60_000, limits });
  client.ws.send(`{"kind":"${'x'.repeat(2000)}"}`);
  await client.error('FRAME_TOO_LARGE');
  expect(await refusedUpgrade(url, { headers: { origin: 'http://new.example' } })).toMatchObject({ status: 503 });
});

test('what is wrong with the bridge itself is in each snapshot and heartbeat, told at once, and holds readyz back', async () => {
  const troubles = new Troubles(systemClock(), () => undefined);
  const { url } = await gatewayOver({ troubles });
  const client = await TestClient.live(url);
  expect(client.frames.find(({ kind }) => kind === 'snapshot')).toMatchObject({ troubles: [] });
  troubles.set('bridge file', { code: 'CONFIG_RELOAD_REFUSED', message: 'bridge.yaml:9:35 unknown property' });
  troubles.set('journal', { code: 'JOURNAL_STALLED', message: 'the disk has not answered for 1.6 s' });
  const told = await client.frame(
    ({ kind, troubles }) => kind === 'heartbeat' && Array.isArray(troubles) && troubles.length === 2,
    'both',
  );
  expect(told.troubles).toMatchObject([{ code: 'CONFIG_RELOAD_REFUSED' }, { code: 'JOURNAL_STALLED' }]);
  expect(client.frames.filter(({ kind }) => kind === 'heartbeat')).toHaveLength(1);
  const unready = await fetch(`${url}/readyz`);
  expect([unready.status, await unready.json()]).toMatchObject([503, { code: 'JOURNAL_STALLED' }]);
  expect(await (await fetch(`${url}/metrics`)).text()).toContain('pacebuddy_troubles{code="JOURNAL_STALLED"} 1');
  const late = await TestClient.live(url, { userId: 'u-2' });
  expect(late.frames.find(({ kind }) => kind === 'snapshot')?.troubles).toHaveLength(2);
  troubles.set('journal', undefined);
  await client.frame(
    ({ kind, troubles }) => kind === 'heartbeat' && Array.isArray(troubles) && troubles.length === 1,
    'one is over',
  );
  expect((await fetch(`${url}/readyz`)).status).toBe(200);
});

test('one user has a share of the places, the last ones are stage management’s, and the words say which it was', async () => {
  const limits = { ...LIMITS, clientsMax: 40 };
  const { url } = await gatewayOver({ access: ACCESS, limits });
  const come = (token: string, userId: string, role: 'performer' | 'director' | 'stageManager', n: number) =>
    TestClient.live(url, { token, userId, role, deviceId: `${userId}-${n}` });
  const turnedAway = (token: string) => refusedUpgrade(url, { headers: { authorization: `Bearer ${token}` } });
  for (let n = 0; n < 10; n++) await come('token-of-performer', 'u-perf', 'performer', n);
  expect(await turnedAway('token-of-performer')).toMatchObject({
    status: 503,
    body: { message: 'u-perf has 10 clients already, which is the share of one user' },
  });
  for (let n = 0; n < 10; n++) await come('token-of-performer-2', 'u-perf-2', 'performer', n);
  for (let n = 0; n < 10; n++) await come('token-of-director', 'u-dir', 'director', n);
  for (let n = 0; n < 8; n++) await come('token-of-ana', 'u-sm', 'stageManager', n);
  expect(await turnedAway('token-of-director')).toMatchObject({
    body: { message: 'the last 2 places of 40 are kept for stage management' },
  });
  await come('token-of-ana', 'u-sm', 'stageManager', 8);
}, 60_000);

test('a crowd of silent connections keeps nobody out', async () => {
  const { url } = await gatewayOver();
  const port = Number(new URL(url).port);
  const silent = Array.from({ length: 700 }, () => connect(port, '127.0.0.1').on('error', () => undefined));
  await eventually(() => silent.filter(({ destroyed }) => destroyed).length >= 500, 'the oldest are closed', 8000);
  const client = await within(TestClient.live(url), 'a new client comes in', 2000);
  expect(await (await fetch(`${url}/healthz`)).json()).toMatchObject({ status: 'ok' });
  // Who has a session is never closed to make room.
  for (let n = 0; n < 200; n++) silent.push(connect(port, '127.0.0.1').on('error', () => undefined));
  await eventually(() => silent.filter(({ destroyed }) => destroyed).length >= 700, 'more are closed', 8000);
  expect(client.closed).toBeUndefined();
  for (const socket of silent) socket.destroy();
}, 30_000);

test('tokens that are guessed are told once and answered slowly; the right one is not held up', async () => {
  const kept = keptLog();
  const { url } = await gatewayOver({ access: ACCESS, log: kept.log });
  const guess = () => fetch(`${url}/v1/show`, { headers: { authorization: 'Bearer wrong' } });
  const began = performance.now();
  for (let n = 0; n < 5; n++) expect((await guess()).status).toBe(401);
  const quick = performance.now() - began;
  const slow = guess();
  const right = await fetch(`${url}/v1/show`, { headers: { authorization: 'Bearer token-of-ana' } });
  expect(right.status).toBe(200);
  const rightAfter = performance.now() - began;
  expect((await slow).status).toBe(401);
  const slowAfter = performance.now() - began;
  expect(slowAfter - quick).toBeGreaterThan(900);
  expect(rightAfter).toBeLessThan(slowAfter);
  expect((await refusedUpgrade(url, { headers: { authorization: 'Bearer wrong' } })).status).toBe(401);
  expect(kept.named('token.guessed')).toHaveLength(1);
});
