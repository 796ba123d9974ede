/** Whose lamp it is: which command was the last for each, and what goes dark by itself. */
import { Alarm } from '../../src/kit/alarm.js';
import type { Clock } from '../../src/kit/clock.js';
import { BridgeError } from '../../src/kit/errors.js';

/** So many may be waiting to go dark; more are refused. */
const FADING_MAX = 64;

/** The lamps of one connection, by name. Nothing survives it. */
export class Lamps {
  readonly #clock: Clock;
  readonly #owners = new Map<string, number>();
  readonly #fading = new Map<number, Alarm>();
  #last = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @throws DEVICE_REFUSED when no further lamp can be told to go dark later, before anything is written */
  assertRoom(): void {
    if (this.#fading.size < FADING_MAX) return;
    throw new BridgeError('DEVICE_REFUSED', `${FADING_MAX} commands are still to go dark after their forMs`);
  }

  /** A command is about these lamps now; what older ones still had to do with them is over. @returns its number */
  take(names: readonly string[]): number {
    this.#last += 1;
    for (const name of names) this.#owners.set(name, this.#last);
    for (const owner of this.#fading.keys()) if (this.#namesOf(owner).length === 0) this.#forget(owner);
    return this.#last;
  }

  /** Calls back after `ms` with those of the command's lamps that are still its own; not at all when none is. */
  fade(owner: number, ms: number, goDark: (names: readonly string[]) => void): void {
    if (this.#namesOf(owner).length === 0) return;
    const alarm = new Alarm(this.#clock, () => {
      const names = this.#namesOf(owner);
      this.#forget(owner);
      goDark(names);
    });
    this.#fading.set(owner, alarm);
    alarm.set(this.#clock.mono() + ms);
  }

  /** Nothing goes dark by itself any more. Idempotent. */
  end(): void {
    for (const owner of this.#fading.keys()) this.#forget(owner);
    this.#owners.clear();
  }

  #namesOf(owner: number): string[] {
    return [...this.#owners].flatMap(([name, its]) => (its === owner ? [name] : []));
  }

  #forget(owner: number): void {
    this.#fading.get(owner)?.clear();
    this.#fading.delete(owner);
  }
}
