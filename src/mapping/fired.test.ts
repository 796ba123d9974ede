import { describe, expect, test } from 'vitest';
import { firesCue } from '../../adapters/qlab/commands.js';
import { eventOf, goTo, output, SHOW } from '../../test/support/mapping-show.js';
import type { BridgeConfig, CallRef, OutputRule } from '../generated/types.js';
import type { ShowEvent } from '../protocol/envelope.js';
import { apply } from '../show/apply.js';
import { initialState, type ShowState } from '../show/state.js';
import { compileMapping } from './mapping.js';

const DEVICES = {
  main: { adapter: 'qlab' },
  b: { adapter: 'qlab', backupOf: 'main' },
  c: { adapter: 'qlab', backupOf: 'main', mirrored: true },
  desk: { adapter: 'midi' },
} as unknown as BridgeConfig['devices'];
const START = output({ id: 'start', call: 'sound', send: { device: 'main', start: '$call.targets.qlab' } });
const LIGHT = output({ id: 'light', call: 'lighting', send: { device: 'desk', go: '$call.number' } });

const mappingOf = (outputs: OutputRule[], devices = DEVICES) =>
  compileMapping(
    { devices, inputs: [], outputs },
    () => true,
    (device, command) => (device === 'desk' ? undefined : firesCue(command)),
  );

let seq = 0;
/** The events, stored one after the other. */
const stateAfter = (...events: ShowEvent[]): ShowState =>
  events.reduce((state, event) => apply(state, { ...event, eventSeq: ++seq }), initialState(SHOW));
const started = (device: string, cueNumber: string, call: CallRef): ShowEvent =>
  eventOf('ExternalCueFired', { device, cueNumber, attribution: 'operator', call }, device);
const SOUND_1: CallRef = { cueId: 'cue-1', department: 'sound', number: '10' };
const STANDBY = eventOf('CueStandbySet', { cueIds: ['cue-1', 'cue-3'] });
const AT_2 = goTo('cue-2');
const sound3 = (number: string): CallRef => ({ cueId: 'cue-3', department: 'sound', number });

/** What the last event sends, after those before it. */
function sends(outputs: OutputRule[], ...events: ShowEvent[]): string[] {
  const last = events.at(-1) as ShowEvent;
  return mappingOf(outputs)
    .commandsFor(last, stateAfter(...events))
    .map(({ outputId, device, command }) => [outputId, device, ...Object.values(command)].join(' '));
}

describe('a GO sends what has not gone', () => {
  const early = started('main', '12.5', SOUND_1);
  const go = goTo('cue-1');
  const rows: [string, OutputRule[], ShowEvent[], string[]][] = [
    [
      'all of it',
      [START, LIGHT],
      [STANDBY, go],
      ['start main 12.5', 'start@b b 12.5', 'start@c c 12.5', 'light desk 24'],
    ],
    [
      'not to the main that an operator was early at, nor where the same remote plays',
      [START, LIGHT],
      [STANDBY, early, go],
      ['start@b b 12.5', 'light desk 24'],
    ],
    [
      'to the main, where it was at a backup',
      [START],
      [STANDBY, started('b', '12.5', SOUND_1), go],
      ['start main 12.5', 'start@c c 12.5'],
    ],
    ['to none of them, where it was at each', [START], [STANDBY, early, started('b', '12.5', SOUND_1), go], []],
    [
      'the rest of a department, to another device',
      [START, { ...LIGHT, id: 'mixer', call: 'sound' }],
      [STANDBY, early, go],
      ['start@b b 12.5', 'mixer desk 10'],
    ],
    [
      'what fires something else there',
      [START, { ...START, id: 'stop', send: { device: 'main', stop: '$call.targets.qlab' } } as OutputRule],
      [STANDBY, early, go],
      ['start@b b 12.5', 'stop main 12.5', 'stop@b b 12.5', 'stop@c c 12.5'],
    ],
    [
      'a GO that names it counts as a start',
      [{ ...START, send: { device: 'main', go: '$call.targets.qlab' } } as OutputRule],
      [STANDBY, early, go],
      ['start@b b 12.5'],
    ],
    [
      'a bare GO counts as the call’s target',
      [{ ...START, send: { device: 'main', go: true } } as OutputRule],
      [STANDBY, early, go],
      ['start@b b true'],
    ],
    [
      'a rule without a call as ever',
      [output({ id: 'go', send: { device: 'main', go: true } })],
      [STANDBY, early, go],
      ['go main true', 'go@b b true', 'go@c c true'],
    ],
    [
      'with echo as ever',
      [{ ...START, echo: true }],
      [STANDBY, early, go],
      ['start main 12.5', 'start@b b 12.5', 'start@c c 12.5'],
    ],
    [
      'the operator’s own GO, told as both: the backup alone, once',
      [START, LIGHT],
      [STANDBY, early, goTo('cue-1', 'seg-1', 'main')],
      ['start@b b 12.5', 'light desk 24'],
    ],
    [
      'the other call of the department, under its own name',
      [START],
      [AT_2, started('main', '13', sound3('11')), goTo('cue-3')],
      ['start#1@b b 13', 'start#2 main 14', 'start#2@b b 14', 'start#2@c c 14'],
    ],
    [
      'all of it after a Back',
      [START],
      [STANDBY, early, go, eventOf('CueReverted', { segmentId: 'seg-1', fromCueId: 'cue-1', toCueId: null }), go],
      ['start main 12.5', 'start@b b 12.5', 'start@c c 12.5'],
    ],
    [
      'all of it, where it is in doubt',
      [START],
      [
        STANDBY,
        eventOf('ExternalCueFired', { device: 'main', cueNumber: '12.5', attribution: 'doubtful', call: SOUND_1 }),
        go,
      ],
      ['start main 12.5', 'start@b b 12.5', 'start@c c 12.5'],
    ],
    [
      'all of it, when it is sent once more',
      [START],
      [STANDBY, early, go, eventOf('CallFired', { cueId: 'cue-1', kind: 'rerun' })],
      ['start main 12.5', 'start@b b 12.5', 'start@c c 12.5'],
    ],
    [
      'what is about the cue ahead as ever',
      [{ ...START, cue: 'next' } as OutputRule],
      [AT_2, started('main', '13', sound3('11')), goTo('cue-2')],
      ['start main 13', 'start@b b 13', 'start@c c 13'],
    ],
    [
      'another event’s rules as ever',
      [{ ...START, event: 'CueReverted' } as OutputRule],
      [
        STANDBY,
        go,
        started('main', '12.5', SOUND_1),
        AT_2,
        eventOf('CueReverted', { segmentId: 'seg-1', fromCueId: 'cue-2', toCueId: 'cue-1' }),
      ],
      ['start main 12.5', 'start@b b 12.5', 'start@c c 12.5'],
    ],
  ];
  test.for(rows)('%s', ([, outputs, events, wanted]) => expect(sends(outputs, ...events)).toEqual(wanted));

  test('each command tells its call, and what sends it', () => {
    const callsOf = (event: ShowEvent) =>
      mappingOf([
        START,
        output({ id: 'any', send: { device: 'main', go: true } }),
        { ...START, id: 'ahead', cue: 'next' },
      ])
        .commandsFor(event, stateAfter(AT_2))
        .filter(({ device }) => device === 'main')
        .map(({ outputId, call }) => [outputId, call]);
    expect(callsOf(goTo('cue-1'))).toEqual([
      ['start', { ...SOUND_1, by: 'go' }],
      ['any', undefined],
      ['ahead', undefined],
    ]);
    expect(callsOf(eventOf('CallFired', { cueId: 'cue-1', kind: 'rerun' }))).toEqual([
      ['start', { ...SOUND_1, by: 'rerun' }],
      ['any', undefined],
    ]);
  });
});

describe('whose call a device has fired', () => {
  const find = (outputs: OutputRule[], device: string, cueNumber: string, state = stateAfter()) =>
    mappingOf(outputs).callFired(device, cueNumber, false, state);
  const rows: [string, OutputRule, string, string, string | undefined][] = [
    ['the one that a rule sends it as this cue', START, 'main', '13', 'cue-3'],
    ['also at a backup', START, 'b', '14', 'cue-3'],
    [
      'by the call’s own number, where the rule says so',
      { ...START, send: { device: 'main', start: '$call.number' } } as OutputRule,
      'main',
      '12',
      'cue-3',
    ],
    [
      'by a text around it',
      { ...START, send: { device: 'main', start: 'S$call.number' } } as OutputRule,
      'main',
      'S11',
      'cue-3',
    ],
    ['none, under another number', START, 'main', '11', undefined],
    ['none, at a device that gets nothing', START, 'desk', '13', undefined],
    ['none, for another department', { ...START, call: 'lighting' }, 'main', '13', undefined],
    [
      'none, where the rule stops it',
      { ...START, send: { device: 'main', stop: '$call.targets.qlab' } } as OutputRule,
      'main',
      '13',
      undefined,
    ],
    ['none, where the rule is about the cue ahead', { ...START, cue: 'next' }, 'main', '13', undefined],
    ['none, where the rule sends it all the same', { ...START, echo: true }, 'main', '13', undefined],
    ['none, where the rule is for another event', { ...START, event: 'CueReverted' }, 'main', '13', undefined],
    ['none, where the rule is for another cue', { ...START, where: { toCueId: 'cue-1' } }, 'main', '13', undefined],
    ['none, where nothing is known of the device', { ...LIGHT, call: 'sound' }, 'desk', '11', undefined],
  ];
  test.for(rows)('%s', ([, rule, device, cueNumber, cueId]) =>
    expect(find([rule], device, cueNumber)?.cueId).toBe(cueId),
  );

  test('a bare GO’s only when the device’s own GO fired it: a start leaves its playhead where it was', () => {
    const mapping = mappingOf([{ ...START, send: { device: 'main', go: true } } as OutputRule]);
    expect(mapping.callFired('main', '13', false, stateAfter())).toBeUndefined();
    expect(mapping.callFired('main', '13', true, stateAfter())?.cueId).toBe('cue-3');
  });

  test('of two cues that send the same: what has not gone, then what may go now, then what went last', () => {
    const at = (...events: ShowEvent[]) => find([START], 'main', '12.5', stateAfter(...events))?.cueId;
    const sent = eventOf('OutputSent', { device: 'main', ruleId: 'r', summary: '', call: { ...SOUND_1, by: 'go' } });
    expect(at()).toBe('cue-1');
    expect(at(goTo('cue-1'))).toBe('cue-1');
    expect(at(goTo('cue-1'), sent)).toBe('cue-1');
    expect(at(goTo('cue-1'), sent, eventOf('CueStandbySet', { cueIds: ['cue-5'] }))).toBe('cue-5');
    expect(at(goTo('cue-1'), eventOf('CueStandbySet', { cueIds: ['cue-5'] }))).toBe('cue-1');
    expect(at(AT_2)).toBe('cue-5');
    expect(at(goTo('cue-4', 'seg-2'))).toBe('cue-5');
    expect(at(eventOf('CueStandbySet', { cueIds: ['cue-5'] }))).toBe('cue-1');
  });

  test('of two that have gone, the last', () => {
    const calls = [{ department: 'sound', number: '1', targets: { qlab: 'bell' } }];
    const cues = ['a', 'b', 'c', 'd'].map((id) => ({ id, number: id, calls: id < 'c' ? calls : [] }));
    const show = initialState({ ...SHOW, acts: [{ id: 'x', segments: [{ id: 's', cues }] }] });
    const atTheEnd = cues.reduce((state, { id }) => apply(state, goTo(id, 's')), show);
    expect(mappingOf([START]).callFired('main', 'bell', false, atTheEnd)?.cueId).toBe('b');
  });

  test('the numbers of cues are found anew in another order of the segments', () => {
    const show = { ...SHOW, acts: SHOW.acts.map((act) => ({ ...act, segments: act.segments.toReversed() })) };
    const mapping = mappingOf([START]);
    expect(mapping.callFired('main', '12.5', false, initialState(SHOW))?.cueId).toBe('cue-1');
    expect(mapping.callFired('main', '12.5', false, initialState(show))?.cueId).toBe('cue-5');
  });
});
