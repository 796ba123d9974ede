import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { encodeFrame } from '../../src/wire/osc/framing.js';
import { qlabClient as client } from '../../test/support/qlab-client.js';
import { simulated } from '../../test/support/qlab-desk.js';
import { TestClock } from '../../test/support/test-clock.js';
import { eventually } from '../../test/support/waiting.js';
import { decodePacket, encodeMessage, type OscArgument, type OscMessage } from './codec.js';
import { type QlabSimulator, startQlabSimulator } from './simulator.js';

const numbersOf = (qlab: QlabSimulator) => qlab.fired.map(({ number }) => number);

test('OSC messages, as bytes on the wire, fire cues', async () => {
  const qlab = await simulated({ cues: ['1', '53'] });
  const { socket, settled } = await client(qlab);
  socket.write(Buffer.from('c02f676f002c73000035330000c0', 'hex'));
  socket.write(encodeFrame('slip', encodeMessage('/playhead/1')));
  socket.write(Buffer.from('c02f676f002c000000c0', 'hex'));
  await settled();
  expect(qlab.fired).toMatchObject([
    { number: '53', by: 'go' },
    { number: '1', by: 'go' },
  ]);
});

test('a thump is answered with thump', async () => {
  const qlab = await simulated({ uniqueID: 'ABC' });
  const { socket, heard } = await client(qlab);
  socket.write(Buffer.from('c02f776f726b73706163652f4142432f7468756d70000000002c000000c0', 'hex'));
  await eventually(() => heard('/reply/workspace/ABC/thump').length === 1, 'the thump');
  expect(JSON.parse(String(heard('/reply')[0]?.args[0]))).toEqual({
    workspace_id: 'ABC',
    address: '/workspace/ABC/thump',
    status: 'ok',
    data: 'thump',
  });
});

test('a client that frames by length gets nothing and no error', async () => {
  const qlab = await simulated();
  const { socket, raw } = await client(qlab);
  const packet = encodeMessage('/version');
  const size = Buffer.alloc(4);
  size.writeInt32BE(packet.length);
  socket.write(Buffer.concat([size, packet]));
  const other = await client(qlab);
  await other.settled();
  await other.settled();
  expect(raw()).toBe(0);
  expect(qlab.clients).toBe(2);
});

test('a message with a type that QLab does not hear is dropped whole', async () => {
  const qlab = await simulated();
  const { socket, settled } = await client(qlab);
  socket.write(encodeFrame('slip', Buffer.from('2f676f00 2c640000 0000000000000000'.replaceAll(' ', ''), 'hex')));
  await settled();
  expect(qlab.fired).toEqual([]);
  expect(qlab.counters['dropped.unknownType']).toBe(1);
});

test('/go with a number that is no text has no effect', async () => {
  const qlab = await simulated();
  const { send, settled } = await client(qlab);
  send('/go', 5);
  send('/go', 5.5);
  await settled();
  expect(qlab.fired).toEqual([]);
});

test('actions are answered only after /alwaysReply 1, and for that client alone', async () => {
  const qlab = await simulated();
  const [one, two] = [await client(qlab), await client(qlab)];
  one.send('/alwaysReply', 1);
  expect(await one.ask('/cue/1/start')).toMatchObject({
    ...{ address: `/workspace/${qlab.workspace.uniqueID}/cue/1/start`, status: 'ok' },
  });
  two.send('/cue/1/start');
  await two.settled();
  expect(two.heard('/reply/cue')).toEqual([]);
});

test('a passcode gives rights, a wrong one delays the next try longer each time', async () => {
  const clock = new TestClock();
  const qlab = await simulated({ uniqueID: 'W', clock, access: { 1234: ['view', 'control'], '': ['view'] } });
  const { send, ask, heard } = await client(qlab);
  expect(await ask('/workspace/W/connect')).toMatchObject({ data: 'ok:view' });
  expect(await ask('/workspace/W/connect', 'no')).toMatchObject({ data: 'badpass' });
  for (const delayMs of [500, 1000]) {
    const before = heard('/reply/workspace/W/connect').length;
    send('/workspace/W/connect', delayMs === 500 ? 'no' : '1234');
    await eventually(() => clock.sleeping === 1, 'the delay begins');
    await clock.advance(delayMs - 1);
    await ask('/version');
    expect(heard('/reply/workspace/W/connect')).toHaveLength(before);
    await clock.advance(1);
    await eventually(() => heard('/reply/workspace/W/connect').length === before + 1, 'the answer');
  }
  expect(String(heard('/reply/workspace/W/connect').at(-1)?.args[0])).toContain('ok:view|control');
  expect(await ask('/workspace/other/connect')).toMatchObject({ data: 'error' });
});

test('without the right it is denied, and nothing happens', async () => {
  const qlab = await simulated({ access: { 1234: ['view'] } });
  const { send, ask } = await client(qlab);
  expect(await ask('/cueLists')).toMatchObject({ status: 'denied' });
  await ask('/connect', '1234');
  send('/alwaysReply', 1);
  expect(await ask('/go')).toMatchObject({ status: 'denied' });
  expect(qlab.fired).toEqual([]);
});

test('QLab 4 says ok, and what it says of workspaces is what 4 says', async () => {
  const qlab = await simulated({ version: '4.7.3', uniqueID: 'W', passcode: '1234' });
  const { ask } = await client(qlab);
  expect(await ask('/workspace/W/connect', '1234')).toMatchObject({ data: 'ok' });
  expect(await ask('/workspaces')).toMatchObject({
    data: [{ uniqueID: 'W', displayName: 'Simulated Show', hasPasscode: true, version: '4.7.3' }],
  });
});

test('a GO is four messages to who listens to it, one to who listens to the number, none to others', async () => {
  const qlab = await simulated();
  const [all, number, none] = [await client(qlab), await client(qlab), await client(qlab)];
  all.send('/listen/go');
  number.send('/listen/go/number');
  none.send('/listen/go');
  none.send('/ignore/go');
  for (const one of [all, number, none]) await one.settled();
  qlab.operatorGo('4');
  for (const one of [all, number, none]) await one.settled();
  const id = qlab.fired[0]?.uniqueID;
  expect(all.heard('/qlab/event')).toEqual([
    { address: '/qlab/event/workspace/go', args: ['4', 'Cue 4', id, 'Audio'] },
    { address: '/qlab/event/workspace/go/number', args: ['4'] },
    { address: '/qlab/event/workspace/go/name', args: ['Cue 4'] },
    { address: '/qlab/event/workspace/go/uniqueID', args: [id] },
  ]);
  expect(number.heard('/qlab/event').map(({ address }) => address)).toEqual(['/qlab/event/workspace/go/number']);
  expect(none.heard('/qlab/event')).toEqual([]);
});

test('updates tell of cues and of the playhead, and that there is none', async () => {
  const qlab = await simulated({ uniqueID: 'W', cues: ['1'] });
  const { send, settled, heard } = await client(qlab);
  send('/updates', 1);
  await settled();
  qlab.operatorGo();
  qlab.closeWorkspace();
  await settled();
  const [list, cue] = qlab.workspace.all();
  const told = heard('/update/workspace/W').map(({ address, args }) => [address.slice(20), ...args]);
  expect(told).toContainEqual([`cue_id/${cue?.uniqueID}`]);
  expect(told).toContainEqual([`cueList/${list?.uniqueID}/playbackPosition`]);
  expect(told.at(-1)).toEqual(['disconnect']);
});

test('a GO inside the double-GO window is swallowed, a start is not', async () => {
  const clock = new TestClock();
  const qlab = await simulated({ minGoTimeMs: 500, clock });
  const { send, ask, settled } = await client(qlab);
  send('/go');
  send('/go');
  send('/cue/9/start');
  await settled();
  expect(numbersOf(qlab)).toEqual(['1', '9']);
  expect(await ask('/doubleGoWindowRemaining')).toMatchObject({ data: 0.5 });
  await clock.advance(500);
  send('/go');
  await settled();
  expect(numbersOf(qlab)).toEqual(['1', '9', '2']);
});

test('a panic fades; the second one stops at once', async () => {
  const clock = new TestClock();
  const qlab = await simulated({ clock, cues: [{ number: '1', durationMs: 60_000 }] });
  const { send, ask, settled } = await client(qlab);
  const running = async () => (await ask('/cue/1/isRunning')).data;
  send('/cue/1/start');
  send('/panic');
  expect(await running()).toBe(true);
  await clock.advance(2000);
  expect(await running()).toBe(false);
  send('/cue/1/start');
  send('/panic');
  send('/panic');
  await settled();
  expect(await running()).toBe(false);
});

test('groups, auto-continue and auto-follow start what follows, and the playhead goes behind it', async () => {
  const clock = new TestClock();
  const cues = [
    { number: '1', continueMode: 1 as const },
    { number: '2', cues: [{ number: '2.1' }, { number: '2.2' }] },
    { number: '3', durationMs: 1000, continueMode: 2 as const },
    { number: '4' },
    '5',
  ];
  const qlab = await simulated({ clock, cues });
  qlab.operatorGo();
  expect(numbersOf(qlab)).toEqual(['1', '2', '2.1', '2.2']);
  qlab.operatorGo();
  await clock.advance(1000);
  expect(numbersOf(qlab).slice(4)).toEqual(['3', '4']);
  expect(qlab.workspace.playhead?.number).toBe('5');
});

test('wildcards in a number mean every cue that fits', async () => {
  const qlab = await simulated({ cues: ['1', '2', '10', 'a'] });
  const { send, settled, heard } = await client(qlab);
  send('/cue/{1,a}/start');
  send('/cue/1*/start');
  send('/cue/[!1]/start');
  await settled();
  expect(numbersOf(qlab)).toEqual(['1', 'a', '1', '10', '2', 'a']);
  // Each cue answers by its ID.
  send('/cue/1*/number');
  await settled();
  expect(heard('/reply').map(({ args }) => JSON.parse(String(args[0])).data)).toEqual(['5.5.10', '1', '10', '5.5.10']);
  expect(heard('/reply/cue_id').map(({ address }) => address.split('/')[3])).toEqual(
    qlab.workspace.all().flatMap(({ number, uniqueID }) => (number.startsWith('1') ? [uniqueID] : [])),
  );
});

test('a cue that does not exist is an error from 5.3 on, and silence before', async () => {
  for (const [version, replies] of [
    ['5.3', 1],
    ['5.2.4', 0],
  ] as const) {
    const qlab = await simulated({ version });
    const { send, settled, heard } = await client(qlab);
    send('/cue/99/name');
    send('/cue/active/valuesForKeys', '["number"]');
    await settled();
    const told = heard('/reply/cue').map(({ args }) => JSON.parse(String(args[0])).status);
    expect(told).toEqual(replies === 1 ? ['error', 'error'] : []);
  }
});

test('lists have playheads of their own; /go with the number of a list is its GO', async () => {
  const lists = [{ cues: ['1', '2'] }, { number: 'B', cues: ['b1', 'b2'] }];
  const qlab = await simulated({ cues: { lists } });
  const { send, settled } = await client(qlab);
  send('/go', 'B');
  send('/go');
  send('/go', 'B');
  send('/cue/B/go');
  await settled();
  expect(numbersOf(qlab)).toEqual(['b1', '1', 'b2']);
});

test('queries: cue lists, running cues, values for keys', async () => {
  const qlab = await simulated({ cues: ['1', '2'] });
  const { send, ask } = await client(qlab);
  send('/cue/2/start');
  expect(await ask('/cueLists')).toMatchObject({
    data: [{ type: 'Cue List', cues: [{ number: '1' }, { number: '2' }] }],
  });
  expect(await ask('/runningCues/shallow')).toMatchObject({ data: [{ number: '2' }] });
  expect(await ask('/cue/2/valuesForKeys', '["isRunning","duration","nonsense"]')).toMatchObject({
    data: { isRunning: true, duration: 2 },
  });
});

test('minGoTime is written only with the right to edit', async () => {
  const qlab = await simulated({ access: { '': ['view', 'control'] } });
  const { send, ask } = await client(qlab);
  send('/alwaysReply', 1);
  expect(await ask('/settings/general/minGoTime', 1.5)).toMatchObject({ status: 'denied' });
  expect(await ask('/settings/general/minGoTime')).toMatchObject({ data: 0 });
});

test('a message without a workspace goes to every open one in 5, to the front-most in 4', async () => {
  for (const [version, count] of [
    ['5.5.10', 2],
    ['4.7.3', 1],
  ] as const) {
    const qlab = await simulated({ version, otherWorkspaces: [{}] });
    const { send, settled } = await client(qlab);
    send('/go');
    await settled();
    expect(qlab.fired.map(({ workspace }) => workspace)).toEqual(
      qlab.workspaces.slice(0, count).map(({ uniqueID }) => uniqueID),
    );
  }
});

test('the duplicate filter, when it is on, drops what equals the last message', async () => {
  const clock = new TestClock();
  const qlab = await simulated({ clock, duplicateFilterMs: 100 });
  const { send, settled } = await client(qlab);
  send('/cue/1/start');
  send('/cue/1/start');
  await settled();
  await clock.advance(100);
  send('/cue/1/start');
  await eventually(() => qlab.fired.length === 2, 'the second start');
  expect(qlab.counters['dropped.duplicate']).toBe(1);
});

test('UDP: replies go to the port that the client named, and a silent client is forgotten after 61 s', async () => {
  const clock = new TestClock();
  const qlab = await simulated({ clock });
  const socket = createSocket('udp4');
  onTestFinished(() => void socket.close());
  const got: OscMessage[] = [];
  socket.on('message', (bytes) => got.push(...decodePacket(bytes).messages));
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const send = (address: string, ...args: OscArgument[]) =>
    socket.send(encodeMessage(address, args), qlab.port, '127.0.0.1');
  send('/udpReplyPort', socket.address().port);
  send('/listen/go');
  send('/version');
  await eventually(() => got.some(({ address }) => address === '/reply/version'), 'the reply');
  qlab.operatorGo();
  await eventually(() => got.filter(({ address }) => address.startsWith('/qlab')).length === 4, 'the GO');
  await clock.advance(61_001);
  qlab.operatorGo();
  send('/udpReplyPort', socket.address().port);
  send('/version');
  await eventually(() => got.filter(({ address }) => address === '/reply/version').length === 2, 'the reply');
  expect(got.filter(({ address }) => address.startsWith('/qlab'))).toHaveLength(4);
  send('/listen/go');
  send('/forgetMeNot', 1);
  send('/version');
  await eventually(() => got.filter(({ address }) => address === '/reply/version').length === 3, 'the reply');
  await clock.advance(120_000);
  qlab.operatorGo();
  await eventually(
    () => got.filter(({ address }) => address.startsWith('/qlab')).length === 8,
    'the GO after two minutes',
  );
});

test('plain text on a port of its own is read as OSC', async () => {
  const qlab = await simulated({ plainTextPort: 0 });
  const socket = createSocket('udp4');
  onTestFinished(() => void socket.close());
  // A number that is no text in quotes means nothing to a GO.
  socket.send('/go 4', qlab.plainTextPort, '127.0.0.1');
  socket.send('/cue/2/start', qlab.plainTextPort, '127.0.0.1');
  socket.send('/go "7"\r\n', qlab.plainTextPort, '127.0.0.1');
  await eventually(() => qlab.fired.length === 2, 'both cues');
  expect(new Set(numbersOf(qlab))).toEqual(new Set(['2', '7']));
});

test('faults: a client is cut off after so many messages; nobody gets in while connections are refused', async () => {
  const qlab = await simulated({ faults: { closeAfter: 2 } });
  const { socket, send } = await client(qlab);
  send('/version');
  send('/version');
  await once(socket, 'close');
  await qlab.setFaults({ refuseConnections: true });
  const refused = connect(qlab.port, '127.0.0.1');
  const [error] = await once(refused, 'error');
  expect(error).toMatchObject({ code: 'ECONNREFUSED' });
  await qlab.setFaults({});
  await (await client(qlab)).settled();
});

test('a port that is taken is said to be', async () => {
  const { port } = await simulated();
  await expect(startQlabSimulator({ port })).rejects.toMatchObject({ code: 'LISTEN_FAILED' });
});
