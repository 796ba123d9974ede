/** What was told as sent and does not leave, and half a line that a box got. */
import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync, readSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Connection, Receipt } from '../../src/adapter-sdk/adapter.js';
import { testIo } from '../../src/adapter-sdk/testing/contract.js';
import { BridgeError } from '../../src/kit/errors.js';
import { checkedDevice } from '../../test/support/checked-device.js';
import { TestClock } from '../../test/support/test-clock.js';
import { within } from '../../test/support/waiting.js';
import { createSerialAdapter } from './adapter.js';
import { Departures } from './departures.js';
import { SafeUnixPort } from './safe-binding.js';
import { SimulatedPort } from './simulator.js';

const never = new AbortController().signal;

/** A box whose system takes 20 bytes while the box holds back, and one adapter for all connections to it. */
function bench(device: object = {}, port = new SimulatedPort({ path: '/dev/ttyTEST' })) {
  port.systemBytes = 20;
  const clock = new TestClock();
  const adapter = createSerialAdapter({ loadBinding: async () => port });
  const config = checkedDevice('serial', { path: '/dev/ttyTEST', ...device });
  const connect = () => adapter.connect(config, { ...testIo('box'), clock }, never);
  return { port, clock, connect, received: () => port.received.toString() };
}

/** What became of it after it was told as sent. */
async function fateOf({ left }: Receipt): Promise<string> {
  const fate = left?.then(
    () => 'left',
    (error: BridgeError) => `${error.code}: ${error.message}`,
  );
  return within(fate ?? Promise.resolve('unknown'), 'whether it has left');
}

/** Two lines of 7 bytes fit, a third does in part. @returns the receipts of the two, and the fault of the third */
async function stuck(connection: Connection, clock: TestClock) {
  const receipts = [await connection.send({ line: 'LAMP A' }, never), await connection.send({ line: 'LAMP B' }, never)];
  const third = connection.send({ line: 'LAMP C' }, never).catch((error: unknown) => error);
  await clock.advance(1000);
  expect(await within(third, 'the third line')).toMatchObject({ code: 'DEVICE_TIMEOUT' });
  await clock.advance(200);
  await within(connection.closed, 'the end');
  return receipts;
}

const lost = (code: string) =>
  `${code}: /dev/ttyTEST: it was sent, but is not known to have left this machine before the port was given back`;

describe('a line that was told as sent', () => {
  test('is known to have left once the wire has it', async () => {
    const { port, clock, connect, received } = bench();
    const connection = await connect();
    port.isReady = false;
    const receipt = await connection.send({ line: 'LAMP A' }, never);
    let fate = '';
    void fateOf(receipt).then((now) => {
      fate = now;
    });
    await clock.advance(900);
    expect([fate, received()]).toEqual(['', '']);
    port.isReady = true;
    await clock.advance(0);
    expect([fate, received()]).toEqual(['left', 'LAMP A\n']);
    await connection.close();
  });

  test('and is thrown away at a time-out is told as failed; what had left before is not', async () => {
    const { port, clock, connect, received } = bench();
    const connection = await connect();
    const before = await connection.send({ line: 'BEFORE' }, never);
    await clock.advance(0);
    port.isReady = false;
    const receipts = await stuck(connection, clock);
    expect(await fateOf(before)).toBe('left');
    for (const receipt of receipts) expect(await fateOf(receipt)).toBe(lost('DEVICE_TIMEOUT'));
    port.isReady = true;
    expect([received(), port.flushes]).toEqual(['BEFORE\n', 1]);
  });

  test('is not thrown away where the system says that it has left: a pty’s other end still reads it', async () => {
    const { port, clock, connect, received } = bench();
    port.drainsAtOnce = true;
    const connection = await connect();
    port.isReady = false;
    for (const receipt of await stuck(connection, clock)) expect(await fateOf(receipt)).toBe('left');
    port.isReady = true;
    expect([received(), port.flushes]).toEqual(['LAMP A\nLAMP B\nLAMP C', 0]);
  });

  test('and does not leave at goodbye, or before the cable is pulled, is told as failed as well', async () => {
    for (const end of ['goodbye', 'unplug'] as const) {
      const { port, clock, connect } = bench();
      const connection = await connect();
      port.isReady = false;
      const receipt = await connection.send({ line: 'LAMP A' }, never);
      const ended = end === 'goodbye' ? connection.close() : port.unplug();
      await clock.advance(200);
      await ended;
      await within(connection.closed, 'the end');
      expect(await fateOf(receipt), end).toBe(lost('DEVICE_CLOSED'));
    }
  });

  test('is not told as failed for ever on a system that cannot say what has left: only the last one may be', async () => {
    const departures = new Departures(() => Promise.reject(new Error('Inappropriate ioctl for device')));
    const lines: { left: Promise<void> }[] = [];
    for (let n = 0; n < 10_000; n++) {
      lines.push(await departures.give(Buffer.from(`${n}\n`), async () => undefined));
      await Promise.resolve();
    }
    const stuckAtEnd = departures.end(false, new BridgeError('DEVICE_CLOSED', 'gone'));
    expect(stuckAtEnd.map(String)).toEqual(['9999\n']);
    const fates = await Promise.allSettled(lines.map(({ left }) => left));
    expect(fates.filter(({ status }) => status === 'rejected')).toHaveLength(1);
  });

  test('while nothing leaves no more than 4096 are remembered', async () => {
    const departures = new Departures(() => new Promise(() => undefined));
    for (let n = 0; n < 5000; n++) await departures.give(Buffer.from('x\n'), async () => undefined);
    expect(departures.end(false, new BridgeError('DEVICE_CLOSED', 'gone'))).toHaveLength(4096);
  });
});

describe('half a line that a box got', () => {
  test('is ended before the first words of the next connection, once', async () => {
    for (const drainsAtOnce of [false, true]) {
      const { port, clock, connect, received } = bench({ onConnect: ['ALL DARK'] });
      port.drainsAtOnce = drainsAtOnce;
      const first = await connect();
      await clock.advance(0);
      port.isReady = false;
      await stuck(first, clock);
      port.isReady = true;
      const before = received();
      const second = await connect();
      await second.send({ line: 'LAMP D' }, never);
      await clock.advance(0);
      expect(received().slice(before.length)).toBe('\nALL DARK\nLAMP D\n');
      await second.close();
      const third = await connect();
      await clock.advance(0);
      expect(received().slice(before.length)).toBe('\nALL DARK\nLAMP D\nALL DARK\n');
      await third.close();
    }
  });

  test('is ended with the device’s own delimiter, also after the cable was pulled', async () => {
    const { port, clock, connect, received } = bench({ delimiter: String.raw`\r\n` });
    const first = await connect();
    port.isReady = false;
    await first.send({ line: 'LAMP A' }, never);
    port.unplug();
    await first.closed;
    port.replug();
    port.isReady = true;
    const before = received();
    const second = await connect();
    await clock.advance(0);
    expect(received().slice(before.length)).toBe('\r\n');
    await second.close();
  });

  test('of a bridge that was killed is ended by a device that begins with an empty line', async () => {
    const { clock, connect, received } = bench({ onConnect: ['', 'ALL DARK'] });
    const connection = await connect();
    await clock.advance(0);
    expect(received()).toBe('\nALL DARK\n');
    await connection.close();
  });

  test('is no line where bytes are sent, and there nothing is added', async () => {
    for (const device of [{}, { frameBytes: 4 }, { idleMs: 20 }]) {
      const { port, clock, connect, received } = bench(device);
      const first = await connect();
      port.isReady = false;
      await first.send({ bytes: 'a0 01 01 a2' }, never);
      port.unplug();
      await first.closed;
      port.replug();
      port.isReady = true;
      const before = received();
      const second = await connect();
      await clock.advance(0);
      expect(received().slice(before.length)).toBe('');
      await second.close();
    }
  });
});

test('the rest of a line that was given up does not leave when a flush makes room for it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'serial-'));
  const path = join(folder, 'pipe');
  execFileSync('mkfifo', [path]);
  const fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  const waiting: (() => void)[] = [];
  const native = {
    fd,
    poller: { once: (_event: string, callback: (error: Error | null) => void) => waiting.push(() => callback(null)) },
    read: () => Promise.reject(new Error('the unsafe read')),
    write: () => Promise.reject(new Error('the unsafe write')),
    drain: async () => undefined,
    flush: async () => undefined,
    get: () => Promise.reject(new Error('no handshake lines')),
    set: () => Promise.reject(new Error('no handshake lines')),
    close: async () => undefined,
  };
  const giveUp = new AbortController();
  const port = new SafeUnixPort(native);
  const writing = port.write(Buffer.alloc(1 << 20, 0x31), giveUp.signal).catch((error: Error) => error.message);
  await expect.poll(() => waiting.length).toBe(1);
  giveUp.abort();
  // The flush, and the system that tells of the room.
  const room = Buffer.alloc(1 << 20);
  const taken = readSync(fd, room);
  expect(taken).toBeGreaterThan(0);
  for (const wake of waiting.splice(0)) wake();
  expect(await within(writing, 'the end of the write')).toBe('the write was given up');
  expect(() => readSync(fd, room)).toThrow('EAGAIN');
  closeSync(fd);
  await rm(folder, { recursive: true });
});
