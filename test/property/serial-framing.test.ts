/** A serial stream in any pieces, and after any noise. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeLine, encodeText, Framer, type Framing, framingOf } from '../../adapters/serial/codec.js';

const texts = (frames: readonly Uint8Array[]): string[] => frames.map((frame) => Buffer.from(frame).toString('latin1'));

test('any bytes in any pieces give what splitting the whole would give', () => {
  const letter = fc.constantFrom(0x00, 0x0a, 0x0d, 0x41, 0x42, 0xff);
  const delimiters = fc
    .uint8Array({ minLength: 1, maxLength: 3 })
    .map((all) => all.map((byte) => [10, 13, 65][byte % 3] ?? 10));
  fc.assert(
    fc.property(fc.array(letter, { maxLength: 200 }), delimiters, fc.array(fc.nat(20)), (stream, delimiter, cuts) => {
      const framing: Framing = { kind: 'line', delimiter, cutsReturn: false, lineBytesMax: 1024 };
      const framer = new Framer(framing);
      const frames: string[] = [];
      let from = 0;
      for (const length of [...cuts, stream.length]) {
        frames.push(...texts(framer.push(Uint8Array.from(stream.slice(from, from + length)), 0)));
        from += length;
      }
      const whole = Buffer.from(stream).toString('latin1').split(Buffer.from(delimiter).toString('latin1'));
      expect(frames).toEqual(whole.slice(0, -1).filter((line) => line !== ''));
    }),
  );
});

test('a framer never holds more than a line, and finds its way back, after any noise', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 64 }), { maxLength: 40 }), (noise) => {
      const framer = new Framer(framingOf({ lineBytesMax: 16 }));
      for (const piece of noise) {
        for (const frame of framer.push(piece, 0)) expect(frame.length).toBeLessThanOrEqual(16);
      }
      framer.push(Buffer.from('\n'), 0);
      expect(texts(framer.push(Buffer.from('GO\n'), 0))).toEqual(['GO']);
    }),
  );
});

test('a command comes out of a framer as it went in', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 50 }), (line) => {
      fc.pre(!line.includes('\n') && line.trim() === line && line !== '');
      const [frame] = new Framer(framingOf({ lineBytesMax: 1024 })).push(
        encodeText({ line }, { encoding: 'utf8', framing: framingOf({ lineBytesMax: 1024 }) }),
        0,
      );
      expect(decodeLine(frame ?? new Uint8Array(), 'utf8')).toBe(line);
    }),
  );
});
