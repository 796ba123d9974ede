import type { Clock } from '../kit/clock.js';
import type { Log } from '../kit/log.js';

/** How often it is looked whether somebody set the machine's clock. */
const LOOK_MS = 10_000;
/** A smaller step moves nothing and is not told: clocks are disciplined all the time. */
const STEP_MS = 2000;

/**
 * A machine without a battery boots with a wrong clock, and is set once it has a network. Before the first cue the show's time
 * follows; from then on it stays what it was, since timers run by it, and the difference is told.
 */
export async function watchWall(clock: Clock, log: Log, hasBegun: () => boolean, signal: AbortSignal): Promise<void> {
  let told = 0;
  while (!signal.aborted) {
    const driftMs = Math.round(clock.driftMs?.() ?? 0);
    if (Math.abs(driftMs) < STEP_MS) told = 0;
    else if (!hasBegun()) {
      clock.follow?.();
      log.info({ driftMs }, 'clock.followed');
    } else if (Math.abs(driftMs - told) >= STEP_MS) {
      told = driftMs;
      log.warn({ code: 'CLOCK_SET', driftMs }, 'clock.set');
    }
    await clock.sleep(LOOK_MS, signal);
  }
}
