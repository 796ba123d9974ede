/**
 * The stream of a MIDI port with everything that cables do to it, through a whole connection, against a second reading of it.
 * `MIDI_STREAM_RUNS=20000 npx vitest run --project bridge test/property/midi-stream` goes on for longer.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { createMidiAdapter } from '../../adapters/midi/adapter.js';
import { matches } from '../../adapters/midi/input.js';
import { SimulatedMidi } from '../../adapters/midi/simulator.js';
import type { Connection, Input, Pattern } from '../../src/adapter-sdk/adapter.js';
import { testIo } from '../../src/adapter-sdk/testing/contract.js';
import { decodeMessage } from '../../src/wire/midi/codec.js';
import { checkedDevice } from '../support/checked-device.js';
import { seeded } from '../support/seeded.js';
import { TestClock } from '../support/test-clock.js';

const RUNS = Number(process.env.MIDI_STREAM_RUNS ?? 1000);
const GO = [0xf0, 0x7f, 0x01, 0x02, 0x01, 0x01, 0x31, 0x00, 0x31, 0xf7];
const PLAY = [0xf0, 0x7f, 0x7f, 0x06, 0x02, 0xf7];
/** What presses: of all else nothing may. */
const RULES: readonly Pattern[] = [
  { noteOn: { note: 60, channel: 3 } },
  { controlChange: { controller: 64, value: 127 } },
  { programChange: { program: 5 } },
  { msc: { command: 'go', cue: '1', list: '1' } },
  { mmc: { command: 'play' } },
];

interface Rigged {
  port: SimulatedMidi;
  clock: TestClock;
  connection: Connection;
  inputs: Input[];
}

async function connect(port = new SimulatedMidi(), clock = new TestClock()): Promise<Rigged> {
  const adapter = createMidiAdapter({ loadDriver: async () => port });
  const io = { ...testIo('desk', RULES), clock };
  const connection = await adapter.connect(checkedDevice('midi', { input: 'Desk' }), io, new AbortController().signal);
  const inputs: Input[] = [];
  connection.onInput((input) => inputs.push(input));
  return { port, clock, connection, inputs };
}

const presses = (inputs: readonly Input[]) => inputs.filter((input) => RULES.some((rule) => matches(rule, input)));

/** A second reading of a whole stream, by the text of MIDI 1.0: each channel message as hex, and the SysEx that came to its end. */
function readAgain(stream: readonly number[]): string[] {
  // Real-time bytes stand anywhere and mean nothing here.
  const parts = stream
    .filter((byte) => byte < 0xf8)
    .map((byte) => (byte >= 0x80 ? ' ' : '') + byte.toString(16).padStart(2, '0'))
    .join('')
    .split(' ')
    .slice(1);
  return parts.flatMap((part, at) => {
    const [status, data] = [part.slice(0, 2), part.slice(2)];
    if (status === 'f0') return parts[at + 1]?.startsWith('f7') ? [`${part}f7`] : [];
    if (status >= 'f0') return [];
    const digits = /^[cd]/.test(status) ? 2 : 4;
    return (data.match(new RegExp(`.{${digits}}`, 'g')) ?? []).map((values) => {
      // A note-on with velocity 0 is a note-off.
      return /^9.*00$/.test(status + values) ? `8${status[1]}${values}` : status + values;
    });
  });
}

/** The commands of one SysEx: two halves of different ones may make a whole that nobody can tell from a message. */
const controlsOf = (sysex: string): string[] =>
  decodeMessage(Buffer.from(sysex, 'hex')).messages.flatMap((message) =>
    message.kind === 'msc' || message.kind === 'mmc' ? [`${message.kind} ${message.command}`] : [],
  );

/** An input as the message that it came from. */
function wireOf(input: Input): string {
  const of = (kind: number, ...values: unknown[]) =>
    Buffer.from([(kind << 4) | (Number(input.channel) - 1), ...values.map(Number)]).toString('hex');
  switch (input.event) {
    case 'noteOff':
      return of(8, input.note, input.velocity);
    case 'noteOn':
      return of(9, input.note, input.velocity);
    case 'aftertouch':
      return input.note === undefined ? of(13, input.pressure) : of(10, input.note, input.pressure);
    case 'controlChange':
      return of(11, input.controller, input.value);
    case 'programChange':
      return of(12, input.program);
    case 'pitchBend':
      return of(14, (Number(input.value) + 8192) & 127, (Number(input.value) + 8192) >> 7);
    default:
      return `${input.event} ${input.command}`;
  }
}

/** One thing that may stand in a stream. */
function something(random: () => number): number[] {
  const below = (limit: number) => Math.floor(random() * limit);
  const bytes = (count: number, limit: number) => Array.from({ length: count }, () => below(limit));
  const pressed = [
    [0x92, 60, 1 + below(127)],
    [0xb0 | below(16), 64, 127],
    [0xc0 | below(16), 5],
  ];
  const sysex = random() < 0.5 ? GO : PLAY;
  const cut = 1 + below(sysex.length - 1);
  const kinds = [
    () => bytes(below(12), 256),
    () => [0x80 | below(0x70), ...bytes(below(20), 128)],
    () => [0x92, 60, 100, ...bytes(below(6), 128)],
    () => pressed[below(pressed.length)] ?? [],
    () => sysex,
    () => sysex.slice(0, cut),
    () => sysex.slice(cut),
    () => sysex.flatMap((byte) => (random() < 0.5 ? [0xf8 | below(8), byte] : [byte])),
    () => [...sysex.slice(0, cut), 0x92, 60, 1, ...sysex.slice(cut)],
    () => [0xf0, ...bytes(1020 + below(10), 128), 0xf7],
    () => [[0xf4, 0xf5, 0xf6, 0xf7, 0xf9, 0xfd][below(6)] ?? 0, ...bytes(below(4), 128)],
    () => [0xf1 + below(3), ...bytes(below(3), 128)],
  ];
  return kinds[below(kinds.length)]?.() ?? [];
}

test('what is told of a stream is what it says, in whatever pieces, and nothing else presses', {
  timeout: 60_000 + RUNS * 20,
}, async () => {
  let heard = 0;
  for (let seed = 1; seed <= RUNS; seed++) {
    const random = seeded(seed);
    const { port, clock, connection, inputs } = await connect();
    const stream = Array.from({ length: 12 }, () => something(random)).flat();
    for (let at = 0; at < stream.length; ) {
      const end = at + 1 + Math.floor(random() * 100);
      port.play(stream.slice(at, end));
      at = end;
      // A second each, so that no flood is dropped.
      clock.standStill(1000);
    }
    const channel = inputs.filter(({ event }) => event !== 'mtc');
    const expected = readAgain(stream).flatMap((message) =>
      message.startsWith('f0') ? controlsOf(message) : [message],
    );
    expect(channel.map(wireOf), `seed ${seed}`).toEqual(expected);
    heard += presses(inputs).length;
    await connection.close();
  }
  expect(heard).toBeGreaterThan(RUNS);
});

test('a SysEx whose halves come before and after the cable was pulled is none', async () => {
  for (let cut = 1; cut < GO.length; cut++) {
    const first = await connect();
    first.port.play(GO.slice(0, cut));
    first.port.unplug();
    await first.clock.advance(100);
    await first.connection.closed;
    first.port.replug();
    const second = await connect(first.port, first.clock);
    second.port.play(GO.slice(cut));
    expect([...first.inputs, ...second.inputs]).toEqual([]);
    second.port.play(GO);
    expect(presses(second.inputs)).toHaveLength(1);
    await second.connection.close();
  }
});

test('a SysEx of 1 MB, whole or in pieces with clock bytes in it, costs no memory, and the GO after it fires', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const held = () => {
    collect();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return (heapUsed + arrayBuffers) / 2 ** 20;
  };
  const { port, connection, inputs } = await connect();
  const long = new Uint8Array(2 ** 20).fill(0x31);
  long[0] = 0xf0;
  const play = () => {
    port.play(long, [0xf7], GO);
    for (let at = 0; at < long.length; at += 4096) port.play(long.subarray(at, at + 4096), [0xf8]);
    port.play([0xf7], GO);
    // One that never ends.
    port.play(long, long.subarray(1));
    port.play([0x92, 60, 1]);
  };
  play();
  const before = held();
  for (let n = 0; n < 9; n++) play();
  // Ten of each are 40 MB. What nobody holds is given back soon after a collection, not with it.
  await expect.poll(() => held() - before, { timeout: 5000 }).toBeLessThan(4);
  expect(presses(inputs).map(({ event }) => event)).toEqual(
    Array.from({ length: 10 }, () => ['msc', 'msc', 'noteOn']).flat(),
  );
  expect(connection.counters?.()).toMatchObject({ 'dropped.oversize': 20, 'dropped.truncated': 10 });
  await connection.close();
});
