import { expect, test } from 'vitest';
import { decodePacket, encodeMessage, IMPULSE, type OscArgument } from './codec.js';

const hex = (text: string) => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'));

// OSC 1.0, byte by byte.
for (const [bytes, address, args] of [
  ['2f676f00 2c000000', '/go', []],
  ['2f676f00 2c730000 35330000', '/go', ['53']],
  ['2f776f726b73706163652f4142432f7468756d700000 0000 2c000000', '/workspace/ABC/thump', []],
] as [string, string, OscArgument[]][]) {
  test(`${address} ${JSON.stringify(args)} is written and read as in the vectors`, () => {
    expect(encodeMessage(address, args)).toEqual(hex(bytes));
    expect(decodePacket(hex(bytes))).toEqual({ messages: [{ address, args }] });
  });
}

test('all types that QLab hears come back as they were', () => {
  const args: OscArgument[] = [1, -2, 0.5, 'é', '', true, false, null, IMPULSE, Uint8Array.of(1, 2, 3, 4, 5)];
  expect(decodePacket(encodeMessage('/x', args)).messages[0]?.args).toEqual(args);
  expect(encodeMessage('/x', args).length % 4).toBe(0);
});

test('a cue number that comes as a float is its shortest decimal', () => {
  const { messages } = decodePacket(encodeMessage('/x', [1.1, 12.5, 99.05]));
  expect(messages).toEqual([{ address: '/x', args: [1.1, 12.5, 99.05] }]);
});

test('a message without type tags has no arguments', () => {
  expect(decodePacket(hex('2f676f00'))).toEqual({ messages: [{ address: '/go', args: [] }] });
});

for (const [what, bytes] of [
  ['an empty packet', ''],
  ['one byte', '2f'],
  ['no NUL before the end', '2f676f67'],
  ['tags without a comma', '2f676f00 69000000 00000001'],
  ['a type that QLab does not hear: d', '2f676f00 2c640000 0000000000000000'],
  ['a type that QLab does not hear: h', '2f676f00 2c680000 0000000000000000'],
  ['half a number', '2f676f00 2c690000 0001'],
  ['a text without an end', '2f676f00 2c730000 35333333'],
  ['a blob of a negative size', '2f676f00 2c620000 ffffffff'],
  ['a blob longer than the packet', '2f676f00 2c620000 7fffffff 00'],
  ['something that is no OSC', 'ff00ff00'],
  ['# and no bundle', '2362756e646c6500'],
  ['a bundle without elements’ room', '2362756e646c6500 0000000000000001 0000'],
  ['a bundle element of size 0', '2362756e646c6500 0000000000000001 00000000'],
  ['a bundle element past the end', '2362756e646c6500 0000000000000001 00000100 2f676f00'],
] as const) {
  test(`${what} is dropped with its reason`, () => {
    const { messages, fault } = decodePacket(hex(bytes));
    expect(messages).toEqual([]);
    expect(fault).toBeDefined();
  });
}

const bundle = (...elements: Uint8Array[]) =>
  Buffer.concat([
    hex('2362756e646c6500 ffffffffffffffff'),
    ...elements.flatMap((element) => {
      const size = Buffer.alloc(4);
      size.writeInt32BE(element.length);
      return [size, element];
    }),
  ]);

test('a bundle runs at once, in order, whatever its time; one within another too', () => {
  const packet = bundle(encodeMessage('/a'), bundle(encodeMessage('/b')), encodeMessage('/c'));
  expect(decodePacket(packet).messages.map(({ address }) => address)).toEqual(['/a', '/b', '/c']);
});

test('what stands before a fault in a bundle counts', () => {
  const packet = Buffer.concat([bundle(encodeMessage('/a')), hex('00000400')]);
  expect(decodePacket(packet)).toMatchObject({ messages: [{ address: '/a' }], fault: 'bundle' });
});

test('a thousand bundles in one another are dropped, not followed', () => {
  let packet = encodeMessage('/a');
  for (let depth = 0; depth < 1000; depth++) packet = bundle(packet);
  expect(decodePacket(packet)).toEqual({ messages: [], fault: 'nesting' });
});

test('what cannot be written is refused', () => {
  expect(() => encodeMessage('go')).toThrowError(expect.objectContaining({ code: 'CODEC_MALFORMED' }));
  expect(() => encodeMessage('/go', ['a\0b'])).toThrowError(expect.objectContaining({ code: 'CODEC_MALFORMED' }));
});
