/** Random OSC: arguments of every type, messages, and bundles in bundles. */
import fc from 'fast-check';
import type { OscArg, OscMessage, OscPacket } from '../../src/wire/osc/codec.js';

export const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const hex = (bytes: number) => fc.uint8Array({ minLength: bytes, maxLength: bytes }).map(hexOf);
const text = fc.string({ unit: 'grapheme', maxLength: 12 }).filter((value) => !value.includes('\0'));

/** One argument of each type that is no array. */
const SIMPLE: Readonly<Record<string, fc.Arbitrary<OscArg>>> = {
  i: fc.record({ type: fc.constant('i' as const), value: fc.integer() }),
  f: fc.record({ type: fc.constant('f' as const), value: fc.float({ noNaN: true, noDefaultInfinity: true }) }),
  d: fc.record({ type: fc.constant('d' as const), value: fc.double({ noNaN: true, noDefaultInfinity: true }) }),
  h: fc.record({ type: fc.constant('h' as const), value: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }) }),
  s: fc.record({ type: fc.constant('s' as const), value: text }),
  S: fc.record({ type: fc.constant('S' as const), value: text }),
  c: fc.record({
    type: fc.constant('c' as const),
    value: fc.integer({ min: 0, max: 127 }).map((code) => String.fromCharCode(code)),
  }),
  b: fc.record({ type: fc.constant('b' as const), value: fc.uint8Array({ maxLength: 20 }).map(hexOf) }),
  r: fc.record({ type: fc.constant('r' as const), value: hex(4) }),
  m: fc.record({ type: fc.constant('m' as const), value: hex(4) }),
  t: fc.record({ type: fc.constant('t' as const), value: hex(8) }),
  T: fc.constant({ type: 'T' as const }),
  F: fc.constant({ type: 'F' as const }),
  N: fc.constant({ type: 'N' as const }),
  I: fc.constant({ type: 'I' as const }),
};

/** An argument of one of these types; `[` also gives arrays of them, nested. */
export function argOf(types: string): fc.Arbitrary<OscArg> {
  const simple = [...types].flatMap((type) => SIMPLE[type] ?? []);
  if (!types.includes('[')) return fc.oneof(...simple);
  return fc.letrec<{ arg: OscArg }>((tie) => ({
    arg: fc.oneof(
      { maxDepth: 4 },
      ...simple,
      fc.record({ type: fc.constant('[' as const), value: fc.array(tie('arg'), { maxLength: 4 }) }),
    ),
  })).arg;
}

export const address: fc.Arbitrary<string> = fc
  .array(fc.string({ unit: fc.constantFrom(...'abcXYZ019._-*?[]{},!'), maxLength: 8 }), { minLength: 1, maxLength: 4 })
  .map((parts) => `/${parts.join('/')}`);

/** @param types  as in `argOf`. */
export const messageOf = (types: string): fc.Arbitrary<OscMessage> =>
  fc.record({ address, args: fc.array(argOf(types), { maxLength: 6 }) });

/** A message, or a bundle of such, up to four bundles deep. @param timeTag  of the bundles, 16 hexadecimal digits. */
export const packetOf = (types: string, timeTag: fc.Arbitrary<string> = hex(8)): fc.Arbitrary<OscPacket> =>
  fc.letrec<{ packet: OscPacket }>((tie) => ({
    packet: fc.oneof(
      { maxDepth: 4 },
      messageOf(types),
      fc.record({ packets: fc.array(tie('packet'), { maxLength: 4 }), timeTag }),
    ),
  })).packet;

/** The messages of a packet, in order. */
export const flatten = (value: OscPacket): OscMessage[] =>
  'address' in value ? [value] : value.packets.flatMap(flatten);
