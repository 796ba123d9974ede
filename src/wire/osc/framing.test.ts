import { describe, expect, test } from 'vitest';
import { encodePacket } from './codec.js';
import { encodeFrame, type FramingName, frameReader, SKIPPED_BYTES_MAX } from './framing.js';

const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const bytesOf = (hex: string): Buffer => Buffer.from(hex.replaceAll(' ', ''), 'hex');

/** A reader and what came out of it; frames in hexadecimal. */
function reading(framing: FramingName | 'auto', frameBytesMax = 64) {
  const frames: string[] = [];
  const faults: string[] = [];
  const reader = frameReader(framing, frameBytesMax, {
    frame: (bytes) => frames.push(hexOf(bytes)),
    fault: (fault) => faults.push(fault),
  });
  return { reader, frames, faults };
}

const GO = '2f676f002c73000035330000';
const packets = [
  encodePacket({ address: '/go', args: [{ type: 's', value: '53' }] }),
  encodePacket({
    address: '/x',
    args: [
      { type: 'i', value: 0xc0 },
      { type: 'i', value: 0xdb },
      { type: 'b', value: 'c0dbdcddc0c0dbdb00' },
    ],
  }),
  encodePacket({ packets: [{ address: '/a', args: [] }] }),
];
const wanted = packets.map(hexOf);

for (const framing of ['slip', 'length-prefix'] as const) {
  describe(framing, () => {
    const stream = Buffer.concat(packets.map((packet) => encodeFrame(framing, packet)));

    test.each([framing, 'auto'] as const)('read as %s, the stream may be cut anywhere, even twice', (name) => {
      for (let first = 0; first <= stream.length; first++) {
        for (let second = first; second <= stream.length; second++) {
          const { reader, frames, faults } = reading(name);
          for (const piece of [stream.subarray(0, first), stream.subarray(first, second), stream.subarray(second)]) {
            reader.push(piece);
          }
          reader.end();
          expect({ first, second, frames, faults }).toEqual({ first, second, frames: wanted, faults: [] });
        }
      }
    });

    test('byte by byte', () => {
      const { reader, frames } = reading('auto');
      for (const byte of stream) reader.push(Uint8Array.of(byte));
      expect(frames).toEqual(wanted);
      expect(reader.framing).toBe(framing);
    });

    test('a frame of exactly the limit is taken; one byte more is dropped, and the next good packet works', () => {
      const { reader, frames, faults } = reading(framing, 64);
      reader.push(encodeFrame(framing, new Uint8Array(64).fill(0x2f)));
      reader.push(encodeFrame(framing, new Uint8Array(65).fill(0x2f)));
      reader.push(encodeFrame(framing, new Uint8Array(100_000).fill(0xc0)));
      reader.push(encodeFrame(framing, packets[0] as Uint8Array));
      expect(faults).toEqual(['oversize', 'oversize']);
      expect(frames).toEqual(['2f'.repeat(64), wanted[0]]);
    });

    test('half a frame, then the end: told, and nothing comes of it', () => {
      const frame = encodeFrame(framing, packets[0] as Uint8Array);
      for (let length = 1; length < frame.length; length++) {
        const { reader, frames, faults } = reading(framing);
        reader.push(frame.subarray(0, length));
        reader.end();
        // A lone END is no half of anything.
        const wanted = framing === 'slip' && length === 1 ? [] : ['halfFrame'];
        expect({ length, frames, faults }).toEqual({ length, frames: [], faults: wanted });
      }
    });

    test('empty frames are nothing', () => {
      const { reader, frames, faults } = reading(framing);
      const empty = encodeFrame(framing, new Uint8Array(0));
      reader.push(Buffer.concat([empty, empty, encodeFrame(framing, packets[0] as Uint8Array), empty]));
      reader.end();
      expect({ frames, faults }).toEqual({ frames: [wanted[0]], faults: [] });
    });
  });
}

describe('slip, as others speak it', () => {
  test('END before and after, with C0 and DB escaped', () => {
    expect(hexOf(encodeFrame('slip', bytesOf(GO)))).toBe(`c0${GO}c0`);
    expect(hexOf(encodeFrame('slip', bytesOf('c0db')))).toBe('c0dbdcdbddc0');
  });

  test.each([
    ['without a leading END', `${GO}c0`, [GO], []],
    ['with runs of END', `c0c0c0${GO}c0c0c0${GO}c0c0`, [GO, GO], []],
    ['with one END between two', `c0${GO}c0${GO}c0`, [GO, GO], []],
    ['with a bad escape: the byte is passed on', 'c02f67db6fc0', ['2f676f'], ['badEscape']],
    ['with an escape right before END: the frame ends there', `c02f67dbc0${GO}c0`, ['2f67', GO], ['badEscape']],
  ])('%s', (_, hex, frames, faults) => {
    const read = reading('auto');
    read.reader.push(bytesOf(hex));
    expect({ frames: read.frames, faults: read.faults }).toEqual({ frames, faults });
  });
});

describe('told apart by the first byte', () => {
  test.each([
    ['00', 'length-prefix', `0000000c${GO}`],
    ['C0', 'slip', `c0${GO}c0`],
    ['/', 'slip', `${GO}c0`],
    ['#', 'slip', `2362756e646c65000000000000000001c0`],
  ])('%s', (_, framing, hex) => {
    const { reader, frames } = reading('auto');
    expect(reader.framing).toBeUndefined();
    reader.push(new Uint8Array(0));
    expect(reader.framing).toBeUndefined();
    reader.push(bytesOf(hex));
    expect(reader.framing).toBe(framing);
    expect(frames).toHaveLength(1);
  });

  test('after a line of something else, the next good packet works', () => {
    const { reader, frames } = reading('auto');
    reader.push(Buffer.from('GET / HTTP/1.1\r\n'));
    reader.push(bytesOf(`c0${GO}c0`));
    expect(frames.at(-1)).toBe(GO);
  });
});

test('a length that can be none ends the stream: there is no next packet to be found', () => {
  for (const length of [-1, -2147483648, SKIPPED_BYTES_MAX + 1]) {
    const prefix = Buffer.alloc(4);
    prefix.writeInt32BE(length);
    const { reader, frames, faults } = reading('length-prefix');
    expect(reader.push(prefix)).toBe(false);
    expect(reader.push(bytesOf(`0000000c${GO}`))).toBe(false);
    expect({ frames, faults }).toEqual({ frames: [], faults: ['lostFraming'] });
  }
});

test('a SLIP frame above the limit is told as soon as it is one: its END may never come', () => {
  const { reader, faults } = reading('slip', 8);
  reader.push(new Uint8Array(9).fill(7));
  expect(faults).toEqual(['oversize']);
});
