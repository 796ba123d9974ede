import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { keptLog } from '../../test/support/log-lines.js';
import type { Command } from '../adapter-sdk/adapter.js';
import type { MonoMs } from '../kit/clock.js';
import { systemClock } from '../kit/clock.js';
import { loadChecked } from './registry.js';
import { Setup } from './setup.js';
import { warmUp } from './warm-up.js';

/** The example show; what would be sent is noted, and each look at the clock takes 10 ms. */
async function warmed(onCommand: (tried: string[]) => void = () => undefined) {
  const loaded = await loadChecked(resolve(import.meta.dirname, '../../examples/opening-night/bridge.yaml'), {});
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  const tried: string[] = [];
  class Watched extends Setup {
    override tryCommand(device: string, command: Command): void {
      super.tryCommand(device, command);
      tried.push(`${device} ${JSON.stringify(command)}`);
      onCommand(tried);
    }
  }
  let now = 0;
  const mono = () => {
    now += 10;
    return now as MonoMs;
  };
  const clock = { ...systemClock(), mono };
  const kept = keptLog();
  warmUp(new Watched(loaded.bridge), clock, kept.log);
  return { tried, kept, now };
}

test('the way of a GO is gone for 150 ms, over the cues of the show and from the top again', async () => {
  const { tried, kept, now } = await warmed();
  expect(now).toBeGreaterThanOrEqual(160);
  expect(now).toBeLessThanOrEqual(180);
  expect(new Set(tried).size).toBeGreaterThan(2);
  expect(kept.lines).toEqual([]);
});

test('what goes wrong in it is told, ends it, and touches nothing else', async () => {
  const { tried, kept } = await warmed(({ length }) => {
    if (length === 3) throw new Error('a fault of an adapter');
  });
  expect(tried.length).toBe(3);
  expect(kept.named('warm-up.failed')).toMatchObject([{ level: 'error', code: 'INTERNAL' }]);
});
