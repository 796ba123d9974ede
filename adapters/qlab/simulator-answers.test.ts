/** Everything that a client may ask of the application, of a workspace or of a cue is answered. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import { qlabClient, readTold, type Told } from '../../test/support/qlab-client.js';
import { simulated } from '../../test/support/qlab-desk.js';
import { TestClock } from '../../test/support/test-clock.js';
import { eventually } from '../../test/support/waiting.js';
import { decodePacket, encodeMessage, IMPULSE, type OscArgument, type OscMessage } from './codec.js';
import { ALL, OF_CUE } from './simulator-actions.js';
import { PROPERTIES } from './simulator-cues.js';
import { APPLICATION, EMPTY, FONTS, WORKSPACE } from './simulator-settings.js';

const OVERRIDES_5 = [
  ...[
    'midiInput',
    'midiOutput',
    'mscInput',
    'mscOutput',
    'sysexInput',
    'sysexOutput',
    'timecodeInput',
    'timecodeOutput',
  ],
  ...['dmxOutput', 'networkExternalInput', 'networkExternalOutput', 'networkLocalInput', 'networkLocalOutput'],
];
const LISTS = ['cueLists', 'selectedCues', 'runningCues', 'runningOrPausedCues'].flatMap((list) =>
  ['', '/shallow', '/uniqueIDs', '/uniqueIDs/shallow'].map((form) => `/${list}${form}`),
);
const KEYS = ['number', 'uniqueID', 'type'];

/** What is only asked, and the reply to it: `[address, data]`. */
const asked = (workspaceId: string, listId: string, cueId: string): [string, unknown][] => [
  ['/version', '5.5.10'],
  ['/alwaysReply', false],
  ['/updates', false],
  ['/forgetMeNot', false],
  ['/udpKeepAlive', false],
  ['/udpReplyPort', 53001],
  ['/replyFormat', ''],
  ['/fontNames', []],
  ['/fontFamiliesAndStyles', {}],
  ['/workingDirectory', '/'],
  ['/overrideWindow', false],
  ['/timecodeWindow', false],
  ...OVERRIDES_5.map((name): [string, unknown] => [`/overrides/${name}Enabled`, true]),
  ['/thump', 'thump'],
  ['/basePath', ''],
  ['/showMode', false],
  ['/alwaysAudition', false],
  ['/auditionMonitors', false],
  ['/liveFadePreview', false],
  ['/lightDashboard', false],
  ['/fullScreen', false],
  ['/doubleGoWindowRemaining', 0],
  ['/settings/general/minGoTime', 0],
  ['/settings/general/selectionIsPlayhead', false],
  ['/settings/audio/patchList', []],
  ['/settings/light/patch', { settingKeywords: ['home', 'pass', 'cue'], groups: [], instruments: [] }],
  ['/currentCueList', ''],
  ['/currentCueListID', listId],
  ['/playhead', '1'],
  ['/playheadID', cueId],
  ['/playbackPositionID', cueId],
  ['/selectedCues', []],
  ['/runningCues/uniqueIDs', []],
  ['/cueLists/uniqueIDs', [{ uniqueID: listId, cues: [{ uniqueID: cueId, cues: [] }] }]],
  ['/cueLists/uniqueIDs/shallow', [{ uniqueID: listId }]],
  [`/cue_id/${listId}/playheadID`, cueId],
  [`/cue_id/${listId}/playhead`, '1'],
  [`/cue_id/${listId}/mode`, 0],
  [`/cue_id/${listId}/parent`, '__root__'],
  [`/cue_id/${listId}/children/uniqueIDs`, [{ uniqueID: cueId, cues: [] }]],
  ['/cue/1/parent', listId],
  ['/cue/1/children', []],
  ['/cue/1/cartPosition', [0, 0]],
  ['/cue/1/isWarning', false],
  ['/cue/1/hasFileTargets', true],
  ['/cue/1/colorName', 'none'],
  ['/cue/1/valuesForKeysWithArguments', undefined],
  ...[`/workspace/${workspaceId}/showMode`, `/workspace/${workspaceId}/updates`].map((a): [string, unknown] => [
    a,
    false,
  ]),
];

test('everything that can be asked is answered with its value, with the workspace and without', async () => {
  const qlab = await simulated({ cues: ['1'], uniqueID: 'W' });
  const { ask } = await qlabClient(qlab);
  const [list, cue] = qlab.workspace.all();
  for (const [address, data] of asked('W', list?.uniqueID ?? '', cue?.uniqueID ?? '')) {
    const forms = address.startsWith('/workspace/') ? [address] : [address, `/workspace/W${address}`];
    for (const form of forms) {
      const told = await ask(form);
      if (data === undefined) expect(told, form).toMatchObject({ status: 'error' });
      else expect(told, form).toMatchObject({ status: 'ok', data });
    }
  }
  expect(await ask('/workspace/W/cue/1/valuesForKeysWithArguments', '{"type":[0],"nonsense":[]}')).toMatchObject({
    data: { type: 'Audio' },
  });
});

test.for([
  // address, what is written, what is read
  ['/showMode', 1, true],
  ['/alwaysAudition', true, true],
  ['/auditionMonitors', 'yes', true],
  ['/overrideWindow', 1, true],
  ['/timecodeWindow', 0.5, true],
  ['/overrides/midiInputEnabled', 0, false],
  ['/overrides/networkLocalOutputEnabled', 'n', false],
  ['/liveFadePreview', 'toggle', true],
  ['/lightDashboard', 'T', true],
  ['/fullScreen', 1, true],
  ['/workingDirectory', '~/Shows', '~/Shows'],
  ['/settings/general/minGoTime', 1.5, 1.5],
  ['/settings/general/selectionIsPlayhead', 1, true],
  ['/forgetMeNot', 1, true],
  ['/updates', 1, true],
  ['/udpReplyPort', 60_000, 60_000],
  ['/cue/1/armed', 0, false],
  ['/cue/1/flagged', 'yippee', true],
  ['/cue/1/name', 'Thunder', 'Thunder'],
  ['/cue/1/number', 1.5, undefined],
  ['/cue/1/notes', 'loud', 'loud'],
  ['/cue/1/colorName', 'red', 'red'],
  ['/cue/1/preWait', 2, 2],
  ['/cue/1/preWait', '2.5', 2.5],
  ['/cue/1/postWait', 3, 3],
  ['/cue/1/duration', 9, 9],
  ['/cue/1/continueMode', 2, 2],
  ['/cue/1/infiniteLoop', 1, true],
] as const)('what is written to %s is told again', async ([address, value, told]) => {
  const qlab = await simulated({ cues: ['1', '2'] });
  const { send, ask } = await qlabClient(qlab);
  send(address, value);
  // A cue that has another number now is no longer found under its old one.
  if (told === undefined) {
    expect(await ask(address)).toMatchObject({ status: 'error' });
    expect(await ask('/cue/1.5/number')).toMatchObject({ data: '1.5' });
  } else expect(await ask(address)).toMatchObject({ status: 'ok', data: told });
});

test('what means nothing to an address is an error, and changes nothing', async () => {
  const qlab = await simulated({ cues: ['1', '2'] });
  const { send, ask } = await qlabClient(qlab);
  send('/alwaysReply', 1);
  for (const [address, value] of [
    ['/showMode', 'perhaps'],
    ['/showMode', null],
    ['/udpReplyPort', 65_536],
    ['/udpReplyPort', 1.5],
    ['/settings/general/minGoTime', -1],
    ['/cue/1/preWait', 'soon'],
    ['/cue/1/preWait', -1],
    ['/cue/1/preWait', 1e30],
    ['/cue/1/continueMode', 3],
    ['/cue/1/armed/+', 1],
    ['/cue/1/number', '2'],
    ['/cue/1/mode', 3],
    ['/cue/1/playhead', 'next'],
    ['/currentCueList', 'nobody'],
    ['/currentCueList', ''],
    ['/go', 5],
    ['/select/99', 1],
    ['/playhead/99', 1],
    ['/delete/99', 1],
    ['/renumber', 'x'],
    [`/delete_id/${qlab.workspace.lists[0]?.uniqueID}`, 1],
  ] as [string, OscArgument][]) {
    expect(await ask(address, value), `${address} ${String(value)}`).toMatchObject({ status: 'error' });
  }
  for (const [address, data] of [
    ['/showMode', false],
    ['/udpReplyPort', 53001],
    ['/settings/general/minGoTime', 0],
    ['/cue/1/preWait', 0],
    ['/cue/1/continueMode', 0],
    ['/cue/1/number', '1'],
    ['/playhead', '1'],
  ] as const) {
    expect(await ask(address)).toMatchObject({ data });
  }
  expect(qlab.workspace.all()).toHaveLength(3);
});

test('what begins with y, t or 1 to 9 is true, what begins with n, f or 0 is not', async () => {
  const qlab = await simulated({ cues: ['1'] });
  const { send, ask } = await qlabClient(qlab);
  for (const [written, told] of [
    ['Yes', true],
    ['never', false],
    ['true', true],
    ['00', false],
    ['1.0', true],
    ['forget it', false],
    ['9', true],
    [0, false],
    [0.5, true],
    [false, false],
  ] as const) {
    send('/cue/1/flagged', written);
    expect(await ask('/cue/1/flagged'), String(written)).toMatchObject({ data: told });
  }
});

test('a reply port of 0 is the usual one again', async () => {
  const qlab = await simulated();
  const { send, ask } = await qlabClient(qlab);
  send('/udpReplyPort', 60_000);
  send('/udpReplyPort', 0);
  expect(await ask('/udpReplyPort')).toMatchObject({ data: 53001 });
});

test('a value is turned over, added to, and goes round among a few', async () => {
  const qlab = await simulated({ cues: ['1'] });
  const { send, ask } = await qlabClient(qlab);
  const after = async (address: string, read: string, ...args: OscArgument[]) => {
    send(address, ...args);
    return (await ask(read)).data;
  };
  expect(await after('/showMode/toggle', '/showMode')).toBe(true);
  expect(await after('/toggleEditShowMode', '/showMode')).toBe(false);
  expect(await after('/overrides/toggleMidiInput', '/overrides/midiInputEnabled')).toBe(false);
  expect(await after('/cue/1/armed', '/cue/1/armed', 'toggle')).toBe(false);
  expect(await after('/cue/1/preWait/+', '/cue/1/preWait', 1.5)).toBe(1.5);
  expect(await after('/cue/1/preWait/+/1', '/cue/1/preWait')).toBe(2.5);
  expect(await after('/cue/1/preWait/-', '/cue/1/preWait', 9)).toBe(0);
  expect(await after('/cue/1/continueMode/-', '/cue/1/continueMode', 1)).toBe(2);
  expect(await after('/cue/1/continueMode/+', '/cue/1/continueMode', 1)).toBe(0);
});

test('QLab 4 has an audition window and other overrides, QLab 5 has not', async () => {
  const [four, five] = [await simulated({ version: '4.7.3' }), await simulated()];
  const of = { four: await qlabClient(four), five: await qlabClient(five) };
  for (const address of ['/auditionWindow', '/overrides/artNetEnabled', '/overrides/oscOutputEnabled']) {
    expect(await of.four.ask(address)).toMatchObject({ status: 'ok', address });
    expect(await of.five.ask(address)).toMatchObject({ status: 'error' });
  }
  for (const address of ['/alwaysAudition', '/auditionMonitors', '/overrides/dmxOutputEnabled']) {
    expect(await of.four.ask(address)).toMatchObject({ status: 'error' });
    expect(await of.five.ask(address)).toMatchObject({ status: 'ok' });
  }
});

test('changes are told as QLab tells them', async () => {
  const qlab = await simulated({ uniqueID: 'W', cues: ['1', '2'] });
  const { send, settled, heard } = await qlabClient(qlab);
  const { send: sendOther, settled: otherSettled, heard: heardByOther } = await qlabClient(qlab);
  send('/updates', 1);
  await settled();
  const told = async (address: string, ...args: OscArgument[]) => {
    const before = heard('/update').length;
    sendOther(address, ...args);
    await otherSettled();
    await settled();
    return heard('/update')
      .slice(before)
      .map((message) => message.address);
  };
  const cue = qlab.workspace.all()[1]?.uniqueID;
  expect(await told('/showMode', 1)).toEqual(['/update/workspace/W']);
  expect(await told('/overrides/toggleMidiInput')).toEqual(['/update/preferences/overrides']);
  expect(await told('/settings/general/minGoTime', 1)).toEqual(['/update/workspace/W/settings/general']);
  expect(await told('/select/2')).toEqual(['/update/workspace/W/dashboard']);
  expect(await told('/cue/1/name', 'Thunder')).toEqual([`/update/workspace/W/cue_id/${cue}`]);
  expect(await told('/alwaysAudition', 1)).toEqual([]);
  expect(heardByOther('/update')).toEqual([]);
  send('/updates', 0);
  expect(await told('/showMode', 0)).toEqual([]);
});

test('whoever wants the updates of all gets those that it has rights for', async () => {
  const qlab = await simulated({ uniqueID: 'W', otherWorkspaces: [{ uniqueID: 'V', passcode: '1234' }] });
  const { send, settled, heard } = await qlabClient(qlab);
  send('/updates', 1);
  await settled();
  for (const workspace of qlab.workspaces) workspace.tell('');
  await settled();
  expect(heard('/update').map(({ address }) => address)).toEqual(['/update/workspace/W']);
});

test('a cue may be given the number that it has', async () => {
  const qlab = await simulated({ cues: ['1'] });
  const { send, ask } = await qlabClient(qlab);
  send('/alwaysReply', 1);
  expect(await ask('/cue/1/number', '1')).toMatchObject({ status: 'ok' });
});

test('one workspace alone may be asked for its updates', async () => {
  const qlab = await simulated({ uniqueID: 'W', otherWorkspaces: [{ uniqueID: 'V' }] });
  const { send, ask, settled, heard } = await qlabClient(qlab);
  send('/workspace/V/updates', 1);
  expect(await ask('/workspace/V/updates')).toMatchObject({ data: true, workspace_id: 'V' });
  expect(await ask('/workspace/W/updates')).toMatchObject({ data: false });
  for (const workspace of qlab.workspaces) workspace.tell('');
  await settled();
  expect(heard('/update').map(({ address }) => address)).toEqual(['/update/workspace/V']);
});

test('whichever cues run, stand or are selected answer for themselves, by their ID', async () => {
  const qlab = await simulated({ uniqueID: 'W', cues: ['1', '2', '3'] });
  const { send, settled, heard } = await qlabClient(qlab);
  const ids = qlab.workspace.all().map(({ uniqueID }) => uniqueID);
  send('/cue/1/start');
  send('/cue/3/start');
  send('/select/2');
  send('/cue/active/number');
  send('/cue_id/active/isRunning');
  send('/workspace/W/cue/selected/number');
  send('/cue/playhead/number');
  await settled();
  const told = (prefix: string) => heard(prefix).map((message) => [message.address, readTold(message)] as const);
  expect(told('/reply/cue_id').map(([address, { data }]) => [address, data])).toEqual([
    [`/reply/cue_id/${ids[1]}/number`, '1'],
    [`/reply/cue_id/${ids[3]}/number`, '3'],
    [`/reply/cue_id/${ids[1]}/isRunning`, true],
    [`/reply/cue_id/${ids[3]}/isRunning`, true],
    [`/reply/cue_id/${ids[1]}/number`, '1'],
  ]);
  expect(told('/reply/workspace/W/cue_id')).toMatchObject([
    [`/reply/workspace/W/cue_id/${ids[2]}/number`, { data: '2' }],
  ]);
  // Version 5 names the workspace in the JSON.
  expect(told('/reply/cue_id')[0]?.[1].address).toBe(`/workspace/W/cue_id/${ids[1]}/number`);
});

test('an audition is told as one, for a GO that is one and while every GO is', async () => {
  const qlab = await simulated({ cues: ['1', '2', '3', '4'] });
  const { send, ask, settled, heard } = await qlabClient(qlab);
  send('/listen');
  send('/auditionGo');
  expect(await ask('/cue/1/isAuditioning')).toMatchObject({ data: true });
  send('/go');
  expect(await ask('/cue/2/isAuditioning')).toMatchObject({ data: false });
  send('/alwaysAudition', 1);
  send('/go/3');
  send('/auditionGo', '4');
  send('/cue/4/stop');
  expect(await ask('/cue/4/isAuditioning')).toMatchObject({ data: false });
  send('/cue/1/start');
  expect(await ask('/cue/1/isAuditioning')).toMatchObject({ data: false });
  await settled();
  const whole = heard('/qlab/event/workspace').filter(({ address }) => /[gG]o$/.test(address));
  expect(whole.map(({ address, args }) => [address.split('/').at(-1), args[0]])).toEqual([
    ['auditionGo', '1'],
    ['go', '2'],
    ['auditionGo', '3'],
    ['auditionGo', '4'],
  ]);
});

test('an audition is over when its cue is', async () => {
  const clock = new TestClock();
  const qlab = await simulated({ clock, cues: [{ number: '1', durationMs: 1000 }] });
  const { send, ask } = await qlabClient(qlab);
  send('/auditionGo');
  expect(await ask('/cue/1/isAuditioning')).toMatchObject({ data: true });
  await clock.advance(1000);
  expect(await ask('/cue/1/isAuditioning')).toMatchObject({ data: false });
});

test('whoever disconnects is forgotten: its rights, its updates, and what it listened to', async () => {
  const qlab = await simulated({ passcode: '1234' });
  const { send, ask, settled, heard } = await qlabClient(qlab);
  await ask('/connect', '1234');
  send('/listen');
  send('/updates', 1);
  send('/disconnect');
  expect(await ask('/showMode')).toMatchObject({ status: 'denied' });
  await ask('/connect', '1234');
  qlab.operatorGo();
  await settled();
  expect([...heard('/qlab/event'), ...heard('/update')]).toEqual([]);
  expect(heard('/reply/disconnect')).toEqual([]);
});

test('a preview has no pre-wait, and no cue follows it', async () => {
  const clock = new TestClock();
  const cues = [
    { number: '1', preWaitMs: 5000, continueMode: 1 as const },
    '2',
    { number: '3', continueMode: 2 as const },
    '4',
  ];
  const qlab = await simulated({ clock, cues });
  const { send, settled } = await qlabClient(qlab);
  send('/cue/1/preview');
  send('/cue/3/auditionPreview');
  await settled();
  await clock.advance(10_000);
  expect(qlab.fired.map(({ number }) => number)).toEqual(['1', '3']);
});

test('a cue in its pre-wait that is previewed is over with its preview', async () => {
  const clock = new TestClock();
  const qlab = await simulated({ clock, cues: [{ number: '1', preWaitMs: 60_000, durationMs: 1000 }] });
  const { send, ask, settled } = await qlabClient(qlab);
  send('/cue/1/start');
  expect(await ask('/cue/1/isRunning')).toMatchObject({ data: true });
  expect(await ask('/cue/1/isActionRunning')).toMatchObject({ data: false });
  await clock.advance(6000);
  expect(await ask('/cue/1/percentPreWaitElapsed')).toMatchObject({ data: 0.1 });
  send('/cue/1/preview');
  expect(await ask('/cue/1/isActionRunning')).toMatchObject({ data: true });
  await clock.advance(1000);
  await settled();
  expect(await ask('/cue/1/isRunning')).toMatchObject({ data: false });
  await clock.advance(60_000);
  expect(qlab.fired).toHaveLength(1);
});

test('no more than all of a cue has gone by, though it was made shorter while it ran', async () => {
  const clock = new TestClock();
  const qlab = await simulated({ clock, cues: [{ number: '1', durationMs: 10_000 }] });
  const { send, ask, settled } = await qlabClient(qlab);
  send('/cue/1/start');
  await settled();
  await clock.advance(5000);
  expect(await ask('/cue/1/percentActionElapsed')).toMatchObject({ data: 0.5 });
  send('/cue/1/duration', 2);
  expect(await ask('/cue/1/percentActionElapsed')).toMatchObject({ data: 1 });
});

test('a solo stops the others of its list, and itself not', async () => {
  const lists = [{ cues: ['1', '2', '3'] }, { number: 'B', cues: ['b1'] }];
  const qlab = await simulated({ cues: { lists } });
  const { send, ask } = await qlabClient(qlab);
  for (const number of ['1', '2', 'b1']) send(`/cue/${number}/start`);
  send('/cue/1/soloCueInTime', 0);
  const running = (await ask('/runningCues/shallow')).data as { number: string }[];
  expect(running.map(({ number }) => number)).toEqual(['1', 'b1']);
});

test('a QLab that swallows commands still listens, and takes what is written', async () => {
  const qlab = await simulated({ cues: ['1'], faults: { swallow: true } });
  const { send, ask, settled, heard } = await qlabClient(qlab);
  send('/listen/go');
  send('/cue/1/start');
  send('/go');
  expect(await ask('/playhead')).toMatchObject({ data: '1' });
  qlab.operatorGo();
  await settled();
  expect(qlab.fired.map(({ by }) => by)).toEqual(['operator']);
  expect(heard('/qlab/event')).toHaveLength(4);
});

test('a cue that is disarmed takes every command and never fires', async () => {
  const qlab = await simulated({ cues: ['1', '2'] });
  const { send, ask } = await qlabClient(qlab);
  send('/cue/1/armed', 0);
  send('/go');
  send('/cue/1/start');
  expect(await ask('/playhead')).toMatchObject({ data: '2' });
  expect(qlab.fired).toEqual([]);
});

test('a playhead goes where it is told to, the one of a list too', async () => {
  const lists = [
    { cues: ['1', { number: '2', continueMode: 1 as const }, '3', '4'] },
    { number: 'B', cues: ['b1', 'b2'] },
    { number: 'C', isCart: true, cues: ['c1'] },
  ];
  const qlab = await simulated({ cues: { lists } });
  const { send, ask } = await qlabClient(qlab);
  const at = async (address: string, read = '/playhead', ...args: OscArgument[]) => {
    send(address, ...args);
    return (await ask(read)).data;
  };
  expect(await at('/playhead/nextSequence')).toBe('2');
  expect(await at('/playhead/nextSequence')).toBe('4');
  expect(await at('/playhead/previousSequence')).toBe('2');
  expect(await at('/playhead/none')).toBe('none');
  expect(await at('/playbackPosition/next')).toBe('1');
  send('/cue/3/start');
  send('/select/4');
  expect(await at('/playhead/active')).toBe('3');
  expect(await at('/playhead/selected')).toBe('4');
  expect(await at('/cue/B/playhead', '/cue/B/playhead', 'b2')).toBe('b2');
  expect(await at('/cue/B/playhead/previous', '/cue/B/playhead')).toBe('b1');
  expect(await at('/cue/B/playhead/1', '/cue/B/playhead')).toBe('b1');
  expect(await at('/playhead/c1')).toBe('4');
  expect(await at('/playhead/B')).toBe('4');
  expect((await ask('/currentCueList')).data).toBe('');
  expect(await at('/currentCueList', '/playhead', 'B')).toBe('b1');
  expect(await at('/playhead/3')).toBe('3');
  expect(await ask('/cue/C/playhead')).toMatchObject({ status: 'error' });
});

test('cues are selected, deleted and renumbered', async () => {
  const qlab = await simulated({ cues: ['1', '2', '3', '4'] });
  const { send, ask } = await qlabClient(qlab);
  const numbers = async (address: string) =>
    ((await ask(address)).data as { number: string }[]).map((cue) => cue.number);
  send('/select/next');
  expect(await numbers('/selectedCues/shallow')).toEqual(['1']);
  send('/select/next');
  expect(await numbers('/selectedCues')).toEqual(['2']);
  send('/delete/selected');
  expect(await numbers('/selectedCues')).toEqual([]);
  send('/select/{3,4}');
  send('/renumber', 10, 0.5, 'Q', 'x');
  const [list] = qlab.workspace.lists;
  expect(await numbers(`/cue_id/${list?.uniqueID}/children`)).toEqual(['1', 'Q10x', 'Q10.5x']);
  send('/renumber', 1, 1);
  expect(await numbers('/selectedCues')).toEqual(['Q10x', 'Q10.5x']);
  // Behind the last one there is none: that is no error, and changes nothing.
  send('/alwaysReply', 1);
  send('/select/Q10.5x');
  expect(await ask('/select/next')).toMatchObject({ status: 'ok' });
  expect(await numbers('/selectedCues')).toEqual(['Q10.5x']);
  send('/alwaysReply', 0);
  send('/cue/1/start');
  send('/delete/active');
  expect(await numbers('/runningCues')).toEqual([]);
  send('/delete_id/*');
  expect(await numbers('/cueLists')).toEqual(['']);
});

test('the words of /replyFormat take the place of JSON, for that client alone', async () => {
  const qlab = await simulated({ uniqueID: 'W' });
  const [one, two] = [await qlabClient(qlab), await qlabClient(qlab)];
  one.send('/replyFormat', '#data# #address# #status# #workspace_id#');
  one.send('/cue/1/colorName');
  one.send('/cue/1/cartPosition');
  one.send('/replyFormat', '');
  await one.settled();
  expect(one.heard('/reply/cue').map(({ args }) => args)).toEqual([
    ['none /workspace/W/cue/1/colorName ok W'],
    ['[0,0] /workspace/W/cue/1/cartPosition ok W'],
  ]);
  expect(await two.ask('/cue/1/colorName')).toMatchObject({ data: 'none' });
});

/** Every address that is known, and what looks like one. */
function everyAddress(listId: string): string[] {
  const settings = [APPLICATION, WORKSPACE].flatMap((table) =>
    Object.entries(table).flatMap(([path, { turnedBy }]) => [path, `${path}/toggle`, ...(turnedBy ? [turnedBy] : [])]),
  );
  const properties = Object.keys(PROPERTIES);
  const ofCue = [...properties, ...Object.keys(OF_CUE), 'valuesForKeys', 'valuesForKeysWithArguments', 'collapse'];
  return [
    ...settings,
    ...Object.keys({ ...EMPTY, ...FONTS, ...ALL }),
    ...['/version', '/workspaces', '/updates', '/updates/toggle', '/alwaysReply', '/forgetMeNot', '/udpKeepAlive'],
    ...[
      '/udpReplyPort',
      '/udpReplyPort/+',
      '/thump',
      '/go',
      '/go/1',
      '/auditionGo',
      '/auditionGo/1',
      '/listen',
      '/ignore',
    ],
    ...[
      '/listen/go',
      '/listen/cue/start/number',
      '/ignore/panicAll',
      '/listen/nonsense',
      '/replyFormat',
      '/save',
      '/undo',
    ],
    ...[
      '/doubleGoWindowRemaining',
      '/currentCueList',
      '/currentCueListID',
      '/currentCueListID/nobody',
      '/dashboard/clear',
    ],
    ...[
      '/playhead',
      '/playheadID',
      '/playhead/next',
      '/playheadID/none',
      '/playbackPosition/previous',
      '/playhead/active',
    ],
    ...[
      '/select/1',
      '/select/next',
      '/select/99',
      '/select_id/nobody',
      '/delete/98',
      '/renumber',
      '/cue/start',
      '/cue_id/start',
    ],
    ...LISTS,
    ...ofCue.flatMap((what) => [`/cue/1/${what}`, `/cue_id/${listId}/${what}`]),
    ...['preWait/+', 'preWait/-/1', 'armed/toggle', 'playhead/next', 'playhead/none'].map((what) => `/cue/1/${what}`),
    ...[
      '/new',
      '/move/x',
      '/dashboard/setLight',
      '/settings/video/stage/x',
      '/cue',
      '/cue/1',
      '/cue/1/',
      '/workspace',
      '/',
    ],
    // Names that every object has.
    ...[
      '/constructor',
      '/toString',
      '/__proto__',
      '/overrides/__proto__',
      '/playhead/constructor',
      '/select/constructor',
    ],
    ...['constructor', '__proto__', 'toString', 'hasOwnProperty/toggle', 'valueOf/+'].map((what) => `/cue/1/${what}`),
    ...[
      '/cue/constructor/start',
      '/cue/99/start',
      '/cue/99/name',
      '/cue/[/name',
      '/cue/{a/name',
      '/cue/)(/name',
      '/cue/\\/name',
      '/cue/****************x/name',
      `/cue/${'x'.repeat(5000)}/name`,
    ],
  ];
}

const ARGUMENTS: OscArgument[] = [
  ...[0, 1, -7, 2.5, '', 'x', 'toggle', '["number"]', '[{"toString":1}]', '{"__proto__":[]}', 'constructor'],
  ...[true, false, null, Uint8Array.of(1, 2, 3)],
  IMPULSE,
];

test('every known address, with any arguments, is answered exactly once, and nothing crashes', async () => {
  const qlab = await simulated({ uniqueID: 'W', cues: ['1', '2'] });
  const { send, got, ask } = await qlabClient(qlab);
  // An address that nobody else asks: the reply to it is no other's.
  const settled = (round: string) => ask(`/settled/${round}`);
  const list = qlab.workspace.all()[0]?.uniqueID ?? '';
  const sets: OscArgument[][] = [[], ...ARGUMENTS.map((arg): OscArgument[] => [arg])];
  for (let at = 0; at < ARGUMENTS.length; at += 3) sets.push(ARGUMENTS.slice(at, at + 2));
  const messages = everyAddress(list).flatMap((address) => [
    ...sets.map((args) => [address, args] as const),
    ...sets.slice(0, 4).map((args) => [`/workspace/W${address}`, args] as const),
  ]);
  send('/alwaysReply', 1);
  for (let from = 0; from < messages.length; from += 500) {
    await settled(`before ${from}`);
    got.length = 0;
    const some = messages.slice(from, from + 500);
    for (const [address, args] of some) {
      send('/workspaces');
      send(address, ...args);
      // What changes how it answers is taken back.
      if (address.includes('/replyFormat')) send('/replyFormat', '');
      else if (address.includes('/alwaysReply')) send('/alwaysReply', 1);
      else send('/basePath');
    }
    await settled(`after ${from}`);
    // Between its two marks each has one reply.
    const replies = got.map((message) => message.address).filter((address) => address.startsWith('/reply'));
    let at = -1;
    for (const [address, args] of some) {
      at = replies.indexOf('/reply/workspaces', at + 1);
      const end = /\/(?:replyFormat|alwaysReply)/.exec(address)?.[0] ?? '/basePath';
      const between = replies.slice(at + 1, at + 3);
      expect([address, args, ...between]).toEqual([address, args, `/reply${address}`, `/reply${end}`]);
      if (address.endsWith('/workspaces')) at += 1;
    }
  }
  expect(await (await qlabClient(qlab)).ask('/thump')).toMatchObject({ data: 'thump' });
}, 60_000);

test('whoever has not connected is denied everything but what says who is there, and nothing happens', async () => {
  const qlab = await simulated({ uniqueID: 'W', cues: ['1', '2'], passcode: '1234' });
  const { send, got, settled } = await qlabClient(qlab);
  const before = JSON.stringify([
    qlab.workspace.all().map(({ number, name }) => [number, name]),
    qlab.workspace.playhead?.number,
  ]);
  const free = ['/version', '/workspaces'];
  const addresses = everyAddress(qlab.workspace.lists[0]?.uniqueID ?? '').filter((address) => !free.includes(address));
  for (const address of addresses) for (const args of [[], [1], ['no']] as OscArgument[][]) send(address, ...args);
  await settled();
  const told = got.slice(0, -1).map(readTold);
  expect(told.length).toBeGreaterThan(addresses.length);
  expect(told.filter(({ status }) => status !== 'denied')).toEqual([]);
  // What is asked without an argument is told that it is denied; what acts is not answered, since nobody asked for that.
  for (const asked of ['/showMode', '/updates', '/playheadID', '/overrides/midiInputEnabled', '/cueLists', '/thump']) {
    expect(got.map(({ address }) => address)).toContain(`/reply${asked}`);
  }
  expect(got.map(({ address }) => address)).not.toContain('/reply/go');
  expect(qlab.fired).toEqual([]);
  expect(
    JSON.stringify([qlab.workspace.all().map(({ number, name }) => [number, name]), qlab.workspace.playhead?.number]),
  ).toBe(before);
  expect(qlab.workspace.settings.size).toBe(0);
});

test('rights are those of the dictionary: all may look, control acts, edit writes', async () => {
  const access = { v: ['view'], e: ['edit'], c: ['control'] } as const;
  const qlab = await simulated({ access });
  const replied = async (passcode: keyof typeof access, address: string, ...args: OscArgument[]) => {
    const { send, ask } = await qlabClient(qlab);
    await ask('/connect', passcode);
    send('/alwaysReply', 1);
    return (await ask(address, ...args)).status;
  };
  for (const [address, args, ...allowed] of [
    ['/cueLists', [], 'v', 'e', 'c'],
    ['/cue/1/armed', [], 'v', 'e', 'c'],
    ['/cue/1/armed', [1], 'e'],
    ['/cue/1/notes', ['x'], 'v', 'e', 'c'],
    ['/showMode', [1], 'e'],
    ['/liveFadePreview', [1], 'e', 'c'],
    ['/overrides/midiInputEnabled', [1], 'e', 'c'],
    ['/cue/1/start', [], 'c'],
    ['/go', [], 'c'],
    ['/playhead/1', [], 'c'],
    ['/listen/go', [], 'v'],
    ['/delete/99', [], 'e'],
  ] as [string, OscArgument[], ...string[]][]) {
    for (const passcode of ['v', 'e', 'c'] as const) {
      const status = await replied(passcode, address, ...args);
      expect([address, passcode, status === 'denied']).toEqual([address, passcode, !allowed.includes(passcode)]);
    }
  }
});

test('/connect without a passcode is no guess: it is answered at once, and delays nothing', async () => {
  const clock = new TestClock();
  const qlab = await simulated({ clock, passcode: '1234' });
  const { ask } = await qlabClient(qlab);
  for (let times = 0; times < 5; times++) {
    expect(await ask('/connect')).toMatchObject({ status: 'ok', data: 'badpass' });
    expect(await ask('/connect', '')).toMatchObject({ data: 'badpass' });
  }
  expect(await ask('/connect', '1234')).toMatchObject({ data: 'ok:view|edit|control' });
  expect(clock.sleeping).toBe(0);
  expect(await ask('/showMode')).toMatchObject({ status: 'ok' });
});

test('to let in whoever has no passcode forgives no guess, and no guess delays that', async () => {
  const clock = new TestClock();
  const qlab = await simulated({ clock, access: { 1234: ['view', 'control'], '': ['view'] } });
  const { send, ask, heard } = await qlabClient(qlab);
  // A passcode that is no text is a wrong one, not none.
  expect(await ask('/connect', 1234)).toMatchObject({ data: 'badpass' });
  expect(await ask('/connect')).toMatchObject({ data: 'ok:view' });
  expect(clock.sleeping).toBe(0);
  send('/connect', '1234');
  await eventually(() => clock.sleeping === 1, 'the guess before makes it wait');
  await clock.advance(500);
  await eventually(() => heard('/reply/connect').length === 3, 'it is let in');
});

test('what comes behind a /connect that is delayed is judged by what that one grants', async () => {
  const clock = new TestClock();
  const qlab = await simulated({ clock, passcode: '1234' });
  const { send, ask, heard, settled } = await qlabClient(qlab);
  expect(await ask('/connect', 1234)).toMatchObject({ data: 'badpass' });
  send('/connect', '1234');
  send('/connect');
  send('/showMode');
  await eventually(() => clock.sleeping === 1, 'the delay begins');
  await settled();
  expect(heard('/reply/showMode')).toEqual([]);
  await clock.advance(500);
  await eventually(() => heard('/reply/showMode').length === 1, 'the mode');
  expect(
    heard('/reply')
      .map(readTold)
      .map(({ data }) => data),
  ).toEqual([...['badpass', '5.5.10', 'ok:view|edit|control', 'badpass', false]]);
});

test('a passcode that is a name of every object is a wrong one', async () => {
  const qlab = await simulated({ passcode: '1234', clock: new TestClock() });
  expect(await (await qlabClient(qlab)).ask('/connect', 'constructor')).toMatchObject({ data: 'badpass' });
});

test('no more than 512 messages wait behind a /connect', async () => {
  const clock = new TestClock();
  const qlab = await simulated({ clock, passcode: '1234' });
  const { send, ask, settled, heard } = await qlabClient(qlab);
  for (const round of [1, 2]) {
    await ask('/connect', 'no');
    send('/connect', '1234');
    for (let times = 0; times < 515; times++) send('/thump');
    await settled();
    expect(qlab.counters['dropped.waiting']).toBe(3 * round);
    await clock.advance(500);
    await eventually(() => heard('/reply/thump').length === 512 * round, 'the thumps');
  }
});

test('a workspace that is not open is an error, and so is a question where none is', async () => {
  const qlab = await simulated();
  const { ask } = await qlabClient(qlab);
  expect(await ask('/workspace/nobody/showMode')).toEqual({ address: '/workspace/nobody/showMode', status: 'error' });
  expect(await ask('/workspace/nobody/overrideWindow')).toMatchObject({ status: 'error' });
  qlab.closeWorkspace();
  expect(await ask('/showMode')).toEqual({ address: '/showMode', status: 'error' });
  expect(await ask('/connect')).toMatchObject({ status: 'error', data: 'error' });
  expect(await ask('/workspaces')).toMatchObject({ data: [] });
  expect(await ask('/overrideWindow')).toMatchObject({ data: false });
});

test('UDP: what can be asked is answered there as well; a list that is longer than a datagram is lost, and counted', async () => {
  const cues = Array.from({ length: 500 }, (_, at) => String(at + 1));
  const qlab = await simulated({ uniqueID: 'W', cues });
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  onTestFinished(() => void socket.close());
  await once(socket, 'listening');
  const got: OscMessage[] = [];
  socket.on('message', (bytes) => got.push(...decodePacket(bytes).messages));
  const ask = async (address: string, ...args: OscArgument[]): Promise<Told> => {
    const before = got.length;
    socket.send(encodeMessage(address, args), qlab.port, '127.0.0.1');
    const reply = () => got.slice(before).find((message) => message.address === `/reply${address}`);
    await eventually(() => reply() !== undefined, `a reply to ${address}`);
    return readTold(reply() as OscMessage);
  };
  socket.send(encodeMessage('/udpReplyPort', [socket.address().port]), qlab.port, '127.0.0.1');
  expect(await ask('/udpReplyPort')).toMatchObject({ data: socket.address().port });
  const [list, cue] = qlab.workspace.all();
  for (const [address, data] of asked('W', list?.uniqueID ?? '', cue?.uniqueID ?? '')) {
    if (data === undefined || address.includes('/children') || address.startsWith('/cueLists')) continue;
    if (address === '/udpReplyPort') continue;
    expect(await ask(address), address).toMatchObject({ status: 'ok', data });
  }
  socket.send(encodeMessage('/cueLists'), qlab.port, '127.0.0.1');
  await eventually(() => qlab.counters['replies.failed'] === 1, 'the list is too long');
  expect(await ask('/cue/active/valuesForKeys', JSON.stringify(KEYS))).toMatchObject({ status: 'error' });
});
