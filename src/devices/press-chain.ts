import type { MonoMs } from '../kit/clock.js';

/** At this hop a chain is stopped. */
export const HOPS_MAX = 3;
/** A press so soon after a cue left may have been made by it: no person presses on so fast, cue after cue. */
const QUICK_MS = 700;
/** Later, up to here, only a press that comes after the same time as the last one did. */
const SLOW_MS = 10_000;
/** How much two answers of a machine differ: this, or so much of the time, whichever is more. */
const JITTER_MS = 25;
const JITTER_SHARE = 0.01;

/** What a press may be: how many advances in a row nobody began, this one included, and how long after the last it came. */
export interface Hop {
  hops: number;
  afterMs?: number;
}

/** A press that somebody made. */
export const BY_PERSON: Hop = { hops: 0 };

/**
 * Follows which advances may have been made by the cue before: a cue is sent to a device, another device answers with a press,
 * whose cue is sent … and the show plays by itself. Nothing on the wires says so; the time between is the evidence.
 * @see docs/decisions/001-a-cue-that-presses.md
 */
export class PressChain {
  #last: { at: MonoMs; hop: Hop } | undefined;

  /** @param at  when a device pressed whose words a program may have made. */
  hopOf(at: MonoMs): Hop {
    if (!this.#last) return BY_PERSON;
    const { at: lastAt, hop } = this.#last;
    const afterMs = at - lastAt;
    if (afterMs < 0 || afterMs > SLOW_MS) return BY_PERSON;
    if (afterMs <= QUICK_MS || isSame(afterMs, hop.afterMs)) return { hops: hop.hops + 1, afterMs };
    return { hops: 1, afterMs };
  }

  /** The show went on. @param sent  whether a command left with it: without one nothing can come back. */
  advanced(at: MonoMs, hop: Hop, sent: boolean): void {
    this.#last = sent ? { at, hop } : undefined;
  }
}

const isSame = (afterMs: number, lastMs: number | undefined): boolean =>
  lastMs !== undefined && Math.abs(afterMs - lastMs) <= Math.max(JITTER_MS, lastMs * JITTER_SHARE);
