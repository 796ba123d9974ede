import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { never } from '../../src/adapter-sdk/testing/rig.js';
import type { BridgeError } from '../../src/kit/errors.js';
import { TestClock } from '../../test/support/test-clock.js';
import { eventually, within } from '../../test/support/waiting.js';
import { TcpPeer } from './tcp-peer.js';
import { unacknowledgedBytes } from './unacknowledged.js';

async function pair(): Promise<{ near: Socket; far: Socket }> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  const near = connect((await once(server, 'listening').then(() => server.address() as AddressInfo)).port, '127.0.0.1');
  const [far] = (await once(server, 'connection')) as [Socket];
  await once(near, 'connect').catch(() => {});
  onTestFinished(() => {
    near.destroy();
    far.destroy();
    server.close();
  });
  return { near, far };
}

test('Linux tells what the kernel holds for a peer, other systems tell nothing', async () => {
  const { near, far } = await pair();
  far.pause();
  const told = process.platform === 'linux' ? 0 : undefined;
  expect(await unacknowledgedBytes(near)).toBe(told);
  near.write(Buffer.alloc(16 * 1024 * 1024));
  const held = await unacknowledgedBytes(near);
  if (told === 0) expect(held).toBeGreaterThan(0);
  else expect(held).toBeUndefined();
});

/** A peer of which the test says how much it has not acknowledged. */
async function peerHolding(held: () => number | undefined) {
  const { near, far } = await pair();
  const clock = new TestClock();
  const gone: BridgeError[] = [];
  const resets: string[] = [];
  far.on('error', (error: NodeJS.ErrnoException) => resets.push(error.code ?? ''));
  const options = { framing: 'slip', frameBytesMax: 1024, sendTimeoutMs: 1000, clock } as const;
  const events = { packet: () => {}, count: () => {}, gone: (why: BridgeError) => void gone.push(why) };
  const peer = new TcpPeer(near, { ...options, unacknowledged: async () => held() }, events);
  return { peer, clock, gone, resets };
}

test('a packet that the network holds back is taken back before it could come late', async () => {
  const { peer, clock, gone, resets } = await peerHolding(() => 10);
  await peer.send(Buffer.from('/go\0,\0\0\0'), never());
  await clock.advance(800);
  expect(gone).toEqual([]);
  await clock.advance(200);
  expect(gone).toMatchObject([{ code: 'DEVICE_TIMEOUT' }]);
  await eventually(() => resets.includes('ECONNRESET'), 'the connection was reset');
});

test.each([0, undefined])('a packet that has arrived is no trouble (%s held)', async (held) => {
  const { peer, clock, gone } = await peerHolding(() => held);
  await peer.send(Buffer.from('/go\0,\0\0\0'), never());
  await clock.advance(5000);
  expect(gone).toEqual([]);
});

test('packet after packet, each acknowledged in time though never all, is no trouble', async () => {
  const { peer, clock, gone } = await peerHolding(() => 10);
  for (let at = 0; at < 10; at++) {
    await peer.send(Buffer.from('/go\0,\0\0\0'), never());
    await clock.advance(400);
  }
  expect(gone).toEqual([]);
});

test('what has not arrived at close is taken back as well', async () => {
  const { peer, clock, resets } = await peerHolding(() => 10);
  await peer.send(Buffer.from('/go\0,\0\0\0'), never());
  const closed = peer.close();
  await clock.advance(200);
  await within(closed, 'close');
  await eventually(() => resets.includes('ECONNRESET'), 'the connection was reset');
});
