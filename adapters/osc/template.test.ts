import { expect, test } from 'vitest';
import { addressReader, fillText, onlyName, piecesOf, problemOfAddress } from './template.js';

test('names are filled in, $$ is a dollar, and a name without a value fills nothing', () => {
  expect(fillText('Goto Cue $cue Sequence $sequence', { cue: '5.5', sequence: 1 })).toBe('Goto Cue 5.5 Sequence 1');
  expect(fillText('$$5 for $a$b', { a: 1, b: 2 })).toBe('$5 for 12');
  expect(fillText('$a', {})).toBeUndefined();
  expect(onlyName('$path')).toBe('path');
  expect(onlyName('/$path')).toBeUndefined();
  expect(piecesOf('100 $')).toEqual({ ok: false, problem: '"100 $" has a $ that begins no name; $$ is a dollar' });
});

test.each([
  ['/eos/out/event/cue/$list/$cue/fire', '/eos/out/event/cue/1/45.5/fire', { list: '1', cue: '45.5' }],
  ['/13.13.1.6.$sequence', '/13.13.1.6.12', { sequence: '12' }],
  ['/Page$page/Key$key', '/Page1/Key201', { page: '1', key: '201' }],
  ['$path', '/any/where', { path: '/any/where' }],
  ['/go', '/go', {}],
])('%s reads %s', (template, address, found) => {
  expect(addressReader(template)(address)).toEqual(found);
});

test.each([
  ['/eos/out/event/cue/$list/$cue/fire', '/eos/out/event/cue/1/fire'],
  ['/eos/out/event/cue/$list/$cue/fire', '/eos/out/event/cue/1/45/stop'],
  ['/eos/out/event/cue/$list/$cue/fire', '/eos/out/event/cue/1//fire'],
  ['/13.13.1.6.$sequence', '/13.13.1.6.'],
  ['/a${x}', '/a'],
  ['/ab$x', '/a'],
])('%s does not read %s', (template, address) => {
  expect(addressReader(template)(address)).toBeUndefined();
});

test.each([
  ['eos/$x', 'neither starts with / nor is one $name'],
  ['/$a$b', 'two names with nothing between'],
  ['/$a/$a', 'has $a twice'],
  ['/a$', 'begins no name'],
])('%s can be read by nobody', (template, why) => {
  expect(problemOfAddress(template)).toContain(why);
});
