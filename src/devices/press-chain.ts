import type { MonoMs } from '../kit/clock.js';

/** At this hop a chain is stopped. */
export const HOPS_MAX = 3;
/** A press that comes later behind a cue was not made by it. */
const BEHIND_MS = 10_000;
/** An answer of a machine takes the same time each time, a person does not: this, and so much of the time, is the same. */
const JITTER_MS = 15;
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
    if (afterMs < 0 || afterMs > BEHIND_MS) return BY_PERSON;
    return { hops: isSame(afterMs, hop.afterMs) ? hop.hops + 1 : 1, afterMs };
  }

  /** The show went on. @param sent  whether a command left with it: without one nothing can come back. */
  advanced(at: MonoMs, hop: Hop, sent: boolean): void {
    this.#last = sent ? { at, hop } : undefined;
  }
}

const isSame = (afterMs: number, lastMs: number | undefined): boolean =>
  lastMs !== undefined && Math.abs(afterMs - lastMs) <= JITTER_MS + lastMs * JITTER_SHARE;
