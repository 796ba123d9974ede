import { expect, test } from 'vitest';
import { isLoopback } from './loopback.js';

test.each([
  ['127.0.0.1', true],
  ['127.8.9.1', true],
  ['127.255.255.255', true],
  ['127.0.0.256', false],
  ['127.0.0.1.nip.io', false],
  ['127.1', false],
  ['128.0.0.1', false],
  ['1127.0.0.1', false],
  ['::1', true],
  ['::2', false],
  ['::', false],
  ['fe80::1', false],
  ['::ffff:127.0.0.1', true],
  ['::FFFF:127.8.9.1', true],
  ['::ffff:10.0.0.1', false],
  ['0.0.0.0', false],
  ['10.0.0.1', false],
  ['localhost', true],
  ['LocalHost', true],
  ['localhost.', false],
  ['my-localhost', false],
  ['localhost.example', false],
  ['desk', false],
  ['', false],
])('%s is loopback: %s', (host, is) => {
  expect(isLoopback(host)).toBe(is);
});
