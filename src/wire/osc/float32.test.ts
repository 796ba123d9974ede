import fc from 'fast-check';
import { expect, test } from 'vitest';
import { shortestDecimal } from './float32.js';

test.each([1.1, 12.5, 0.1, 100.01, 1.25, 7, 0, 999.9, 0.001, -3.3])(
  '%d comes out of 32 bits as it went in',
  (value) => {
    expect(shortestDecimal(Math.fround(value))).toBe(value);
  },
);

test('every number of 32 bits is still the same number of 32 bits', () => {
  fc.assert(
    fc.property(fc.float({ noNaN: true }), (value) => Object.is(Math.fround(shortestDecimal(value)), value)),
    { numRuns: 2000 },
  );
});

test('a number that needs nine digits keeps them', () => {
  const [low, high] = [16.0000019, 16.0000038].map(Math.fround) as [number, number];
  expect(shortestDecimal(low)).not.toBe(shortestDecimal(high));
});
