import type { Clock } from './clock.js';

/** Lets so much through within each second. */
export class PerSecond {
  readonly #clock: Pick<Clock, 'mono'>;
  readonly #limit: number;
  #startMs = Number.NEGATIVE_INFINITY;
  #count = 0;

  constructor(limit: number, clock: Pick<Clock, 'mono'>) {
    this.#limit = limit;
    this.#clock = clock;
  }

  /** @returns false when this second's share is used up */
  take(): boolean {
    const nowMs = this.#clock.mono();
    if (nowMs - this.#startMs >= 1000) {
      this.#startMs = nowMs;
      this.#count = 0;
    }
    this.#count += 1;
    return this.#count <= this.#limit;
  }
}
