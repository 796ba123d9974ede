import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { never } from '../../src/adapter-sdk/testing/rig.js';
import { encodePacket } from '../../src/wire/osc/codec.js';
import { encodeFrame } from '../../src/wire/osc/framing.js';
import { freePort } from '../../test/support/free-port.js';
import { connectOsc } from '../../test/support/osc-device.js';
import { eventually, within } from '../../test/support/waiting.js';
import { openOscSimulator } from './simulator.js';

const endings: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

async function connected(config: object) {
  const bridge = await connectOsc({ transport: 'tcp', ...config });
  endings.push(() => bridge.connection.close());
  return bridge;
}

/** A bare TCP server: what the bridge connects to, byte by byte in the test's hands. */
async function bareServer(
  onSocket: (socket: Socket) => void = () => undefined,
): Promise<{ server: Server; port: number }> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    endings.push(() => socket.destroy());
    onSocket(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  endings.push(() => server.close());
  const address = server.address();
  return { server, port: typeof address === 'object' && address ? address.port : 0 };
}

async function listening(config: object = {}) {
  const port = await freePort('tcp');
  return { ...(await connected({ listen: `127.0.0.1:${port}`, ...config })), port };
}

async function peer(port: number): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true });
  socket.on('error', () => undefined);
  endings.push(() => socket.destroy());
  await once(socket, 'connect');
  return socket;
}

const go = encodePacket({ address: '/go', args: [] });

test('devices of both framings speak to the same port, told apart by their first byte', async () => {
  const { inputs, port } = await listening();
  for (const framing of ['slip', 'length-prefix'] as const) {
    const socket = await peer(port);
    for (const byte of encodeFrame(framing, go)) socket.write(Uint8Array.of(byte));
    socket.write(Buffer.concat([encodeFrame(framing, go), encodeFrame(framing, go)]));
  }
  await eventually(() => inputs.length === 6, 'three inputs of each');
  expect(new Set(inputs.map(({ from }) => from)).size).toBe(2);
});

test('a command goes to every device, to each in its own framing', async () => {
  const { connection, port } = await listening();
  const got: Buffer[] = [];
  for (const framing of ['slip', 'length-prefix'] as const) {
    const socket = await peer(port);
    const at = got.push(Buffer.alloc(0)) - 1;
    socket.on('data', (chunk) => {
      got[at] = Buffer.concat([got[at] ?? chunk.subarray(0, 0), chunk]);
    });
    socket.write(encodeFrame(framing, go));
  }
  await eventually(() => connection.counters?.()['received.messages'] === 2, 'both have spoken');
  await connection.send({ address: '/x' }, never());
  const packet = encodePacket({ address: '/x', args: [] });
  const wanted = (['slip', 'length-prefix'] as const).map((framing) =>
    Buffer.from(encodeFrame(framing, packet)).toString('hex'),
  );
  await eventually(() => got.every(({ length }) => length > 0), 'both got it');
  expect(got.map((bytes) => bytes.toString('hex'))).toEqual(wanted);
});

test('a device that has not spoken yet is sent length-prefix, or what the bridge file says', async () => {
  for (const framing of ['auto', 'slip'] as const) {
    let got = '';
    const { port } = await bareServer((socket) => {
      socket.on('data', (chunk) => {
        got += chunk.toString('hex');
      });
    });
    const { connection } = await connected({ host: '127.0.0.1', port, framing });
    await connection.send({ address: '/go' }, never());
    await eventually(() => got !== '', 'the packet');
    expect(got).toBe(framing === 'slip' ? 'c02f676f002c000000c0' : '000000082f676f002c000000');
  }
});

test('half a frame and then the end: nothing comes of it, and other devices are not touched', async () => {
  const { connection, inputs, port } = await listening();
  const [broken, sound] = [await peer(port), await peer(port)];
  broken.end(encodeFrame('length-prefix', go).subarray(0, 7));
  await eventually(() => connection.counters?.()['dropped.halfFrame'] === 1, 'the half frame');
  sound.write(encodeFrame('slip', go));
  await eventually(() => inputs.length === 1, 'the other device');
  expect(connection.health()).toMatchObject({ status: 'up' });
});

test('an oversize frame is dropped and counted, and the next good packet works, in both framings', async () => {
  const { connection, inputs, port } = await listening({ frameBytesMax: 1024 });
  for (const framing of ['slip', 'length-prefix'] as const) {
    const socket = await peer(port);
    socket.write(encodeFrame(framing, Buffer.alloc(3_000_000, 0x2f)));
    socket.write(encodeFrame(framing, go));
  }
  await eventually(() => inputs.length === 2, 'both good packets');
  expect(connection.counters?.()['dropped.oversize']).toBe(2);
});

test('a device that loses the framing is cut off; it alone', async () => {
  const { connection, inputs, port } = await listening({ framing: 'length-prefix' });
  const [lost, sound] = [await peer(port), await peer(port)];
  lost.write(Buffer.concat([encodeFrame('length-prefix', go), Buffer.from('GET / HTTP/1.1')]));
  await within(once(lost, 'close'), 'the end of the lost one');
  sound.write(encodeFrame('length-prefix', go));
  await eventually(() => inputs.length === 2, 'the other device');
  expect(connection.counters?.()['dropped.lostFraming']).toBe(1);
});

test('more devices than the limit are turned away, aloud', async () => {
  const { connection, inputs, port } = await listening({ peersMax: 2 });
  const sockets = [await peer(port), await peer(port)];
  await eventually(() => connection.health().detail?.split(',').length === 2, 'two devices');
  for (const socket of sockets) socket.write(encodeFrame('slip', go));
  await eventually(() => inputs.length === 2, 'both are in use');
  const third = await peer(port);
  await within(once(third, 'close'), 'the third is closed');
  expect(connection.counters?.()['refused.peers']).toBe(1);
  for (const socket of sockets) socket.write(encodeFrame('slip', go));
  await eventually(() => inputs.length === 4, 'the first two');
});

test('devices that never say anything keep nobody out', async () => {
  const { connection, inputs, port } = await listening({ peersMax: 4 });
  for (let n = 0; n < 8; n += 1) await peer(port);
  await eventually(() => connection.counters?.()['dropped.peers'] === 4, 'four made room');
  const talking = await peer(port);
  talking.write(encodeFrame('slip', go));
  await eventually(() => inputs.length === 1, 'the one that talks');
});

test.each([
  ['a web page', 'POST /go HTTP/1.1\r\nHost: x\r\n\r\n'],
  ['a web page whose request comes in pieces', 'P'],
  ['TLS', '\x16\x03\x01\x02'],
  ['SSH', 'SSH-2.0-OpenSSH_9.2\r\n'],
])('%s presses nothing, whatever it hides in its words: it is closed at once', async (_, words) => {
  for (const framing of ['auto', 'slip', 'length-prefix'] as const) {
    const { connection, inputs, port } = await listening({ framing });
    const stranger = await peer(port);
    stranger.write(
      Buffer.concat([Buffer.from(words, 'latin1'), encodeFrame('slip', go), encodeFrame('length-prefix', go)]),
    );
    await within(once(stranger, 'close'), 'it is closed');
    expect(inputs).toEqual([]);
    expect(connection.counters?.()['refused.strangers']).toBe(1);
  }
});

test('who is not from an address or net of `from` is not heard, over TCP and UDP', async () => {
  const { connection, port } = await listening({ from: ['10.0.0.0/8', '::1'] });
  const stranger = await peer(port);
  await within(once(stranger, 'close'), 'it is closed');
  expect(connection.counters?.()['refused.strangers']).toBe(1);
  const { inputs, port: open } = await listening({ from: ['127.0.0.0/8'] });
  (await peer(open)).write(encodeFrame('slip', go));
  await eventually(() => inputs.length === 1, 'one of the net');
});

test('the health of a port that listens: unverified until a device is there, degraded once all have left', async () => {
  const { connection, port } = await listening();
  const told: string[] = [];
  connection.onHealth(({ status }) => told.push(status));
  expect(connection.health().status).toBe('unverified');
  await expect(connection.send({ address: '/go' }, never())).rejects.toMatchObject({ code: 'DEVICE_CLOSED' });
  const socket = await peer(port);
  await eventually(() => connection.health().status === 'up', 'the device');
  socket.resetAndDestroy();
  await eventually(() => connection.health().status === 'degraded', 'its leaving');
  await expect(connection.send({ address: '/go' }, never())).rejects.toMatchObject({ code: 'DEVICE_CLOSED' });
  expect(told).toEqual(['up', 'degraded']);
});

test('a device that closes politely is gone as much as one that resets', async () => {
  const sockets: Socket[] = [];
  const { port } = await bareServer((socket) => sockets.push(socket));
  const { connection } = await connected({ host: '127.0.0.1', port });
  await eventually(() => sockets.length === 1, 'the link');
  sockets[0]?.end(encodeFrame('slip', go));
  expect(await within(connection.closed, '`closed`')).toMatchObject({ code: 'DEVICE_CLOSED' });
  expect(connection.counters?.()['received.messages']).toBe(1);
});

test('a device that takes nothing is cut off in time: refused, and nothing reaches it late', async () => {
  const sockets: Socket[] = [];
  const { port } = await bareServer((socket) => sockets.push(socket.pause()));
  const { connection } = await connected({ host: '127.0.0.1', port, sendTimeoutMs: 500 });
  const large = { address: '/x', args: Array.from({ length: 60 }, () => 'a'.repeat(16_000)) };
  const codes = new Set<string>();
  for (let count = 0; count < 20 && connection.health().status === 'up'; count++) {
    await connection.send(large, never()).catch((error) => codes.add(error.code));
  }
  expect([...codes]).toEqual(['DEVICE_TIMEOUT']);
  expect(await within(connection.closed, '`closed`')).toMatchObject({ code: 'DEVICE_TIMEOUT' });
  await eventually(() => sockets.length === 1, 'the link');
});

test('no more than the limit ever waits for a device: what is above is refused at once', async () => {
  const { port } = await bareServer((socket) => socket.pause());
  const { connection } = await connected({ host: '127.0.0.1', port, sendTimeoutMs: 30_000 });
  const large = { address: '/x', args: Array.from({ length: 20 }, () => 'a'.repeat(16_000)) };
  let refused: { code?: string; message?: string } | undefined;
  for (let count = 0; count < 100 && !refused; count++) {
    connection.send(large, never()).catch((error) => {
      refused ??= error;
    });
    await Promise.resolve();
    await Promise.resolve();
    await Promise.resolve();
  }
  await eventually(() => refused !== undefined, 'a refusal');
  expect(refused).toMatchObject({ code: 'DEVICE_TIMEOUT', message: expect.stringMatching(/does not read/) });
  await within(connection.close(), 'close() does not wait for a device that takes nothing');
});

test('giving up on a packet that the device has not taken cuts it off as well', async () => {
  const { port } = await bareServer((socket) => socket.pause());
  const { connection } = await connected({ host: '127.0.0.1', port, sendTimeoutMs: 30_000 });
  const large = { address: '/x', args: Array.from({ length: 60 }, () => 'a'.repeat(16_000)) };
  const giveUp = new AbortController();
  const sends = Array.from({ length: 12 }, () => connection.send(large, giveUp.signal).catch((error) => error.code));
  giveUp.abort();
  expect(await within(Promise.all(sends), 'all sends')).toContain('DEVICE_TIMEOUT');
  expect(await within(connection.closed, '`closed`')).toMatchObject({ code: 'DEVICE_TIMEOUT' });
});

test('the simulator speaks and hears both framings', async () => {
  for (const framing of ['slip', 'length-prefix'] as const) {
    const device = await openOscSimulator({ transport: 'tcp', framing });
    endings.push(() => device.close());
    const { connection, inputs } = await connected({ host: '127.0.0.1', port: device.port, framing });
    await eventually(() => device.links() === 1, 'the link');
    await device.send({ address: '/go', args: [] });
    await connection.send({ address: '/cue', args: [1] }, never());
    await eventually(() => inputs.length === 1 && device.received.length === 1, 'both ways');
    expect(device.received[0]).toMatchObject({ address: '/cue', types: 'i' });
  }
});
