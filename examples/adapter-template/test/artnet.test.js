import { expect, test } from 'vitest';
import { decodeTrigger, encodeTrigger } from '../src/artnet.js';

test('a trigger on the wire is the one of the specification', () => {
  const packet = encodeTrigger({ key: 'macro', subKey: 7 });
  expect(packet.length).toBe(530);
  expect(packet.subarray(0, 18).toString('hex')).toBe('4172742d4e657400009900 0e0000ffff0107'.replace(' ', ''));
  expect(decodeTrigger(packet)).toEqual({ key: 'macro', subKey: 7 });
});

test('what is no trigger of everybody’s is none', () => {
  const good = encodeTrigger({ key: 'show', subKey: 1 });
  const changed = (at, byte) => Buffer.from(good.map((old, index) => (index === at ? byte : old)));
  for (const bad of [changed(0, 0), changed(9, 0x21), changed(11, 13), changed(14, 0), changed(16, 9)]) {
    expect(decodeTrigger(bad)).toBeUndefined();
  }
  for (let length = 0; length < 18; length++) expect(decodeTrigger(good.subarray(0, length))).toBeUndefined();
});
