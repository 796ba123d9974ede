import { Socket } from 'node:net';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { Adapter } from '../../src/adapter-sdk/adapter.js';
import { adapterContract } from '../../src/adapter-sdk/testing/contract.js';
import { never, testIo } from '../../src/adapter-sdk/testing/rig.js';
import { encodeFrame } from '../../src/wire/osc/framing.js';
import { about, connected, qlabDevice, qlabRig, simulated } from '../../test/support/qlab-desk.js';
import { eventually, within } from '../../test/support/waiting.js';
import { qlabAdapter } from './adapter.js';
import { encodeMessage } from './codec.js';
import type { QlabDevice } from './generated/types.js';
import type { QlabSimulator } from './simulator.js';

for (const version of ['5.5.10', '4.7.3']) {
  adapterContract(`qlab ${version}`, () => qlabRig(qlabAdapter as Adapter, version), {
    answers: true,
    presses: version.startsWith('5'),
  });
}

const refusedConnect = (qlab: { port: number }, more: Partial<QlabDevice> = {}) =>
  expect(qlabAdapter.connect(qlabDevice(qlab, more), testIo(), never())).rejects;
const starts = (qlab: QlabSimulator) =>
  qlab.received.filter(({ address }) => /\/cue(_id)?\/[^/]+\/start$/.test(address));

test('every input holds just what check says that a rule may read of it', async () => {
  const qlab = await simulated();
  const { inputs } = await connected(qlab);
  qlab.operatorGo('1');
  qlab.operatorPanic();
  await eventually(() => new Set(inputs.map(({ event }) => event)).size === 5, 'one of each');
  for (const input of inputs) {
    expect([...(qlabAdapter.inputNames?.(input, qlabDevice(qlab)) ?? [])].sort()).toEqual(Object.keys(input).sort());
  }
});

test('a start is sent once, acknowledged, and confirmed by what QLab reports', async () => {
  const { qlab, connection, inputs } = await connected(await simulated({ cues: ['1', '12.5'] }));
  const receipt = await connection.send({ start: '12.5' }, never());
  expect(receipt).toMatchObject({ reached: 'acknowledged', sentAt: expect.any(Number) });
  await within(receipt.confirmed ?? Promise.reject(new Error('none')), 'the confirmation');
  expect(qlab.fired).toMatchObject([{ number: '12.5', by: 'start' }]);
  expect(starts(qlab)).toHaveLength(1);
  expect(about(inputs, 'cueStarted')).toMatchObject([{ cueNumber: '12.5', attribution: 'echo' }]);
  expect(inputs.some((input) => qlabAdapter.matches?.({ event: 'cueStarted' }, input))).toBe(false);
});

test("the operator's GO is one press, though QLab tells it in four messages", async () => {
  const { qlab, inputs } = await connected(await simulated());
  qlab.operatorGo('3');
  await eventually(() => about(inputs, 'cueStarted').length === 1, 'the cue was seen to start');
  const [go, ...others] = about(inputs, 'go');
  expect(others).toEqual([]);
  expect(go).toMatchObject({ cueNumber: '3', name: 'Cue 3', type: 'Audio', attribution: 'operator' });
  expect(about(inputs, 'cueStarted')).toMatchObject([{ attribution: 'operator', partOfGo: true }]);
});

test('a GO of ours comes back as an echo, the next one in QLab as a press', async () => {
  const { qlab, connection, inputs } = await connected(await simulated());
  await eventually(() => connection.health().playhead === '1', 'the playhead is known');
  const { confirmed } = await connection.send({ go: true }, never());
  await within(confirmed ?? Promise.reject(new Error('none')), 'the confirmation');
  qlab.operatorGo();
  await eventually(() => about(inputs, 'go').length === 2, 'both GOs');
  expect(about(inputs, 'go')).toMatchObject([
    { cueNumber: '1', attribution: 'echo' },
    { cueNumber: '2', attribution: 'operator' },
  ]);
  expect(inputs.filter((input) => qlabAdapter.matches?.({ event: 'go' }, input))).toHaveLength(1);
});

test('a cue that takes the start and does not fire is acknowledged, and never confirmed', async () => {
  const qlab = await simulated({ cues: [{ number: '1', broken: true }] });
  const { connection } = await connected(qlab, { confirmTimeoutMs: 60 });
  const receipt = await connection.send({ start: '1' }, never());
  expect(receipt.reached).toBe('acknowledged');
  await expect(receipt.confirmed).rejects.toMatchObject({ code: 'DEVICE_TIMEOUT' });
});

test('a GO inside the double-GO window is refused aloud instead of lost', async () => {
  const { qlab, connection, inputs } = await connected(await simulated({ minGoTimeMs: 60_000 }));
  qlab.operatorGo();
  await eventually(() => about(inputs, 'go').length === 1, 'the GO was heard');
  await expect(connection.send({ go: true }, never())).rejects.toMatchObject({
    code: 'DEVICE_REFUSED',
    message: expect.stringMatching(/^QLab's double-GO window still runs for \d+ ms$/),
  });
  await connection.send({ start: '7' }, never());
  expect(qlab.fired.map(({ number }) => number)).toEqual(['1', '7']);
  expect(connection.health().status).toBe('up');
});

test('the double-GO window is read again when somebody changes it', async () => {
  const { qlab, connection } = await connected(await simulated());
  await connection.send({ go: true }, never());
  qlab.workspace.minGoTimeMs = 60_000;
  qlab.workspace.tellSettings('general');
  await eventually(
    () => qlab.received.filter(({ address }) => address.endsWith('minGoTime')).length === 2,
    'the setting is read again',
  );
  await connection.send({ load: '1' }, never());
  await expect(connection.send({ go: true }, never())).rejects.toMatchObject({ code: 'DEVICE_REFUSED' });
});

test('a wrong passcode is said once and never tried again', async () => {
  const qlab = await simulated({ passcode: '1234' });
  await refusedConnect(qlab, { passcode: '9999' }).toMatchObject({
    code: 'DEVICE_REFUSED',
    message: expect.stringContaining('does not accept the passcode'),
  });
  await eventually(() => qlab.clients === 0, 'the connection ends');
  expect(qlab.received.filter(({ address }) => address.endsWith('/connect'))).toHaveLength(1);
});

test('a missing passcode is refused, the right one lets in', async () => {
  await refusedConnect(await simulated({ passcode: '1234' })).toMatchObject({ code: 'DEVICE_REFUSED' });
  const { connection } = await connected(await simulated({ passcode: '1234' }), { passcode: '1234' });
  expect(connection.health().status).toBe('up');
});

test('a passcode that may only look makes the device degraded, and QLab denies the start', async () => {
  const { qlab, connection } = await connected(await simulated({ access: { '': ['view'] } }));
  expect(connection.health()).toMatchObject({ status: 'degraded', detail: expect.stringContaining('control') });
  await expect(connection.send({ start: '1' }, never())).rejects.toMatchObject({ code: 'DEVICE_REFUSED' });
  expect(qlab.fired).toEqual([]);
});

test('a passcode that may only control fires cues, and claims no confirmation', async () => {
  const { qlab, connection } = await connected(await simulated({ access: { '': ['control'] } }));
  expect(connection.health()).toMatchObject({ status: 'degraded', detail: expect.stringContaining('view') });
  const receipt = await connection.send({ start: '1' }, never());
  expect(receipt.confirmed).toBeUndefined();
  expect(qlab.fired).toHaveLength(1);
});

test('a passcode that may do nothing is refused', async () => {
  await refusedConnect(await simulated({ access: { '': [] } })).toMatchObject({ code: 'DEVICE_REFUSED' });
});

test('what QLab denies degrades the device until it does as it is told again', async () => {
  const { qlab, connection } = await connected(await simulated());
  const told: string[] = [];
  connection.onHealth(({ status }) => {
    if (told.at(-1) !== status) told.push(status);
  });
  await qlab.setFaults({ denied: true });
  await expect(connection.send({ start: '1' }, never())).rejects.toMatchObject({ code: 'DEVICE_REFUSED' });
  await qlab.setFaults({});
  await connection.send({ start: '2' }, never());
  expect(told.slice(-2)).toEqual(['degraded', 'up']);
});

test('a reply that comes too late does not answer the next command of the same name', async () => {
  const { qlab, connection } = await connected(await simulated({ version: '5.2' }), { replyTimeoutMs: 140 });
  await qlab.setFaults({ delayMs: 200 });
  await expect(connection.send({ start: '1' }, never())).rejects.toMatchObject({ code: 'DEVICE_TIMEOUT' });
  await qlab.setFaults({ dropReplies: true });
  // Only the late reply to the first arrives while the second waits.
  await expect(connection.send({ start: '1' }, never())).rejects.toMatchObject({ code: 'DEVICE_TIMEOUT' });
  expect(connection.counters?.()).toMatchObject({ 'replies.late': 1 });
  expect(starts(qlab)).toHaveLength(2);
});

test('the report that a cue fired stands in for a reply that got lost', async () => {
  const { qlab, connection } = await connected(await simulated());
  await qlab.setFaults({ dropReplies: true });
  const receipt = await connection.send({ start: '4' }, never());
  expect(receipt.reached).toBe('acknowledged');
  await receipt.confirmed;
});

for (const replyAddress of ['bare', 'workspace'] as const) {
  for (const jsonAddress of ['bare', 'workspace'] as const) {
    test(`replies are matched with a ${replyAddress} address and ${jsonAddress} in the JSON`, async () => {
      const qlab = await simulated({ version: '5.2', faults: { replyAddress, jsonAddress } });
      const { connection } = await connected(qlab);
      expect(await connection.send({ start: '1' }, never())).toMatchObject({ reached: 'acknowledged' });
    });
  }
}

test('a new connection subscribes anew', async () => {
  const qlab = await simulated();
  const first = await connected(qlab);
  qlab.dropClients();
  expect(await first.connection.closed).toMatchObject({ code: 'DEVICE_CLOSED' });
  const { inputs } = await connected(qlab);
  qlab.operatorGo('5');
  await eventually(() => about(inputs, 'go').length === 1, 'the GO is heard');
  expect(about(first.inputs, 'go')).toEqual([]);
});

test('garbage and half a frame are counted and cost nothing else', async () => {
  const { qlab, connection, inputs } = await connected(await simulated());
  const go = encodeFrame('slip', encodeMessage('/qlab/event/workspace/go', ['9', 'Nine', 'id-9', 'Audio']));
  qlab.sendRaw(Buffer.from([0xc0, 0xff, 0xfe, 0xc0]));
  qlab.sendRaw(encodeFrame('slip', Buffer.from('/x\0\0,q\0\0')));
  qlab.sendRaw(encodeFrame('slip', encodeMessage('/reply/thump', ['{ no json'])));
  qlab.sendRaw(encodeFrame('slip', encodeMessage('/reply/nobody/asked', ['{"status":"ok"}'])));
  qlab.sendRaw(go.subarray(0, 10));
  qlab.sendRaw(go.subarray(10));
  await eventually(() => about(inputs, 'go').length === 1, 'the GO behind the garbage');
  const counted = { 'dropped.notOsc': 1, 'dropped.unknownType': 1, 'replies.malformed': 1, 'replies.unasked': 1 };
  expect(connection.counters?.()).toMatchObject(counted);
});

test('a QLab that closes its workspace ends the connection, and is then not reached', async () => {
  const { qlab, connection } = await connected(await simulated({ workspace: 'Hamlet' }));
  qlab.closeWorkspace();
  expect(await connection.closed).toMatchObject({
    code: 'DEVICE_CLOSED',
    message: 'QLab closed the workspace "Hamlet"',
  });
  await refusedConnect(qlab).toMatchObject({ code: 'DEVICE_UNREACHABLE' });
  qlab.openWorkspace();
  expect((await connected(qlab)).connection.health().status).toBe('up');
});

test('the workspace is chosen by name or unique ID; several open ones without a name are a warning', async () => {
  const qlab = await simulated({ workspace: 'Preshow', otherWorkspaces: [{ workspace: 'Hamlet.qlab5' }] });
  for (const workspace of ['Hamlet', '00000000-0000-4000-8000-000000000002']) {
    const { connection } = await connected(qlab, { workspace });
    expect(connection.health().status).toBe('up');
    await connection.send({ start: '1' }, never());
  }
  expect(new Set(qlab.fired.map(({ workspace }) => workspace))).toEqual(
    new Set(['00000000-0000-4000-8000-000000000002']),
  );
  const { connection } = await connected(qlab);
  expect(connection.health()).toMatchObject({ status: 'degraded', detail: expect.stringContaining('Hamlet.qlab5') });
  await refusedConnect(qlab, { workspace: 'Macbeth' }).toMatchObject({
    code: 'DEVICE_UNREACHABLE',
    message: expect.stringContaining('open is Preshow, Hamlet.qlab5'),
  });
});

test('with several workspaces open, a GO in another one is no press', async () => {
  const qlab = await simulated({ workspace: 'Preshow', otherWorkspaces: [{ workspace: 'Hamlet' }] });
  const { connection, inputs } = await connected(qlab, { workspace: 'Hamlet', replyTimeoutMs: 100 });
  const ours = await connected(qlab, { workspace: 'Preshow' });
  qlab.operatorGo('3');
  await eventually(() => about(ours.inputs, 'go').length === 1, 'the GO is heard by the one whose it is');
  await eventually(() => (connection.counters?.()['inputs.otherWorkspace'] ?? 0) > 0, 'and by the other left aside');
  expect(about(inputs, 'go')).toEqual([]);
});

test('access that is changed while connected is noticed', async () => {
  const qlab = await simulated({ passcode: '1234' });
  const { connection } = await connected(qlab, { passcode: '1234' });
  Object.assign(qlab.workspace.access, { 1234: ['view'] });
  qlab.workspace.tellSettings('network.access.osc');
  await eventually(() => connection.health().status === 'degraded', 'the right to control is gone');
});

test('QLab 4: a start is confirmed by asking the cue, a GO by the playhead', async () => {
  const cues = [{ number: '1' }, { number: '2', type: 'Network', durationMs: 0 }];
  const { qlab, connection, inputs } = await connected(await simulated({ version: '4.7.3', cues }));
  await eventually(() => connection.health().playhead === '1', 'the playhead is known');
  for (const command of [{ start: '1' }, { start: '2' }, { go: true }]) {
    const { confirmed } = await connection.send(command, never());
    await within(confirmed ?? Promise.reject(new Error('none')), `the confirmation of ${JSON.stringify(command)}`);
  }
  expect(qlab.fired.map(({ number }) => number)).toEqual(['1', '2', '1']);
  expect(qlab.received.some(({ address }) => address.startsWith('/listen'))).toBe(false);
  expect(about(inputs, 'playhead')).toMatchObject([{ attribution: 'echo' }]);
});

test('QLab 4: a cue that does not run is not confirmed', async () => {
  const qlab = await simulated({ version: '4.7.3', cues: [{ number: '1', broken: true }] });
  const { connection } = await connected(qlab, { confirmTimeoutMs: 250 });
  const { confirmed } = await connection.send({ start: '1' }, never());
  await expect(confirmed).rejects.toMatchObject({ code: 'DEVICE_TIMEOUT' });
});

test('every command reaches QLab in its own words', async () => {
  const { qlab, connection } = await connected(await simulated({ cues: ['1', '2', '3'] }));
  const id = qlab.workspace.all().find(({ number }) => number === '2')?.uniqueID ?? '';
  const before = qlab.received.length;
  const commands = [
    [{ start: '1' }, '/cue/1/start', []],
    [{ startId: id }, `/cue_id/${id}/start`, []],
    [{ go: '3' }, '/go', ['3']],
    [{ load: '1' }, '/cue/1/load', []],
    [{ loadId: id }, `/cue_id/${id}/load`, []],
    [{ stop: '1' }, '/cue/1/stop', []],
    [{ stopId: id }, `/cue_id/${id}/stop`, []],
    [{ stop: true }, '/stop', []],
    [{ pause: true }, '/pause', []],
    [{ resume: true }, '/resume', []],
    [{ panic: true }, '/panic', []],
    [{ reset: true }, '/reset', []],
    [{ playhead: '2' }, '/playhead/2', []],
    [{ playheadId: id }, `/playheadID/${id}`, []],
  ] as const;
  for (const [command] of commands) await connection.send(command, never());
  const prefix = `/workspace/${qlab.workspace.uniqueID}`;
  const isQuestion = /\/(cueLists|number|playbackPositionID)$/;
  const told = qlab.received.slice(before).filter(({ address }) => !isQuestion.test(address));
  expect(told.map(({ address, args }) => [address, args])).toEqual(
    commands.map(([, address, args]) => [`${prefix}${address}`, args]),
  );
});

test("a panic is sent once, comes back as an echo, and the operator's is an input", async () => {
  const { qlab, connection, inputs } = await connected(await simulated());
  await connection.send({ start: '1' }, never());
  await connection.send({ panic: true }, never());
  await eventually(() => about(inputs, 'panic').length === 1, 'the panic is reported');
  expect(qlab.workspace.isPanicking).toBe(true);
  qlab.operatorPanic();
  await eventually(() => about(inputs, 'panic').length === 2, 'the second panic is reported');
  expect(about(inputs, 'panic')).toMatchObject([{ attribution: 'echo' }, { attribution: 'operator' }]);
});

test('two starts under way are told apart, and each is confirmed by its own cue', async () => {
  const { connection } = await connected(await simulated({ cues: ['1', { number: '2', broken: true }] }), {
    confirmTimeoutMs: 100,
  });
  const [one, two] = await Promise.all([
    connection.send({ start: '1' }, never()),
    connection.send({ start: '2' }, never()),
  ]);
  await one.confirmed;
  await expect(two.confirmed).rejects.toMatchObject({ code: 'DEVICE_TIMEOUT' });
});

test('the bytes of a start are on the wire before send has returned', async () => {
  const { connection } = await connected(await simulated());
  const write = vi.spyOn(Socket.prototype, 'write');
  onTestFinished(() => write.mockRestore());
  const sending = connection.send({ start: '1' }, never());
  const written = write.mock.calls.map(([bytes]) => Buffer.from(bytes).toString('latin1'));
  await sending;
  expect(written).toEqual([expect.stringContaining('/cue/1/start')]);
});

test('a GO that QLab denied opens no double-GO window', async () => {
  const { qlab, connection } = await connected(await simulated({ minGoTimeMs: 60_000 }));
  await qlab.setFaults({ denied: true });
  await expect(connection.send({ go: true }, never())).rejects.toMatchObject({ message: 'QLab denied: GO' });
  await qlab.setFaults({});
  await connection.send({ go: '1' }, never());
  expect(qlab.fired).toHaveLength(1);
});
