import { expect, test } from 'vitest';
import { isNewer, isReadable, PROTOCOL_VERSION } from './version.js';

test('the same major is readable, whatever the minor', () => {
  expect(isReadable(PROTOCOL_VERSION)).toBe(true);
  expect(isReadable('1.0.0')).toBe(true);
  expect(isReadable('1.99.0')).toBe(true);
});

test.each(['2.0.0', '0.1.0', '10.1.0', '', 'x'])('"%s" is not readable', (version) => {
  expect(isReadable(version)).toBe(false);
});

test('a newer minor is expected to know more than we do', () => {
  expect(isNewer('1.3.0')).toBe(true);
  expect(isNewer('1.10.0')).toBe(true);
  expect(isNewer('1.1.9')).toBe(false);
  expect(isNewer('1.0.0')).toBe(false);
});
