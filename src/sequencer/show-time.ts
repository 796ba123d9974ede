import type { Clock, WallMs } from '../kit/clock.js';

/**
 * The show's time: the machine's, but never before what the log has already. Where the machine's clock is behind the log
 * (it was set back, or had no battery), the show's time goes on from the log's end at the pace of the clock; it does not
 * stand still, or every timer would, and the GO guard would never end.
 */
export class ShowTime {
  readonly #clock: Clock;
  #aheadMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** How far the show's time is ahead of the machine's clock, in milliseconds. */
  get aheadMs(): number {
    return this.#aheadMs;
  }

  /** Whole milliseconds since 1970. @param lastMs  the time of the last event. */
  now(lastMs: number): WallMs {
    const wall = Math.floor(this.#clock.wall());
    if (wall + this.#aheadMs < lastMs) this.#aheadMs = lastMs - wall;
    return (wall + this.#aheadMs) as WallMs;
  }
}
