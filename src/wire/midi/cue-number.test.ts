import { describe, expect, test } from 'vitest';
import { isSameNumber, normaliseNumber, problemOfNumber } from './cue-number.js';

describe('two cue numbers', () => {
  test.each([
    ['1', '1'],
    ['01', '1'],
    ['001.5', '1.5'],
    ['1..5', '1.5'],
    ['1.', '1'],
    ['.5', '0.5'],
    ['0', '00'],
    ['10', '10'],
  ])('%s and %s are the same cue', (one, other) => {
    expect(isSameNumber(one, other)).toBe(true);
    expect(isSameNumber(other, one)).toBe(true);
  });

  test.each([
    ['1.10', '1.1'],
    ['1.05', '1.5'],
    ['1.0', '1'],
    ['10', '1'],
    ['.5', '5'],
    ['0.5', '5'],
    ['1.2.3', '1.23'],
  ])('%s and %s are two cues', (one, other) => {
    expect(isSameNumber(one, other)).toBe(false);
  });

  test.each(['', '.', '...', 'A1', '1 ', '1,5', '-1', '١'])('%j is no number, and equals nothing', (text) => {
    expect(normaliseNumber(text)).toBeUndefined();
    expect(isSameNumber(text, text)).toBe(false);
  });
});

test('says what MIDI Show Control cannot carry', () => {
  expect(problemOfNumber('cue', '12.5')).toBeUndefined();
  expect(problemOfNumber('cue', '12a')).toBe('cue "12a": MIDI Show Control carries digits and dots only, not "a"');
  expect(problemOfNumber('list', 'A B')).toBe(
    'list "A B": MIDI Show Control carries digits and dots only, not "A" " " "B"',
  );
  for (const text of ['', '.', '1.', '.5', '1..5']) expect(problemOfNumber('cue', text)).toContain('single dots');
});
