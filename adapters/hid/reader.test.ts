import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hidProfiles } from './profile.js';
import { ReportReader, TYPING_ENDS_MS } from './reader.js';

const profile = await hidProfiles.load('keyboard-abc');
const keys = (...down: number[]): Uint8Array =>
  Uint8Array.from({ length: 8 }, (_, n) => (n < 2 ? 0 : (down[n - 2] ?? 0)));
const [A, B, C, W, DOT] = [4, 5, 6, 26, 55];
/** The letters of a text, as usages of the keyboard page. */
const typed = (text: string): number[] => [...text].map((letter) => (letter === '.' ? DOT : letter.charCodeAt(0) - 93));

/** What is down after each report, as names. */
const names = (reader: ReportReader, report: Uint8Array, atMs: number) => [...(reader.read(report, atMs).down ?? [])];

describe('a pedal that types its maker’s address when it is held', () => {
  test.each([1, 20, 140])('presses nothing by its letters, one each %i ms', (everyMs) => {
    const reader = new ReportReader(profile);
    expect(names(reader, keys(B), 0)).toEqual(['middle']);
    expect(names(reader, keys(), 7000)).toEqual([]);
    let atMs = 7001;
    for (const key of typed('www.pcsensor.com.abc')) {
      expect(names(reader, keys(key), atMs)).toEqual([]);
      expect(names(reader, keys(), atMs + everyMs)).toEqual([]);
      atMs += 2 * everyMs;
    }
    expect(names(reader, keys(B), atMs - everyMs + TYPING_ENDS_MS)).toEqual(['middle']);
  });

  test('it is not over before all keys are up and it was quiet; what was down may be let go of', () => {
    const reader = new ReportReader(profile);
    expect(names(reader, keys(A), 0)).toEqual(['left']);
    expect(reader.read(keys(A, W, C), 10)).toEqual({ down: new Set(['left']), strange: 'keys', isTyped: true });
    expect(names(reader, keys(A, C), 20)).toEqual(['left']);
    expect(names(reader, keys(C), 1000)).toEqual([]);
    expect(names(reader, keys(A), 2000)).toEqual([]);
    expect(names(reader, keys(), 3000)).toEqual([]);
    expect(names(reader, keys(A), 3000 + TYPING_ENDS_MS - 1)).toEqual([]);
    expect(names(reader, keys(), 3400)).toEqual([]);
    expect(names(reader, keys(A), 3400 + TYPING_ENDS_MS)).toEqual(['left']);
  });
});

test('whatever bytes come, only a report as the profile describes it presses', () => {
  const byte = fc.oneof(fc.constantFrom(0, 0, 0, 1, 2, A, B, C), fc.integer({ min: 0, max: 255 }));
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.array(byte, { maxLength: 12 }), fc.nat(600)), { maxLength: 60 }), (reports) => {
      const reader = new ReportReader(profile);
      let before = new Set<string>();
      let atMs = 0;
      for (const [bytes, afterMs] of reports) {
        atMs += afterMs;
        const { down } = reader.read(Uint8Array.from(bytes), atMs);
        if (!down) continue;
        const isNew = [...down].some((name) => !before.has(name));
        const isPlain =
          bytes.length === 8 &&
          bytes[0] === 0 &&
          bytes[1] === 0 &&
          bytes.slice(2).every((key) => [0, A, B, C].includes(key));
        expect(!isNew || isPlain).toBe(true);
        before = new Set(down);
      }
    }),
    { numRuns: 500 },
  );
});
