import type { Clock } from './clock.js';
import type { Log } from './log.js';

/** A token bucket: so many a second, and so many at once after a quiet time. */
export class RateLimiter {
  readonly #clock: Pick<Clock, 'mono'>;
  #tokens: number | undefined;
  #filledMs = 0;

  constructor(clock: Pick<Clock, 'mono'>) {
    this.#clock = clock;
  }

  /**
   * Counts one.
   * @param perSecond  how many may go on for long. It may be another one the next time. @param burst  how many at once.
   * @returns whether it is within both; one that is not costs nothing
   */
  take(perSecond: number, burst = perSecond): boolean {
    const nowMs = this.#clock.mono();
    const earned = ((nowMs - this.#filledMs) / 1000) * perSecond;
    const tokens = Math.min(this.#tokens === undefined ? burst : this.#tokens + earned, burst);
    const isWithin = tokens >= 1;
    this.#tokens = isWithin ? tokens - 1 : tokens;
    this.#filledMs = nowMs;
    return isWithin;
  }
}

/** Counts what happens within a stretch of time that begins with the first of it. */
export class WindowCount {
  readonly #clock: Pick<Clock, 'mono'>;
  readonly #windowMs: number;
  #startMs = Number.NEGATIVE_INFINITY;
  #count = 0;

  /** @param windowMs  how long the stretch is, in milliseconds. */
  constructor(clock: Pick<Clock, 'mono'>, windowMs: number) {
    this.#clock = clock;
    this.#windowMs = windowMs;
  }

  /** Counts one. @returns how many there are in this stretch; 1 begins a new one */
  add(): number {
    const nowMs = this.#clock.mono();
    if (nowMs - this.#startMs >= this.#windowMs) {
      this.#startMs = nowMs;
      this.#count = 0;
    }
    this.#count += 1;
    return this.#count;
  }
}

/** How often the same is told at most, in milliseconds, and of how many causes at once. */
const TELL_AGAIN_MS = 60_000;
const CAUSES_MAX = 256;

interface Facts extends Record<string, unknown> {
  code: string;
  userId?: string;
  peer?: string | undefined;
}

/** A log for what strangers can bring about as often as they like: a line a minute for each cause, with how many were not told. */
export class RareLog {
  readonly #log: Log;
  readonly #clock: Pick<Clock, 'mono'>;
  readonly #told = new Map<string, { atMs: number; unsaid: number }>();

  constructor(log: Log, clock: Pick<Clock, 'mono'>) {
    this.#log = log;
    this.#clock = clock;
  }

  /** A cause is the name, the code, and who: the user, else the peer. */
  warn(facts: Facts, name: string): void {
    this.#tell(facts, name, (all) => this.#log.warn(all, name));
  }

  error(facts: Facts, name: string): void {
    this.#tell(facts, name, (all) => this.#log.error(all, name));
  }

  #tell(facts: Facts, name: string, write: (facts: Facts) => void): void {
    const cause = JSON.stringify([name, facts.code, facts.userId ?? facts.peer]);
    const nowMs = this.#clock.mono();
    const last = this.#told.get(cause);
    if (last && nowMs - last.atMs < TELL_AGAIN_MS) {
      last.unsaid += 1;
      return;
    }
    this.#told.delete(cause);
    this.#told.set(cause, { atMs: nowMs, unsaid: 0 });
    const [oldest] = this.#told.keys();
    if (this.#told.size > CAUSES_MAX && oldest !== undefined) this.#told.delete(oldest);
    write(last && last.unsaid > 0 ? { ...facts, unsaid: last.unsaid } : facts);
  }
}
