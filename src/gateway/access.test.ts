import { expect, test } from 'vitest';
import type { AccessEntry } from '../generated/types.js';
import { Access, isLoopbackHost, tokenOf } from './access.js';

const ANA: AccessEntry = { userId: 'u-sm', role: 'stageManager', displayName: 'Ana', token: 'token-of-ana' };

test('a token stands for its user; a user without a token cannot come in', () => {
  const access = new Access([ANA, { userId: 'u-booth', role: 'technician' }], []);
  expect(access.identify('token-of-ana')).toEqual({ userId: 'u-sm', role: 'stageManager', displayName: 'Ana' });
  for (const wrong of ['', 'token-of-an', 'token-of-anaa', 'undefined']) expect(access.identify(wrong)).toBeUndefined();
});

test('the token is looked for in Authorization, then among the subprotocols, then in the cookie', () => {
  const authorization = 'Bearer from-header';
  const protocols = { 'sec-websocket-protocol': 'pacebuddy.v1, bearer.from-protocol' };
  const cookie = 'a=b; pacebuddy_token=from=cookie; c=d';
  expect(tokenOf({ authorization, ...protocols, cookie })).toBe('from-header');
  expect(tokenOf({ ...protocols, cookie })).toBe('from-protocol');
  expect(tokenOf({ cookie })).toBe('from=cookie');
  expect(tokenOf({ authorization: 'bearer   spaced ' })).toBe('spaced');
  expect(tokenOf({ authorization: 'Basic abc', cookie: 'pacebuddy_tokens=x' })).toBeUndefined();
});

test('a Host header that names the machine itself, with or without its port', () => {
  for (const host of ['localhost', 'localhost:8420', '127.0.0.1:80', '[::1]', '[::1]:9', '[::ffff:127.0.0.1]:80'])
    expect(isLoopbackHost(host)).toBe(true);
  for (const host of [
    undefined,
    '',
    'localhost.',
    'my-localhost',
    '127.0.0.1.nip.io',
    '[::2]',
    '[localhost',
    'localhost:x',
    'localhost:8420@evil',
  ]) {
    expect(isLoopbackHost(host)).toBe(false);
  }
});

test('an origin is the page’s own when scheme aside it is the host that was called', () => {
  const access = new Access([ANA], ['http://Stage.example:3000']);
  expect(access.mayAsk('http://bridge.local:8420', 'bridge.local:8420')).toBe(true);
  expect(access.mayAsk('https://bridge.local', 'BRIDGE.local:443')).toBe(true);
  expect(access.mayAsk('http://bridge.local', 'bridge.local:80')).toBe(true);
  expect(access.mayAsk('http://stage.example:3000', 'bridge.local')).toBe(true);
  for (const origin of [
    'http://bridge.local',
    'http://bridge.local:8421',
    'null',
    '',
    'file://',
    'ftp://bridge.local:8420',
  ]) {
    expect(access.mayAsk(origin, 'bridge.local:8420'), origin).toBe(false);
  }
  expect(access.mayAsk('http://bridge.local', undefined)).toBe(false);
});

test('without an access list a caller from elsewhere is turned away whatever it calls the bridge', () => {
  const open = new Access(undefined, []);
  expect(open.visits({ host: 'localhost' }, '10.0.0.9')).toMatchObject({ status: 403 });
  expect(open.visits({ host: 'localhost' }, '::1')).toBeUndefined();
  expect(open.admit({})).toEqual({ ok: true, identity: undefined });
  expect(new Access([ANA], []).visits({ host: 'bridge.local' }, '10.0.0.9')).toBeUndefined();
});

test('after a reload somebody is still known by their token, unless it is another user’s now', () => {
  const before = new Access([ANA], []);
  const ana = before.identify('token-of-ana');
  if (!ana) throw new Error('Ana has no token');
  expect(new Access([{ ...ANA, displayName: 'Ana B.' }], []).successorOf(before, ana)).toMatchObject({
    displayName: 'Ana B.',
  });
  expect(new Access([{ ...ANA, userId: 'u-2' }], []).successorOf(before, ana)).toBeUndefined();
  expect(new Access([{ ...ANA, token: 'another-token' }], []).successorOf(before, ana)).toBeUndefined();
  expect(new Access([ANA], []).successorOf(new Access(undefined, []), ana)).toBeUndefined();
});
