import type { Clock } from './clock.js';
import type { Log } from './log.js';

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
