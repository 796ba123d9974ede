import { describe, expect, test } from 'vitest';
import { TestClock } from '../../test/support/test-clock.js';
import type { Input, Pattern } from './adapter.js';
import { Buttons, includesButton, matchesButton, problemOfButton } from './buttons.js';
import { SETTLE_MS } from './gestures.js';

const SETTINGS = { debounceMs: 0, holdMs: 800, doubleMs: 300, chordMs: 250 };

async function device(...patterns: Pattern[]) {
  const clock = new TestClock();
  const inputs: Input[] = [];
  const buttons = new Buttons(SETTINGS, patterns, clock, (input) => inputs.push(input));
  await clock.advance(SETTLE_MS);
  const down = (...names: string[]) => buttons.report(new Set(names));
  return { clock, inputs, buttons, down };
}

const fitting = (patterns: readonly Pattern[], inputs: readonly Input[]) =>
  inputs.map((input) => patterns.findIndex((pattern) => matchesButton(pattern, input)));

describe('a chord', () => {
  const chord = { chord: ['right', 'left'] };
  const hold = { chord: ['left', 'right'], gesture: 'hold', holdMs: 1500 };

  test('counts at its last button; its first is a press at once, and not taken back', async () => {
    const { clock, inputs, down } = await device(chord);
    down('left');
    expect(inputs).toEqual([{ button: 'left', gesture: 'press' }]);
    await clock.advance(120);
    down('left', 'right');
    expect(inputs.slice(1)).toEqual([
      { button: 'right', gesture: 'press' },
      { chord: ['right', 'left'], gesture: 'press' },
    ]);
    await clock.advance(80);
    down('right');
    expect(inputs.slice(3)).toEqual([
      { button: 'left', gesture: 'release', heldMs: 200 },
      { chord: ['right', 'left'], gesture: 'release', heldMs: 80 },
    ]);
  });

  test('may be written in any order, and is not a press of one of its buttons', async () => {
    const patterns = [{ button: 'left' }, { chord: ['left', 'right'] }];
    const { inputs, down } = await device(chord);
    down('left');
    down('left', 'right');
    expect(fitting(patterns, inputs)).toEqual([0, -1, 1]);
  });

  test('is none when its buttons went down too far apart, or one of them was down when the device came', async () => {
    const { clock, inputs, down } = await device(chord);
    down('left');
    await clock.advance(251);
    down('left', 'right');
    expect(inputs.filter((input) => 'chord' in input)).toEqual([]);
  });

  test('wants all of its buttons anew: a second tap on one of them makes no second chord', async () => {
    const { clock, inputs, down } = await device(chord);
    down('left', 'right');
    const presses = () => inputs.filter((input) => 'chord' in input && input.gesture === 'press').length;
    // Two in the very first report may have been down before.
    expect(presses()).toBe(0);
    down();
    await clock.advance(50);
    down('left', 'right');
    expect(presses()).toBe(1);
    await clock.advance(50);
    down('left');
    await clock.advance(50);
    down('left', 'right');
    expect(presses()).toBe(1);
    down();
    await clock.advance(50);
    down('left', 'right');
    expect(presses()).toBe(2);
  });

  test('can be held: both feet for as long as the rule says, and not a moment less', async () => {
    const { clock, inputs, buttons, down } = await device(hold);
    down('left');
    await clock.advance(100);
    down('left', 'right');
    await clock.advance(1499);
    expect(inputs).toHaveLength(3);
    await clock.advance(1);
    expect(inputs.at(-1)).toEqual({ chord: ['left', 'right'], gesture: 'hold', holdMs: 1500 });
    expect(fitting([hold, { ...hold, holdMs: 800 }], inputs.slice(-1))).toEqual([0]);
    buttons.stop();
    expect(clock.sleeping).toBe(0);
  });

  test('of three and a chord of two of them are both told', async () => {
    const three = { chord: ['left', 'middle', 'right'] };
    const { inputs, down } = await device(chord, three);
    down('left');
    down('left', 'right');
    down('left', 'middle', 'right');
    expect(fitting([chord, three], inputs)).toEqual([-1, -1, 0, -1, 1]);
  });
});

describe('buttons', () => {
  test('tell nothing after stop, and leave no timer', async () => {
    const { clock, inputs, buttons, down } = await device({ button: 'left', gesture: 'hold' });
    down('left');
    buttons.stop();
    buttons.stop();
    await clock.advance(5000);
    down();
    expect(inputs).toHaveLength(1);
    expect(clock.sleeping).toBe(0);
  });

  test('may be called by numbers', () => {
    expect(matchesButton({ button: 3 }, { button: 3, gesture: 'press' })).toBe(true);
    expect(matchesButton({ chord: [3, 12] }, { chord: [12, 3], gesture: 'press' })).toBe(true);
    expect(matchesButton({ chord: [3, 12] }, { button: 3, gesture: 'press' })).toBe(false);
    expect(matchesButton({ jog: 0 }, { button: 3, gesture: 'press' })).toBe(false);
    expect(problemOfButton({ button: 9 }, ['1', '2'])).toBe('there is no button 9, only 1, 2');
    expect(problemOfButton({ chord: [2, 2] }, undefined)).toBe('a chord is of two buttons or more');
  });
});

test.each<[string, Pattern, Pattern, boolean]>([
  ['a hold is a press first', { button: 'a', gesture: 'hold' }, { button: 'a' }, true],
  ['a hold is a release later', { button: 'a', gesture: 'hold' }, { button: 'a', gesture: 'release' }, true],
  ['a hold of another', { button: 'a', gesture: 'hold' }, { button: 'b' }, false],
  [
    'a long hold is a short one first',
    { button: 'a', gesture: 'hold', holdMs: 2000 },
    { button: 'a', gesture: 'hold' },
    true,
  ],
  [
    'a short hold is no long one',
    { button: 'a', gesture: 'hold' },
    { button: 'a', gesture: 'hold', holdMs: 2000 },
    false,
  ],
  ['a hold is itself', { button: 'a', gesture: 'hold' }, { button: 'a', gesture: 'hold', holdMs: 800 }, false],
  ['a double is a press', { button: 'a', gesture: 'double' }, { button: 'a' }, true],
  ['a press is no hold', { button: 'a' }, { button: 'a', gesture: 'hold' }, false],
  ['a press and a release', { button: 'a', gesture: 'release' }, { button: 'a' }, false],
  ['a chord is a press of each', { chord: ['a', 'b'] }, { button: 'b' }, true],
  ['a chord of three is one of two', { chord: ['a', 'b', 'c'] }, { chord: ['c', 'a'] }, true],
  ['a chord of two is none of three', { chord: ['a', 'c'] }, { chord: ['a', 'b', 'c'] }, false],
  ['a held chord is a chord', { chord: ['a', 'b'], gesture: 'hold' }, { chord: ['b', 'a'] }, true],
  ['a held chord is a hold of each', { chord: ['a', 'b'], gesture: 'hold' }, { button: 'a', gesture: 'hold' }, true],
  ['a chord is no hold', { chord: ['a', 'b'] }, { button: 'a', gesture: 'hold' }, false],
  ['a chord and its end', { chord: ['a', 'b'] }, { chord: ['a', 'b'], gesture: 'release' }, false],
  ['a wheel', { chord: ['a', 'b'] }, { jog: 0 }, false],
])('%s', (_, pattern, other, expected) => {
  expect(includesButton(pattern, other, 800)).toBe(expected);
});

test('rules that come later ask for their holds and chords from the next press on', async () => {
  const { clock, buttons, inputs, down } = await device({ button: 'left' });
  down('left');
  buttons.follow([{ button: 'left', gesture: 'hold' }, { chord: ['left', 'right'] }]);
  await clock.advance(2000);
  expect(inputs).toEqual([{ button: 'left', gesture: 'press' }]);
  down();
  await clock.advance(2000);
  inputs.length = 0;
  down('left');
  down('left', 'right');
  await clock.advance(2000);
  expect(inputs.map(({ gesture, chord }) => [gesture, chord !== undefined])).toEqual([
    ['press', false],
    ['press', false],
    ['press', true],
    ['hold', false],
  ]);
});

test('a button that is held while its chord is first asked for is no part of it until it is pressed again', async () => {
  const { clock, buttons, inputs, down } = await device();
  down('left');
  await clock.advance(50);
  buttons.follow([{ chord: ['left', 'right'] }]);
  down('left', 'right');
  expect(inputs.some(({ chord }) => chord !== undefined)).toBe(false);
});
