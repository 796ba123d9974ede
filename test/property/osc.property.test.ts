/**
 * OSC from a hostile or a broken sender. `OSC_FUZZ_RUNS=1000000 npx vitest run --project bridge test/property/osc`
 * goes on for longer.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { toInput } from '../../adapters/osc/command.js';
import { compileConsole } from '../../adapters/osc/console.js';
import { ConsoleWatch } from '../../adapters/osc/console-watch.js';
import { oscProfiles } from '../../adapters/osc/profile.js';
import { matchAddress } from '../../src/wire/osc/address.js';
import { decodePacket, encodePacket } from '../../src/wire/osc/codec.js';
import { encodeFrame, frameReader } from '../../src/wire/osc/framing.js';
import { F53OSC } from '../../src/wire/osc/guard.js';
import { TestClock } from '../support/test-clock.js';
import { mutated } from './mutated-bytes.js';
import { address, flatten, hexOf, packetOf } from './osc-arbitraries.js';

const RUNS = Number(process.env.OSC_FUZZ_RUNS ?? 20_000);
const FRAME_BYTES_MAX = 4096;

const ALL = 'ifdhsScbrmtTFNI[';
const packet = packetOf(ALL);
const sound = packet.map((value) => encodePacket(value));

const headed = fc
  .tuple(fc.constantFrom('/', '/go\0,', '#bundle\0\0\0\0\0\0\0\0\x01', '/go\0,[[['), fc.uint8Array({ maxLength: 64 }))
  .map(([head, tail]) => Uint8Array.from(Buffer.concat([Buffer.from(head, 'latin1'), tail])));
const hostile = fc.oneof(fc.uint8Array({ maxLength: 128 }), headed, mutated(sound));

test('what is written is read again, the same', () => {
  fc.assert(
    fc.property(packet, (value) => {
      const { messages, fault } = decodePacket(encodePacket(value));
      expect(fault).toBeUndefined();
      expect(messages.map(({ address, args }) => ({ address, args }))).toEqual(flatten(value));
    }),
    { numRuns: Math.min(RUNS, 5000) },
  );
});

test('hostile bytes are dropped or read, never thrown over; what was read is JSON data', () => {
  const good = encodePacket({ address: '/go', args: [] });
  fc.assert(
    fc.property(hostile, (bytes) => {
      const before = hexOf(bytes);
      const { messages, fault } = decodePacket(bytes);
      expect(hexOf(bytes)).toBe(before);
      if (fault) expect(messages).toEqual([]);
      for (const read of messages) {
        const input = toInput(read, 'x');
        expect(JSON.parse(JSON.stringify(input))).toEqual(input);
      }
      expect(decodePacket(good).messages).toHaveLength(1);
    }),
    { numRuns: RUNS },
  );
}, 3_600_000);

test('what the strict reading takes, the lenient one reads the same', () => {
  const heard = packetOf('ifsbTFNI').map((value) => encodePacket(value));
  fc.assert(
    fc.property(fc.oneof(heard, mutated(heard)), (bytes) => {
      const strict = decodePacket(bytes);
      const isHeard = strict.messages.every(({ types }) => [...types].every((type) => F53OSC.types.includes(type)));
      if (!strict.fault && isHeard) expect(decodePacket(bytes, F53OSC)).toEqual(strict);
    }),
    { numRuns: Math.min(RUNS, 10_000) },
  );
}, 3_600_000);

test('the lenient reading takes hostile bytes too: within its limits, and of the types that it hears', () => {
  fc.assert(
    fc.property(fc.oneof(hostile, mutated(packetOf('ifsbTFNI').map((value) => encodePacket(value)))), (bytes) => {
      const before = hexOf(bytes);
      const { messages } = decodePacket(bytes, F53OSC);
      expect(hexOf(bytes)).toBe(before);
      expect(messages.length).toBeLessThanOrEqual(F53OSC.messagesMax);
      for (const { address, types, args } of messages) {
        expect(address).toMatch(/^\//);
        expect([...types].filter((type) => !F53OSC.types.includes(type))).toEqual([]);
        expect(args).toHaveLength(types.length);
      }
    }),
    { numRuns: RUNS },
  );
}, 3_600_000);

test('a stream with hostile frames between good ones, in any pieces: every good packet arrives, in order', () => {
  const piece = fc.record({ bytes: fc.oneof(sound, hostile), oversize: fc.boolean() });
  fc.assert(
    fc.property(
      fc.constantFrom('slip' as const, 'length-prefix' as const),
      fc.boolean(),
      fc.array(piece, { maxLength: 8 }),
      fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 8 }),
      (framing, isAuto, pieces, sizes) => {
        const wanted: string[] = [];
        // A first frame with a length of 0x0000nnnn makes the framing certain for `auto`.
        const frames = [encodeFrame(framing, encodePacket({ address: '/first', args: [] }))];
        for (const { bytes, oversize } of pieces) {
          const body = oversize ? Buffer.concat([bytes, new Uint8Array(FRAME_BYTES_MAX + 1)]) : bytes;
          frames.push(encodeFrame(framing, body));
          if (!oversize && body.length > 0) wanted.push(hexOf(body));
        }
        const stream = Buffer.concat(frames);
        const got: string[] = [];
        const reader = frameReader(isAuto ? 'auto' : framing, FRAME_BYTES_MAX, {
          frame: (bytes) => got.push(hexOf(bytes)),
          fault: () => undefined,
        });
        for (let at = 0, index = 0; at < stream.length; index++) {
          const size = sizes[index % sizes.length] ?? 1;
          expect(reader.push(stream.subarray(at, at + size))).toBe(true);
          at += size;
        }
        expect(got.slice(1)).toEqual(wanted);
      },
    ),
    { numRuns: Math.max(300, Math.min(RUNS / 20, 5000)) },
  );
}, 3_600_000);

test('random bytes as a stream never throw, and SLIP finds the next good packet', () => {
  const good = encodePacket({ address: '/go', args: [] });
  fc.assert(
    fc.property(
      fc.constantFrom('slip' as const, 'length-prefix' as const, 'auto' as const),
      fc.uint8Array(),
      (framing, bytes) => {
        const got: string[] = [];
        const reader = frameReader(framing, 64, { frame: (frame) => got.push(hexOf(frame)), fault: () => undefined });
        reader.push(bytes);
        if (reader.framing === 'slip') {
          reader.push(encodeFrame('slip', good));
          expect(got.at(-1)).toBe(hexOf(good));
        }
        reader.end();
      },
    ),
    { numRuns: RUNS },
  );
}, 3_600_000);

test('a plain address as a pattern matches itself alone, and a star for any part matches too', () => {
  const plain = fc
    .array(fc.string({ unit: fc.constantFrom(...'ab1.-'), minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 4 })
    .map((parts) => `/${parts.join('/')}`);
  fc.assert(
    fc.property(plain, plain, fc.nat(), (one, other, at) => {
      expect(matchAddress(one, other)).toBe(one === other);
      const parts = one.split('/');
      parts[1 + (at % (parts.length - 1))] = '*';
      expect(matchAddress(parts.join('/'), one)).toBe(true);
      expect(matchAddress(`/${one}`, `${other}${one}`)).toBe(true);
    }),
  );
});

test('any pattern against any address answers', () => {
  fc.assert(fc.property(address, address, (one, other) => typeof matchAddress(one, other) === 'boolean'));
});

test('whatever a console says, its profile reads it without a throw, as JSON data', async () => {
  const watches = await Promise.all(
    (await oscProfiles.names()).map(async (name) => {
      const options = { clock: new TestClock(), hears: true, send: () => undefined, changed: () => undefined };
      return new ConsoleWatch(compileConsole(await oscProfiles.load(name), ''), options);
    }),
  );
  const known = fc
    .tuple(
      fc.constantFrom('/eos/out/event/cue/', '/eos/out/ping', '/13.13.1.6.', '/0/dmx/', '/lisp/fired/', '/play', '/'),
      address,
    )
    .map(([head, tail]) => head + tail.slice(1));
  const plain = fc.oneof(fc.string(), fc.integer(), fc.double({ noNaN: true }), fc.boolean(), fc.constant(null));
  fc.assert(
    fc.property(fc.oneof(address, known), fc.array(plain, { maxLength: 4 }), (said, args) => {
      for (const watch of watches) {
        const meaning = watch.see(said, args) ?? null;
        expect(Object.keys(JSON.parse(JSON.stringify({ meaning })))).toEqual(['meaning']);
      }
    }),
    { numRuns: Math.min(RUNS, 100_000) },
  );
}, 3_600_000);
