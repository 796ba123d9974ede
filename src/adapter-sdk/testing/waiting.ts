/** Waiting for what another party does, with a limit. */
import { systemClock } from '../../kit/clock.js';
import { LATE, within as orLate } from '../../kit/within.js';

const clock = systemClock();

/** How many times slower than usual the machine is that the tests run on; the hardware suite's guest says so. */
const patience = Number(process.env.TEST_PATIENCE ?? 1);
/** What another party may take, in milliseconds. */
const LIMIT_MS = 4000 * patience;

/** Resolves when `check` holds; fails with `what` when it did not within the limit. For things another party does. */
export async function eventually(
  check: () => boolean,
  what: string | (() => string),
  withinMs = LIMIT_MS,
): Promise<void> {
  const deadline = clock.mono() + withinMs;
  while (!check()) {
    if (clock.mono() > deadline) {
      throw new Error(`not within ${withinMs} ms: ${typeof what === 'string' ? what : what()}`);
    }
    await clock.sleep(2);
  }
}

/** The promise, or a failure with `what` when it takes longer. */
export async function within<T>(promise: Promise<T>, what: string, limitMs = LIMIT_MS): Promise<T> {
  const done = await orLate(clock, limitMs, promise);
  if (done === LATE) throw new Error(`not within ${limitMs} ms: ${what}`);
  return done;
}
