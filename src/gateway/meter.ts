import { FAULT_WINDOW_MS, FAULTS_MAX } from './limits.js';

/** How much one client sends, and how much of it is bad. Times are `clock.mono()`. */
export class Meter {
  #tokens: number | undefined;
  #filledAt = 0;
  #faults = 0;
  #windowFrom = Number.NEGATIVE_INFINITY;

  /** Counts one message. @returns whether it is within `messagesPerSecond`, with `messagesBurst` at once. */
  take(nowMs: number, limits: { messagesPerSecond: number; messagesBurst: number }): boolean {
    const { messagesPerSecond, messagesBurst } = limits;
    const filled = this.#tokens === undefined ? messagesBurst : this.#tokens + this.#earned(nowMs, messagesPerSecond);
    this.#tokens = Math.min(filled, messagesBurst);
    this.#filledAt = nowMs;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }

  /** Counts one bad message. @returns whether it was one too many. */
  fault(nowMs: number): boolean {
    if (nowMs - this.#windowFrom >= FAULT_WINDOW_MS) {
      this.#windowFrom = nowMs;
      this.#faults = 0;
    }
    this.#faults += 1;
    return this.#faults >= FAULTS_MAX;
  }

  #earned(nowMs: number, perSecond: number): number {
    return ((nowMs - this.#filledAt) / 1000) * perSecond;
  }
}
