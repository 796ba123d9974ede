import { afterEach, expect, test, vi } from 'vitest';
import { isColourful, painted, RED } from './colours.js';

const isTTY = process.stdout.isTTY;
afterEach(() => {
  process.stdout.isTTY = isTTY;
  vi.unstubAllEnvs();
});

test('a text is painted, and what stands behind it is plain', () => {
  expect(painted(RED, 'no')).toBe('\u001b[31mno\u001b[0m');
});

test.each([
  [true, undefined, true],
  [true, '', false],
  [true, '1', false],
  [false, undefined, false],
])('on a terminal: %s, NO_COLOR: %s, colours: %s', (terminal, noColour, is) => {
  process.stdout.isTTY = terminal;
  vi.stubEnv('NO_COLOR', noColour);
  expect(isColourful()).toBe(is);
});
