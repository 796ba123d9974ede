import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Registry } from 'prom-client';
import { expect, onTestFinished, test } from 'vitest';
import { ACCESS, gatewayOver } from '../../test/support/gateway.js';
import { within } from '../../test/support/waiting.js';
import { refusedUpgrade, TestClient } from '../../test/support/ws-client.js';
import { validateWireMessage } from '../generated/messages.js';

interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
  json(): Record<string, unknown>;
}

/** `fetch` writes its own Host and Origin, so this is the plain client. */
function ask(
  url: string,
  options: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<Answer> {
  const { method = 'GET', headers = {}, body } = options;
  return within(
    new Promise((resolve, reject) => {
      const asked = request(url, { method, headers }, (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk) => {
          text += chunk;
        });
        response.on('end', () => {
          const { statusCode: status = 0, headers } = response;
          resolve({ status, headers, text, json: () => JSON.parse(text) });
        });
      });
      asked.on('error', reject);
      asked.end(body);
    }),
    `${method} ${url}`,
  );
}

const ANA = { authorization: 'Bearer token-of-ana' };

test('the process and its readiness can be watched without a token', async () => {
  const { show, url } = await gatewayOver({ access: ACCESS });
  expect((await ask(`${url}/healthz`)).json()).toEqual({
    status: 'ok',
    version: expect.stringMatching(/^\d+\.\d+\.\d+/),
    uptimeSeconds: expect.any(Number),
  });
  expect((await ask(`${url}/readyz`)).json()).toEqual({ status: 'ready', showId: 'pb_test', lastEventSeq: 0 });
  show.failure = new Error('no space left on device');
  const unready = await ask(`${url}/readyz`);
  expect(unready.status).toBe(503);
  expect(unready.json()).toMatchObject({
    reasons: [{ code: 'JOURNAL_UNAVAILABLE', message: 'no space left on device', hint: expect.any(String) }],
  });
});

test('the metrics count what clients do, in the registry that was handed in', async () => {
  const metrics = new Registry();
  const { url } = await gatewayOver({ metrics });
  const client = await TestClient.live(url);
  await client.ackOf(client.say('TimerStarted', { timerId: 'timer-1' }));
  await client.ackOf(client.say('TimerStarted', { timerId: 'no-such' }, { showId: 'other' }));
  client.ws.send('garbage');
  await client.error('VALIDATION_FAILED');
  const { text, headers } = await ask(`${url}/metrics`);
  expect(headers['content-type']).toContain('text/plain');
  expect(text).toContain('pacebuddy_events_accepted_total 1');
  expect(text).toContain('pacebuddy_events_refused_total{code="UNKNOWN_SHOW"} 1');
  expect(text).toContain('pacebuddy_events_refused_total{code="VALIDATION_FAILED"} 1');
  expect(text).toContain('pacebuddy_frames_received_total 4');
  expect(text).toContain('pacebuddy_clients 1');
  expect(text).toContain('pacebuddy_last_event_seq 1');
  expect(await metrics.metrics()).toBe(text);
});

test('the show, the log and the devices are there to be read', async () => {
  const { show, url } = await gatewayOver({ devices: () => [{ name: 'pedal', status: 'up' }] });
  show.fill(250);
  const snapshot = (await ask(`${url}/v1/show`)).json();
  expect(validateWireMessage(snapshot)).toBe(true);
  expect(snapshot).toMatchObject({ kind: 'snapshot', lastEventSeq: 250 });
  expect((await ask(`${url}/v1/devices`)).json()).toEqual({ devices: [{ name: 'pedal', status: 'up' }] });

  const log = await ask(`${url}/v1/log`);
  expect(log.headers['content-type']).toContain('application/x-ndjson');
  expect(
    log.text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line)),
  ).toEqual(show.events);
  const part = await ask(`${url}/v1/log?from=249`);
  expect(
    part.text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).eventSeq),
  ).toEqual([249, 250]);
  expect(await ask(`${url}/v1/log?from=251`)).toMatchObject({ status: 200, text: '' });
  expect(await ask(`${url}/v1/log`, { method: 'HEAD' })).toMatchObject({ status: 200, text: '' });
});

test.each(['0', '-1', 'x', '1.5', '', '99999999999999999', '1&from=2'])('/v1/log?from=%s is refused', async (from) => {
  const { url } = await gatewayOver();
  const { status, json } = await ask(`${url}/v1/log?from=${from}`);
  expect(status).toBe(400);
  expect(json()).toEqual({ code: 'VALIDATION_FAILED', message: expect.any(String), hint: expect.any(String) });
});

test('with an access list everything below /v1 needs a token of it', async () => {
  const { url } = await gatewayOver({ access: ACCESS });
  for (const path of ['/v1/show', '/v1/log', '/v1/devices', '/v1/session']) {
    for (const headers of [{}, { authorization: 'Bearer nonsense' }, { authorization: 'Basic token-of-ana' }]) {
      const answer = await ask(`${url}${path}`, { headers });
      expect(answer.status).toBe(401);
      expect(answer.headers['www-authenticate']).toContain('Bearer');
      expect(answer.json()).toMatchObject({ code: 'UNAUTHENTICATED', hint: expect.any(String) });
    }
    expect((await ask(`${url}${path}`, { headers: ANA })).status).toBe(200);
  }
});

test('a page comes in with its token once, has a cookie that no script reads, and can leave again', async () => {
  const { url } = await gatewayOver({ access: ACCESS });
  const json = { 'content-type': 'application/json' };
  const come = (token: unknown) =>
    ask(`${url}/v1/session`, { method: 'POST', headers: json, body: JSON.stringify({ token }) });
  expect((await come('wrong-token')).status).toBe(401);
  expect((await come(7)).status).toBe(400);
  const came = await come('token-of-ana');
  expect(came.json()).toEqual({ open: false, userId: 'u-sm', role: 'stageManager', displayName: 'Ana' });
  const set = String(came.headers['set-cookie']);
  expect(set).toMatch(/HttpOnly/);
  expect(set).toMatch(/SameSite=Strict/);
  const cookie = set.split(';')[0] ?? '';
  expect((await ask(`${url}/v1/session`, { headers: { cookie } })).json()).toMatchObject({ userId: 'u-sm' });
  const client = await TestClient.live(url, { headers: { cookie: `theme=dark; ${cookie}` } });
  expect(client.frames[0]).toMatchObject({ kind: 'snapshot' });
  const left = await ask(`${url}/v1/session`, { method: 'DELETE' });
  expect(left.status).toBe(204);
  expect(String(left.headers['set-cookie'])).toMatch(/Max-Age=0/);
});

test('a WebSocket without a token of the list is refused before the upgrade; each way to show one works', async () => {
  const { url } = await gatewayOver({ access: ACCESS });
  expect(await refusedUpgrade(url)).toMatchObject({ status: 401, body: { code: 'UNAUTHENTICATED' } });
  const wrong = await refusedUpgrade(url, { headers: { authorization: 'Bearer nonsense' } });
  expect(wrong).toMatchObject({ status: 401, headers: { 'www-authenticate': expect.stringContaining('Bearer') } });
  const inUrl = await refusedUpgrade(url, { path: '/ws?token=token-of-ana' });
  expect(inUrl).toMatchObject({ status: 401, body: { message: expect.stringContaining('never goes into the URL') } });

  await TestClient.live(url, { token: 'token-of-ana' });
  await TestClient.live(url, { headers: { cookie: 'pacebuddy_token=token-of-ana' } });
  const browser = await TestClient.live(url, { protocols: ['pacebuddy.v1', 'bearer.token-of-ana'] });
  expect(browser.ws.protocol).toBe('pacebuddy.v1');
});

test('the subprotocol is pacebuddy.v1 or none, and nothing is ever compressed', async () => {
  const { url } = await gatewayOver();
  const named = await TestClient.live(url);
  expect(named.ws.protocol).toBe('pacebuddy.v1');
  expect(named.ws.extensions).toBe('');
  const silent = await TestClient.live(url, { protocols: [], deviceId: 'tablet-2' });
  expect(silent.ws.protocol).toBe('');
  expect(await refusedUpgrade(url, { protocols: ['mqtt'] })).toMatchObject({
    status: 400,
    body: { message: expect.stringContaining('pacebuddy.v1') },
  });
  expect(await refusedUpgrade(url, { path: '/elsewhere' })).toMatchObject({ status: 404 });
});

test('a page of another origin may not connect, unless the bridge file lists it', async () => {
  const { url } = await gatewayOver({ allowedOrigins: ['http://stage.example:3000'] });
  for (const origin of ['http://evil.example', 'null', `https://evil.example/${url}`, 'http://127.0.0.1:1']) {
    expect(await refusedUpgrade(url, { headers: { origin } })).toMatchObject({
      status: 403,
      body: { code: 'FORBIDDEN' },
    });
    expect((await ask(`${url}/v1/show`, { headers: { origin } })).status).toBe(403);
  }
  await TestClient.live(url, { headers: { origin: url } });
  await TestClient.live(url, { headers: { origin: 'http://stage.example:3000' } });
  const own = await ask(`${url}/v1/show`, { headers: { origin: url } });
  expect(own.headers['access-control-allow-origin']).toBeUndefined();
  const listed = await ask(`${url}/v1/show`, { headers: { origin: 'http://stage.example:3000' } });
  expect(listed.headers['access-control-allow-origin']).toBe('http://stage.example:3000');
  const asked = { origin: 'http://stage.example:3000', 'access-control-request-headers': 'authorization' };
  const preflight = await ask(`${url}/v1/show`, { method: 'OPTIONS', headers: asked });
  expect(preflight).toMatchObject({ status: 204 });
  expect(preflight.headers['access-control-allow-headers']).toContain('authorization');
});

test('without an access list a name that was made to point here is not served', async () => {
  const { url } = await gatewayOver();
  const { port } = new URL(url);
  for (const host of [
    'evil.example',
    `evil.example:${port}`,
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    '10.0.0.1',
  ]) {
    expect((await ask(`${url}/v1/show`, { headers: { host } })).status, host).toBe(403);
    expect(await refusedUpgrade(url, { headers: { host } })).toMatchObject({ status: 403 });
  }
  for (const host of [`localhost:${port}`, '127.0.0.1', '[::1]:80', 'LOCALHOST']) {
    expect((await ask(`${url}/v1/show`, { headers: { host } })).status, host).toBe(200);
  }
  const { url: guarded } = await gatewayOver({ access: ACCESS });
  expect((await ask(`${guarded}/v1/show`, { headers: { host: 'bridge.local', ...ANA } })).status).toBe(200);
});

test('a full house answers 503', async () => {
  const { url } = await gatewayOver({
    limits: { frameBytesMax: 65_536, messagesPerSecond: 9, messagesBurst: 9, clientsMax: 1, bufferedBytesMax: 65_536 },
  });
  const first = await TestClient.live(url);
  expect(await refusedUpgrade(url)).toMatchObject({ status: 503, headers: { 'retry-after': '5' } });
  await first.close();
  await TestClient.live(url);
});

test('what is not there is 404, what is there otherwise is 405, and both are JSON', async () => {
  const { url } = await gatewayOver();
  expect(await ask(`${url}/nowhere`)).toMatchObject({ status: 404 });
  const wrong = await ask(`${url}/v1/show`, { method: 'POST' });
  expect(wrong).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD' } });
  expect(wrong.json()).toMatchObject({
    code: expect.any(String),
    message: expect.any(String),
    hint: expect.any(String),
  });
  expect((await ask(`${url}/ws`)).status).toBe(426);
  const headers = { 'content-type': 'application/json' };
  expect((await ask(`${url}/v1/session`, { method: 'POST', headers, body: '{' })).json()).toMatchObject({
    code: 'VALIDATION_FAILED',
  });
  const large = JSON.stringify({ token: 'x'.repeat(10_000) });
  expect((await ask(`${url}/v1/session`, { method: 'POST', headers, body: large })).status).toBe(413);
  expect((await ask(`${url}/healthz`, { method: 'HEAD' })).status).toBe(200);
});

test('the pages are served with headers that keep them to themselves; without pages a text names the doors', async () => {
  const pagesDir = await mkdtemp(join(tmpdir(), 'pages-'));
  onTestFinished(() => rm(pagesDir, { recursive: true }));
  await writeFile(join(pagesDir, 'index.html'), '<title>PaceBuddy</title>');
  await writeFile(join(pagesDir, '.secret'), 'x');
  const { url } = await gatewayOver({ pagesDir });
  const page = await ask(`${url}/`);
  expect(page.text).toContain('<title>PaceBuddy');
  expect(page.headers['content-security-policy']).toContain("default-src 'self'");
  expect(page.headers['x-content-type-options']).toBe('nosniff');
  expect(page.headers['referrer-policy']).toBe('no-referrer');
  for (const path of ['/.secret', '/../package.json', '/%2e%2e/package.json', '/nowhere.js']) {
    expect((await ask(`${url}${path}`)).status, path).toBeGreaterThanOrEqual(400);
  }
  expect((await ask(`${url}/healthz`)).json()).toMatchObject({ status: 'ok' });

  const bare = await gatewayOver({ pagesDir: join(pagesDir, 'none') });
  expect((await ask(`${bare.url}/`)).text).toContain('/v1/log');
});

test('a port that is taken and an address that is not ours fail with a plain message', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => void other.close());
  await within(new Promise((resolve) => other.once('listening', resolve)), 'the other server');
  const { port } = other.address() as AddressInfo;
  await expect(gatewayOver({ listen: `127.0.0.1:${port}` })).rejects.toMatchObject({
    code: 'LISTEN_FAILED',
    message: `cannot listen on 127.0.0.1:${port}: another program listens there already`,
    cause: expect.objectContaining({ code: 'EADDRINUSE' }),
  });
  await expect(gatewayOver({ listen: '192.0.2.1:0' })).rejects.toMatchObject({ code: 'LISTEN_FAILED' });
});

test('localhost is served under its name', async () => {
  const { url } = await gatewayOver({ listen: 'localhost:0' });
  const client = await TestClient.live(`http://localhost:${new URL(url).port}`);
  expect(client.frames[0]).toMatchObject({ kind: 'snapshot' });
});
