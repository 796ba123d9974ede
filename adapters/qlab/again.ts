import type { Clock } from '../../src/kit/clock.js';

/**
 * QLab may drop a message that equals one of the last 0.1 s (a preference of its own): what is to be asked again is asked
 * after that.
 */
export const SAME_MESSAGE_MS = 100;

/** Does something whenever it is asked to: one at a time, with a pause between, and all asks meanwhile are one. */
export class Again {
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  readonly #pauseMs: number;
  readonly #act: () => Promise<void>;
  #isBusy = false;
  #isWanted = false;

  /** @param act  never rejects. @param pauseMs  between the end of one and the next. */
  constructor(clock: Clock, signal: AbortSignal, act: () => Promise<void>, pauseMs: number = SAME_MESSAGE_MS * 1.5) {
    this.#clock = clock;
    this.#signal = signal;
    this.#act = act;
    this.#pauseMs = pauseMs;
  }

  please(): void {
    this.#isWanted = true;
    if (!this.#isBusy) void this.#run();
  }

  async #run(): Promise<void> {
    this.#isBusy = true;
    while (this.#isWanted && !this.#signal.aborted) {
      this.#isWanted = false;
      await this.#act();
      await this.#clock.sleep(this.#pauseMs, this.#signal);
    }
    this.#isBusy = false;
  }
}
