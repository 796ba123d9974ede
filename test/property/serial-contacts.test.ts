/** Contacts that bounce in any way. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { watchContacts } from '../../adapters/serial/contact-watch.js';
import { type Edge, lookAt, UNSEEN } from '../../adapters/serial/contacts.js';
import { TestClock } from '../support/test-clock.js';

interface Look {
  atMs: number;
  isClosed: boolean;
}

const looks = fc
  .array(fc.record({ afterMs: fc.integer({ min: 0, max: 30 }), isClosed: fc.boolean() }), { maxLength: 200 })
  .map((all) => {
    let atMs = 0;
    return all.map(({ afterMs, isClosed }): Look => {
      atMs += afterMs;
      return { atMs, isClosed };
    });
  });
const debounce = fc.integer({ min: 0, max: 60 });

function edgesOf(all: readonly Look[], debounceMs: number): { at: number; edge: Edge }[] {
  let state = UNSEEN;
  return all.flatMap(({ atMs, isClosed }, at) => {
    const next = lookAt(state, isClosed, atMs, debounceMs);
    state = next.state;
    return next.edge ? [{ at, edge: next.edge }] : [];
  });
}

/** Whether, just before this look, the contact was seen open without a break for so long. */
function wasOpenFor(all: readonly Look[], at: number, debounceMs: number): boolean {
  let from = at;
  while (from > 0 && all[from - 1]?.isClosed === false) from -= 1;
  return from < at && (all[at - 1]?.atMs ?? 0) - (all[from]?.atMs ?? 0) >= debounceMs;
}

test('a press is told exactly when the contact closes after it was open long enough, in that very look', () => {
  fc.assert(
    fc.property(looks, debounce, (all, debounceMs) => {
      const presses = edgesOf(all, debounceMs).filter(({ edge }) => edge.edge === 'press');
      const expected = all.flatMap(({ isClosed }, at) => (isClosed && wasOpenFor(all, at, debounceMs) ? [at] : []));
      expect(presses.map(({ at }) => at)).toEqual(expected);
    }),
  );
});

test('presses and releases take turns, a press first, and a release says how long', () => {
  fc.assert(
    fc.property(looks, debounce, (all, debounceMs) => {
      const told = edgesOf(all, debounceMs);
      for (const [n, { at, edge }] of told.entries()) {
        expect(edge.edge).toBe(n % 2 === 0 ? 'press' : 'release');
        if (edge.edge === 'press') continue;
        const pressedMs = all[told[n - 1]?.at ?? -1]?.atMs ?? Number.NaN;
        expect(edge.heldMs).toBeGreaterThanOrEqual(0);
        expect(pressedMs + edge.heldMs).toBeLessThanOrEqual((all[at]?.atMs ?? 0) - debounceMs);
      }
    }),
  );
});

test('any presses, however they bounce for less than the debounce, are told once each within one look', async () => {
  const bounces = fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 4 }).map((all) => all.slice(0, 4));
  const press = fc.record({
    restMs: fc.integer({ min: 60, max: 400 }),
    closing: bounces,
    heldMs: fc.integer({ min: 30, max: 400 }),
    opening: bounces,
  });
  await fc.assert(
    fc.asyncProperty(fc.array(press, { minLength: 1, maxLength: 5 }), async (presses) => {
      const clock = new TestClock();
      const life = new AbortController();
      let isClosed = false;
      const told: { edge: Edge['edge']; atMs: number }[] = [];
      const watching = watchContacts({
        port: { get: async () => ({ cts: isClosed, dsr: false, dcd: false }) },
        contacts: [{ name: 'go', line: 'cts', against: 'rts', activeLow: false, debounceMs: 20 }],
        clock,
        signal: life.signal,
        onEdge: (_, { edge }) => told.push({ edge, atMs: clock.mono() }),
        onReadable: () => undefined,
      });
      await clock.advance(200);
      const startsMs: number[] = [];
      for (const { restMs, closing, heldMs, opening } of presses) {
        await clock.advance(restMs);
        startsMs.push(clock.mono());
        for (const ms of closing) {
          isClosed = !isClosed;
          await clock.advance(ms);
        }
        isClosed = true;
        await clock.advance(heldMs);
        for (const ms of opening) {
          isClosed = !isClosed;
          await clock.advance(ms);
        }
        isClosed = false;
        await clock.advance(60);
      }
      life.abort();
      await watching;
      expect(told.map(({ edge }) => edge)).toEqual(presses.flatMap(() => ['press', 'release']));
      const pressed = told.filter(({ edge }) => edge === 'press');
      for (const [n, { atMs }] of pressed.entries()) {
        const bouncedMs = (presses[n]?.closing ?? []).reduce((sum, ms) => sum + ms, 0);
        expect(atMs - (startsMs[n] ?? 0)).toBeLessThanOrEqual(bouncedMs + 10);
      }
      expect(clock.sleeping).toBe(0);
    }),
    { numRuns: 50 },
  );
});
