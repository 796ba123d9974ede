import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { resolveEnvironment } from '../config/environment.js';
import { entryLine } from './entry-line.js';

test('a line reads as a technician would write it', () => {
  const pedal = { adapter: 'hid', vendorId: 0x05f3, productId: 0xff, profile: 'infinity-3' };
  expect(entryLine('pedal', pedal)).toBe(
    'pedal: { adapter: hid, vendorId: 0x05f3, productId: 0x00ff, profile: infinity-3 }',
  );
  expect(entryLine('lx', { adapter: 'midi', output: 'ETC Gadget II' })).toBe(
    'lx: { adapter: midi, output: "ETC Gadget II" }',
  );
});

test('a dollar and a brace in a name are no variable', () => {
  expect(entryLine('lx', { adapter: 'midi', output: '${HOME} $${' })).toBe(
    'lx: { adapter: midi, output: "$${HOME} $$${" }',
  );
});

test('whatever a device is called, the bridge file reads it back as it is', () => {
  const text = fc.oneof(
    fc.string({ minLength: 1, unit: 'binary' }),
    fc.string({ minLength: 1, unit: fc.constantFrom('$', '{', '}', ':', ' ', '#', '"', ',', 'a', '1', '\n', '~') }),
    fc.constantFrom('true', 'No', 'null', '0x10', '1e3', '.inf', '=', '<<', '/dev/serial/by-id/usb-A_B-if00'),
  );
  fc.assert(
    fc.property(fc.record({ adapter: fc.constant('midi'), input: text, interface: fc.nat() }), (entry) => {
      const { box } = parse(entryLine('box', entry));
      expect({ ...box, input: resolveEnvironment(box.input, {}).text }).toEqual(entry);
    }),
  );
});
