import { expect, test } from 'vitest';
import { keptLog } from '../../test/support/log-lines.js';
import { TestClock } from '../../test/support/test-clock.js';
import { systemClock } from '../kit/clock.js';
import { watchWall } from './wall-watch.js';

function rig() {
  const sleeper = new TestClock();
  const kept = keptLog();
  const machine = { driftMs: 0, hasBegun: false, followed: 0 };
  const clock = {
    mono: () => sleeper.mono(),
    wall: () => sleeper.wall(),
    sleep: (ms: number, signal?: AbortSignal) => sleeper.sleep(ms, signal),
    driftMs: () => machine.driftMs,
    follow: () => {
      machine.driftMs = 0;
      machine.followed += 1;
    },
  };
  const stop = new AbortController();
  const over = watchWall(clock, kept.log, () => machine.hasBegun, stop.signal);
  const end = () => {
    stop.abort();
    return over;
  };
  return { sleeper, kept, machine, end };
}

test('a clock that is set before the first cue is followed, once', async () => {
  const { sleeper, kept, machine, end } = rig();
  machine.driftMs = 86_400_000;
  await sleeper.advance(30_000);
  expect([machine.followed, kept.named('clock.followed').length]).toEqual([1, 1]);
  await end();
});

test('one that is set during the show is told and moves nothing, once for each time it is set', async () => {
  const { sleeper, kept, machine, end } = rig();
  machine.hasBegun = true;
  machine.driftMs = -5000;
  await sleeper.advance(30_000);
  machine.driftMs = 60_000;
  await sleeper.advance(10_000);
  expect(kept.named('clock.set').map(({ driftMs }) => driftMs)).toEqual([-5000, 60_000]);
  expect(machine.followed).toBe(0);
  await end();
});

test('small steps are nobody’s business', async () => {
  const { sleeper, kept, machine, end } = rig();
  machine.driftMs = 1999;
  await sleeper.advance(60_000);
  expect(kept.lines).toEqual([]);
  await end();
});

test('the machine’s own clock tells no drift that is not there', () => {
  expect(Math.abs(systemClock().driftMs?.() ?? 0)).toBeLessThan(100);
});
