import type { Clock } from './clock.js';

/** What `within` gives when the time was up first. */
export const LATE: unique symbol = Symbol('late');

/**
 * Waits for work, but no longer than a limit. No timer is left behind, and work that fails after its limit is nobody's
 * unhandled rejection.
 * @param ms  the limit, in milliseconds.
 * @param signal  ends the waiting before; that is LATE as well: look at the signal afterwards.
 * @returns what the work came to; LATE when it was not done in time.
 * @throws what the work failed with in time
 */
export async function within<T>(
  clock: Pick<Clock, 'sleep'>,
  ms: number,
  work: Promise<T>,
  signal?: AbortSignal,
): Promise<T | typeof LATE> {
  const timer = new AbortController();
  const stop = () => timer.abort();
  if (signal?.aborted) stop();
  signal?.addEventListener('abort', stop);
  try {
    return await Promise.race<T | typeof LATE>([work, clock.sleep(ms, timer.signal).then((): typeof LATE => LATE)]);
  } finally {
    signal?.removeEventListener('abort', stop);
    stop();
  }
}
