/** What is to be sent a while after something else, unless something newer replaces it. */
import { Alarm } from '../../src/kit/alarm.js';
import type { Clock } from '../../src/kit/clock.js';
import { BridgeError } from '../../src/kit/errors.js';

/** So many may be pending; more are refused. */
const PENDING_MAX = 64;

interface Pending<Out> {
  out: Out;
  names: ReadonlySet<string>;
  alarm: Alarm;
}

/** The pending ones of one connection; none survives it. */
export class Afterwards<Out> {
  readonly #clock: Clock;
  readonly #pending = new Set<Pending<Out>>();
  #isEnded = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @throws DEVICE_REFUSED when there is no room for one more, before anything was sent */
  assertRoom(): void {
    if (this.#pending.size < PENDING_MAX) return;
    throw new BridgeError(
      'DEVICE_REFUSED',
      `${PENDING_MAX} commands are still to be sent after their afterMs or forMs`,
    );
  }

  /** Something newer is about one of these: what is pending for it will not be done. */
  replace(names: Iterable<string>): void {
    const wanted = new Set(names);
    for (const pending of this.#pending) {
      if ([...pending.names].some((name) => wanted.has(name))) this.#drop(pending);
    }
  }

  /**
   * Calls `act` after `ms`, unless it is replaced before. It counts as pending until `act` has asked whether it is still
   * wanted: what it does may have to wait behind what replaces it.
   */
  start(ms: number, out: Out, names: Iterable<string>, act: (isWanted: () => boolean) => void): void {
    if (this.#isEnded) return;
    const alarm = new Alarm(this.#clock, () => act(() => this.#pending.delete(pending)));
    const pending: Pending<Out> = { out, names: new Set(names), alarm };
    this.#pending.add(pending);
    alarm.set(this.#clock.mono() + ms);
  }

  /** Nothing is pending from now on. @returns what was, in the order of the starts. */
  end(): Out[] {
    this.#isEnded = true;
    const outs = [...this.#pending].map(({ out }) => out);
    for (const pending of this.#pending) this.#drop(pending);
    return outs;
  }

  #drop(pending: Pending<Out>): void {
    this.#pending.delete(pending);
    pending.alarm.clear();
  }
}
