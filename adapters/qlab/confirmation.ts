/** Waits until a command was seen to fire, by QLab's report or by asking the cue. */

import type { Clock, MonoMs } from '../../src/kit/clock.js';
import { LATE, within } from '../../src/kit/within.js';
import type { Sighting } from './evidence.js';
import type { Look } from './watch.js';

/** How often a cue is asked where QLab reports nothing, in milliseconds; the same within 0.1 s may be dropped by QLab. */
const ASK_EVERY_MS = 110;
/** How long before the end of its time a cue is asked that was not reported, in milliseconds. */
const ASK_BEFORE_MS = 500;

/** A timer may wake so much too early, in milliseconds. */
const TIMER_MS = 2;

export interface ConfirmationOptions {
  clock: Clock;
  /** Ends the waiting. */
  signal: AbortSignal;
  sentAt: MonoMs;
  /** How long it may take, in milliseconds after the command left; a pre-wait is added. */
  limitMs: number;
  /** QLab's report of the command; left out where it reports none. */
  reported?: Promise<Sighting>;
  /** Asks the cue; left out where it is not known which. */
  look?: () => Promise<Look | undefined>;
}

/** fired, with the report if there was one; idle: the cue says that it was not started; silent: nothing was seen. */
export type Outcome = { is: 'fired'; sighting?: Sighting } | { is: 'idle' | 'silent' };

export async function confirmation(options: ConfirmationOptions): Promise<Outcome> {
  const { clock, signal, sentAt, limitMs, reported, look } = options;
  let preWaitMs = 0;
  let isIdle = false;
  const leftMs = () => sentAt + limitMs + preWaitMs - clock.mono();
  /** What comes first; undefined when it is the time. */
  const first = async <T>(ms: number, work?: Promise<T>): Promise<Sighting | T | undefined> => {
    const either = Promise.race([...(reported ? [reported] : []), ...(work ? [work] : [])]);
    const found = await within<Sighting | T>(clock, Math.max(0, ms), either, signal);
    return found === LATE ? undefined : found;
  };
  const isSighting = (found: object | undefined): found is Sighting => found !== undefined && 'as' in found;
  let pauseMs = reported ? leftMs() - Math.min(ASK_BEFORE_MS, limitMs / 2) : 0;
  while (!signal.aborted) {
    const before = pauseMs > 0 ? await first<undefined>(Math.min(pauseMs, leftMs())) : undefined;
    if (before) return { is: 'fired', sighting: before };
    if (leftMs() < TIMER_MS || signal.aborted) break;
    const found = await first(leftMs(), look?.());
    if (isSighting(found)) return { is: 'fired', sighting: found };
    if (found?.hasFired) return { is: 'fired' };
    isIdle = found?.isIdle ?? false;
    const isLonger = found !== undefined && found.preWaitMs > preWaitMs;
    if (isLonger) preWaitMs = found.preWaitMs;
    pauseMs = !reported ? ASK_EVERY_MS : isLonger ? leftMs() - ASK_BEFORE_MS : leftMs();
  }
  return { is: isIdle ? 'idle' : 'silent' };
}
