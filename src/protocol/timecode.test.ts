import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fromTimecode, toTimecode } from './timecode.js';

const MAX_MS = 99 * 3_600_000 + 59 * 60_000 + 59_999;

test.each([
  [0, '00:00:00.000'],
  [30_000, '00:00:30.000'],
  [3_599_999, '00:59:59.999'],
  [86_400_001, '24:00:00.001'],
  [MAX_MS, '99:59:59.999'],
])('%i ms is %s', (ms, text) => {
  expect(toTimecode(ms)).toBe(text);
  expect(fromTimecode(text)).toBe(ms);
});

test('what is written is read back', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: MAX_MS }), (ms) => {
      expect(fromTimecode(toTimecode(ms))).toBe(ms);
    }),
  );
});

test('what does not fit stays at the ends', () => {
  expect(toTimecode(-1)).toBe('00:00:00.000');
  expect(toTimecode(MAX_MS + 1)).toBe('99:59:59.999');
  expect(toTimecode(999.6)).toBe('00:00:01.000');
});

test.each([
  '',
  '0:00:00.000',
  '00:60:00.000',
  '00:00:60.000',
  '00:00:00',
  '00:00:00.00',
  '00:00:00.0000',
  '-1:00:00.000',
])('"%s" is no timecode', (text) => expect(fromTimecode(text)).toBeUndefined());
