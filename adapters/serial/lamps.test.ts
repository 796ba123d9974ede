import { describe, expect, test } from 'vitest';
import type { Command } from '../../src/adapter-sdk/adapter.js';
import { testIo } from '../../src/adapter-sdk/testing/contract.js';
import { deferred } from '../../src/kit/deferred.js';
import { checkedDevice } from '../../test/support/checked-device.js';
import { TestClock } from '../../test/support/test-clock.js';
import { createSerialAdapter, serialAdapter } from './adapter.js';
import type { Binding } from './safe-binding.js';
import { SimulatedPort } from './simulator.js';

const never = new AbortController().signal;
const checked = (device: object) => checkedDevice('serial', { path: '/dev/ttyTEST', ...device });
const GO = { line: 'GO ON', thenLine: 'GO OFF', afterMs: 2000 };

async function connect(port: SimulatedPort, device: object = {}, clock = new TestClock(), binding: Binding = port) {
  const adapter = createSerialAdapter({ loadBinding: async () => binding });
  const connection = await adapter.connect(checked(device), { ...testIo('box'), clock }, never);
  /** Sends, and lets what was sent arrive. */
  const send = async (command: Command) => {
    await connection.send(command, never);
    await clock.advance(0);
  };
  return { port, clock, connection, send, lines: () => port.received.toString().split('\n').slice(0, -1) };
}
const bench = (device?: object) => connect(new SimulatedPort({ path: '/dev/ttyTEST' }), device);

describe('a lamp', () => {
  test('goes dark again after its time, even if nothing else comes', async () => {
    const { clock, connection, send, lines } = await bench();
    await send(GO);
    await clock.advance(1999);
    expect(lines()).toEqual(['GO ON']);
    await clock.advance(1);
    expect(lines()).toEqual(['GO ON', 'GO OFF']);
    await clock.advance(60_000);
    expect(lines()).toEqual(['GO ON', 'GO OFF']);
    await connection.close();
    expect(clock.sleeping).toBe(0);
  });

  test('lit again while it is lit, is lit for the whole time again', async () => {
    const { clock, connection, send, lines } = await bench();
    await send(GO);
    await clock.advance(1500);
    await send(GO);
    await clock.advance(1999);
    expect(lines()).toEqual(['GO ON', 'GO ON']);
    await clock.advance(1);
    expect(lines()).toEqual(['GO ON', 'GO ON', 'GO OFF']);
    await connection.close();
  });

  test('that was turned off, or on for good, before its time is left alone then', async () => {
    for (const line of ['GO OFF', 'GO ON']) {
      const { clock, connection, send, lines } = await bench();
      await send(GO);
      await send({ line });
      await clock.advance(5000);
      expect(lines()).toEqual(['GO ON', line]);
      await connection.close();
    }
  });

  test('beside it has its own life: the green one goes dark though the amber one was lit meanwhile', async () => {
    const { clock, connection, send, lines } = await bench();
    await send(GO);
    await send({ line: 'STANDBY ON' });
    await clock.advance(2000);
    expect(lines()).toEqual(['GO ON', 'STANDBY ON', 'GO OFF']);
    await connection.close();
  });

  test('of one name is one lamp, whatever its lines are', async () => {
    const { clock, connection, send, lines } = await bench();
    await send({ lamp: 'fly', line: 'GREEN', thenLine: 'DARK', afterMs: 2000 });
    await send({ lamp: 'fly', line: 'AMBER' });
    await send({ lamp: 'deck', line: 'GREEN 2', thenLine: 'DARK 2', afterMs: 2000 });
    await clock.advance(2000);
    expect(lines()).toEqual(['GREEN', 'AMBER', 'GREEN 2', 'DARK 2']);
    await connection.close();
  });

  test('speaks bytes as well', async () => {
    const { port, clock, connection, send } = await bench();
    await send({ bytes: 'a0 01 01 a2', thenBytes: 'a0 01 00 a1', afterMs: 500 });
    await clock.advance(500);
    expect(port.received.toString('hex')).toBe('a00101a2a00100a1');
    await connection.close();
  });

  /** A bench whose system takes nothing from `shut` on until what it returns is called. */
  const gatedBench = async () => {
    const device = new SimulatedPort({ path: '/dev/ttyTEST' });
    let gate: Promise<void> = Promise.resolve();
    const binding: Binding = {
      list: () => device.list(),
      open: async (options) => {
        const port = await device.open(options);
        return {
          read: (buffer, offset, length) => port.read(buffer, offset, length),
          write: (bytes) => gate.then(() => port.write(bytes)),
          drain: () => port.drain(),
          flush: () => port.flush(),
          get: () => port.get(),
          set: (levels) => port.set(levels),
          close: () => port.close(),
        };
      },
    };
    const shut = () => {
      const { promise, resolve } = deferred<void>();
      gate = promise;
      return () => resolve(undefined);
    };
    return { ...(await connect(device, {}, new TestClock(), binding)), shut };
  };

  test('that is lit anew by a command which still waits when its time is over stays lit', async () => {
    const { clock, connection, send, lines, shut } = await gatedBench();
    await send(GO);
    await clock.advance(1900);
    const open = shut();
    const anew = connection.send({ line: 'GO ON' }, never);
    await clock.advance(200);
    expect(lines()).toEqual(['GO ON']);
    open();
    await anew;
    await clock.advance(5000);
    expect(lines()).toEqual(['GO ON', 'GO ON']);
    await connection.close();
  });

  test('of a box that takes nothing at goodbye either is given up after 200 ms, and leaves no timer', async () => {
    const { clock, connection, send, lines, shut } = await gatedBench();
    await send(GO);
    const open = shut();
    const stuck = connection.send({ line: 'TEXT' }, never).catch((error: unknown) => error);
    await clock.advance(0);
    const closed = connection.close();
    await clock.advance(200);
    await closed;
    expect(clock.sleeping).toBe(0);
    open();
    expect(await stuck).toMatchObject({ code: 'DEVICE_CLOSED' });
    expect(lines()).toEqual(['GO ON']);
  });

  test('that is being lit at goodbye is dark after it', async () => {
    const { clock, connection, lines, shut } = await gatedBench();
    const open = shut();
    const lit = connection.send(GO, never).catch((error: unknown) => error);
    await clock.advance(0);
    const closed = connection.close();
    await clock.advance(100);
    open();
    await clock.advance(0);
    await closed;
    expect(lines()).toEqual(['GO ON', 'GO OFF']);
    await lit;
    expect(clock.sleeping).toBe(0);
  });

  test('of a box that takes nothing any more is lost with the connection, and nothing of it comes later', async () => {
    const { port, clock, connection, send, lines } = await bench();
    await send(GO);
    port.isReady = false;
    const stuck = connection.send({ line: 'TEXT' }, never).catch((error: unknown) => error);
    await clock.advance(1000);
    expect(await stuck).toMatchObject({ code: 'DEVICE_TIMEOUT' });
    await connection.closed;
    expect(clock.sleeping).toBe(0);
    await clock.advance(5000);
    expect(lines()).toEqual(['GO ON']);
  });

  test('is turned off by nobody after the connection is gone: the next one begins in the dark', async () => {
    const device = { onConnect: ['ALL OFF', { bytes: '00 0a' }] };
    const { port, clock, connection, send, lines } = await bench(device);
    await send(GO);
    port.unplug();
    await connection.closed;
    expect(clock.sleeping).toBe(0);
    port.replug();
    const next = await connect(port, device, clock);
    await clock.advance(10_000);
    expect(lines()).toEqual(['ALL OFF', '\0', 'GO ON', 'ALL OFF', '\0']);
    await next.connection.close();
  });

  test('that is lit for a while is turned off at goodbye, before the last words', async () => {
    const { port, clock, connection, send, lines } = await bench({ onClose: ['ALL OFF', 'BYE'] });
    await send(GO);
    await connection.close();
    expect(lines()).toEqual(['GO ON', 'GO OFF', 'ALL OFF', 'BYE']);
    expect(port.flushes, 'what has left stays with the box').toBe(0);
    await clock.advance(5000);
    expect(lines()).toHaveLength(4);
    expect(clock.sleeping).toBe(0);
  });

  test('more than 64 that are to go dark later are refused before they are lit', async () => {
    const { connection, send, lines } = await bench();
    for (let n = 0; n < 64; n++) await send({ line: `ON ${n}`, thenLine: `OFF ${n}`, afterMs: 1000 });
    await expect(send({ line: 'ON 64', thenLine: 'OFF 64', afterMs: 1000 })).rejects.toMatchObject({
      code: 'DEVICE_REFUSED',
    });
    expect(lines()).toHaveLength(64);
    await connection.close();
    expect(lines()).toHaveLength(128);
  });
});

describe('the beginning and the end', () => {
  test('onConnect goes before every command', async () => {
    const { clock, connection, lines } = await bench({ onConnect: ['ALL OFF'] });
    await connection.send({ line: 'STANDBY ON' }, never);
    await clock.advance(0);
    expect(lines()).toEqual(['ALL OFF', 'STANDBY ON']);
    await connection.close();
  });

  test('goodbye to a box that takes nothing is given up after 200 ms', async () => {
    const { port, clock, connection, send } = await bench({ onClose: ['ALL OFF'] });
    await send({ line: 'A' });
    port.isReady = false;
    const closing = connection.close();
    await clock.advance(200);
    await closing;
    expect(port.openings).toBe(0);
    expect(port.received.toString()).toBe('A\n');
    expect(port.flushes, 'the rest must not leave later').toBe(1);
  });

  test('the sign of life is sent at once and then again and again, and never piles up', async () => {
    const keepAlive = { line: 'ALIVE', everyMs: 1000 };
    const { port, clock, connection, lines } = await bench({ onConnect: ['ALL OFF'], keepAlive });
    await clock.advance(3000);
    expect(lines()).toEqual(['ALL OFF', 'ALIVE', 'ALIVE', 'ALIVE', 'ALIVE']);
    expect(connection.counters?.()).toMatchObject({ 'out.commands': 0 });
    port.isReady = false;
    await clock.advance(2000);
    expect(await connection.closed).toMatchObject({ code: 'DEVICE_TIMEOUT' });
    expect(clock.sleeping).toBe(0);
  });

  test.each([
    [{ onConnect: ['A\nB'] }, /delimiter/],
    [{ onClose: ['€'], encoding: 'latin1' }, /latin1/],
    [{ keepAlive: { line: 'A\nB', everyMs: 1000 } }, /delimiter/],
  ])('words that cannot be written park the device: %j', async (device, words) => {
    const refusal = { code: 'DEVICE_REFUSED', message: expect.stringMatching(words) };
    await expect(bench(device)).rejects.toMatchObject(refusal);
  });
});

describe('handshake lines as outputs', () => {
  test('are set one by one, for a while or for good, and are as they were at goodbye', async () => {
    const { port, clock, connection, send } = await bench({ rts: false, dtr: false });
    await clock.advance(0);
    expect(port.levels).toEqual({ rts: false, dtr: false });
    await send({ set: { rts: true }, forMs: 500 });
    await send({ set: { dtr: true } });
    expect(port.levels).toEqual({ rts: true, dtr: true });
    await clock.advance(500);
    expect(port.levels).toEqual({ rts: false, dtr: true });
    await connection.close();
    expect(port.levelsSet.at(-1)).toEqual({ rts: false, dtr: false });
  });

  test('a newer set of one of two lines leaves the other one its time', async () => {
    const { port, clock, connection, send } = await bench({ rts: false, dtr: false });
    await send({ set: { rts: true, dtr: true }, forMs: 500 });
    await send({ set: { rts: true } });
    await clock.advance(500);
    expect(port.levels).toEqual({ rts: true, dtr: false });
    await connection.close();
  });

  test('a port without them refuses the command and lives on', async () => {
    const port = new SimulatedPort({ path: '/dev/ttyTEST' });
    port.hasHandshakeLines = false;
    const { clock, connection, send, lines } = await connect(port, { dtr: false });
    await clock.advance(0);
    expect(connection.health()).toMatchObject({
      status: 'degraded',
      detail: expect.stringMatching(/no handshake lines/),
    });
    await expect(send({ set: { rts: true } })).rejects.toMatchObject({ code: 'DEVICE_REFUSED' });
    await send({ line: 'STILL' });
    expect(lines()).toEqual(['STILL']);
    await connection.close();
  });
});

describe('a command', () => {
  const why = (command: Command, device?: object) =>
    serialAdapter.problemOfCommand?.(command, device && checked(device));

  test.each<[Command, RegExp]>([
    [{}, /line, bytes or set/],
    [{ line: 'A', bytes: '00' }, /either/],
    [{ line: 'A', afterMs: 5 }, /without thenLine/],
    [{ line: 'A', thenLine: 'B' }, /need afterMs/],
    [{ line: 'A', thenLine: 'B', thenBytes: '00', afterMs: 5 }, /either/],
    [{ line: 'A', thenLine: 'B', afterMs: 'x' }, /whole number/],
    [{ line: 'A', forMs: 5 }, /forMs is for set/],
    [{ set: { rts: true }, line: 'A' }, /line does not go with set/],
    [{ set: { rts: 'on' } }, /true or false/],
  ])('%j can be sent to no device', (command, words) => {
    expect(why(command)).toMatch(words);
  });

  test.each<[Command, object, RegExp]>([
    [{ line: 'A', thenLine: 'B;C', afterMs: 5 }, { delimiter: ';' }, /delimiter inside/],
    [{ line: 'GO' }, { encoding: 'hex' }, /not hex/],
    [{ set: { rts: true } }, { rtscts: true }, /flow control/],
    [{ set: { rts: false } }, { contacts: { go: { line: 'cts' } } }, /feeds the contact go/],
  ])('%j cannot be sent to the device %j', (command, device, words) => {
    expect(why(command)).toBeUndefined();
    expect(why(command, device)).toMatch(words);
  });

  test('is told in a few words', () => {
    expect(serialAdapter.summarise(GO)).toBe('line "GO ON", line "GO OFF" 2000 ms later');
    expect(serialAdapter.summarise({ bytes: '00', thenBytes: '01', afterMs: 5 })).toBe('bytes 00, bytes 01 5 ms later');
    expect(serialAdapter.summarise({ set: { rts: true, dtr: false }, forMs: 9 })).toBe('rts on, dtr off for 9 ms');
  });
});
