/** Everything that a client may ask of the application, of a workspace or of a cue is answered, with its value. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import { qlabClient, readTold, type Told } from '../../test/support/qlab-client.js';
import { simulated } from '../../test/support/qlab-desk.js';
import { eventually } from '../../test/support/waiting.js';
import { decodePacket, encodeMessage, type OscArgument, type OscMessage } from './codec.js';

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
