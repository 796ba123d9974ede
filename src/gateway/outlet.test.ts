/** One client's socket that is read slowly or not at all. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import type { WebSocket } from 'ws';
import { eventually } from '../../test/support/waiting.js';
import { Outlet } from './outlet.js';

const MAX = 65_536;
/** More than the kernel takes for a socket that nobody reads. */
const LARGE = Buffer.alloc(32 * 1024 * 1024);
const PIECE = Buffer.alloc(16_384);

/** An outlet on a real socket, whose other end reads only when it is told to. */
async function slowClient() {
  const server = createServer({ pauseOnConnect: true }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const near = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [far] = (await once(server, 'connection')) as [Socket];
  onTestFinished(() => {
    near.destroy();
    far.destroy();
    server.close();
  });
  for (const end of [near, far]) end.on('error', () => undefined);
  let got = 0;
  far.on('data', (bytes) => {
    got += bytes.length;
  });
  far.pause();
  const slow: number[] = [];
  const ended: string[] = [];
  const ws = {
    ...{ readyState: 1, OPEN: 1 },
    close: (code: number) => ended.push(`close ${code}`),
    terminate: () => ended.push('terminate'),
  };
  const outlet: Outlet = new Outlet(ws as unknown as WebSocket, near, (bytes) => {
    slow.push(bytes);
    outlet.close(1013, 'too slow');
  });
  return { near, far, outlet, slow, ended, got: () => got };
}

test('while a large piece is under way, what is said beside it is not held against the client', async () => {
  const { far, outlet, slow, got } = await slowClient();
  let taken = false;
  const sending = outlet.sendAndDrain(LARGE).then(() => {
    taken = true;
  });
  for (let n = 0; n < 4; n++) outlet.send(PIECE, MAX);
  expect(slow).toEqual([]);
  expect(taken).toBe(false);
  far.resume();
  await sending;
  await eventually(() => got() === LARGE.length + 4 * PIECE.length, 'all of it is read');
});

test('afterwards the client has its usual measure again, and is told once that it is too slow', async () => {
  const { near, far, outlet, slow, ended } = await slowClient();
  const sending = outlet.sendAndDrain(LARGE);
  far.resume();
  await sending;
  await eventually(() => near.writableLength === 0, 'nothing is left');
  far.pause();
  for (let n = 0; slow.length === 0; n++) {
    outlet.send(PIECE, MAX);
    if (n % 4 === 0) await new Promise(setImmediate);
    expect(n * PIECE.length).toBeLessThan(LARGE.length - MAX);
  }
  expect(slow[0]).toBeGreaterThan(MAX);
  expect(slow[0]).toBeLessThanOrEqual(MAX + 8 * PIECE.length);
  outlet.send(PIECE, MAX);
  outlet.send(PIECE, MAX);
  expect(slow).toHaveLength(1);
  expect(ended).toEqual(['close 1013']);
});

test('a client that goes while a large piece is under way holds nobody up', async () => {
  const { near, outlet } = await slowClient();
  const sending = outlet.sendAndDrain(LARGE);
  near.destroy();
  await sending;
  expect([near.listenerCount('drain'), outlet.isOpen]).toEqual([0, true]);
});
