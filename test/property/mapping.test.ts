import fc from 'fast-check';
import { expect, test } from 'vitest';
import { lintMapping } from '../../src/check/rules.js';
import type { BridgeConfig, OutputRule } from '../../src/generated/types.js';
import { compileMapping } from '../../src/mapping/mapping.js';
import { deepFreeze, eventOf, goTo, input, output, SHOW, stateAt } from '../support/mapping-show.js';

const TEXTS = [
  '$call.number',
  '$call.targets.qlab',
  '$cue.number',
  'x $cue.label $show.id',
  '$segment.title',
  '$event.payload.toCueId',
  '$actor.userId',
  '$nobody.knows',
  '$',
  '$$',
  '$input.a.0',
  'plain',
  '$call',
  '$input.__proto__',
  '$event.constructor.name',
];
const text = fc.oneof(fc.constantFrom(...TEXTS), fc.string());
const value = fc.letrec((tie) => ({
  any: fc.oneof(
    { maxDepth: 3 },
    text,
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('any'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom('a', 'b', 'c'), tie('any'), { maxKeys: 3 }),
  ),
})).any;
const send = fc.dictionary(fc.constantFrom('a', 'b', 'c'), value, { maxKeys: 3 });
const events = [
  goTo('cue-1'),
  goTo('cue-3', 'seg-1', 'qlab'),
  goTo('cue-99'),
  eventOf('CueReverted', { segmentId: 'seg-1', fromCueId: 'cue-3', toCueId: null }),
  eventOf('CueStandbySet', { cueIds: ['cue-1', 'cue-3'] }),
  eventOf('TimerPaused', { timerId: 't-1' }),
];
const outputRule = fc
  .record({
    id: fc.constantFrom('r1', 'r2'),
    event: fc.constantFrom<OutputRule['event'][]>('CueAdvanced', 'CueReverted', 'CueStandbySet', 'TimerPaused'),
    call: fc.option(fc.constantFrom('sound', 'lighting', 'video'), { nil: undefined }),
    echo: fc.boolean(),
    send,
  })
  .map(({ send: members, call, ...rule }) =>
    output({ ...rule, ...(call === undefined ? {} : { call }), send: { device: 'qlab', ...members } }),
  );

/** Whether an argument is empty, or still holds what should have been filled in. */
const isBad = (argument: unknown): boolean =>
  argument === undefined || (typeof argument === 'object' && argument !== null && Object.values(argument).some(isBad));

test('the same event gives the same commands, nothing is changed, and no argument is left empty', () => {
  fc.assert(
    fc.property(fc.array(outputRule, { maxLength: 8 }), fc.constantFrom(...events), (outputs, event) => {
      const mapping = compileMapping(deepFreeze({ inputs: [], outputs }), () => true);
      const state = deepFreeze(stateAt('cue-1'));
      const first = mapping.commandsFor(deepFreeze(event), state);
      expect(mapping.commandsFor(event, state)).toEqual(first);
      expect(compileMapping({ inputs: [], outputs }, () => true).commandsFor(event, state)).toEqual(first);
      for (const { command } of first) expect(isBad(command)).toBe(false);
      for (const { ruleId, outputId } of first) expect(outputId.split('#')[0]).toBe(ruleId);
    }),
  );
});

test('the same input gives the same drafts, whatever the device says', () => {
  const given = fc.dictionary(fc.constantFrom('a', 'b', 'cueNumber'), fc.jsonValue());
  const selector = fc.dictionary(fc.constantFrom('id', 'number', 'call', 'callNumber', 'targets.qlab'), text, {
    minKeys: 1,
  });
  const rule = fc
    .record({ toCue: fc.option(selector, { nil: undefined }), a: value })
    .map(({ toCue, a }) => input({ with: { a, ...(toCue ? { toCue } : {}) } }));
  fc.assert(
    fc.property(fc.array(rule, { maxLength: 5 }), given, (inputs, from) => {
      const mapping = compileMapping(deepFreeze({ inputs, outputs: [] }), () => true);
      const first = mapping.draftsFor('pedal', deepFreeze(from), deepFreeze(stateAt('cue-2')));
      expect(mapping.draftsFor('pedal', from, stateAt('cue-2'))).toEqual(first);
      for (const { payload } of first) expect(isBad(payload)).toBe(false);
    }),
  );
});

test('the lint never throws, and a rule without a finding sends what its text says for every cue that it is for', () => {
  fc.assert(
    fc.property(outputRule, (rule) => {
      const config = {
        version: 1,
        show: { id: 'pb_1' },
        devices: { qlab: { adapter: 'x' } },
        inputs: [],
        outputs: [rule],
      };
      const found = lintMapping(config as unknown as BridgeConfig, SHOW, { problemOfCommand: () => undefined });
      if (rule.event !== 'CueAdvanced' || found.some(({ code }) => code !== 'CONFIG_NO_STOP')) return;
      const mapping = compileMapping({ inputs: [], outputs: [rule] }, () => true);
      for (const cue of SHOW.acts.flatMap((act) => act.segments.flatMap(({ cues }) => cues))) {
        const calls =
          rule.call === undefined ? 1 : cue.calls.filter(({ department }) => department === rule.call).length;
        expect(mapping.commandsFor(goTo(cue.id), stateAt())).toHaveLength(calls);
      }
    }),
    { numRuns: 500 },
  );
});
