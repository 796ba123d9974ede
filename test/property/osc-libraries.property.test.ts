/**
 * Our OSC beside other people's: the npm packages osc 2.4, osc-min 2.1 and node-osc 11.7. What they write is read here as
 * what was meant, what is written here they read as the same, and the bytes are equal. Where they differ is named below.
 */
import fc from 'fast-check';
import { type Bundle, type Message, decode as nodeOscDecode, encode as nodeOscEncode } from 'node-osc';
import osc from 'osc/src/osc.js';
import { fromBuffer, type OscArgOrArrayInput, type OscPacketInput, type OscPacketOutput, toBuffer } from 'osc-min';
import { describe, expect, test } from 'vitest';
import { decodePacket, encodePacket, type OscArg, type OscMessage, type OscPacket } from '../../src/wire/osc/codec.js';
import { argOf, flatten, hexOf, packetOf } from './osc-arbitraries.js';

const numRuns = 2000;
const bytesOf = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'));
const wordsOf = (hex: string): [number, number] => [
  Number.parseInt(hex.slice(0, 8), 16),
  Number.parseInt(hex.slice(8), 16),
];
const hexOfWords = (words: readonly number[]): string =>
  words.map((word) => word.toString(16).padStart(8, '0')).join('');

/** What we read of a packet, without what only we tell. */
function read(bytes: Uint8Array): OscMessage[] | string {
  const { messages, fault } = decodePacket(bytes);
  return fault ?? messages.map(({ address, args }) => ({ address, args }));
}
describe('osc-min', () => {
  /** Colours are left out: see below. */
  const TYPES = 'ifdhsScbmtTFNI[';
  const noBigInt = (_: string, value: unknown) => (typeof value === 'bigint' ? String(value) : value);
  const NAMES = {
    i: 'integer',
    f: 'float',
    d: 'double',
    h: 'bigint',
    s: 'string',
    S: 'symbol',
    c: 'character',
  } as const;

  function arg(value: OscArg): OscArgOrArrayInput {
    switch (value.type) {
      case '[':
        return { type: 'array', value: value.value.map(arg) };
      case 'b':
        return { type: 'blob', value: bytesOf(value.value) };
      case 'm':
        return { type: 'midi', value: [...bytesOf(value.value)] as [number, number, number, number] };
      case 't':
        return { type: 'timetag', value: wordsOf(value.value) };
      case 'r': {
        const [red = 0, green = 0, blue = 0, alpha = 0] = bytesOf(value.value);
        return { type: 'color', value: { red, green, blue, alpha } };
      }
      case 'T':
        return { type: 'true' };
      case 'F':
        return { type: 'false' };
      case 'N':
        return { type: 'null' };
      case 'I':
        return { type: 'bang' };
      default:
        return { type: NAMES[value.type], value: value.value } as OscArgOrArrayInput;
    }
  }
  const written = (packet: OscPacket): Uint8Array => {
    const { buffer, byteOffset, byteLength } = toBuffer(input(packet));
    return new Uint8Array(buffer, byteOffset, byteLength);
  };
  const input = (packet: OscPacket): OscPacketInput =>
    'address' in packet
      ? { address: packet.address, args: packet.args.map(arg) }
      : { timetag: wordsOf(packet.timeTag ?? ''), elements: packet.packets.map(input) };

  type ReadArg = { type: string; value: unknown };
  function back({ type, value }: ReadArg): OscArg {
    if (type === 'array') return { type: '[', value: (value as ReadArg[]).map(back) };
    if (type === 'blob') {
      const { buffer, byteOffset, byteLength } = value as DataView;
      return { type: 'b', value: hexOf(new Uint8Array(buffer, byteOffset, byteLength)) };
    }
    if (type === 'midi') return { type: 'm', value: hexOf(Uint8Array.from(value as number[])) };
    if (type === 'timetag') return { type: 't', value: hexOfWords(value as number[]) };
    const flag = { true: 'T', false: 'F', null: 'N', bang: 'I' }[type];
    if (flag !== undefined) return { type: flag } as OscArg;
    const tag = Object.entries(NAMES).find(([, name]) => name === type)?.[0];
    return { type: tag, value } as OscArg;
  }
  const messagesOf = (packet: OscPacketOutput): OscMessage[] =>
    packet.oscType === 'bundle'
      ? packet.elements.flatMap(messagesOf)
      : [{ address: packet.address, args: (packet.args as ReadArg[]).map(back) }];

  test('writes what we read, and the same bytes as we', () => {
    fc.assert(
      fc.property(packetOf(TYPES), (packet) => {
        const bytes = written(packet);
        expect(read(bytes)).toEqual(flatten(packet));
        expect(hexOf(bytes)).toBe(hexOf(encodePacket(packet)));
      }),
      { numRuns },
    );
  });

  test('reads what we write', () => {
    fc.assert(
      fc.property(packetOf(TYPES), (packet) => {
        fc.pre(!JSON.stringify(packet, noBigInt).includes('\ufeff'));
        expect(messagesOf(fromBuffer(encodePacket(packet)))).toEqual(flatten(packet));
      }),
      { numRuns },
    );
  });

  test('differs in colours: it writes 16 bytes where OSC has 4, which we drop as left over', () => {
    const packet = { address: '/c', args: [{ type: 'r' as const, value: '01020304' }] };
    expect(written(packet)).toHaveLength(encodePacket(packet).length + 12);
    expect(read(written(packet))).toBe('leftover');
    expect(fromBuffer(encodePacket(packet))).toMatchObject({
      args: [{ type: 'color', value: { red: 1, green: 2, blue: 3, alpha: 4 } }],
    });
  });

  test('differs in a byte order mark at the beginning of a text: it reads the text without, we with it', () => {
    const packet = { address: '/s', args: [{ type: 's' as const, value: '\ufeffa' }] };
    expect(messagesOf(fromBuffer(written(packet)))).toEqual([{ address: '/s', args: [{ type: 's', value: 'a' }] }]);
    expect(read(written(packet))).toEqual([packet]);
  });

  test('differs in characters beyond ASCII: it writes code points, we read U+FFFD', () => {
    const { buffer } = toBuffer({ address: '/c', args: [{ type: 'character', value: 'é' }] });
    expect(read(new Uint8Array(buffer))).toEqual([{ address: '/c', args: [{ type: 'c', value: '\ufffd' }] }]);
  });
});

describe('node-osc', () => {
  /** All that it knows. Its d is an f; h, t, c, r, S, I and arrays it neither writes nor reads. */
  const TYPES = 'ifsbTFNm';
  /** The time tags that it can say: at once. */
  const NOW = fc.constant('0000000000000001');

  const arg = (value: OscArg): object => {
    if (value.type === 'b' || value.type === 'm') return { type: value.type, value: Buffer.from(value.value, 'hex') };
    if (value.type === 'N') return { type: 'null', value: null };
    return { type: value.type, value: 'value' in value ? value.value : true };
  };
  const input = (packet: OscPacket): Message | Bundle =>
    ('address' in packet
      ? { oscType: 'message', address: packet.address, args: packet.args.map(arg) }
      : { oscType: 'bundle', timetag: 0, elements: packet.packets.map(input) }) as Message | Bundle;

  type ReadPacket = { elements?: ReadPacket[]; address: string; args: { value: unknown }[] };
  const messagesOf = (packet: ReadPacket): { address: string; args: unknown[] }[] =>
    packet.elements
      ? packet.elements.flatMap(messagesOf)
      : [
          {
            address: packet.address,
            args: packet.args.map(({ value }) => (Buffer.isBuffer(value) ? hexOf(value) : value)),
          },
        ];
  const plain = ({ address, args }: OscMessage) => ({
    address,
    args: args.map((one) => ('value' in one ? one.value : { T: true, F: false, N: null, I: true }[one.type])),
  });

  test('writes what we read, and the same bytes as we', () => {
    fc.assert(
      fc.property(packetOf(TYPES, NOW), (packet) => {
        const bytes = nodeOscEncode(input(packet));
        expect(read(bytes)).toEqual(flatten(packet));
        expect(hexOf(bytes)).toBe(hexOf(encodePacket(packet)));
      }),
      { numRuns },
    );
  });

  test('reads what we write', () => {
    fc.assert(
      fc.property(packetOf(TYPES, NOW), (packet) => {
        expect(messagesOf(nodeOscDecode(Buffer.from(encodePacket(packet))))).toEqual(flatten(packet).map(plain));
      }),
      { numRuns },
    );
  });

  test('differs in doubles: it writes them as f', () => {
    const bytes = nodeOscEncode({ oscType: 'message', address: '/d', args: [{ type: 'd', value: 0.5 }] });
    expect(read(bytes)).toEqual([{ address: '/d', args: [{ type: 'f', value: 0.5 }] }]);
  });

  test.each([...'htcrSI['])('differs in %s, which it cannot read', (type) => {
    fc.assert(
      fc.property(argOf(type === '[' ? 'i[' : type), (value) => {
        fc.pre(value.type === type);
        const bytes = Buffer.from(encodePacket({ address: '/x', args: [value] }));
        expect(() => nodeOscDecode(bytes)).toThrow("I don't understand the argument code");
      }),
      { numRuns: 20 },
    );
  });
});

describe('osc', () => {
  type ReadPacket = { packets?: ReadPacket[]; address: string; args: { type: string; value?: unknown }[] };
  /** The library as its own users have it. */
  const library = osc as unknown as {
    writePacket(packet: { address: string; args: readonly unknown[] }): Uint8Array;
    readPacket(bytes: Uint8Array, options: { metadata: true; unpackSingleArgs: false }): ReadPacket;
  };
  const messagesOf = (packet: ReadPacket): ReadPacket[] => packet.packets?.flatMap(messagesOf) ?? [packet];

  test('writes numbers, texts, blobs and flags of plain JavaScript as what we read', () => {
    const value = fc.oneof(
      fc.float({ noNaN: true, noDefaultInfinity: true }),
      fc.string({ unit: 'grapheme', maxLength: 12 }).filter((text) => !text.includes('\0')),
      fc.boolean(),
      fc.uint8Array({ maxLength: 20 }),
    );
    const meant = (one: number | string | boolean | Uint8Array): OscArg => {
      if (typeof one === 'number') return { type: 'f', value: one };
      if (typeof one === 'string') return { type: 's', value: one };
      return one instanceof Uint8Array ? { type: 'b', value: hexOf(one) } : { type: one ? 'T' : 'F' };
    };
    fc.assert(
      fc.property(fc.array(value, { maxLength: 6 }), (args) => {
        expect(read(library.writePacket({ address: '/x', args }))).toEqual([{ address: '/x', args: args.map(meant) }]);
      }),
      { numRuns },
    );
  });

  test('reads what we write; colours, MIDI and time tags it gives in forms of its own, arrays in arrays it cannot read', () => {
    fc.assert(
      fc.property(packetOf('ifdsScbTFNI'), (packet) => {
        const bytes = Uint8Array.from(encodePacket(packet));
        const back = messagesOf(library.readPacket(bytes, { metadata: true, unpackSingleArgs: false }));
        const plain = back.map(({ address, args }) => ({
          address,
          args: args.map(({ type, value }) => {
            if (value instanceof Uint8Array) return { type, value: hexOf(value) };
            return 'TFNI'.includes(type) ? { type } : { type, value };
          }),
        }));
        expect(plain).toEqual(flatten(packet));
      }),
      { numRuns },
    );
  });
});
