import fc from 'fast-check';
import { expect, test } from 'vitest';
import { pointerOf, stepsOf, valueAt } from './pointer.js';

/** The examples of RFC 6901, section 5, that are not JSON text. */
const document = { foo: ['bar', 'baz'], '': 0, 'a/b': 1, 'c%d': 2, 'e^f': 3, 'k"l': 6, ' ': 7, 'm~n': 8 };

test.each([
  ['', document],
  ['/foo', ['bar', 'baz']],
  ['/foo/0', 'bar'],
  ['/', 0],
  ['/a~1b', 1],
  ['/c%d', 2],
  ['/e^f', 3],
  ['/k"l', 6],
  ['/ ', 7],
  ['/m~0n', 8],
  ['/foo/2', undefined],
  ['/nobody/0', undefined],
  ['/toString', undefined],
])('%j points to the value', (pointer, value) => {
  expect(valueAt(document, pointer)).toEqual(value);
});

test('~01 is ~1, not /', () => {
  expect(stepsOf('/~01')).toEqual(['~1']);
});

test('whatever the names, what was written is read back', () => {
  const name = fc.string({ unit: fc.constantFrom('~', '/', '0', '1', 'a', '') });
  fc.assert(
    fc.property(fc.array(name), (steps) => {
      expect(stepsOf(pointerOf(...steps))).toEqual(steps);
    }),
  );
});
