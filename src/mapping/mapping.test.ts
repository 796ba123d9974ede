import { describe, expect, test } from 'vitest';
import bridgeSchema from '../../schemas/bridge-config.schema.json' with { type: 'json' };
import { deepFreeze, eventOf, goTo, input, output, stateAt } from '../../test/support/mapping-show.js';
import type { InputRule, OutputRule } from '../generated/types.js';
import type { ShowEvent } from '../protocol/envelope.js';
import { compileMapping } from './mapping.js';

const matches = (_: string, pattern: object, given: object) =>
  Object.entries(pattern).every(([name, value]) => (given as Record<string, unknown>)[name] === value);

const mapping = (rules: { inputs?: InputRule[]; outputs?: OutputRule[] }) =>
  compileMapping(deepFreeze({ show: { id: 'pb_1' }, inputs: [], outputs: [], ...rules }), matches);

/** The commands of one rule for one event. */
const sent = (rule: Parameters<typeof output>[0], event: ShowEvent) =>
  mapping({ outputs: [output(rule)] })
    .commandsFor(deepFreeze(event), deepFreeze(stateAt()))
    .map(({ outputId, command }) => [outputId, command]);

describe('an event becomes commands', () => {
  const start = { device: 'qlab', start: '$call.targets.qlab' };

  test('a rule with a call runs for the call of the cue that the show goes to', () => {
    const rule = output({ id: 'fire', call: 'sound', send: start, maxLateMs: 500 });
    expect(mapping({ outputs: [rule] }).commandsFor(goTo('cue-1'), stateAt())).toEqual([
      {
        ...{ ruleId: 'fire', outputId: 'fire', device: 'qlab', command: { start: '12.5' }, maxLateMs: 500 },
        call: { cueId: 'cue-1', department: 'sound', number: '10', by: 'go' },
      },
    ]);
  });

  test('two calls of one department are two commands, told apart', () => {
    expect(sent({ call: 'sound', send: start }, goTo('cue-3'))).toEqual([
      ['rule#1', { start: '13' }],
      ['rule#2', { start: '14' }],
    ]);
  });

  test('a cue without such a call, or whose call lacks what the rule reads, sends nothing', () => {
    expect(sent({ call: 'sound', send: start }, goTo('cue-2'))).toEqual([]);
    expect(sent({ call: 'sound', send: start }, goTo('cue-4', 'seg-2'))).toEqual([]);
    expect(sent({ call: 'video', send: start }, goTo('cue-1'))).toEqual([]);
    expect(sent({ call: 'sound', send: start }, goTo('no-such-cue'))).toEqual([]);
  });

  test('a rule without a call runs once, and knows the cue and what stands around it', () => {
    const text =
      '$act.title/$segment.title/$cue.number $cue.label by $actor.displayName in $show.id ($show.title), $event.eventSeq';
    expect(sent({ send: { device: 'd', text } }, goTo('cue-1'))).toEqual([
      ['rule', { text: 'One/Opening/1 House by Ana in pb_1 (Test), 41' }],
    ]);
    expect(sent({ send: { device: 'd', panic: true } }, goTo('cue-3'))).toEqual([['rule', { panic: true }]]);
  });

  test('a revert is about the cue that it goes back to; before the first there is none', () => {
    const rule = { event: 'CueReverted', call: 'sound', send: start } as const;
    const back = (toCueId: string | null) =>
      eventOf('CueReverted', { segmentId: 'seg-1', fromCueId: 'cue-3', toCueId });
    expect(sent(rule, back('cue-1'))).toEqual([['rule', { start: '12.5' }]]);
    expect(sent(rule, back(null))).toEqual([]);
    expect(sent({ event: 'CueReverted', send: { device: 'd', reset: true } }, back(null))).toEqual([
      ['rule', { reset: true }],
    ]);
    expect(sent({ event: 'CueReverted', send: { device: 'd', text: '$cue.number' } }, back(null))).toEqual([]);
  });

  test('a standby is about each of its cues, and with a department only about that one', () => {
    const rule = { event: 'CueStandbySet', call: 'sound', send: { device: 'd', number: '$call.number' } } as const;
    const standby = (cueIds: string[], department?: string) =>
      eventOf('CueStandbySet', { cueIds, ...(department ? { department } : {}) });
    expect(sent(rule, standby(['cue-1', 'cue-3'])).map(([, command]) => command)).toEqual([
      { number: '10' },
      { number: '11' },
      { number: '12' },
    ]);
    expect(sent(rule, standby(['cue-1'], 'sound'))).toHaveLength(1);
    expect(sent(rule, standby(['cue-1'], 'lighting'))).toEqual([]);
    const each = { event: 'CueStandbySet', send: { device: 'd', text: 'standby $cue.number' } } as const;
    expect(sent(each, standby(['cue-1', 'cue-2']))).toEqual([
      ['rule#1', { text: 'standby 1' }],
      ['rule#2', { text: 'standby 1.10' }],
    ]);
    expect(
      sent({ event: 'CueStandbySet', send: { device: 'd', light: 'red' } }, standby(['cue-1', 'cue-2'])),
    ).toHaveLength(1);
  });

  test('an event that names a segment and no cue knows the segment', () => {
    const event = eventOf('MicSwapped', { performerId: 'p-1', fromMicId: 'm-1', toMicId: 'm-2', segmentId: 'seg-1' });
    expect(
      sent({ event: 'MicSwapped', send: { device: 'd', text: '$segment.title: $event.payload.toMicId' } }, event),
    ).toEqual([['rule', { text: 'Opening: m-2' }]]);
  });

  test('where picks events by their payload: one value, one of a list, deeper inside, or an entry of a list', () => {
    const stop = { event: 'EmergencyTriggered', send: { device: 'd', panic: true } } as const;
    const at = (level: 'hold' | 'stop' | 'evacuate') =>
      eventOf('EmergencyTriggered', { emergencyId: 'e', code: 'fire', level });
    expect(sent({ ...stop, where: { level: ['stop', 'evacuate'] } }, at('stop'))).toHaveLength(1);
    expect(sent({ ...stop, where: { level: ['stop', 'evacuate'] } }, at('hold'))).toEqual([]);
    expect(sent({ ...stop, where: { level: 'hold', code: 'fire' } }, at('hold'))).toHaveLength(1);
    expect(sent({ ...stop, where: { level: 'hold', code: 'medical' } }, at('hold'))).toEqual([]);
    expect(sent({ ...stop, where: { constructor: 'x' } }, at('hold'))).toEqual([]);
    const note = eventOf('NoteAdded', { noteId: 'n', scope: { type: 'mic', id: 'm-1' }, text: 'x' });
    expect(
      sent({ event: 'NoteAdded', where: { 'scope.type': 'mic' }, send: { device: 'd', x: 1 } }, note),
    ).toHaveLength(1);
    const standby = eventOf('CueStandbySet', { cueIds: ['cue-1', 'cue-2'] });
    expect(
      sent({ event: 'CueStandbySet', where: { cueIds: 'cue-2' }, send: { device: 'd', x: 1 } }, standby),
    ).toHaveLength(1);
  });

  test('an event never goes back to the device that caused it, unless the rule says so', () => {
    const pressedAtQlab = goTo('cue-1', 'seg-1', 'qlab');
    expect(sent({ call: 'sound', send: start }, pressedAtQlab)).toEqual([]);
    expect(sent({ call: 'sound', send: start, echo: true }, pressedAtQlab)).toHaveLength(1);
    expect(sent({ send: { device: 'desk', x: 1 } }, pressedAtQlab)).toHaveLength(1);
  });

  test('several rules send in the order of the file', () => {
    const rules = ['c', 'a', 'b'].map((id) => output({ id, send: { device: id, x: 1 } }));
    expect(
      mapping({ outputs: rules })
        .commandsFor(goTo('cue-1'), stateAt())
        .map(({ ruleId }) => ruleId),
    ).toEqual(['c', 'a', 'b']);
  });
});

describe('an input becomes drafts', () => {
  test('what is only told again asks rules for timers, and none that proposes anything else', () => {
    const { properties } = bridgeSchema.$defs.InputRule;
    const inputs = properties.propose.enum.map((type) => input({ id: type, propose: type as InputRule['propose'] }));
    const [rules, state] = [mapping({ inputs }), stateAt()];
    expect(rules.draftsFor('pedal', {}, state)).toHaveLength(inputs.length);
    expect(rules.draftsFor('pedal', { again: true }, state).map(({ ruleId }) => ruleId)).toEqual([
      'TimerStarted',
      'TimerPaused',
      'TimerReset',
      'TimerSetOverride',
    ]);
    const missing = mapping({ inputs: [input({ with: { toCue: { number: '99' } } })] });
    expect(missing.whyNoDraft('pedal', {}, state)).toHaveLength(1);
    expect(missing.whyNoDraft('pedal', { again: true }, state)).toEqual([]);
  });

  const drafts = (rule: Parameters<typeof input>[0], given: object, at: string | null = null) =>
    mapping({ inputs: [input(rule)] }).draftsFor('pedal', deepFreeze({ ...given }), deepFreeze(stateAt(at)));

  test('a bare press proposes the event and nothing more', () => {
    const rule = { when: { device: 'pedal', button: 'right' }, as: 'u-sm' } as Parameters<typeof input>[0];
    expect(drafts(rule, { button: 'right' })).toEqual([
      { ruleId: 'rule', eventType: 'CueAdvanced', payload: {}, as: 'u-sm' },
    ]);
    expect(drafts(rule, { button: 'left' })).toEqual([]);
  });

  test('with gives the payload, filled in from the input', () => {
    const rule = {
      propose: 'NoteAdded',
      with: { text: 'from $input.who in $show.id, $show.title', scope: { type: 'mic', id: '$input.args.0' } },
    } as const;
    expect(drafts(rule, { who: 'Ana', args: ['m-1'] })[0]?.payload).toEqual({
      text: 'from Ana in pb_1, Test',
      scope: { type: 'mic', id: 'm-1' },
    });
    expect(drafts(rule, { who: 'Ana', args: [] })).toEqual([]);
  });

  test.each([
    ['by its id', { id: 'cue-2' }, null, 'cue-2'],
    ['by its number, which is text', { number: '1.10' }, null, 'cue-2'],
    ['by what a device calls it', { 'targets.qlab': '$input.n' }, null, 'cue-1'],
    ['the next one of two', { 'targets.qlab': '12.5' }, 'cue-1', 'cue-5'],
    ['the nearest behind when none lies ahead', { 'targets.qlab': '12.5' }, 'cue-5', 'cue-5'],
    ['by the department’s number', { call: 'sound', callNumber: '13' }, null, 'cue-4'],
    ['by a department alone', { call: 'lighting' }, 'cue-3', 'cue-1'],
    ['by a number that the device says as a number', { call: 'sound', callNumber: '$input.i' }, null, 'cue-3'],
    ['by several at once', { number: '5', call: 'sound', 'targets.qlab': '12.5' }, null, 'cue-5'],
  ])('toCue picks the cue %s', (_, toCue, at, expected) => {
    expect(drafts({ with: { toCue } }, { n: '12.5', i: 12 }, at)[0]?.payload).toEqual({ toCueId: expected });
  });

  test.each([
    ['none is called so', { number: '1.1' }],
    ['the members belong to two different calls', { call: 'lighting', 'targets.qlab': '12.5' }],
    ['the input does not say', { number: '$input.nothing' }],
    ['the input says no text', { number: '$input.list' }],
  ])('toCue proposes nothing when %s', (_, toCue) => {
    expect(drafts({ with: { toCue } }, { list: ['1'] })).toEqual([]);
  });

  test('a revert picks the nearest behind', () => {
    const rule = { propose: 'CueReverted', with: { toCue: { call: 'sound' }, reason: 'x' } } as const;
    expect(drafts(rule, {}, 'cue-4')[0]?.payload).toEqual({ toCueId: 'cue-3', reason: 'x' });
  });

  test('every rule that fits gives a draft, in the order of the file; other devices have their own', () => {
    const rules = [
      input({ id: 'b' }),
      input({ id: 'other', when: { device: 'button' } }),
      input({ id: 'a', propose: 'TimerStarted', with: { timerId: 't-1' } }),
    ];
    const map = mapping({ inputs: rules, outputs: [output({ send: { device: 'qlab', x: 1 } })] });
    expect(map.draftsFor('pedal', {}, stateAt()).map(({ ruleId }) => ruleId)).toEqual(['b', 'a']);
    expect(map.draftsFor('nobody', {}, stateAt())).toEqual([]);
    expect(map.patternsFor('pedal')).toEqual([{}, {}]);
    expect(map.patternsFor('nobody')).toEqual([]);
    expect([...map.devices]).toEqual(['pedal', 'button', 'qlab']);
  });
});
