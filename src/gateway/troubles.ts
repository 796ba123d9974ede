import { type Clock, toUtc } from '../kit/clock.js';
import type { ErrorCode } from '../kit/errors.js';
import { Listeners } from '../kit/listeners.js';

/** One thing that is wrong with the bridge itself. */
export interface Trouble {
  code: ErrorCode;
  /** In the words of the stage manager and the technician. */
  message: string;
  /** UTC, ISO 8601: when it began. */
  since: string;
}

/** How long a trouble's words may be, in characters; as the schema has it. */
const WORDS_MAX = 4000;

/**
 * What is wrong with the bridge itself now, one entry a source. Those who show it are told at every change: clients by a
 * heartbeat, new ones by their snapshot.
 */
export class Troubles {
  readonly #clock: Pick<Clock, 'wall'>;
  readonly #now = new Map<string, Trouble>();
  readonly #listeners: Listeners<[]>;

  constructor(clock: Pick<Clock, 'wall'>, onFault: (fault: unknown) => void) {
    this.#clock = clock;
    this.#listeners = new Listeners(onFault);
  }

  get list(): readonly Trouble[] {
    return [...this.#now.values()];
  }

  onChange(listener: () => void): () => void {
    return this.#listeners.add(listener);
  }

  /** @param source  who tells, such as `journal`; a source has one trouble at a time. @param what  undefined: it is over. */
  set(source: string, what: Omit<Trouble, 'since'> | undefined): void {
    const before = this.#now.get(source);
    if (before?.code === what?.code && before?.message === what?.message) return;
    if (what) {
      const message = what.message.slice(0, WORDS_MAX);
      const since = before?.code === what.code ? before.since : toUtc(this.#clock.wall());
      this.#now.set(source, { code: what.code, message, since });
    } else this.#now.delete(source);
    this.#listeners.tell();
  }
}
