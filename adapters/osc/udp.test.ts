import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { afterEach, expect, test } from 'vitest';
import { never, testIo } from '../../src/adapter-sdk/testing/rig.js';
import { encodePacket } from '../../src/wire/osc/codec.js';
import { keptLog } from '../../test/support/log-lines.js';
import { connectOsc, openOsc, resolvedOsc } from '../../test/support/osc-device.js';
import { eventually } from '../../test/support/waiting.js';
import { oscAdapter } from './adapter.js';
import { type OscSimulator, openOscSimulator } from './simulator.js';

const endings: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

async function connected(config: object) {
  const bridge = await connectOsc(config);
  endings.push(() => bridge.connection.close());
  return bridge;
}

/** A bridge that listens, and a device that sends to it. */
async function listening(config: object = {}) {
  const device = await simulator();
  await device.close();
  const bridge = await connected({ listen: `127.0.0.1:${device.port}`, ...config });
  const sender = await simulator({ to: { host: '127.0.0.1', port: device.port } });
  return { ...bridge, sender, port: device.port };
}

async function simulator(options: object = {}): Promise<OscSimulator> {
  const made = await openOscSimulator({ transport: 'udp', ...options });
  endings.push(() => made.close());
  return made;
}

const go = encodePacket({ address: '/go', args: [] });

test('the packet is in the kernel’s hands when send() returns, before its promise is looked at', async () => {
  const shared = new SharedArrayBuffer(8);
  const flags = new Int32Array(shared);
  // Another thread receives while this one's event loop stands still.
  const receiver = new Worker(
    `const { workerData, parentPort } = require('node:worker_threads');
     const flags = new Int32Array(workerData);
     const socket = require('node:dgram').createSocket('udp4');
     socket.on('message', () => { Atomics.store(flags, 0, 1); Atomics.notify(flags, 0); });
     socket.bind(0, '127.0.0.1', () => parentPort.postMessage(socket.address().port));`,
    { eval: true, workerData: shared },
  );
  endings.push(() => receiver.terminate());
  const [port] = (await once(receiver, 'message')) as [number];
  const { connection } = await connected({ host: '127.0.0.1', port });
  const sending = connection.send({ address: '/go' }, never());
  expect(Atomics.wait(flags, 0, 0, 5000)).not.toBe('timed-out');
  expect(await sending).toMatchObject({ reached: 'sent' });
});

test('over UDP too, who is not from an address or net of `from` is not heard', async () => {
  const { connection, inputs, sender } = await listening({ from: ['10.0.0.0/8', '127.0.0.2', '::1'] });
  await sender.sendBytes(go);
  await sender.sendBytes(go);
  await eventually(() => connection.counters?.()['refused.strangers'] === 2, 'both are counted');
  expect(inputs).toEqual([]);
  expect(connection.health().detail).toContain('nothing heard yet');
  const near = await listening({ from: ['127.0.0.0/30'] });
  await near.sender.sendBytes(go);
  await eventually(() => near.inputs.length === 1, 'one of the net');
});

test('strangers are one line in the log, however many packets they send', async () => {
  const { log, named } = keptLog();
  const free = await simulator();
  await free.close();
  const config = await resolvedOsc({ adapter: 'osc', listen: `127.0.0.1:${free.port}`, from: ['10.0.0.1'] });
  const connection = await oscAdapter.connect(config, { ...testIo(), log }, never());
  endings.push(() => connection.close());
  const sender = await simulator({ to: { host: '127.0.0.1', port: free.port } });
  for (let n = 0; n < 5; n += 1) await sender.sendBytes(go);
  await eventually(() => connection.counters?.()['refused.strangers'] === 5, 'all are counted');
  expect(named('stranger.refused')).toMatchObject([{ code: 'FORBIDDEN', from: `127.0.0.1:${sender.port}` }]);
});

test('garbage is dropped and counted by reason, and the next good packet works', async () => {
  const { connection, inputs, sender, told } = await listening({ frameBytesMax: 64 });
  await sender.sendBytes(Buffer.alloc(0));
  await sender.sendBytes(Buffer.from('GO\r\n'));
  await sender.sendBytes(Buffer.from('/go'));
  await sender.sendBytes(Buffer.alloc(68, 0x2f));
  await sender.sendBytes(go);
  await eventually(() => inputs.length === 1, 'the good packet');
  expect(inputs).toEqual([{ address: '/go', args: [], types: '', from: `127.0.0.1:${sender.port}` }]);
  expect(connection.counters?.()).toEqual({
    'received.packets': 4,
    'received.messages': 1,
    'dropped.empty': 1,
    'dropped.notOsc': 1,
    'dropped.length': 1,
    'dropped.oversize': 1,
  });
  expect(told.map(({ status }) => status)).toEqual(['unverified']);
});

test('a bundle’s messages are inputs of their own, in order', async () => {
  const { inputs, sender } = await listening();
  await sender.send({
    packets: [1, 2, 3].map((value) => ({ address: '/cue', args: [{ type: 'i' as const, value }] })),
    timeTag: 'ffffffffffffffff',
  });
  await eventually(() => inputs.length === 3, 'three inputs');
  expect(inputs.map(({ args }) => args)).toEqual([[1], [2], [3]]);
});

test('closing in the middle of a bundle ends it there', async () => {
  const { connection, inputs, sender } = await listening();
  connection.onInput(() => void connection.close());
  await sender.send({
    packets: [
      { address: '/one', args: [] },
      { address: '/two', args: [] },
    ],
  });
  await connection.closed;
  expect(inputs.map(({ address }) => address)).toEqual(['/one']);
});

test('many senders at once are told apart by where they send from', async () => {
  const { inputs, sender, port } = await listening();
  const other = await simulator({ to: { host: '127.0.0.1', port } });
  await sender.sendBytes(go);
  await other.sendBytes(go);
  await eventually(() => inputs.length === 2, 'two inputs');
  expect(inputs.map(({ from }) => from).sort()).toEqual(
    [sender.port, other.port].map((at) => `127.0.0.1:${at}`).sort(),
  );
});

test('nothing at the device’s port: degraded once the network says so, and good again once it is there', async () => {
  const device = await simulator();
  const { port } = device;
  await device.close();
  const { connection, told } = await connected({ host: '127.0.0.1', port });
  expect(connection.health().status).toBe('unverified');
  expect(await connection.send({ address: '/go' }, never())).toMatchObject({ reached: 'sent' });
  await eventually(() => connection.health().status === 'degraded', 'the refusal');
  expect(connection.health()).toMatchObject({ code: 'DEVICE_UNREACHABLE' });
  expect(connection.counters?.()['refused.packets']).toBeGreaterThan(0);

  const back = await simulator({ listen: `127.0.0.1:${port}` });
  await connection.send({ address: '/go' }, never());
  await eventually(() => connection.health().status === 'unverified', 'the health after an unrefused packet');
  expect(back.received).toHaveLength(1);
  expect(told.map(({ status }) => status)).toEqual(['degraded', 'unverified']);
  expect(connection.health().detail).toContain('over UDP nothing tells whether it arrives');
});

test('a packet from the device ends the doubt at once', async () => {
  const device = await simulator();
  const { connection, inputs } = await connected({ host: '127.0.0.1', port: device.port });
  await connection.send({ address: '/hello' }, never());
  await eventually(() => device.links() === 1, 'the device hears the bridge');
  const { received, port } = device;
  const [name] = received.map(({ address }) => address);
  expect(name).toBe('/hello');
  await device.sendBytes(go);
  await eventually(() => inputs.length === 1, 'the input');
  expect(connection.health()).toMatchObject({ status: 'unverified' });
  expect(connection.health().detail).toContain(`heard from 127.0.0.1:${port}`);
});

test('the refusal of an earlier packet does not cost the next one', async () => {
  const device = await simulator();
  const { port } = device;
  await device.close();
  const { connection } = await connected({ host: '127.0.0.1', port });
  // In one tick: the kernel answers each of these with the refusal of the one before.
  const sends = ['/a', '/b', '/c'].map((address) => connection.send({ address }, never()));
  expect(await Promise.all(sends)).toMatchObject([{ reached: 'sent' }, { reached: 'sent' }, { reached: 'sent' }]);
  expect(connection.health().status).toBe('degraded');
});

test('a device without host and port takes no commands, aloud', async () => {
  const { connection } = await listening();
  await expect(connection.send({ address: '/go' }, never())).rejects.toMatchObject({ code: 'DEVICE_REFUSED' });
});

test('a packet that fits no datagram is refused, and the connection lives', async () => {
  const device = await simulator();
  const { connection } = await connected({ host: '127.0.0.1', port: device.port });
  const large = { address: '/x', args: Array.from({ length: 5 }, () => 'a'.repeat(16_000)) };
  await expect(connection.send(large, never())).rejects.toMatchObject({ code: 'CODEC_MALFORMED' });
  await connection.send({ address: '/go' }, never());
  await eventually(() => device.received.length === 1, 'the next packet');
});

test('a malformed command is refused, and the connection lives', async () => {
  const device = await simulator();
  const { connection } = await connected({ host: '127.0.0.1', port: device.port });
  await expect(connection.send({ address: 'go' }, never())).rejects.toMatchObject({ code: 'CODEC_MALFORMED' });
  await connection.send({ address: '/go' }, never());
  await eventually(() => device.received.length === 1, 'the next packet');
});

test('a port that another program has is said so', async () => {
  const other = await simulator();
  const connecting = openOsc({ listen: `127.0.0.1:${other.port}` });
  await expect(connecting).rejects.toMatchObject({
    code: 'LISTEN_FAILED',
    message: expect.stringMatching(/another program, or another device of the bridge file,/),
  });
});

test('a name that nobody knows is said so', async () => {
  const connecting = openOsc({ host: 'no-such-desk.invalid', port: 9 });
  await expect(connecting).rejects.toMatchObject({ code: 'DEVICE_UNREACHABLE' });
});

test('localhost is IPv4, which is what show devices listen on', async () => {
  const device = await simulator();
  const { connection } = await connected({ host: 'localhost', port: device.port });
  await connection.send({ address: '/go' }, never());
  await eventually(() => device.received.length === 1, 'the packet');
});
