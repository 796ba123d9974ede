import { expect, test } from 'vitest';
import { didYouMean, nearest, slips } from './nearest.js';

test.each([
  ['adress', 'address', 1],
  ['recieve', 'receive', 1],
  ['CueAdvanced', 'cueadvanced', 1],
  ['a', 'abc', 2],
  ['', 'abc', 3],
  ['same', 'same', 0],
])('%s and %s are %d slips apart, either way', (a, b, expected) => {
  expect(slips(a, b)).toBe(expected);
  expect(slips(b, a)).toBe(expected);
});

test('the nearest name is suggested, and none when none is near', () => {
  expect(nearest('adress', ['host', 'address', 'addresses'])).toBe('address');
  expect(nearest('pth', ['port', 'path'])).toBe('path');
  expect(nearest('u-ms', ['u-sm', 'u-ds'])).toBe('u-sm');
  expect(nearest('STAGEMANAGER', ['stageManager'])).toBe('stageManager');
  expect(nearest('x', ['host'])).toBeUndefined();
  expect(nearest('frequency', ['host', 'port'])).toBeUndefined();
  expect(didYouMean('prot', ['port'])).toBe(", did you mean 'port'?");
  expect(didYouMean('frequency', ['port'])).toBe('');
});
