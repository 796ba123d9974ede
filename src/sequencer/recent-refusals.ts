import type { Refusal, RefusalCode } from '../protocol/decision.js';

/** Refusals that say nothing about the message itself: it may be tried again. */
const PASSING: ReadonlySet<RefusalCode> = new Set(['JOURNAL_UNAVAILABLE', 'SEQUENCER_BUSY', 'RATE_LIMITED']);

/**
 * What was refused lately, by messageId, so that a message sent twice gets the same answer twice. Holds the newest; an
 * older one is decided anew.
 */
export class RecentRefusals {
  readonly #limit: number;
  readonly #refusals = new Map<string, Refusal>();

  /** @param limit  how many are kept. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get(key: string): Refusal | undefined {
    const refusal = this.#refusals.get(key);
    if (refusal) {
      // A Map keeps the order of insertion: what was asked for again is the newest.
      this.#refusals.delete(key);
      this.#refusals.set(key, refusal);
    }
    return refusal;
  }

  keep(key: string, refusal: Refusal): void {
    if (PASSING.has(refusal.code)) return;
    this.#refusals.delete(key);
    this.#refusals.set(key, refusal);
    if (this.#refusals.size <= this.#limit) return;
    const { value } = this.#refusals.keys().next();
    if (value !== undefined) this.#refusals.delete(value);
  }
}
