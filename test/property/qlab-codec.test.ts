import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodePacket, encodeMessage } from '../../adapters/qlab/codec.js';
import { encodeFrame, frameReader } from '../../src/wire/osc/framing.js';

const text = fc.string({ unit: 'grapheme', maxLength: 40 }).filter((value) => !value.includes('\0'));
const args = fc.array(
  fc.oneof(
    text,
    fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff }),
    fc.boolean(),
    fc.constant(null),
    fc.uint8Array({ maxLength: 20 }),
  ),
  { maxLength: 8 },
);
const message = fc.record({ address: text.map((rest) => `/${rest}`), args });

test('whatever QLab could be told comes out of the stream as it went in, however it is cut', () => {
  fc.assert(
    fc.property(fc.array(message, { maxLength: 6 }), fc.array(fc.nat(200), { maxLength: 12 }), (messages, cuts) => {
      const stream = Buffer.concat(messages.map((one) => encodeFrame('slip', encodeMessage(one.address, one.args))));
      const got: unknown[] = [];
      const slip = frameReader('slip', 100_000, {
        frame: (frame) => got.push(...decodePacket(frame).messages),
        fault: () => {},
      });
      let at = 0;
      for (const cut of cuts) {
        slip.push(stream.subarray(at, at + cut));
        at += cut;
      }
      slip.push(stream.subarray(at));
      expect(got).toEqual(messages);
    }),
  );
});

test('no bytes make the reader throw, and a good frame behind them counts', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (garbage) => {
      const got: string[] = [];
      const slip = frameReader('slip', 64, {
        frame: (frame) => got.push(...decodePacket(frame).messages.map(({ address }) => address)),
        fault: () => {},
      });
      slip.push(garbage);
      slip.push(encodeFrame('slip', encodeMessage('/good')));
      expect(got.at(-1)).toBe('/good');
      decodePacket(garbage);
      decodePacket(Uint8Array.of(0x2f, ...garbage));
      decodePacket(Buffer.concat([Buffer.from('#bundle\0\0\0\0\0\0\0\0\0'), garbage]));
    }),
  );
});
