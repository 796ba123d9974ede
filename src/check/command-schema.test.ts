import { expect, test } from 'vitest';
import { fakeAdapters } from '../../test/support/fake-adapters.js';
import { commandSchemaOf } from './command-schema.js';

const check = commandSchemaOf({ devices: { button: { adapter: 'box' }, sound: { adapter: 'player' } } }, fakeAdapters);

test('a command that a placeholder made wrong is told as the file itself would be', () => {
  expect(check('sound', { start: '12', channel: 3 })).toBeUndefined();
  expect(check('sound', { start: '12', channel: 'three' })).toBe('channel must be a whole number, found "three"');
  expect(check('sound', { start: 12 })).toBe('start must be text, found 12');
  expect(check('button', { line: 'x'.repeat(21) })).toBe('line must have at most 20 characters');
  expect(check('nobody', { line: 1 })).toBeUndefined();
  expect(check('constructor', { line: 1 })).toBeUndefined();
});

test('the command itself is left as it is', () => {
  const command = Object.freeze({ start: '12' });
  check('sound', command);
  expect(command).toEqual({ start: '12' });
});
