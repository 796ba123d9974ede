/**
 * MIDI from a hostile or a broken sender. `MIDI_FUZZ_RUNS=1000000 npx vitest run --project bridge test/property/midi`
 * goes on for longer.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeCommand, problemOfCommand, summarise } from '../../adapters/midi/command.js';
import { toInput } from '../../adapters/midi/input.js';
import { decodeMessage, encodeMessage, type MidiMessage } from '../../src/wire/midi/codec.js';
import { isSameNumber, normaliseNumber } from '../../src/wire/midi/cue-number.js';
import { MMC_COMMANDS, type MmcCommandName } from '../../src/wire/midi/mmc.js';
import { formatName, MSC_COMMANDS, type MscCommandName, type MscShape } from '../../src/wire/midi/msc-tables.js';
import { MtcReceiver } from '../../src/wire/midi/mtc.js';
import { MidiStream, SYSEX_BYTES_MAX } from '../../src/wire/midi/stream.js';
import { fromFrameCount, RATES } from '../../src/wire/midi/timecode.js';
import { mutated } from './mutated-bytes.js';

const RUNS = Number(process.env.MIDI_FUZZ_RUNS ?? 20_000);
const settings = { numRuns: RUNS };
const LIMIT_MS = Math.max(60_000, RUNS);

const seven = fc.integer({ min: 0, max: 127 });
const channel = fc.integer({ min: 1, max: 16 });
const hundredths = fc.option(fc.integer({ min: 1, max: 99 }), { nil: undefined });
const frame = fc
  .tuple(fc.constantFrom(...RATES), fc.nat(2_000_000))
  .map(([rate, count]) => fromFrameCount(rate, count));
const time = fc
  .tuple(frame, hundredths)
  .map(([timecode, part]) => (part === undefined ? timecode : { ...timecode, hundredths: part }));
const number = fc
  .array(fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: 1, maxLength: 4 }), {
    minLength: 1,
    maxLength: 3,
  })
  .map((parts) => normaliseNumber(parts.join('.')) ?? '0');

const list = fc.option(number, { nil: undefined }).map((one) => (one === undefined ? {} : { list: one }));
const cue = fc
  .tuple(
    fc.option(number, { nil: undefined }),
    fc.option(number, { nil: undefined }),
    fc.option(number, { nil: undefined }),
  )
  .map(([one, two, three]) => ({
    ...(one !== undefined && { cue: one }),
    ...(two !== undefined && { list: two }),
    ...(two !== undefined && three !== undefined && { path: three }),
  }));
const fourteen = fc.integer({ min: 0, max: 16_383 });
const data: Record<MscShape, fc.Arbitrary<object>> = {
  'cue?': cue,
  cue: fc.tuple(cue, number).map(([others, one]) => ({ ...others, cue: one })),
  'timed cue?': fc.tuple(cue, time).map(([others, at]) => ({ ...others, time: at })),
  set: fc.record({ control: fourteen, value: fourteen, time }, { requiredKeys: ['control', 'value'] }),
  fire: fc.record({ macro: seven }),
  none: fc.constant({}),
  'list?': list,
  list: number.map((one) => ({ list: one })),
  path: number.map((one) => ({ path: one })),
  clock: fc.tuple(list, time).map(([others, at]) => ({ ...others, time: at })),
};
const msc = fc
  .constantFrom(...(Object.keys(MSC_COMMANDS) as MscCommandName[]))
  .chain((command) =>
    fc
      .tuple(seven, fc.integer({ min: 1, max: 127 }), data[MSC_COMMANDS[command].shape])
      .map(([deviceId, format, rest]) => ({ kind: 'msc', command, deviceId, format: formatName(format), ...rest })),
  );
const mmc = fc
  .tuple(fc.constantFrom(...(Object.keys(MMC_COMMANDS) as MmcCommandName[])), seven, time)
  .map(([command, deviceId, at]) => ({ kind: 'mmc', command, deviceId, ...(command === 'locate' && { time: at }) }));
const one = (kind: string, members: Record<string, fc.Arbitrary<number>>) =>
  fc.record({ kind: fc.constant(kind), channel, ...members });
const message = fc.oneof(
  msc,
  mmc,
  one('noteOn', { note: seven, velocity: fc.integer({ min: 1, max: 127 }) }),
  one('noteOff', { note: seven, velocity: seven }),
  one('controlChange', { controller: seven, value: seven }),
  one('programChange', { program: seven }),
  one('aftertouch', { pressure: seven }),
  one('aftertouch', { pressure: seven, note: seven }),
  one('pitchBend', { value: fc.integer({ min: -8192, max: 8191 }) }),
  fc.record({ kind: fc.constant('mtcQuarter'), piece: fc.nat(7), nibble: fc.nat(15) }),
  frame.map((timecode) => ({ kind: 'mtcFull', timecode })),
) as fc.Arbitrary<MidiMessage>;
const sound = message.map(encodeMessage);

const headed = fc
  .tuple(
    fc.constantFrom('f07f0102', 'f07f7f06', 'f07f7f0101', 'f07f010201', 'f07f01020104', 'f07f01020106'),
    fc.uint8Array({ maxLength: 24 }),
  )
  .map(([head, tail]) => Uint8Array.from([...Buffer.from(head, 'hex'), ...tail.map((byte) => byte & 127), 0xf7]));
const hostile = fc.oneof(fc.uint8Array({ maxLength: 64 }), mutated(sound), headed);

const hexOf = (messages: readonly Uint8Array[]): string[] => messages.map((raw) => Buffer.from(raw).toString('hex'));

test(
  'what is written reads back as it was',
  () => {
    fc.assert(
      fc.property(message, (value) => {
        expect(decodeMessage(encodeMessage(value))).toEqual({ messages: [value] });
      }),
      settings,
    );
  },
  LIMIT_MS,
);

test(
  'garbage makes no fault, and what is taken from it is what would be written',
  () => {
    fc.assert(
      fc.property(hostile, (bytes) => {
        for (const raw of new MidiStream().push(bytes)) {
          if (raw.length > SYSEX_BYTES_MAX) throw new Error('a message over the limit');
          if (raw.slice(1, -1).some((byte) => byte > 127)) throw new Error('a status inside a message');
          const { messages, skipped } = decodeMessage(raw);
          if (messages.length === 0 && skipped === undefined && raw[3] !== 0x06) throw new Error('lost without a word');
          for (const value of messages) {
            const again = decodeMessage(encodeMessage(value)).messages;
            if (JSON.stringify(again) !== JSON.stringify([value])) expect(again).toEqual([value]);
            if ('channel' in value || value.kind === 'msc' || value.kind === 'mmc') toInput(value);
          }
        }
      }),
      settings,
    );
  },
  LIMIT_MS,
);

test(
  'a stream reads the same in whatever pieces it comes',
  () => {
    fc.assert(
      fc.property(fc.array(hostile, { maxLength: 4 }), fc.array(fc.nat(), { maxLength: 6 }), (parts, cuts) => {
        const all = Uint8Array.from(parts.flatMap((part) => [...part]));
        const [whole, pieces] = [new MidiStream(), new MidiStream()];
        const expected = hexOf(whole.push(all));
        const places = [0, ...cuts.map((cut) => cut % (all.length + 1)), all.length].sort((a, b) => a - b);
        const got = places.slice(1).flatMap((end, n) => hexOf(pieces.push(all.subarray(places[n], end))));
        if (got.join() !== expected.join()) expect(got).toEqual(expected);
        expect(pieces.dropped).toEqual(whole.dropped);
      }),
      settings,
    );
  },
  LIMIT_MS,
);

test(
  'real-time bytes anywhere change no message',
  () => {
    fc.assert(
      fc.property(
        fc.array(sound, { minLength: 1, maxLength: 4 }),
        fc.array(fc.nat(), { maxLength: 5 }),
        (parts, places) => {
          const all = parts.flatMap((part) => [...part]);
          for (const place of places) all.splice(place % (all.length + 1), 0, place % 2 === 0 ? 0xf8 : 0xfe);
          const stream = new MidiStream();
          expect(hexOf(stream.push(Uint8Array.from(all)))).toEqual(hexOf(parts));
          expect(stream.realtime).toBe(places.length);
        },
      ),
      { numRuns: Math.ceil(RUNS / 4) },
    );
  },
  LIMIT_MS,
);

test(
  'time code from anyone tells times that exist, wants no tick in the past for ever, and never faults',
  () => {
    const step = fc.record({ afterMs: fc.nat(80), piece: fc.nat(7), nibble: fc.nat(15), isNext: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), fc.integer({ min: 0, max: 600 }), (steps, freewheelMs) => {
        const receiver = new MtcReceiver({ freewheelMs });
        let nowMs = 0;
        let last = 0;
        for (const { afterMs, piece, nibble, isNext } of steps) {
          nowMs += isNext ? 10 : afterMs;
          last = isNext ? (last + 1) % 8 : piece;
          for (const report of receiver.take({ kind: 'mtcQuarter', piece: last, nibble }, nowMs)) {
            const again = decodeMessage(encodeMessage({ kind: 'mtcFull', timecode: report.timecode }));
            expect(again).toEqual({ messages: [{ kind: 'mtcFull', timecode: report.timecode }] });
          }
        }
        for (let n = 0; n < 4 && receiver.nextAtMs !== undefined; n++) {
          nowMs = Math.max(nowMs, receiver.nextAtMs);
          receiver.tick(nowMs);
        }
        expect(receiver.nextAtMs).toBeUndefined();
      }),
      { numRuns: Math.ceil(RUNS / 10) },
    );
  },
  LIMIT_MS,
);

test(
  'any command is sent or refused in words, the same by check and by send',
  () => {
    const value = fc.oneof(fc.integer(), fc.string({ maxLength: 8 }), fc.double(), fc.constant(null), fc.boolean());
    const names = ['command', 'deviceId', 'format', 'cue', 'list', 'path', 'time', 'rate', 'channel', 'note', 'value'];
    const fields = fc.dictionary(
      fc.constantFrom(...names),
      fc.oneof(value, fc.constantFrom('go', 'lighting', '1.5', 1)),
    );
    const command = fc.dictionary(
      fc.constantFrom('msc', 'mmc', 'noteOn', 'pitchBend', '__proto__'),
      fc.oneof(fields, value),
      {
        maxKeys: 2,
      },
    );
    fc.assert(
      fc.property(command, (wanted) => {
        const problem = problemOfCommand(wanted);
        summarise(wanted);
        if (problem === undefined) expect(encodeCommand(wanted).bytes.length).toBeLessThanOrEqual(128);
        else expect(() => encodeCommand(wanted)).toThrow(expect.objectContaining({ code: 'CODEC_MALFORMED' }));
      }),
      { numRuns: Math.ceil(RUNS / 4) },
    );
  },
  LIMIT_MS,
);

test(
  'no two numbers with different parts after the dot are the same cue',
  () => {
    const text = fc.string({ unit: fc.constantFrom(...'0123.'), maxLength: 8 });
    fc.assert(
      fc.property(text, text, (left, right) => {
        if (!isSameNumber(left, right)) return;
        expect(isSameNumber(right, left)).toBe(true);
        const tail = (number: string) =>
          number
            .split('.')
            .slice(1)
            .filter((part) => part !== '');
        expect(tail(left)).toEqual(tail(right));
        expect(Number(left.split('.')[0])).toBe(Number(right.split('.')[0]));
      }),
      { numRuns: RUNS },
    );
  },
  LIMIT_MS,
);
