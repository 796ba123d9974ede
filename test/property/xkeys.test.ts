/** Any bytes from any panel: nothing throws, and nothing is told that the panel has not or that nobody asked for. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PRODUCTS } from 'xkeys';
import { createXkeysAdapter } from '../../adapters/xkeys/adapter.js';
import { problemOfWish, readColour, readCommand, summarise } from '../../adapters/xkeys/codec.js';
import { Controls } from '../../adapters/xkeys/controls.js';
import { kindOf } from '../../adapters/xkeys/products.js';
import { SimulatedPanel, simulatedDriver } from '../../adapters/xkeys/simulator.js';
import type { Input } from '../../src/adapter-sdk/adapter.js';
import { SETTLE_MS } from '../../src/adapter-sdk/gestures.js';
import { never, testIo } from '../../src/adapter-sdk/testing/rig.js';
import { checkedDevice } from '../support/checked-device.js';
import { TestClock } from '../support/test-clock.js';

const products = fc.constantFrom(...Object.values(PRODUCTS));
/** Mostly as long as a report, and of the kind that tells of buttons. */
const reports = fc.oneof(
  fc.uint8Array({ maxLength: 44 }),
  fc
    .tuple(fc.integer({ min: 0, max: 3 }), fc.uint8Array({ minLength: 38, maxLength: 38 }))
    .map(([kind, rest]) => Uint8Array.from([0, kind, ...rest])),
);
const PATTERNS = [
  { control: 'jog', direction: 'forward' },
  { control: 'shuttle', atLeast: 3 },
  { control: 'tbar', atMost: 10 },
  { control: 'joystick', axis: 'x', atLeast: 60 },
  { chord: [1, 2] },
];

test('whatever a panel sends, it lives, and tells of its own buttons and of the controls that were asked for', async () => {
  await fc.assert(
    fc.asyncProperty(products, fc.array(reports, { maxLength: 40 }), async (product, sent) => {
      const panel = new SimulatedPanel({ product });
      const clock = new TestClock();
      const adapter = createXkeysAdapter({ loadDriver: async () => simulatedDriver(panel) });
      const io = { ...testIo('xk', PATTERNS), clock };
      const connection = await adapter.connect(checkedDevice('xkeys', { debounceMs: 0 }), io, never());
      const inputs: Input[] = [];
      connection.onInput((input) => inputs.push(input));
      await clock.advance(SETTLE_MS);
      for (const report of sent) panel.report(report);
      const { buttons } = kindOf(product);
      for (const input of inputs) {
        if ('button' in input) expect(buttons).toContain(input.button);
        else if ('chord' in input) expect(input.chord).toEqual([1, 2]);
        else expect(PATTERNS.map(({ control }) => control)).toContain(input.control);
        expect(JSON.parse(JSON.stringify(input))).toEqual(input);
      }
      // It still works, and gives the device back.
      expect(connection.health().status).not.toBe('down');
      await connection.close();
      expect([panel.openings, clock.sleeping]).toEqual([0, 0]);
    }),
    { numRuns: 60 },
  );
});

test('a lever tells that it came to a place only when it had left it, whatever its way', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(255), { maxLength: 100 }), fc.integer({ min: 20, max: 250 }), (way, atLeast) => {
      const controls = new Controls([
        { control: 'tbar', atLeast },
        { control: 'tbar', atMost: 10 },
      ]);
      let isAway: boolean | undefined;
      for (const value of way) {
        const told = controls.move('tbar', 0, value).filter((input) => input.atLeast === atLeast);
        expect(told.length).toBe(isAway && value >= atLeast ? 1 : 0);
        for (const input of told) expect(input.value).toBe(value);
        if (value >= atLeast) isAway = false;
        else if (isAway === undefined || value < atLeast - 4) isAway = true;
      }
    }),
  );
});

test('any command is read or refused in words, never thrown at; what is read, each panel shows or refuses', () => {
  const value = fc.oneof(
    fc.anything(),
    fc.constantFrom('all', 'green', 'red', 'off', true, false, 1, 3, 1000, '#12ab9f'),
  );
  const command = fc.record(
    { light: value, colour: value, indicator: value, on: value, flash: value, forMs: value },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(command, products, (wanted, product) => {
      const wish = readCommand(wanted);
      if ('problem' in wish) {
        expect(wish.problem).not.toBe('');
        return;
      }
      expect(summarise(wanted)).not.toBe('');
      const problem = problemOfWish(wish, kindOf(product));
      if (problem !== undefined) expect(problem).toContain(product.name);
    }),
    { numRuns: 2000 },
  );
  expect(readColour('__proto__')).toBeUndefined();
});
