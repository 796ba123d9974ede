import { describe, expect, test } from 'vitest';
import type { Connection, Health, Input, Pattern } from '../../src/adapter-sdk/adapter.js';
import { adapterContract, type Rig, testIo } from '../../src/adapter-sdk/testing/contract.js';
import { encodeMessage } from '../../src/wire/midi/codec.js';
import { checkedDevice } from '../../test/support/checked-device.js';
import { TestClock } from '../../test/support/test-clock.js';
import { within } from '../../test/support/waiting.js';
import { createMidiAdapter } from './adapter.js';
import { SimulatedMidi } from './simulator.js';

const never = new AbortController().signal;

const checked = (device: object) => checkedDevice('midi', device);

const GO = [0xf0, 0x7f, 0x01, 0x02, 0x01, 0x01, 0x31, 0x00, 0x31, 0xf7];

/** Which cue of the rig's commands a message carries. */
const cueOf = (bytes: Uint8Array): number => Number(Buffer.from(bytes.subarray(6, -1)).toString());

function makeRig(tellsChanges: boolean): () => Promise<Rig> {
  return async () => {
    const port = new SimulatedMidi('Desk:Desk MIDI 1', { tellsChanges });
    return {
      adapter: createMidiAdapter({ loadDriver: async () => port }),
      config: checked({ input: 'Desk', output: 'Desk:Desk MIDI 1' }),
      patterns: [{ msc: { command: 'go' } }],
      press: async () => port.play(GO),
      pressedInput: { event: 'msc', command: 'go', cue: '1', list: '1' },
      command: (n) => ({ msc: { command: 'go', deviceId: 1, format: 'lighting', cue: String(n) } }),
      got: () => port.received.map(cueOf),
      links: () => port.clients + port.watchers,
      unplug: async () => port.unplug(),
      replug: async () => port.replug(),
      close: async () => port.unplug(),
    };
  };
}

adapterContract('midi, where the system tells of changes', makeRig(true), { health: 'unverified' });
adapterContract('midi, where only the list tells', makeRig(false), { health: 'unverified' });

interface Rigged {
  port: SimulatedMidi;
  connection: Connection;
  inputs: Input[];
  healths: Health[];
  clock: TestClock;
}

/** A connection to a simulated port, on a clock that the test moves. */
async function connect(
  device: Record<string, unknown> = { input: 'Desk', output: 'Desk' },
  patterns: readonly Pattern[] = [],
  port = new SimulatedMidi(),
): Promise<Rigged> {
  const clock = new TestClock();
  const adapter = createMidiAdapter({ loadDriver: async () => port });
  const connection = await adapter.connect(checked(device), { ...testIo('desk', patterns), clock }, never);
  const inputs: Input[] = [];
  const healths: Health[] = [];
  connection.onInput((input) => inputs.push(input));
  connection.onHealth((health) => healths.push(health));
  return { port, connection, inputs, healths, clock };
}

describe('health', () => {
  test('an output is never more than unverified: nothing answers on MIDI', async () => {
    const { port, connection } = await connect();
    expect(connection.health().status).toBe('unverified');
    await connection.send({ noteOn: { channel: 1, note: 60, velocity: 1 } }, never);
    port.play(GO);
    expect(connection.health()).toEqual({
      status: 'unverified',
      detail: 'Desk:Desk MIDI 1 20:0 was heard; Desk:Desk MIDI 1 20:0 is open; MIDI cannot tell who listens',
    });
    await connection.close();
  });

  test('an input is unverified until something was heard, were it active sensing alone', async () => {
    const { port, connection, healths, inputs } = await connect({ input: 'Desk' });
    expect(connection.health().status).toBe('unverified');
    port.play([0xfe]);
    expect(healths.map(({ status }) => status)).toEqual(['up']);
    expect(inputs).toEqual([]);
    expect(connection.counters?.()).toMatchObject({ 'in.realtime': 1 });
    await connection.close();
  });
});

describe('a port', () => {
  test('takes the bytes in the tick of the send', async () => {
    const { port, connection } = await connect();
    const sending = connection.send(
      { msc: { command: 'go', deviceId: 1, format: 'lighting', cue: '34.4', list: '1' } },
      never,
    );
    expect(Buffer.from(port.received[0] ?? []).toString('hex')).toBe('f07f0102010133342e340031f7');
    expect((await sending).reached).toBe('sent');
    await connection.close();
  });

  test('that vanishes is noticed by the list alone within 2.5 s; the pages are told', async () => {
    const port = new SimulatedMidi('Desk:Desk MIDI 1', { tellsChanges: false });
    const { connection, clock, healths } = await connect(undefined, [], port);
    port.unplug();
    await clock.advance(2499);
    expect(healths).toEqual([]);
    await clock.advance(1);
    expect(await within(connection.closed, 'the end')).toMatchObject({
      code: 'DEVICE_CLOSED',
      message: 'the MIDI port Desk:Desk MIDI 1 is gone',
    });
    expect(healths.at(-1)).toMatchObject({ status: 'down', code: 'DEVICE_CLOSED' });
    expect([port.clients, port.watchers, clock.sleeping]).toEqual([0, 0, 0]);
  });

  test('that vanished without a word is looked for right after a send', async () => {
    const port = new SimulatedMidi('Desk:Desk MIDI 1', { tellsChanges: false });
    const { connection, clock } = await connect(undefined, [], port);
    port.unplug();
    await connection.send({ programChange: { channel: 1, program: 3 } }, never);
    await clock.advance(50);
    expect(await within(connection.closed, 'the end')).toMatchObject({ code: 'DEVICE_CLOSED' });
    expect(port.received).toEqual([]);
  });

  test('is looked for once however often is sent, and sends do not put the look off', async () => {
    const { port, connection, clock } = await connect();
    const before = port.listings;
    for (let n = 0; n < 20; n++) {
      for (let m = 0; m < 5; m++) await connection.send({ programChange: { channel: 1, program: m } }, never);
      await clock.advance(20);
    }
    // 400 ms: a look each 50, of an input and an output each.
    expect(port.listings - before).toBeGreaterThanOrEqual(10);
    expect(port.listings - before).toBeLessThanOrEqual(16);
    await connection.close();
  });

  test('that came back under another number between two looks is another port', async () => {
    const port = new SimulatedMidi('Desk:Desk MIDI 1', { tellsChanges: false });
    const { connection, clock } = await connect({ input: 'Desk' }, [], port);
    port.unplug();
    port.replug();
    await clock.advance(2500);
    expect(await within(connection.closed, 'the end')).toMatchObject({ code: 'DEVICE_CLOSED' });
  });

  test('is not given up because the list cannot be had', async () => {
    const { port, connection, clock } = await connect();
    port.listFailure = new Error('Failed to initialise RtMidi');
    await clock.advance(10_000);
    expect(port.listings).toBeGreaterThan(2);
    port.play(GO);
    expect(connection.counters?.()).toMatchObject({ 'in.inputs': 1 });
    await connection.close();
  });

  test('200 connections one after the other leave no client behind', async () => {
    const port = new SimulatedMidi();
    for (let n = 0; n < 200; n++) await (await connect(undefined, [], port)).connection.close();
    expect([port.clients, port.watchers]).toEqual([0, 0]);
  });

  test('of our own making needs no list, and is not looked for', async () => {
    const port = new SimulatedMidi();
    const { connection } = await connect({ input: 'Bridge in', output: 'Bridge out', virtual: true }, [], port);
    await connection.send({ programChange: { channel: 1, program: 3 } }, never);
    expect([port.listings, port.clients, port.watchers]).toEqual([0, 2, 0]);
    await connection.close();
    expect(port.clients).toBe(0);
  });

  test('that is only heard refuses commands', async () => {
    const { connection } = await connect({ input: 'Desk' });
    await expect(connection.send({ programChange: { channel: 1, program: 3 } }, never)).rejects.toMatchObject({
      code: 'DEVICE_REFUSED',
    });
    await connection.close();
  });

  test('what MIDI cannot carry is refused, and nothing goes out', async () => {
    const { port, connection } = await connect();
    const command = { msc: { command: 'go', deviceId: 1, format: 'lighting', cue: 'A1' } };
    await expect(connection.send(command, never)).rejects.toMatchObject({ code: 'CODEC_MALFORMED' });
    const locate = { mmc: { command: 'locate', time: '00:01:00:00', rate: '29.97df' } };
    await expect(connection.send(locate, never)).rejects.toMatchObject({
      code: 'CODEC_MALFORMED',
      message: expect.stringContaining('00:01:00:00 does not exist at 29.97df'),
    });
    expect(port.received).toEqual([]);
    await connection.close();
  });
});

describe('the driver', () => {
  const failing = (error: unknown) => {
    const driver = new SimulatedMidi();
    driver.listFailure = error as Error;
    return createMidiAdapter({ loadDriver: async () => driver });
  };

  test('that finds no MIDI system on this machine is told in plain words', async () => {
    const cause = new Error('Failed to initialise RtMidi');
    await expect(failing(cause).connect(checked({ input: 'Desk' }), testIo(), never)).rejects.toMatchObject({
      code: 'DEVICE_UNREACHABLE',
      message: expect.stringMatching(/^this machine has no MIDI system that answers/),
      cause,
    });
  });

  test('names what is there when a port is not', async () => {
    const port = new SimulatedMidi('ETC Gadget II:ETC Gadget II MIDI 1');
    await expect(connect({ output: 'ETC Gadgit' }, [], port)).rejects.toMatchObject({
      code: 'DEVICE_UNREACHABLE',
      message:
        'MIDI to send to: there is no port "ETC Gadgit"; did you mean "ETC Gadget II:ETC Gadget II MIDI 1"? there are "Midi Through:Midi Through Port-0 14:0", "ETC Gadget II:ETC Gadget II MIDI 1 20:0"',
    });
    expect(port.clients).toBe(0);
  });

  test('that cannot open the second port gives the first one back', async () => {
    const port = new SimulatedMidi();
    port.openInput = () => {
      throw new Error('Internal RtMidi error');
    };
    await expect(connect(undefined, [], port)).rejects.toMatchObject({ code: 'DEVICE_UNREACHABLE' });
    expect([port.clients, port.watchers]).toEqual([0, 0]);
  });
});

describe('what a device hears', () => {
  const msc = (deviceId: number, format: 'lighting' | 'sound' | 'all') =>
    encodeMessage({ kind: 'msc', command: 'go', deviceId, format, cue: '1' });

  test('of show control: its own number, its groups and the call to all, in its formats', async () => {
    const { port, connection, inputs } = await connect({ input: 'Desk', deviceId: 5, groups: [2], mscFormats: [1] });
    for (const deviceId of [5, 6, 0x70, 0x71, 0x7f]) port.play(msc(deviceId, 'lighting'));
    port.play(msc(5, 'sound'), msc(5, 'all'));
    expect(inputs.map(({ deviceId, format }) => [deviceId, format])).toEqual([
      [5, 'lighting'],
      [0x71, 'lighting'],
      [0x7f, 'lighting'],
      [5, 'all'],
    ]);
    expect(connection.counters?.()).toMatchObject({ 'ignored.other-device': 3 });
    await connection.close();
  });

  test('of machine control: its own number and the call to all', async () => {
    const { port, connection, inputs } = await connect({ input: 'Desk', deviceId: 5, groups: [2] });
    for (const deviceId of [0, 4, 5, 6, 0x71, 0x7e, 0x7f])
      port.play(encodeMessage({ kind: 'mmc', command: 'play', deviceId }));
    expect(inputs.map(({ event, deviceId }) => [event, deviceId])).toEqual([
      ['mmc', 5],
      ['mmc', 0x7f],
    ]);
    expect(connection.counters?.()).toMatchObject({ 'ignored.other-device': 5 });
    await connection.close();
  });

  test('without a number of its own: every device and format', async () => {
    const { port, connection, inputs } = await connect({ input: 'Desk' });
    port.play(msc(5, 'sound'), msc(0x70, 'lighting'), encodeMessage({ kind: 'mmc', command: 'play', deviceId: 9 }));
    expect(inputs).toHaveLength(3);
    await connection.close();
  });

  test('a message in pieces with a clock byte in it is one input', async () => {
    const { port, connection, inputs } = await connect({ input: 'Desk' });
    port.play(GO.slice(0, 4), [0xf8], GO.slice(4));
    expect(inputs).toEqual([{ event: 'msc', command: 'go', deviceId: 1, format: 'lighting', cue: '1', list: '1' }]);
    await connection.close();
  });

  test('two-phase commit, extensions and strangers are skipped and counted by reason', async () => {
    const { port, connection, inputs } = await connect({ input: 'Desk' });
    port.play(
      [0xf0, 0x7f, 1, 2, 1, 0x20, 0, 0, 1, 0, 0xf7],
      [0xf0, 0x7f, 1, 2, 0, 1, 1, 0xf7],
      [0xf0, 0x43, 1, 0xf7],
      [0xf0, 0x7f, 1, 2, 1, 1, 0x41, 0xf7],
    );
    expect(inputs).toEqual([]);
    expect(connection.counters?.()).toMatchObject({
      'ignored.msc-two-phase': 1,
      'ignored.msc-extension': 1,
      'ignored.sysex-other': 1,
      'ignored.msc-malformed': 1,
    });
    await connection.close();
  });

  test('a pedal that says many values is one press and one release', async () => {
    const patterns = [{ controlChange: { controller: 64 } }];
    const { port, connection, inputs } = await connect({ input: 'Desk' }, patterns);
    for (const value of [0, 20, 63, 64, 90, 127, 127, 70, 63, 0]) port.play([0xb0, 64, value]);
    expect(inputs.filter(({ edge }) => edge !== 'none').map(({ edge, value }) => [edge, value])).toEqual([
      ['press', 64],
      ['release', 0],
    ]);
    inputs.length = 0;
    // A foot that trembles at the threshold on its way up.
    for (const value of [110, 90, 70, 63, 65, 62, 64, 61, 50, 20, 0]) port.play([0xb0, 64, value]);
    expect(inputs.filter(({ edge }) => edge === 'press')).toHaveLength(1);
    await connection.close();
  });

  test('a fader cannot use up the room of the GO; a flood of GOs is held to 200 a second, aloud', async () => {
    const patterns = [{ noteOn: { note: 60 } }];
    const { port, connection, clock, inputs } = await connect({ input: 'Desk' }, patterns);
    const gos = () => inputs.filter(({ event }) => event === 'noteOn').length;
    for (let n = 0; n < 2000; n++) port.play([0xb0, 7, n % 128]);
    port.play([0x90, 60, 1]);
    expect(gos()).toBe(1);
    expect(inputs).toHaveLength(501);
    expect(connection.health().status).toBe('up');
    for (let n = 0; n < 1000; n++) port.play([0x90, 60, 1]);
    expect(gos()).toBe(200);
    expect(connection.health()).toMatchObject({ status: 'degraded', code: 'RATE_LIMITED' });
    for (const count of [201, 202]) {
      await clock.advance(1000);
      port.play([0x90, 60, 1]);
      expect(gos()).toBe(count);
    }
    expect(connection.health().status).toBe('up');
    await connection.close();
  });

  test('a flood is over after a second of 200, and not after one of 201', async () => {
    const patterns = [{ noteOn: { note: 60 } }];
    const { port, connection, clock } = await connect({ input: 'Desk' }, patterns);
    const play = (times: number) => {
      for (let n = 0; n < times; n++) port.play([0x90, 60, 1]);
    };
    for (const [times, status] of [
      [201, 'degraded'],
      [201, 'degraded'],
      [200, 'degraded'],
      [1, 'up'],
    ] as const) {
      play(times);
      expect(connection.health().status).toBe(status);
      await clock.advance(1000);
    }
    await connection.close();
  });
});

test('the real driver tells at once that no such port is there, or what it lacks', async () => {
  const { midiAdapter } = await import('./adapter.js');
  const connecting = midiAdapter.connect(checked({ input: 'a port of nobody' }), testIo(), never);
  await expect(within(connecting, 'the refusal')).rejects.toMatchObject({
    code: expect.stringMatching(/^DEVICE_(UNREACHABLE|DRIVER_MISSING)$/),
  });
});
