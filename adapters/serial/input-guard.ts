/** What of a device's inputs is passed on: not the same again too soon, and not too many. Pure: time is handed in. */

/** Of what comes in within one second; more is dropped: a loose wire is no stage manager. */
export const INPUTS_PER_SECOND_MAX = 200;
/** Equal lines are told apart for so many different lines. */
const DEBOUNCED_LINES_MAX = 64;

export class InputGuard {
  readonly dropped = { debounced: 0, flood: 0 };
  readonly #debounceMs: number;
  readonly #lastSeenMs = new Map<string, number>();
  #second = { startMs: Number.NEGATIVE_INFINITY, inputs: 0 };
  #isFlooded = false;

  /** @param debounceMs  0: nothing is taken for a repeat. */
  constructor(debounceMs: number) {
    this.#debounceMs = debounceMs;
  }

  /** Whether more came than is passed on; until a whole second was quiet enough. */
  get isFlooded(): boolean {
    return this.#isFlooded;
  }

  /** Whether the same line, noise and spaces beside it left out, came less than `debounceMs` ago, counted from the last time, passed on or not. */
  isRepeat(line: string, nowMs: number): boolean {
    if (this.#debounceMs === 0) return false;
    const lastMs = this.#lastSeenMs.get(line);
    this.#lastSeenMs.delete(line);
    this.#lastSeenMs.set(line, nowMs);
    if (this.#lastSeenMs.size > DEBOUNCED_LINES_MAX) {
      for (const oldest of this.#lastSeenMs.keys()) {
        this.#lastSeenMs.delete(oldest);
        break;
      }
    }
    if (lastMs === undefined || nowMs - lastMs >= this.#debounceMs) return false;
    this.dropped.debounced += 1;
    return true;
  }

  /** Counts one input. @returns whether it is one too many. */
  isFlood(nowMs: number): boolean {
    if (nowMs - this.#second.startMs >= 1000) {
      if (this.#second.inputs <= INPUTS_PER_SECOND_MAX) this.#isFlooded = false;
      this.#second = { startMs: nowMs, inputs: 0 };
    }
    this.#second.inputs += 1;
    if (this.#second.inputs <= INPUTS_PER_SECOND_MAX) return false;
    this.dropped.flood += 1;
    this.#isFlooded = true;
    return true;
  }
}
