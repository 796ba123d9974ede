/** The MIDI codec against Debian's python3-mido: what the one writes, the other reads as the same. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type ChannelMessage,
  decodeMessage,
  encodeMessage,
  type MidiMessage,
  type MtcMessage,
} from '../../src/wire/midi/codec.js';
import { MtcGenerator } from '../../src/wire/midi/mtc-out.js';
import { MidiStream } from '../../src/wire/midi/stream.js';
import { framesPerDay, RATES } from '../../src/wire/midi/timecode.js';

/** A message as mido has it: channels from 0, notes off for notes of velocity 0 not told apart. */
type MidoMessage = Record<string, unknown> & { type: string };

const SCRIPT = fileURLToPath(new URL('../support/mido-peer.py', import.meta.url));
/** Debian's own: python3-mido is installed for no other. */
const PYTHON = '/usr/bin/python3';

/** Hands mido a line each, and gives its answers, a line each. */
async function mido(mode: 'decode' | 'encode', lines: readonly string[]): Promise<string[]> {
  const python = spawn(PYTHON, [SCRIPT, mode], { stdio: ['pipe', 'pipe', 'pipe'] });
  const out: Buffer[] = [];
  const said: Buffer[] = [];
  python.stdout.on('data', (bytes) => out.push(bytes));
  python.stderr.on('data', (bytes) => said.push(bytes));
  python.stdin.on('error', () => undefined);
  const code = new Promise<number | null>((resolve, reject) => {
    python.on('error', (cause) => reject(new Error('python3-mido is needed (Debian: python3-mido)', { cause })));
    python.on('close', resolve);
  });
  python.stdin.end(lines.map((line) => `${line}\n`).join(''));
  const ended = await code;
  const words = Buffer.concat(said).toString();
  if (ended !== 0) throw new Error(`python3-mido is needed (Debian: python3-mido): ${words}`);
  return Buffer.concat(out).toString().trimEnd().split('\n');
}

const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const bytesOf = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'));

/** The same message in mido's words. */
function inMido(message: ChannelMessage | (MidiMessage & { kind: 'mtcQuarter' })): MidoMessage {
  if (message.kind === 'mtcQuarter') {
    return { type: 'quarter_frame', frame_type: message.piece, frame_value: message.nibble };
  }
  const channel = message.channel - 1;
  switch (message.kind) {
    case 'noteOn':
      return { type: 'note_on', channel, note: message.note, velocity: message.velocity };
    case 'noteOff':
      return { type: 'note_off', channel, note: message.note, velocity: message.velocity };
    case 'controlChange':
      return { type: 'control_change', channel, control: message.controller, value: message.value };
    case 'programChange':
      return { type: 'program_change', channel, program: message.program };
    case 'pitchBend':
      return { type: 'pitchwheel', channel, pitch: message.value };
    case 'aftertouch':
      return message.note === undefined
        ? { type: 'aftertouch', channel, value: message.pressure }
        : { type: 'polytouch', channel, note: message.note, value: message.pressure };
  }
}

const seven = fc.integer({ min: 0, max: 127 });
const one = (kind: string, members: Record<string, fc.Arbitrary<number>>) =>
  fc.record({ kind: fc.constant(kind), channel: fc.integer({ min: 1, max: 16 }), ...members });
const message = fc.oneof(
  one('noteOn', { note: seven, velocity: fc.integer({ min: 1, max: 127 }) }),
  one('noteOff', { note: seven, velocity: seven }),
  one('controlChange', { controller: seven, value: seven }),
  one('programChange', { program: seven }),
  one('aftertouch', { pressure: seven }),
  one('aftertouch', { pressure: seven, note: seven }),
  one('pitchBend', { value: fc.integer({ min: -8192, max: 8191 }) }),
  fc.record({ kind: fc.constant('mtcQuarter'), piece: fc.nat(7), nibble: fc.nat(15) }),
) as fc.Arbitrary<ChannelMessage | (MidiMessage & { kind: 'mtcQuarter' })>;
const streams = fc.sample(fc.array(message, { minLength: 1, maxLength: 8 }), 2000);

const withoutTime = (messages: readonly MidoMessage[]): MidoMessage[] =>
  messages.map(({ time: _, ...rest }) => rest as MidoMessage);

test('2000 streams that are written here are read by mido as the same messages', async () => {
  const answers = await mido(
    'decode',
    streams.map((messages) => messages.map((each) => hexOf(encodeMessage(each))).join('')),
  );
  expect(answers).toHaveLength(streams.length);
  for (const [n, messages] of streams.entries()) {
    expect(withoutTime(JSON.parse(answers[n] ?? ''))).toEqual(messages.map(inMido));
  }
});

test('2000 streams that mido writes are read here as the same messages, at any split', async () => {
  const answers = await mido(
    'encode',
    streams.map((messages) => JSON.stringify(messages.map(inMido))),
  );
  expect(answers).toHaveLength(streams.length);
  for (const [n, messages] of streams.entries()) {
    const bytes = bytesOf(answers[n] ?? '');
    const stream = new MidiStream();
    const at = n % (bytes.length + 1);
    const raw = [bytes.subarray(0, at), bytes.subarray(at)].flatMap((piece) => stream.push(piece));
    expect(raw.flatMap((whole) => decodeMessage(whole).messages)).toEqual(messages);
  }
});

test('mido’s note-on with velocity 0 is a note-off here', async () => {
  const [hex = ''] = await mido('encode', [JSON.stringify([{ type: 'note_on', channel: 2, note: 60, velocity: 0 }])]);
  expect(hex.toLowerCase()).toBe('923c00');
  expect(decodeMessage(bytesOf(hex)).messages).toEqual([{ kind: 'noteOff', channel: 3, note: 60, velocity: 0 }]);
});

test('every vector of show control goes through mido as one SysEx, clock bytes in its midst or not', async () => {
  const file = new URL('../../src/wire/midi/fixtures/msc.json', import.meta.url);
  const vectors: { hex: string; message: MidiMessage }[] = JSON.parse(readFileSync(file, 'utf8'));
  const ours = vectors.map((vector) => hexOf(encodeMessage(vector.message)));
  const withClock = ours.map((hex) => `${hex.slice(0, 8)}f8${hex.slice(8)}`);
  const read = (await mido('decode', [...ours, ...withClock])).map((line): MidoMessage[] => JSON.parse(line));
  const data = read.map((messages) => messages.filter(({ type }) => type === 'sysex').map((each) => each.data));
  const expected = ours.map((hex) => [[...bytesOf(hex).subarray(1, -1)]]);
  expect(data).toEqual([...expected, ...expected]);
  const theirs = await mido(
    'encode',
    expected.map(([bytes]) => JSON.stringify([{ type: 'sysex', data: bytes }])),
  );
  const back = theirs.map((hex) => new MidiStream().push(bytesOf(hex)).map((raw) => decodeMessage(raw).messages));
  expect(back).toEqual(vectors.map((vector) => [[vector.message]]));
});

test.each(RATES)('a second of time code at %s, over midnight, is to mido what it is here', async (rate) => {
  const generator = new MtcGenerator(rate);
  const sent: MtcMessage[] = [...generator.run(framesPerDay(rate) - 13, 0, 0)];
  for (let atMs = generator.nextAtMs; atMs !== undefined && atMs < 1000; atMs = generator.nextAtMs) {
    sent.push(...generator.take(atMs));
  }
  const [answer = ''] = await mido('decode', [sent.map((each) => hexOf(encodeMessage(each))).join('')]);
  const [full, ...pieces] = withoutTime(JSON.parse(answer));
  expect(full).toEqual({ type: 'sysex', data: [...encodeMessage(sent[0] as MtcMessage).subarray(1, -1)] });
  expect(pieces.length).toBeGreaterThan(90);
  expect(pieces).toEqual(
    sent.slice(1).map((each) => {
      if (each.kind !== 'mtcQuarter') throw new Error('the place was told twice');
      return inMido(each);
    }),
  );
  // As any receiver puts them together: frames, seconds, minutes, hours and rate, low before high.
  const times = Array.from({ length: Math.floor(pieces.length / 8) }, (_, n) => pieces.slice(8 * n, 8 * n + 8)).map(
    (eight) => eight.map(({ frame_value: value }) => Number(value)),
  );
  const [f0 = 0, f1 = 0, s0 = 0, s1 = 0, m0 = 0, m1 = 0, h0 = 0, h1 = 0] = times[0] ?? [];
  const first = [((h1 & 1) << 4) | h0, (m1 << 4) | m0, (s1 << 4) | s0, (f1 << 4) | f0];
  expect(first.join(':')).toBe(`23:59:59:${{ '24': 12, '25': 13, '29.97df': 18, '30': 18 }[rate]}`);
  expect(RATES[h1 >> 1]).toBe(rate);
  expect(times.at(-1)?.slice(2, 7)).toEqual([0, 0, 0, 0, 0]);
});
