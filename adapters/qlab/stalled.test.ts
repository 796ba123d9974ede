import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import type { Input } from '../../src/adapter-sdk/adapter.js';
import { never, testIo } from '../../src/adapter-sdk/testing/rig.js';
import { about, qlabDevice, simulated } from '../../test/support/qlab-desk.js';
import { TestClock } from '../../test/support/test-clock.js';
import { eventually, within } from '../../test/support/waiting.js';
import { qlabAdapter } from './adapter.js';
import { openLink } from './link.js';
import type { QlabSimulator } from './simulator.js';

test('something that listens and is no QLab is said to be none', async () => {
  const server = createServer((socket) => void socket.on('error', () => {}));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const port = (server.address() as AddressInfo).port;
  await expect(
    qlabAdapter.connect(qlabDevice({ port }, { replyTimeoutMs: 80 }), testIo(), never()),
  ).rejects.toMatchObject({ code: 'DEVICE_TIMEOUT' });
});

test('a QLab that leaves two thumps unanswered is gone; one that answers stays', async () => {
  const qlab = await simulated();
  const clock = new TestClock();
  const connection = await qlabAdapter.connect(qlabDevice(qlab), { ...testIo(), clock }, never());
  onTestFinished(() => connection.close());
  const thumps = () => qlab.received.filter(({ address }) => address.endsWith('/thump')).length;
  for (let count = 1; count <= 3; count++) {
    const answered = () => connection.counters?.()['replies.answered'] ?? 0;
    const before = answered();
    await clock.advance(5000);
    await eventually(() => answered() > before, 'the thump is answered');
    expect(thumps()).toBe(count);
  }
  await qlab.setFaults({ dropReplies: true });
  await clock.advance(5000);
  await clock.advance(1000);
  expect(connection.health().status).toBe('up');
  await clock.advance(1000);
  expect(await connection.closed).toMatchObject({ code: 'DEVICE_TIMEOUT' });
  expect(connection.health().status).toBe('down');
});

/** A QLab that can be made to stall: its bytes, both ways, wait until it goes on. */
async function stalling(): Promise<{
  qlab: QlabSimulator;
  port: number;
  stall: () => void;
  goOn: () => void;
  reset: () => boolean;
}> {
  const qlab = await simulated();
  const sockets: Socket[] = [];
  let reset = false;
  const server = createServer((near) => {
    const far = connect(qlab.port, '127.0.0.1');
    near.pipe(far).pipe(near);
    near.on('error', (error: NodeJS.ErrnoException) => {
      reset ||= error.code === 'ECONNRESET';
      far.destroy();
    });
    far.on('error', () => near.destroy());
    sockets.push(near, far);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const [near, far] = [() => sockets[0], () => sockets[1]];
  return {
    qlab,
    port: (server.address() as AddressInfo).port,
    stall: () => void (far() && near()?.unpipe(far())),
    goOn: () => void near()?.pipe(far() as Socket),
    reset: () => reset,
  };
}

test('a QLab that leaves a command and a thump unanswered is cut off, before the command could reach it late', async () => {
  const { qlab, port, stall, reset } = await stalling();
  const clock = new TestClock();
  const connection = await qlabAdapter.connect(qlabDevice({ port }), { ...testIo(), clock }, never());
  onTestFinished(() => connection.close());
  stall();
  const sending = connection.send({ start: '1' }, never());
  sending.catch(() => {});
  await clock.advance(1000);
  await expect(sending).rejects.toMatchObject({ code: 'DEVICE_TIMEOUT' });
  await clock.advance(1000);
  expect(await within(connection.closed, 'the end')).toMatchObject({ code: 'DEVICE_TIMEOUT' });
  await eventually(reset, 'the connection was reset');
  expect(qlab.fired).toEqual([]);
});

test('a GO of ours that a stalled QLab does after its time is no press', async () => {
  const { qlab, port, stall, goOn } = await stalling();
  const clock = new TestClock();
  const config = qlabDevice({ port }, { confirmTimeoutMs: 300 });
  const connection = await qlabAdapter.connect(config, { ...testIo(), clock }, never());
  onTestFinished(() => connection.close());
  const inputs: Input[] = [];
  connection.onInput((input) => inputs.push(input));
  await eventually(() => connection.health().playhead === '1', 'the playhead is known');
  stall();
  const sending = connection.send({ go: true }, never());
  sending.catch(() => {});
  await clock.advance(1000);
  await clock.advance(900);
  goOn();
  await eventually(() => about(inputs, 'go').length === 1, 'the GO is reported');
  expect(about(inputs, 'go')).toMatchObject([{ attribution: 'echo' }]);
  expect(qlab.fired).toHaveLength(1);
});

test('a cue that fires after it was told as failed is said to have fired', async () => {
  const { qlab, port, stall, goOn } = await stalling();
  const clock = new TestClock();
  const connection = await qlabAdapter.connect(qlabDevice({ port }), { ...testIo(), clock }, never());
  onTestFinished(() => connection.close());
  stall();
  const sending = connection.send({ start: '1' }, never());
  sending.catch(() => {});
  await clock.advance(1500);
  await expect(sending).rejects.toMatchObject({ code: 'DEVICE_TIMEOUT' });
  goOn();
  await eventually(() => qlab.fired.length === 1, 'it fires');
  await eventually(
    () => connection.health().detail === 'start 1 fired after 1.5 s, and had been told as failed',
    'whoever looks is told',
  );
  expect(connection.health().status).toBe('degraded');
});

test('a QLab that still reports is not gone, though its thumps get lost', async () => {
  const qlab = await simulated();
  const clock = new TestClock();
  const connection = await qlabAdapter.connect(qlabDevice(qlab), { ...testIo(), clock }, never());
  onTestFinished(() => connection.close());
  const inputs: Input[] = [];
  connection.onInput((input) => inputs.push(input));
  await qlab.setFaults({ dropReplies: true });
  for (let round = 1; round <= 3; round++) {
    await clock.advance(5000);
    qlab.operatorGo(String(round));
    await eventually(() => about(inputs, 'cueStarted').length === round, 'the cue is reported');
    await clock.advance(1000);
  }
  expect(connection.health().status).toBe('up');
});

test('close ends in time, and well, when QLab has stopped reading', async () => {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket.on('error', () => {}));
    socket.pause();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const port = (server.address() as AddressInfo).port;
  const link = await openLink(qlabDevice({ port }), testIo().clock, never());
  const refusal = () => {
    for (;;) link.post('/go', ['x'.repeat(60_000)]);
  };
  expect(refusal).toThrowError(expect.objectContaining({ code: 'DEVICE_TIMEOUT' }));
  await within(link.close('/disconnect'), 'close');
  expect(await link.closed).toBeUndefined();
});
