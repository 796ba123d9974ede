import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EXPRESSION_TEXT_CHARS_MAX, problemOfExpression } from './expression.js';

describe('what could run for long is not taken', () => {
  test.each([
    ['(a+)+$', 'a repeat of what repeats or chooses inside is not taken'],
    ['(a*)*$', 'a repeat of what repeats or chooses inside is not taken'],
    [String.raw`^(\w+\s?)*$`, 'a repeat of what repeats or chooses inside is not taken'],
    ['([a-z]+)*1', 'a repeat of what repeats or chooses inside is not taken'],
    ['(a|a)*$', 'a repeat of what repeats or chooses inside is not taken'],
    ['(a|aa)+$', 'a repeat of what repeats or chooses inside is not taken'],
    ['(?:a|ab|b)*c$', 'a repeat of what repeats or chooses inside is not taken'],
    [String.raw`^(\d|\d\d)+$`, 'a repeat of what repeats or chooses inside is not taken'],
    ['^(a?){30}$', 'a repeat of what repeats or chooses inside is not taken'],
    ['((a{1,9}){2}){9}$', 'a repeat of what repeats or chooses inside is not taken'],
    ['(?:(?=a*)a)+$', 'a repeat of what repeats or chooses inside is not taken'],
    [String.raw`(.*)\1`, 'a back reference is not taken'],
    [String.raw`(?<x>.*)\k<x>`, 'a back reference is not taken'],
    ['a*a*a*a*b', 'more than 3 repeats'],
    ['a?'.repeat(9), 'more than 8 choices'],
    [`${'a?'.repeat(8)}a*a*a*b`, 'more than 0 choices beside 3 repeats without a ^ at the start'],
    ['^x|a?a*a*a*b', 'more than 0 choices beside 3 repeats without a ^ at the start'],
    [`^${'a?'.repeat(8)}a*a*a*b`, 'more than 5 choices beside 3 repeats'],
    ['[', 'Invalid regular expression: /[/: Unterminated character class'],
  ])('%s', (source, why) => {
    expect(problemOfExpression(source)).toBe(why);
  });
});

test.each([
  String.raw`^CUE (\d+)$`,
  String.raw`^CUE (\d+)(\.\d+)?$`,
  String.raw`(\d+)\.(\d+)\.(\d+)`,
  '^(GO|BACK|STOP) ([0-9]+)',
  'GO|BACK|STOP|HOLD|RESUME',
  '[(+*]+',
  '(ab){3}',
])('%s is taken', (source) => {
  expect(problemOfExpression(source)).toBeUndefined();
});

test('one for the whole text is anchored, in every branch; flags are looked at', () => {
  expect(problemOfExpression('a?a*a*a*b', { isWhole: true })).toBeUndefined();
  expect(problemOfExpression('x|a*a*a*b', { isWhole: true })).toBeUndefined();
  expect(problemOfExpression(')(', { isWhole: true })).toContain('Invalid regular expression');
  expect(problemOfExpression(String.raw`\p{L}`, { flags: 'u' })).toBeUndefined();
  expect(problemOfExpression(String.raw`\-`, { flags: 'u' })).toContain('Invalid escape');
});

/** What fits nearly, as long as a text may be: the worst for an expression that tries every way. */
const WORST = ['a', 'ab', 'a1', '1', ' ', 'a.'].map((part) => part.repeat(EXPRESSION_TEXT_CHARS_MAX / part.length));
/** Far more than the slowest one that is taken needs, and far less than `a?a?a?a?a?a?a?a?a*a*a*b`, which takes 40 s. */
const LIMIT_MS = 4000;

test('what is taken ends soon, whatever it is made of', { timeout: 120_000 }, () => {
  const atom = fc.constantFrom(
    'a',
    'b',
    '.',
    String.raw`\w`,
    String.raw`\d`,
    '[ab]',
    '(a|b)',
    '(?:a|a)',
    '(a)',
    '(ab)',
  );
  const count = fc.constantFrom('', '', '', '?', '*', '+', '{2}', '{0,9}', '+?');
  const piece = fc.tuple(atom, count).map((both) => both.join(''));
  const whole = fc
    .tuple(
      fc.constantFrom('', '^'),
      fc.array(piece, { minLength: 1, maxLength: 12 }),
      fc.constantFrom('', '$', 'x', 'x$'),
    )
    .map(([start, pieces, end]) => start + pieces.join('') + end);
  const slow: string[] = [];
  fc.assert(
    fc.property(whole, (source) => {
      fc.pre(problemOfExpression(source) === undefined);
      const expression = new RegExp(source);
      const startMs = performance.now();
      for (const text of WORST) expression.test(text);
      if (performance.now() - startMs > LIMIT_MS) slow.push(source);
    }),
    { numRuns: 200, examples: [['a*a*a*b'], ['^a?a?a?a?a?a*a*a*b'], ['a?a?a?a?a?a?a?a?a*a*b'], ['(?:a|a)'.repeat(8)]] },
  );
  expect(slow).toEqual([]);
});
