import { readFileSync } from 'node:fs';
import osc from 'osc/src/osc.js';
import { describe, expect, test } from 'vitest';
import { toInput } from '../../../adapters/osc/command.js';
import { BridgeError } from '../../kit/errors.js';
import { decodePacket, encodePacket, type OscArg, type OscPacket } from './codec.js';
import { type Dialect, F53OSC, STRICT, walkPacket } from './guard.js';

const {
  addressBytesMax: ADDRESS_BYTES_MAX,
  messagesMax: MESSAGES_MAX,
  nestingMax: NESTING_MAX,
  tagsMax: TAGS_MAX,
} = STRICT;

const fixture = <T>(name: string): T => JSON.parse(readFileSync(new URL(`fixtures/${name}`, import.meta.url), 'utf8'));
const bytesOf = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

const MESSAGES =
  fixture<{ what: string; hex: string; address: string; types: string; args: unknown[] }[]>('messages.json');
const MALFORMED = fixture<{ what: string; hex: string; fault: string }[]>('malformed.json');

const go = (...args: OscArg[]): OscPacket => ({ address: '/go', args });

/** The messages of a packet as inputs; fails the test when it was dropped. */
function inputs(bytes: Uint8Array) {
  const { messages, fault } = decodePacket(bytes);
  if (fault) throw new Error(`dropped: ${fault}`);
  return messages.map((message) => toInput(message, 'x'));
}

describe('reading', () => {
  test.each(MESSAGES)('$what', ({ hex, address, types, args }) => {
    expect(inputs(bytesOf(hex))).toEqual([{ address, types, args, from: 'x' }]);
  });

  test('the same packet in the middle of a larger buffer reads the same: nobody else’s memory comes with it', () => {
    const packet = bytesOf('2f676f00 2c626d72 00000000 00000003 01020300 00903c7f ff800102');
    const pool = Buffer.alloc(256, 0xee);
    pool.set(packet, 101);
    expect(inputs(pool.subarray(101, 101 + packet.length))).toEqual(inputs(packet));
    expect(inputs(packet)[0]?.args).toEqual(['010203', '00903c7f', 'ff800102']);
  });

  test('a bundle’s messages come in their order, through bundles inside it, without waiting for their times', () => {
    const number = (value: number): OscPacket => go({ type: 'i', value });
    const inner = { timeTag: 'ffffffff00000000', packets: [number(2), { packets: [number(3)] }] };
    const bundle = encodePacket({ timeTag: 'fffffff000000000', packets: [number(1), inner, number(4)] });
    expect(inputs(bundle).map(({ args }) => args)).toEqual([[1], [2], [3], [4]]);
    expect(inputs(encodePacket({ packets: [] }))).toEqual([]);
  });
});

describe('dropping', () => {
  test.each(MALFORMED)('$what', ({ hex, fault }) => {
    expect(decodePacket(bytesOf(hex))).toEqual({ messages: [], fault });
  });

  test('bundles in bundles only so deep; three thousand of them cost nothing', () => {
    const nested = (depth: number): OscPacket => (depth === 0 ? go() : { packets: [nested(depth - 1)] });
    expect(decodePacket(encodePacket(nested(NESTING_MAX))).fault).toBeUndefined();
    expect(decodePacket(encodePacket(nested(NESTING_MAX + 1)))).toEqual({ messages: [], fault: 'nesting' });
    const head = '2362756e646c65000000000000000001';
    let hex = '2f676f002c000000';
    for (let depth = 0; depth < 3000; depth++) hex = `${head}${(hex.length / 2).toString(16).padStart(8, '0')}${hex}`;
    expect(decodePacket(bytesOf(hex))).toEqual({ messages: [], fault: 'nesting' });
  });

  test('arrays in arrays only so deep', () => {
    const nested = (depth: number): OscArg => (depth === 0 ? { type: 'T' } : { type: '[', value: [nested(depth - 1)] });
    expect(decodePacket(encodePacket(go(nested(NESTING_MAX)))).fault).toBeUndefined();
    expect(decodePacket(encodePacket(go(nested(NESTING_MAX + 1))))).toEqual({ messages: [], fault: 'nesting' });
  });

  test('more messages in a packet, more arguments, a longer address than the limits', () => {
    const bundle = (count: number) => encodePacket({ packets: Array.from({ length: count }, () => go()) });
    expect(decodePacket(bundle(MESSAGES_MAX)).fault).toBeUndefined();
    expect(decodePacket(bundle(MESSAGES_MAX + 1))).toEqual({ messages: [], fault: 'count' });
    const tags = (count: number) => encodePacket(go(...Array.from({ length: count }, (): OscArg => ({ type: 'T' }))));
    expect(decodePacket(tags(TAGS_MAX)).fault).toBeUndefined();
    expect(decodePacket(tags(TAGS_MAX + 1))).toEqual({ messages: [], fault: 'count' });
    const address = (length: number) =>
      Buffer.from(`/${'a'.repeat(length - 1)}`.padEnd(length + 4 - (length % 4), '\0'));
    expect(decodePacket(address(ADDRESS_BYTES_MAX)).fault).toBeUndefined();
    expect(decodePacket(address(ADDRESS_BYTES_MAX + 1))).toEqual({ messages: [], fault: 'address' });
  });
});

describe('writing', () => {
  test.each([
    ['2f676f002c000000', go()],
    ['2f676f002c73000035330000', go({ type: 's', value: '53' })],
    ['2f676f002c690000000000c0', go({ type: 'i', value: 192 })],
    ['2f676f002c6600003f000000', go({ type: 'f', value: 0.5 })],
    ['2f676f002c680000fffffffffffffffe', go({ type: 'h', value: -2n })],
    ['2f676f002c6800007fffffffffffffff', go({ type: 'h', value: 2n ** 63n - 1n })],
    ['2f676f002c7400000000000000000001', go({ type: 't', value: '0000000000000001' })],
    ['2f676f002c5b69545d00000000000001', go({ type: '[', value: [{ type: 'i', value: 1 }, { type: 'T' }] })],
  ] as const)('%s', (hex, packet) => {
    expect(hexOf(encodePacket(packet))).toBe(hex);
  });

  test.each<[string, OscPacket, RegExp]>([
    ['an address without a slash', { address: 'go', args: [] }, /does not start with \//],
    ['an address with a space', { address: '/go now', args: [] }, /space/],
    ['an address that is not ASCII', { address: '/gø', args: [] }, /ASCII/],
    ['an address that is too long', { address: `/${'a'.repeat(255)}`, args: [] }, /longer than 255/],
    ['an int beyond 32 bits', go({ type: 'i', value: 2 ** 31 }), /32 bits/],
    ['an int with a fraction', go({ type: 'i', value: 1.5 }), /whole number/],
    ['an int that is no number', go({ type: 'i', value: Number.NaN }), /whole number/],
    ['a float beyond 32 bits', go({ type: 'f', value: 1e39 }), /32 bits/],
    ['a double that is no number', go({ type: 'd', value: Number.POSITIVE_INFINITY }), /no number/],
    ['an int64 beyond 64 bits', go({ type: 'h', value: 2n ** 63n }), /64 bits/],
    ['a text with a NUL', go({ type: 's', value: 'a\0b' }), /NUL/],
    ['two characters', go({ type: 'c', value: 'ab' }), /one ASCII character/],
    ['half a byte', go({ type: 'b', value: '012' }), /hexadecimal/],
    ['a colour of three bytes', go({ type: 'r', value: 'ff0000' }), /8 hexadecimal/],
    ['a MIDI message that is none', go({ type: 'm', value: 'note on!' }), /8 hexadecimal/],
    ['a time in words', go({ type: 't', value: 'now' }), /16 hexadecimal/],
    ['a type that OSC has not', go({ type: 'q' } as unknown as OscArg), /no OSC type/],
  ])('refuses %s', (_, packet, words) => {
    expect(() => encodePacket(packet)).toThrow(BridgeError);
    expect(() => encodePacket(packet)).toThrow(words);
  });

  test('what the library writes by itself reads the same here', () => {
    const bytes = osc.writePacket(
      {
        timeTag: { raw: [0, 1] },
        packets: [
          { address: '/a', args: [{ type: 's', value: 'x' }, { type: 'i', value: 7 }, [{ type: 'f', value: 0.5 }]] },
          { address: '/b', args: [{ type: 'b', value: Uint8Array.of(1, 2, 3, 4, 5) }, { type: 'T' }] },
        ],
      },
      { metadata: true },
    );
    expect(inputs(bytes).map(({ address, args, types }) => [address, types, args])).toEqual([
      ['/a', 'si[f]', ['x', 7, [0.5]]],
      ['/b', 'bT', ['0102030405', true]],
    ]);
    expect(walkPacket(bytes).fault).toBeUndefined();
  });
});

describe('each leniency lets pass what its name says, and no more', () => {
  const heard = (bytes: Uint8Array, dialect: Dialect) => {
    const { messages, fault } = decodePacket(bytes, dialect);
    return [...messages.map(({ address, types }) => `${address} ${types}`), fault];
  };
  const half = '2362756e646c65000000000000000001 00000008 2f676f002c000000 00000004 2f626164 00000008 2f676f002c000000';

  test.each<[keyof Dialect, string, (string | undefined)[], string]>([
    ['loosePadding', '2f676f78', ['unterminated'], 'unterminated'],
    ['loosePadding', '2f6700ff 2c690000 00000001', ['/g i', undefined], 'padding'],
    ['loosePadding', '2f676f00 2c690000 00000001 ffffffff', ['/go i', undefined], 'leftover'],
    ['loosePadding', '2f676f00 2c620000 00000001 01', ['/go b', undefined], 'length'],
    ['loosePadding', '2f676f00 2c690000 0000', ['truncated'], 'length'],
    ['keepsSound', half, ['/go ', '/go ', 'unterminated'], 'unterminated'],
  ])('%s: %s', (leniency, bytes, wanted, fault) => {
    expect(heard(bytesOf(bytes), { ...STRICT, [leniency]: true })).toEqual(wanted);
    expect(heard(bytesOf(bytes), STRICT)).toEqual([fault]);
  });

  test('types: what a dialect does not hear drops its message', () => {
    expect(heard(bytesOf('2f676f00 2c640000 0000000000000000'), F53OSC)).toEqual(['unknownType']);
    expect(heard(bytesOf('2f676f00 2c640000 0000000000000000'), STRICT)).toEqual(['/go d', undefined]);
  });

  test('looseValues: any address, and a float that is none; never a NUL, never a number that i cannot hold', () => {
    const loose = { ...STRICT, looseValues: true };
    const odd = { address: `/cue/Ä ${'x'.repeat(300)}`, args: [{ type: 'f' as const, value: 1e39 }] };
    expect(decodePacket(encodePacket(odd, loose), F53OSC).messages).toEqual([
      { ...odd, types: 'f', args: [{ type: 'f', value: Number.POSITIVE_INFINITY }] },
    ]);
    expect(() => encodePacket(odd)).toThrow(/plain ASCII/);
    for (const packet of [
      { address: '/a\0b', args: [] },
      go({ type: 's', value: 'a\0' }),
      go({ type: 'i', value: 0.5 }),
    ]) {
      expect(() => encodePacket(packet, loose)).toThrow(BridgeError);
    }
  });
});
