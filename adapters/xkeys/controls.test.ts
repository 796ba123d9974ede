import { expect, test } from 'vitest';
import { Controls } from './controls.js';

const up = { control: 'tbar', atLeast: 200 };
const down = { control: 'tbar', atMost: 50 };

test('a rule that comes later knows where the lever stands: standing there is no movement, coming there is', () => {
  const controls = new Controls([]);
  controls.move('tbar', 0, 10);
  controls.follow([up, down]);
  expect(controls.move('tbar', 0, 12)).toEqual([]);
  expect(controls.move('tbar', 0, 230)).toEqual([{ control: 'tbar', index: 0, value: 230, atLeast: 200 }]);
});

test('a rule that stays keeps what it knew, one that went is told nothing more', () => {
  const controls = new Controls([up, down]);
  controls.move('tbar', 0, 100);
  controls.move('tbar', 0, 210);
  controls.follow([up]);
  expect(controls.move('tbar', 0, 198)).toEqual([]);
  expect(controls.move('tbar', 0, 211)).toEqual([]);
  expect(controls.move('tbar', 0, 20)).toEqual([]);
});
