import { expect, test } from 'vitest';
import { deepFreeze } from '../../test/support/mapping-show.js';
import { NO_VALUE, placeholdersIn } from './placeholders.js';
import { compileTemplate } from './template.js';

const context = deepFreeze({
  call: { number: '24', department: 'lighting', targets: { qlab: '12.5', constructor_: 'x' } },
  cue: { id: 'cue-1', number: '1.10', label: '' },
  event: { eventSeq: 41, payload: { toCueId: null, scope: { type: 'mic', id: 'm-1' }, cueIds: ['a', 'b'], on: true } },
  input: { args: [1.5, 'two'], name: 'x', deep: { er: [{ est: 7 }] } },
});

test.each<[unknown, unknown]>([
  ['$call.number', '24'],
  ['$event.eventSeq', 41],
  ['$event.payload.on', true],
  ['$event.payload.cueIds', ['a', 'b']],
  ['$event.payload.scope.id', 'm-1'],
  ['$input.args.0', 1.5],
  ['$input.deep.er.0.est', 7],
  ['cue $cue.number: LX $call.number.', 'cue 1.10: LX 24.'],
  ['$cue.number.wav', '1.10.wav'],
  ['$call.targets.qlab.wav', '12.5.wav'],
  ['seq $event.eventSeq', 'seq 41'],
  ['costs $$5 or $5 or $', 'costs $5 or $5 or $'],
  ['$$call.number', '$call.number'],
  ['$$$call.number', '$24'],
  ['plain', 'plain'],
  [
    { a: ['$call.number', { b: 'x$cue.id' }], c: 1, d: null },
    { a: ['24', { b: 'xcue-1' }], c: 1, d: null },
  ],
])('%j becomes %j', (value, expected) => {
  expect(compileTemplate(deepFreeze(value))(context)).toEqual(expected);
});

test.each<[string, unknown]>([
  ['a target that the call does not have', '$call.targets.eos'],
  ['nothing', '$event.payload.toCueId'],
  ['an empty text', '$cue.label'],
  ['a word that nobody knows', '$cal.number'],
  ['a word with nothing after it', '$call'],
  ['what is not there at all', '$segment.title'],
  ['a list in a longer text', 'x $event.payload.cueIds'],
  ['a true in a longer text', 'x $event.payload.on'],
  ['the length of a list', '$input.args.length'],
  ['what every object has', '$input.constructor'],
  ['the letters of a text', '$input.name.0'],
  ['one of many', { a: 'x', b: ['$call.number', '$call.targets.eos'] }],
])('%s has no value, and so the whole has none', (_, value) => {
  expect(compileTemplate(value)(context)).toBe(NO_VALUE);
});

test('what holds no placeholder is handed out as one frozen value', () => {
  const send = { msc: { command: 'go', list: ['1'] } };
  const template = compileTemplate(send);
  expect(template(context)).toBe(template({}));
  send.msc.command = 'stop';
  expect(template(context)).toEqual({ msc: { command: 'go', list: ['1'] } });
  expect(Object.isFrozen((template(context) as typeof send).msc.list)).toBe(true);
});

test('placeholders are found with the place where they stand', () => {
  expect(
    placeholdersIn({ a: ['x', 'y $call.number $cue.id'], 'b/c': '$show.id' }).map(({ text, pointer }) => [
      text,
      pointer,
    ]),
  ).toEqual([
    ['$call.number', '/a/1'],
    ['$cue.id', '/a/1'],
    ['$show.id', '/b~1c'],
  ]);
});
