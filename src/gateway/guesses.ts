import type { Clock } from '../kit/clock.js';
import type { Log } from '../kit/log.js';
import { WindowCount } from '../kit/rate.js';

/** Wrong tokens from one address within a minute that are answered at once: somebody mistypes. */
const FREE = 5;
const WINDOW_MS = 60_000;
/** What every further one waits for its answer. Right ones never wait: behind one address may be the whole house. */
const SLOWED_MS = 1000;
/** How many wait at once; more are told no at once and cut off. */
const WAITING_MAX = 64;
/** How many addresses are remembered; the oldest is forgotten first. */
const ADDRESSES_MAX = 1000;

/** Tokens that were guessed: told in the log, once a minute for each address, and answered slowly. */
export class Guesses {
  readonly #clock: Pick<Clock, 'mono' | 'sleep'>;
  readonly #log: Log;
  readonly #byPeer = new Map<string, WindowCount>();
  #waiting = 0;

  constructor(clock: Pick<Clock, 'mono' | 'sleep'>, log: Log) {
    this.#clock = clock;
    this.#log = log;
  }

  /** A wrong token was shown. Resolves when it may be answered. @returns false: too many wait, so cut it off. */
  async wrong(peer = 'unknown'): Promise<boolean> {
    const count = this.#count(peer);
    if (count <= FREE) return true;
    if (this.#waiting >= WAITING_MAX) return false;
    this.#waiting += 1;
    await this.#clock.sleep(SLOWED_MS);
    this.#waiting -= 1;
    return true;
  }

  #count(peer: string): number {
    const guesses = this.#byPeer.get(peer) ?? new WindowCount(this.#clock, WINDOW_MS);
    const count = guesses.add();
    if (count === 1) {
      this.#byPeer.delete(peer);
      this.#byPeer.set(peer, guesses);
      const [oldest] = this.#byPeer.keys();
      if (this.#byPeer.size > ADDRESSES_MAX && oldest !== undefined) this.#byPeer.delete(oldest);
    }
    if (count === FREE + 1) {
      const detail = `${count} wrong tokens within a minute; further ones are answered slowly`;
      this.#log.warn({ code: 'UNAUTHENTICATED', peer, detail }, 'token.guessed');
    }
    return count;
  }
}
