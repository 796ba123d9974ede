import { describe, expect, test } from 'vitest';
import { input, output, SHOW } from '../../test/support/mapping-show.js';
import type { BridgeConfig } from '../generated/types.js';
import { type AdapterChecks, lintMapping } from './rules.js';

const STOP = output({ id: 'stop', event: 'EmergencyTriggered', send: { device: 'qlab', panic: true } });

/** As `pointer severity CODE message ?name`, of a bridge file that is good but for these rules. */
function lint(
  rules: Partial<Pick<BridgeConfig, 'inputs' | 'outputs' | 'devices'>>,
  checks: Partial<AdapterChecks> = {},
): string[] {
  const config = {
    version: 1,
    show: { id: 'pb_1', file: 'show.yaml' },
    access: [
      { userId: 'u-sm', role: 'stageManager' },
      { userId: 'u-dir', role: 'director' },
    ],
    devices: { pedal: { adapter: 'x' }, qlab: { adapter: 'x' }, ...rules.devices },
    inputs: rules.inputs ?? [],
    outputs: [...(rules.outputs ?? []), STOP],
  } as unknown as BridgeConfig;
  return lintMapping(config, SHOW, { problemOfCommand: () => undefined, ...checks }).map(
    ({ file, pointer, severity, code, message, unknown }) =>
      `${file === 'show' ? 'show:' : ''}${pointer} ${severity} ${code} ${message}${unknown ? ` ?${unknown.name}` : ''}`,
  );
}

type Out = Parameters<typeof output>[0];
type In = Parameters<typeof input>[0];

describe('an output rule', () => {
  test.each<[string, Partial<Out>, string[]]>([
    [
      'an unknown word',
      { send: { device: 'qlab', a: ['$cal.number'] } },
      ['/outputs/0/send/a/0 error CONFIG_PLACEHOLDER unknown placeholder $cal.number (write $$ for a dollar) ?cal'],
    ],
    [
      'an unknown member',
      { call: 'sound', send: { device: 'qlab', a: '$call.nummber' } },
      ['/outputs/0/send/a error CONFIG_PLACEHOLDER unknown placeholder $call.nummber ?$call.nummber'],
    ],
    [
      'a word alone',
      { send: { device: 'qlab', a: '$cue' } },
      ['/outputs/0/send/a error CONFIG_PLACEHOLDER unknown placeholder $cue ?$cue'],
    ],
    [
      'targets without a name',
      { call: 'sound', send: { device: 'qlab', a: '$call.targets' } },
      ['/outputs/0/send/a error CONFIG_PLACEHOLDER unknown placeholder $call.targets ?$call.targets'],
    ],
    [
      'a call without call:',
      { send: { device: 'qlab', a: '$call.number' } },
      [
        '/outputs/0/send/a error CONFIG_PLACEHOLDER $call.number has no value here: give the rule a call: with the department',
      ],
    ],
    [
      'the input',
      { send: { device: 'qlab', a: '$input.x' } },
      [
        '/outputs/0/send/a error CONFIG_PLACEHOLDER $input.x has no value here: an output rule runs for an event, not for an input',
      ],
    ],
    [
      'a cue where there is none',
      { event: 'TimerStarted', send: { device: 'qlab', a: '$cue.id $segment.id' } },
      [
        '/outputs/0/send/a error CONFIG_PLACEHOLDER $cue.id has no value here: TimerStarted is about no cue',
        '/outputs/0/send/a error CONFIG_PLACEHOLDER $segment.id has no value here: TimerStarted is about no cue',
      ],
    ],
    [
      'an unknown member of the payload',
      { send: { device: 'qlab', a: '$event.payload.toCue' } },
      ["/outputs/0/send/a error CONFIG_PLACEHOLDER this event's payload has no 'toCue' ?toCue"],
    ],
    [
      'call: where there is no cue',
      { event: 'TimerStarted', call: 'sound' },
      ['/outputs/0/call error CONFIG_INVALID TimerStarted is about no cue, so it has no calls'],
    ],
    [
      'a target that no call has',
      { call: 'sound', send: { device: 'qlab', a: '$call.targets.qlb' } },
      ['/outputs/0/send/a warn CONFIG_RULE_UNUSED rule applies to no cue: no sound call has targets.qlb ?qlb'],
    ],
    [
      'a target that one call lacks',
      { call: 'sound', send: { device: 'qlab', a: '$call.targets.qlab' } },
      [
        '/outputs/0/send/a warn CONFIG_RULE_SKIPS_CUES rule does not apply to cue 4: its sound call has no targets.qlab',
      ],
    ],
    [
      'a label that most cues lack',
      { send: { device: 'qlab', a: '$cue.label' } },
      [
        '/outputs/0/send/a warn CONFIG_RULE_SKIPS_CUES rule does not apply to cues 1.10, 3, 4 and 5, which have no label',
      ],
    ],
    [
      'an unknown member in where',
      { event: 'EmergencyTriggered', where: { lvel: 'stop' } },
      ["/outputs/0/where/lvel error CONFIG_UNKNOWN_KEY EmergencyTriggered has no 'lvel' in its payload ?lvel"],
    ],
    [
      'a value that never comes',
      { event: 'EmergencyTriggered', where: { level: ['stop', 'evacuat'] } },
      ['/outputs/0/where/level/1 error CONFIG_INVALID level must be one of hold, stop, evacuate ?evacuat'],
    ],
    [
      'a value of another type',
      { event: 'EmergencyTriggered', where: { level: 3 } },
      ['/outputs/0/where/level error CONFIG_INVALID level must be one of hold, stop, evacuate'],
    ],
    [
      'a placeholder in where',
      { where: { toCueId: '$cue.id' } },
      [
        '/outputs/0/where/toCueId error CONFIG_PLACEHOLDER where compares with fixed values; a placeholder has no meaning there',
      ],
    ],
    [
      'a cue that nobody knows',
      { where: { toCueId: 'cue-99' } },
      ["/outputs/0/where/toCueId error CONFIG_UNKNOWN_NAME unknown cue 'cue-99' ?cue-99"],
    ],
    [
      'a device that nobody knows',
      { event: 'DeviceStatusChanged', where: { device: 'qlb' } },
      ["/outputs/0/where/device error CONFIG_UNKNOWN_NAME unknown device 'qlb' ?qlb"],
    ],
    ['a department that no cue has', { call: 'video' }, []],
    [
      'payload, actor and show',
      { send: { device: 'qlab', a: '$event.payload.toCueId $actor.userId $show.title $event.recordedAt' } },
      [],
    ],
    ['a segment of a mic event', { event: 'MicAssigned', send: { device: 'qlab', a: '$segment.id' } }, []],
  ])('%s', (_, rule, expected) => {
    const good = { send: { device: 'qlab', x: 1 } };
    expect(lint({ outputs: [output({ ...good, ...rule })] })).toEqual(expected);
  });
});

test('a pattern that its adapter says nothing could ever fit is told at the rule’s when', () => {
  const pedal = (button: string) => ({ device: 'pedal', ...{ button } });
  const inputs = [
    input({ id: 'a', when: pedal('left'), propose: 'CueAdvanced' }),
    input({ id: 'b', when: pedal('lfet'), propose: 'CueAdvanced' }),
  ];
  const problemOfPattern = (device: string, pattern: object) =>
    Object(pattern).button === 'left' ? undefined : `${device}: ${JSON.stringify(pattern)}`;
  expect(lint({ inputs }, { problemOfPattern })).toEqual([
    '/inputs/1/when error CONFIG_INVALID b could never fire: pedal: {"button":"lfet"}',
  ]);
});

test('what an input does not hold is told where its adapter knows what it holds', () => {
  const go = (device: string, number: string) =>
    input({
      id: `${device}-${number}`,
      when: { device },
      propose: 'CueAdvanced',
      with: { toCue: { call: 'sound', 'targets.qlab': number } },
    });
  const inputs = [
    go('qlab', '$input.cueNumber'),
    go('qlab', '$input.cuenumber'),
    go('pedal', '$input.cuenumber'),
    go('qlab', '$input.cue.number'),
  ];
  const inputNames = (device: string) => (device === 'qlab' ? ['event', 'cueNumber'] : undefined);
  expect(lint({ inputs }, { inputNames })).toEqual([
    "/inputs/1/with/toCue/targets.qlab error CONFIG_PLACEHOLDER what this rule waits for has no 'cuenumber'; it has event and cueNumber ?cuenumber",
    "/inputs/3/with/toCue/targets.qlab error CONFIG_PLACEHOLDER what this rule waits for has no 'cue'; it has event and cueNumber ?cue",
  ]);
});

test('a rule that never fires alone is told, with those that fire with it', () => {
  const hold = (button: string) => ({ device: 'pedal', ...{ button, gesture: 'hold' } });
  const press = (button: string) => ({ device: 'pedal', ...{ button } });
  const inputs = [
    input({ id: 'go', when: press('left'), propose: 'CueAdvanced' }),
    input({ id: 'back', when: hold('left'), propose: 'CueReverted' }),
    input({ id: 'other', when: press('right'), propose: 'CueAdvanced' }),
  ];
  const includes = (_: string, pattern: object, other: object) =>
    'gesture' in pattern && Object(pattern).button === Object(other).button;
  expect(lint({ inputs }, { includes })).toEqual([
    '/inputs/1/when warn CONFIG_RULES_OVERLAP whoever does what back waits for also fires go: a press is never held back to see what becomes of it',
  ]);
});

test('two rules for one gesture that wish the same are told: one press would be two', () => {
  const go = { when: { device: 'button', ...{ line: 'GO' } }, propose: 'CueAdvanced' } as const;
  const inputs = [
    input({ id: 'one', ...go }),
    input({ id: 'two', ...go }),
    input({ id: 'note', when: go.when, propose: 'TimerStarted' }),
    input({ id: 'sound', ...go, with: { toCue: { call: 'sound' } } }),
  ];
  const told = lint({ inputs }).filter((line) => line.includes('CONFIG_RULES_OVERLAP'));
  expect(told.map((line) => line.split(':')[0])).toEqual([
    '/inputs/0/when warn CONFIG_RULES_OVERLAP whoever does what one waits for also fires two',
    '/inputs/1/when warn CONFIG_RULES_OVERLAP whoever does what two waits for also fires one',
  ]);
});

describe('an input rule', () => {
  test.each<[string, In, string[]]>([
    [
      'an unknown placeholder',
      { propose: 'NoteAdded', with: { text: '$inpt.x' } },
      ['/inputs/0/with/text error CONFIG_PLACEHOLDER unknown placeholder $inpt.x (write $$ for a dollar) ?inpt'],
    ],
    [
      'a cue',
      { propose: 'NoteAdded', with: { text: '$cue.number' } },
      [
        '/inputs/0/with/text error CONFIG_PLACEHOLDER $cue.number has no value here: an input rule can read $input and $show; to pick a cue by what it is called, use toCue',
      ],
    ],
    [
      'a member that the payload does not have',
      { propose: 'NoteAdded', with: { txt: 'x', text: 'y' } },
      ["/inputs/0/with/txt error CONFIG_UNKNOWN_KEY NoteAdded has no 'txt' in its payload ?txt"],
    ],
    [
      'a value that never fits',
      { propose: 'EmergencyTriggered', with: { code: 'fire', level: 'hld' } },
      ['/inputs/0/with/level error CONFIG_INVALID level must be one of hold, stop, evacuate ?hld'],
    ],
    [
      'a value deeper inside',
      { propose: 'NoteAdded', with: { text: 'x', scope: { type: 'mike', id: 'm-1' } } },
      [
        '/inputs/0/with/scope/type error CONFIG_INVALID type must be one of show, act, segment, cue, performer, mic ?mike',
      ],
    ],
    [
      'what must be there',
      { propose: 'TimerStarted' },
      ['/inputs/0/with error CONFIG_INVALID TimerStarted needs more in with: timerId is missing'],
    ],
    [
      'what must be there beside what is',
      { propose: 'MicAssigned', with: { micId: '$input.mic' } },
      ['/inputs/0/with error CONFIG_INVALID MicAssigned needs more in with: performerId is missing'],
    ],
    [
      'a mic that nobody knows',
      { propose: 'MicAssigned', with: { micId: 'm-2', performerId: 'p-1' } },
      ["/inputs/0/with/micId error CONFIG_UNKNOWN_NAME unknown mic 'm-2' ?m-2"],
    ],
    [
      'a timer of the night',
      { propose: 'TimerStarted', with: { timerId: 't-2' } },
      ["/inputs/0/with/timerId warn CONFIG_UNKNOWN_NAME unknown timer 't-2' ?t-2"],
    ],
    [
      'toCue where it has no meaning',
      { propose: 'TimerStarted', with: { timerId: 't-1', toCue: { number: '1' } } },
      [
        '/inputs/0/with/toCue error CONFIG_INVALID toCue picks a cue for CueAdvanced and CueReverted; TimerStarted has none',
      ],
    ],
    [
      'toCue and toCueId',
      { with: { toCue: { number: '1' }, toCueId: 'cue-1' } },
      ['/inputs/0/with/toCueId error CONFIG_INVALID toCue and toCueId both say where to go; write one'],
    ],
    [
      'toCue for a number that no cue has',
      { with: { toCue: { number: '1.1' } } },
      ['/inputs/0/with/toCue error CONFIG_UNKNOWN_NAME the show has no such cue ?1.1'],
    ],
    [
      'toCue for a target that no call has',
      { with: { toCue: { 'targets.qlb': '$input.cueNumber' } } },
      ['/inputs/0/with/toCue/targets.qlb warn CONFIG_RULE_UNUSED no call of the show has targets.qlb ?qlb'],
    ],
    ['toCue with the input', { with: { toCue: { call: 'sound', 'targets.qlab': '$input.cueNumber' } } }, []],
    [
      'a role that may not',
      { as: 'u-dir' },
      ["/inputs/0/as error CONFIG_INVALID 'u-dir' has the role director, which may not propose CueAdvanced"],
    ],
    ['a bare press of each kind that completes itself', { propose: 'CueReverted', as: 'u-sm' }, []],
    ['an emergency', { propose: 'EmergencyTriggered', with: { code: 'other', level: 'hold' } }, []],
    ['the end of one', { propose: 'EmergencyResolved' }, []],
    ['a standby', { propose: 'CueStandbySet' }, []],
  ])('%s', (_, rule, expected) => {
    expect(lint({ inputs: [input(rule)] })).toEqual(expected);
  });
});

describe('every command of every cue is tried before the show', () => {
  const fire = output({ id: 'fire', call: 'sound', send: { device: 'qlab', start: '$call.targets.qlab' } });

  test('a command that could never be sent is told at the cue’s own target', () => {
    const problemOfCommand = (_: string, { start }: { start?: unknown }) =>
      start === '14' ? '14 is no cue number' : undefined;
    expect(lint({ outputs: [fire] }, { problemOfCommand })).toEqual([
      '/outputs/0/send/start warn CONFIG_RULE_SKIPS_CUES fire does not apply to cue 4: its sound call has no targets.qlab',
      'show:/acts/0/segments/0/cues/2/calls/1/targets/qlab error CONFIG_INVALID cue 3 with rule fire could never be sent: 14 is no cue number',
    ]);
  });

  test('at the cue, or its call, when the rule reads more than one thing of it', () => {
    const rules = [
      output({ call: 'lighting', send: { device: 'qlab', a: '$call.number', b: '$call.department' } }),
      output({ id: 'b', where: { toCueId: 'cue-2' }, send: { device: 'qlab', a: '$cue.number $cue.id' } }),
    ];
    expect(lint({ outputs: rules }, { commandSchema: (_, { a }) => (a ? 'a is not good' : undefined) })).toEqual([
      'show:/acts/0/segments/0/cues/0/calls/1 error CONFIG_INVALID cue 1 with rule rule could never be sent: a is not good',
      'show:/acts/0/segments/0/cues/1 error CONFIG_INVALID cue 1.10 with rule b could never be sent: a is not good',
    ]);
  });

  test('what is wrong for every cue alike is the rule’s fault and told once', () => {
    const problemOfCommand = () => 'this device cannot be sent anything';
    expect(lint({ outputs: [output({ send: { device: 'pedal', x: '$cue.number' } })] }, { problemOfCommand })).toEqual([
      '/outputs/0/send error CONFIG_INVALID rule could never be sent: this device cannot be sent anything',
      '/outputs/1/send error CONFIG_INVALID stop could never be sent: this device cannot be sent anything',
    ]);
  });

  test('each command is looked at once, however many cues send it', () => {
    const asked: string[] = [];
    const problemOfCommand = (device: string, command: object) => {
      asked.push(device + JSON.stringify(command));
      return undefined;
    };
    lint({ outputs: [fire, { ...fire, id: 'again' }] }, { problemOfCommand });
    expect(asked).toEqual([...new Set(asked)]);
    expect(asked).toContain('qlab{"start":"14"}');
  });
});

test('a show that fires devices and has no rule for an emergency is told so', () => {
  const config = { show: { id: 'x' }, devices: {}, inputs: [], outputs: [output({ send: { device: 'qlab', x: 1 } })] };
  expect(lintMapping(config as unknown as BridgeConfig, SHOW, { problemOfCommand: () => undefined })).toMatchObject([
    { pointer: '/outputs', on: 'key', severity: 'warn', code: 'CONFIG_NO_STOP' },
  ]);
});

describe('a rule about the next cue', () => {
  const rule = (more: Partial<Out>) => output({ cue: 'next', send: { device: 'qlab', a: '$cue.id' }, ...more });
  test.each<[string, Partial<Out>, string[]]>([
    ['reads the cue for any event', { event: 'SegmentReordered' }, []],
    [
      'passes over cues without what it reads',
      { call: 'sound', send: { device: 'qlab', a: '$call.targets.qlab' } },
      [],
    ],
    [
      'reads what no cue has',
      { call: 'sound', send: { device: 'qlab', a: '$call.targets.eos' } },
      ['/outputs/0/send/a warn CONFIG_RULE_UNUSED rule applies to no cue: no sound call has targets.eos ?eos'],
    ],
  ])('%s', (_, more, expected) => {
    expect(lint({ outputs: [rule(more)] })).toEqual(expected);
  });

  test('that could not be sent for a cue is told at that cue', () => {
    const problemOfCommand: AdapterChecks['problemOfCommand'] = (_, { a }) => (a === 'cue-2' ? 'no' : undefined);
    expect(lint({ outputs: [rule({ event: 'CueReverted' })] }, { problemOfCommand })).toEqual([
      'show:/acts/0/segments/0/cues/1/id error CONFIG_INVALID cue 1.10 with rule rule could never be sent: no',
    ]);
  });
});

describe('where a playhead should stand', () => {
  const at = (playhead: object, checks: Partial<AdapterChecks> = {}) =>
    lint({ devices: { qlab: { adapter: 'x', playhead } } as unknown as BridgeConfig['devices'] }, checks);
  test.each<[string, object, string[]]>([
    ['is right', { call: 'sound', is: '$call.targets.qlab' }, []],
    ['is right without a call', { is: '$cue.number' }, []],
    [
      'lacks its call',
      { is: '$call.targets.qlab' },
      [
        '/devices/qlab/playhead/is error CONFIG_PLACEHOLDER $call.targets.qlab has no value here: give playhead a call: with the department',
      ],
    ],
    [
      'is misspelt',
      { call: 'sound', is: '$call.target.qlab' },
      ['/devices/qlab/playhead/is error CONFIG_PLACEHOLDER unknown placeholder $call.target ?$call.target'],
    ],
    [
      'is always the same',
      { is: '12' },
      ['/devices/qlab/playhead/is error CONFIG_INVALID this is the same for every cue: read it from $call or $cue'],
    ],
    [
      'is what no cue has',
      { call: 'sound', is: '$call.targets.eos' },
      [
        '/devices/qlab/playhead/is warn CONFIG_RULE_UNUSED qlab would never be compared: no sound call has what $call.targets.eos reads',
      ],
    ],
  ])('%s', (_, playhead, expected) => {
    expect(at(playhead)).toEqual(expected);
  });

  test('is an alarm for good where no rule ever moves it', () => {
    const devices = { qlab: { adapter: 'x', playhead: { is: '$cue.number' } } } as unknown as BridgeConfig['devices'];
    const movesPlayhead: AdapterChecks['movesPlayhead'] = (_, command) => 'playhead' in command;
    const rule = (member: string) => output({ id: member, send: { device: 'qlab', [member]: '$cue.number' } });
    expect(lint({ devices, outputs: [rule('start')] }, { movesPlayhead })).toEqual([
      '/devices/qlab/playhead warn CONFIG_INVALID no rule moves the playhead of qlab, so it would soon be an alarm for good: add a rule with cue: next that moves it',
    ]);
    expect(lint({ devices, outputs: [rule('start'), rule('playhead')] }, { movesPlayhead })).toEqual([]);
  });

  test('is nothing for a device that cannot tell', () => {
    expect(at({ is: '$cue.number' }, { tellsPlayhead: () => false })).toEqual([
      '/devices/qlab/playhead error CONFIG_INVALID qlab would never be compared: a device of the adapter x does not tell where its playhead stands',
    ]);
  });
});

test.each([
  ['nobody said so', {}, 1],
  ['it does', { mirrored: true }, 0],
  ['it does not', { mirrored: false }, 0],
])('whether one remote plays main and backup is asked where an operator is heard: %s', (_, said, asked) => {
  const devices = { b: { adapter: 'x', backupOf: 'qlab', ...said } } as unknown as BridgeConfig['devices'];
  const rule = input({ id: 'go', when: { device: 'qlab' }, propose: 'CueAdvanced' });
  expect(lint({ devices })).toEqual([]);
  expect(lint({ devices, inputs: [rule] }).filter((line) => line.startsWith('/devices/b/backupOf warn'))).toHaveLength(
    asked,
  );
});

test('what a backup could never be sent is told, though its main could', () => {
  const devices = { b: { adapter: 'x', backupOf: 'qlab' } } as unknown as BridgeConfig['devices'];
  const problemOfCommand: AdapterChecks['problemOfCommand'] = (device) =>
    device === 'b' ? 'it only listens' : undefined;
  expect(lint({ devices, outputs: [] }, { problemOfCommand })).toEqual([
    '/outputs/0/send error CONFIG_INVALID stop could never be sent: its backup b: it only listens',
  ]);
});
