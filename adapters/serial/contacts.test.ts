import { describe, expect, test } from 'vitest';
import type { Connection, Health, Input } from '../../src/adapter-sdk/adapter.js';
import { testIo } from '../../src/adapter-sdk/testing/contract.js';
import { checkedDevice } from '../../test/support/checked-device.js';
import { TestClock } from '../../test/support/test-clock.js';
import { createSerialAdapter, serialAdapter } from './adapter.js';
import { watchContacts } from './contact-watch.js';
import { type Edge, lookAt, UNSEEN } from './contacts.js';
import { SimulatedPort } from './simulator.js';

const never = new AbortController().signal;
const CONTACTS = { go: { line: 'cts' }, back: { line: 'dsr' } };

const checked = (device: object) => checkedDevice('serial', { path: '/dev/ttyTEST', ...device });

interface Bench {
  port: SimulatedPort;
  clock: TestClock;
  connection: Connection;
  inputs: Input[];
  healths: Health[];
}

/** A port with switches on it, opened, and looked at for the first time. */
async function bench(device: Record<string, unknown> = { contacts: CONTACTS }, before?: (port: SimulatedPort) => void) {
  const port = new SimulatedPort({ path: '/dev/ttyTEST' });
  before?.(port);
  const clock = new TestClock();
  const adapter = createSerialAdapter({ loadBinding: async () => port });
  const connection = await adapter.connect(checked(device), { ...testIo('desk'), clock }, never);
  const made: Bench = { port, clock, connection, inputs: [], healths: [] };
  connection.onInput((input) => made.inputs.push(input));
  connection.onHealth((health) => made.healths.push(health));
  await clock.advance(200);
  return made;
}

describe('a contact across handshake lines', () => {
  test('is a press at the first look that finds it closed, and a release with how long it was held', async () => {
    const { port, clock, connection, inputs } = await bench();
    expect(connection.health()).toMatchObject({ status: 'unverified' });
    port.closed.set('cts', 'rts');
    await clock.advance(10);
    expect(inputs).toEqual([{ contact: 'go', edge: 'press' }]);
    expect(connection.health()).toMatchObject({ status: 'up' });
    await clock.advance(490);
    port.closed.clear();
    await clock.advance(35);
    expect(inputs).toHaveLength(1);
    await clock.advance(20);
    expect(inputs.slice(1)).toEqual([{ contact: 'go', edge: 'release', heldMs: 500 }]);
    expect(connection.counters?.()).toMatchObject({ 'in.edges': 2 });
    await connection.close();
    expect(clock.sleeping).toBe(0);
  });

  test('each has a name of its own, and they are pressed together', async () => {
    const { port, clock, connection, inputs } = await bench();
    port.closed.set('dsr', 'dtr').set('cts', 'rts');
    await clock.advance(10);
    expect(inputs.map(({ contact }) => contact)).toEqual(['go', 'back']);
    await connection.close();
  });

  test('bouncing, or dirty while it is held, it presses once', async () => {
    const { port, clock, connection, inputs } = await bench();
    for (const isClosed of [true, false, true, true, false, true, false, false, true, true]) {
      if (isClosed) port.closed.set('cts', 'rts');
      else port.closed.clear();
      await clock.advance(10);
    }
    expect(inputs).toEqual([{ contact: 'go', edge: 'press' }]);
    await connection.close();
  });

  test('that is closed from the start gives no press until it was open once', async () => {
    const { port, clock, connection, inputs } = await bench(undefined, (port) => port.closed.set('cts', 'rts'));
    await clock.advance(5000);
    port.closed.clear();
    await clock.advance(50);
    expect(inputs).toEqual([]);
    port.closed.set('cts', 'rts');
    await clock.advance(10);
    expect(inputs).toEqual([{ contact: 'go', edge: 'press' }]);
    await connection.close();
  });

  test('that only looks open until its feed has settled gives no press', async () => {
    const clock = new TestClock();
    const life = new AbortController();
    const told: unknown[] = [];
    const watching = watchContacts({
      port: { get: async () => ({ cts: clock.mono() >= 90, dsr: false, dcd: false }) },
      contacts: [{ name: 'go', line: 'cts', against: 'rts', activeLow: false, debounceMs: 20 }],
      clock,
      signal: life.signal,
      onEdge: (_, edge) => told.push(edge),
      onReadable: () => undefined,
    });
    await clock.advance(1000);
    life.abort();
    await watching;
    expect(told).toEqual([]);
  });

  test('that was held over a pulled cable does not press when the cable is back', async () => {
    const { port, clock, connection, inputs } = await bench();
    port.closed.set('cts', 'rts');
    await clock.advance(10);
    expect(inputs).toHaveLength(1);
    port.unplug();
    await connection.closed;
    port.replug();
    const adapter = createSerialAdapter({ loadBinding: async () => port });
    const next = await adapter.connect(checked({ contacts: CONTACTS }), { ...testIo('desk'), clock }, never);
    const again: Input[] = [];
    next.onInput((input) => again.push(input));
    await clock.advance(1000);
    expect(again).toEqual([]);
    await next.close();
  });

  test('that opens when it is pressed is told as activeLow', async () => {
    const contacts = { go: { line: 'dcd', against: 'rts', activeLow: true } };
    const { port, clock, connection, inputs } = await bench({ contacts }, (port) => port.closed.set('dcd', 'rts'));
    await clock.advance(50);
    expect(inputs).toEqual([]);
    port.closed.clear();
    await clock.advance(10);
    expect(inputs).toEqual([{ contact: 'go', edge: 'press' }]);
    await connection.close();
  });

  test('is fed: both lines are raised before the first look, and a command may not lower the one that feeds it', async () => {
    const { port, clock, connection } = await bench({ contacts: { go: { line: 'cts' } } });
    expect(port.levels).toEqual({ rts: true, dtr: true });
    const refusal = expect.objectContaining({ code: 'DEVICE_REFUSED', message: expect.stringContaining('contact go') });
    await expect(connection.send({ set: { rts: false } }, never)).rejects.toEqual(refusal);
    await expect(connection.send({ set: { rts: true }, forMs: 10 }, never)).rejects.toEqual(refusal);
    await connection.send({ set: { dtr: false } }, never);
    await clock.advance(1000);
    expect(port.levels).toEqual({ rts: true, dtr: false });
    await connection.close();
  });

  test('on a port without handshake lines is told in plain words; lines of text still work, and nobody asks on and on', async () => {
    const { port, clock, connection, inputs } = await bench(undefined, (port) => {
      port.hasHandshakeLines = false;
    });
    expect(connection.health()).toEqual({
      status: 'degraded',
      code: 'DEVICE_REFUSED',
      detail: expect.stringMatching(
        /^\/dev\/ttyTEST has no handshake lines \(.*\): .*\(go, back\) are not seen; lines of/,
      ),
    });
    port.say('GO\n');
    await clock.advance(0);
    expect(inputs).toEqual([{ line: 'GO', bytes: '474f' }]);
    await connection.send({ line: 'LAMP' }, never);
    expect(connection.health().status).toBe('degraded');
    port.hasHandshakeLines = true;
    port.closed.set('cts', 'rts');
    await clock.advance(2000);
    expect(connection.health()).toMatchObject({ status: 'up' });
    expect(inputs).toHaveLength(1);
    await connection.close();
  });

  test('on a port that does not answer is told, and one that was closed meanwhile gives no press', async () => {
    const { port, clock, connection, inputs } = await bench();
    const answer = port.hangLooks();
    await clock.advance(2000);
    expect(connection.health()).toMatchObject({
      status: 'degraded',
      detail: expect.stringMatching(/no answer within/),
    });
    port.closed.set('cts', 'rts');
    answer();
    await clock.advance(1000);
    expect(connection.health()).toMatchObject({ status: 'unverified' });
    expect(inputs).toEqual([]);
    await connection.close();
    expect(clock.sleeping).toBe(0);
  });

  test('a device without contacts is never asked for its lines, and they stay as the system has them', async () => {
    const { port, clock, connection } = await bench({});
    await clock.advance(1000);
    expect(port.looks).toBe(0);
    await connection.close();
  });

  test('a babbling one is held to 200 inputs a second', async () => {
    const contacts = { go: { line: 'cts', debounceMs: 0 } };
    const { port, clock, connection, inputs } = await bench({ contacts });
    port.say('x\n'.repeat(200));
    await clock.advance(0);
    port.closed.set('cts', 'rts');
    await clock.advance(10);
    expect(inputs).toHaveLength(200);
    expect(connection.health()).toMatchObject({ code: 'RATE_LIMITED' });
    await connection.close();
  });

  test('a rule is for the press, unless it says release', () => {
    const matches = (pattern: object, input: object) => serialAdapter.matches?.({ ...pattern }, { ...input });
    expect(matches({ contact: 'go' }, { contact: 'go', edge: 'press' })).toBe(true);
    expect(matches({ contact: 'go' }, { contact: 'go', edge: 'release', heldMs: 5 })).toBe(false);
    expect(matches({ contact: 'go', edge: 'release' }, { contact: 'go', edge: 'release', heldMs: 5 })).toBe(true);
    expect(matches({ contact: 'go' }, { contact: 'back', edge: 'press' })).toBe(false);
    expect(matches({ contact: 'go' }, { line: 'go', bytes: '676f' })).toBe(false);
    expect(matches({ line: 'go' }, { contact: 'go', edge: 'press' })).toBe(false);
  });

  test.each([
    [{ rtscts: true, contacts: { go: { line: 'cts' } } }, /flow control/],
    [{ rtscts: true, contacts: { go: { line: 'dsr', against: 'rts' } } }, /flow control/],
    [{ rtscts: true, rts: true }, /flow control/],
    [{ dtr: false, contacts: { go: { line: 'dsr' } } }, /feeds the contact go/],
  ])('%j cannot be: the device is parked', async (device, words) => {
    const port = new SimulatedPort({ path: '/dev/ttyTEST' });
    const adapter = createSerialAdapter({ loadBinding: async () => port });
    const connecting = adapter.connect(checked(device), testIo(), never);
    await expect(connecting).rejects.toMatchObject({ code: 'DEVICE_REFUSED', message: expect.stringMatching(words) });
    expect(port.openings).toBe(0);
  });
});

describe('looking at a contact', () => {
  /** All edges of looks 10 ms apart: # is closed, . is open. */
  const edges = (looks: string, debounceMs: number) => {
    let state = UNSEEN;
    const told: [number, Edge][] = [];
    for (const [n, look] of [...looks].entries()) {
      const next = lookAt(state, look === '#', n * 10, debounceMs);
      state = next.state;
      if (next.edge) told.push([n * 10, next.edge]);
    }
    return told;
  };

  test.each<[string, number, [number, Edge][]]>([
    ['...#', 20, [[30, { edge: 'press' }]]],
    ['.#.#', 20, []],
    ['####', 0, []],
    [
      '...##...',
      20,
      [
        [30, { edge: 'press' }],
        [70, { edge: 'release', heldMs: 20 }],
      ],
    ],
    ['...##.#..#', 20, [[30, { edge: 'press' }]]],
    [
      '.#.#',
      0,
      [
        [10, { edge: 'press' }],
        [20, { edge: 'release', heldMs: 10 }],
        [30, { edge: 'press' }],
      ],
    ],
  ])('%s with %d ms', (looks, debounceMs, expected) => {
    expect(edges(looks, debounceMs)).toEqual(expected);
  });
});
