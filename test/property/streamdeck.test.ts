import fc from 'fast-check';
import { expect, test } from 'vitest';
import { lookOf, type Picture } from '../../adapters/streamdeck/codec.js';
import { draw, type Look } from '../../adapters/streamdeck/draw.js';
import { encodeJpeg } from '../../adapters/streamdeck/jpeg.js';
import { Painter } from '../../adapters/streamdeck/painter.js';
import type { Surface } from '../../adapters/streamdeck/surfaces.js';
import type { Face } from '../../src/adapter-sdk/adapter.js';
import { TestClock } from '../support/test-clock.js';

const text = fc.string({ unit: 'binary', maxLength: 64 });
const shows = ['go', 'standby', 'current', 'next', 'emergency', 'timer', 'devices', 'outputs', 'title'] as const;
const states = ['ready', 'ended', 'hold', 'stop', 'evacuate', 'failed', 'silent'] as const;
const count = fc.nat(300);
const cue = fc.record({ number: text, label: text });

const faces: fc.Arbitrary<Face> = fc.record(
  {
    title: text,
    state: fc.constantFrom(...states),
    emergency: fc.record({ code: text, message: text }),
    current: cue,
    next: fc.record({
      number: text,
      label: text,
      standingBy: fc.boolean(),
      departments: fc.array(text, { maxLength: 5 }),
      acknowledged: fc.array(text, { maxLength: 5 }),
    }),
    timers: fc.array(
      fc.record({
        id: text,
        mode: fc.constantFrom('up' as const, 'down' as const),
        status: fc.constantFrom('running' as const, 'paused' as const, 'stopped' as const),
        valueMs: fc.integer({ min: -1e9, max: 1e9 }),
        anchorAt: fc.constantFrom(null, '2026-03-01T19:30:00.000Z', 'no time'),
      }),
      { maxLength: 3 },
    ),
    devices: fc.record({
      total: count,
      counts: fc.dictionary(fc.constantFrom('down', 'degraded', 'connecting', 'unverified'), count),
      troubled: fc.array(fc.record({ device: text, status: text }), { maxLength: 3 }),
    }),
    outputs: fc.record({
      sent: count,
      acknowledged: count,
      confirmed: count,
      failed: count,
      failedAt: fc.array(text, { maxLength: 3 }),
    }),
  },
  { requiredKeys: ['title', 'state', 'timers', 'devices'] },
);
const pictures = fc.record(
  { show: fc.constantFrom(...shows), text, lit: fc.boolean() },
  { requiredKeys: [] },
) as fc.Arbitrary<Picture>;

test('whatever a show says, every button can be drawn and sent, and green only ever means ready or well', () => {
  fc.assert(
    fc.property(pictures, faces, fc.constantFrom(72, 96, 144), (picture, face, size) => {
      const look = lookOf(picture, face, Date.parse('2026-03-01T19:31:00.000Z'));
      const pixels = draw(look, size, 72);
      expect(pixels).toHaveLength(size * 72 * 3);
      expect(encodeJpeg(new Uint8Array(size * 72 * 4), size, 72).length).toBeGreaterThan(100);
      if (picture.show === 'go' && (look.colour === 'green' || look.colour === 'amber'))
        expect(face.state).toBe('ready');
    }),
    { numRuns: 300 },
  );
});

const look = (n: number): Look => ({ kind: 'lit', colour: 'green', big: String(n) });

test('whenever what is wanted, and however slow the device, at last it shows what was wanted last', async () => {
  const step = fc.record({ place: fc.nat(3), n: fc.nat(5), turns: fc.nat(4) });
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 40 }),
      fc.array(fc.nat(3), { minLength: 1 }),
      async (steps, slowness) => {
        const shown = new Map<string, string>();
        let writes = 0;
        let under = 0;
        const write = async (id: string, what: string) => {
          under += 1;
          expect(under, 'one picture at a time').toBe(1);
          const turns = slowness[writes % slowness.length] ?? 0;
          writes += 1;
          for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
          shown.set(id, what);
          under -= 1;
        };
        const surfaces = ['0', '1', '2', '3'].map(
          (id): Surface => ({ id, paint: ([first]) => write(id, String(first?.big)), clear: () => write(id, 'dark') }),
        );
        const failures: unknown[] = [];
        const painter = new Painter(surfaces, new TestClock(), {
          onStalled: () => undefined,
          onFailed: (error) => failures.push(error),
        });
        const wanted = new Map(surfaces.map(({ id }) => [id, 'dark']));
        for (const { place, n, turns } of steps) {
          wanted.set(String(place), n === 0 ? 'dark' : String(n));
          void painter.want(new Map([[String(place), n === 0 ? [] : [look(n)]]]), new Set(['2']));
          for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
        }
        await painter.want(new Map());
        expect(failures).toEqual([]);
        expect(shown).toEqual(wanted);
      },
    ),
    { numRuns: 100 },
  );
});
