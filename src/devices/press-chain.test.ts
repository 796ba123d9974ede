import { expect, test } from 'vitest';
import type { MonoMs } from '../kit/clock.js';
import { BY_PERSON, HOPS_MAX, PressChain } from './press-chain.js';

/** Presses at these times, each answered by a cue that leaves at once. @returns the hops of each, up to the one that is stopped */
function played(...times: number[]): number[] {
  const chain = new PressChain();
  chain.advanced(0 as MonoMs, BY_PERSON, true);
  const found: number[] = [];
  for (const at of times) {
    const hop = chain.hopOf(at as MonoMs);
    found.push(hop.hops);
    if (hop.hops >= HOPS_MAX) return found;
    chain.advanced(at as MonoMs, hop, true);
  }
  return found;
}

test('answers that take the same time each time are stopped at the third hop, quick ones and slow ones', () => {
  expect(played(400, 800, 1200, 1600)).toEqual([1, 2, 3]);
  expect(played(400, 812, 1205)).toEqual([1, 2, 3]);
  expect(played(3000, 6030, 9020)).toEqual([1, 2, 3]);
  expect(played(9000, 18_080, 27_100)).toEqual([1, 2, 3]);
});

test('the same time is 15 ms and a hundredth of it, and what comes within 10 s is behind a cue', () => {
  expect(played(200, 400 + 17)).toEqual([1, 2]);
  expect(played(200, 400 + 18)).toEqual([1, 1]);
  expect(played(10_000)).toEqual([1]);
  expect(played(10_001)).toEqual([0]);
});

test('a person who presses cue after cue is no chain, also at a brisk pace', () => {
  expect(played(350, 640, 1010, 1330, 1700)).toEqual([1, 1, 1, 1, 1]);
  expect(played(1100, 2000, 3300, 4100, 5300, 6200)).toEqual([1, 1, 1, 1, 1, 1]);
  expect(played(11_000, 22_000)).toEqual([0, 0]);
});

test('a person between ends the chain, and an advance that sent nothing causes nothing', () => {
  const chain = new PressChain();
  const [first, second] = [100 as MonoMs, 500 as MonoMs];
  chain.advanced(first, { hops: 2, afterMs: 400 }, true);
  expect(chain.hopOf(second)).toEqual({ hops: 3, afterMs: 400 });
  chain.advanced(second, BY_PERSON, true);
  expect(chain.hopOf(900 as MonoMs).hops).toBe(1);
  chain.advanced(second, { hops: 2 }, false);
  expect(chain.hopOf(900 as MonoMs)).toEqual(BY_PERSON);
});

test('a press that was made before the cue left is no answer to it', () => {
  const chain = new PressChain();
  expect(chain.hopOf(1 as MonoMs)).toEqual(BY_PERSON);
  chain.advanced(1000 as MonoMs, { hops: 2 }, true);
  expect(chain.hopOf(999 as MonoMs)).toEqual(BY_PERSON);
});
