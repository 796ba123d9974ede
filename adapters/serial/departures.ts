/** What the system was given to send and has not been seen to leave this machine. */
import type { BridgeError } from '../../src/kit/errors.js';

/** More are not remembered: no system holds so many lines back. */
const REMEMBERED_MAX = 4096;

/** Bytes on their way. */
interface Departure {
  bytes: Uint8Array;
  /** false: a part of them may be with the system already, nobody knows how much. */
  isTaken: boolean;
  left: Promise<void>;
  resolve(): void;
  reject(why: BridgeError): void;
}

/** The bytes of one open port, in order. */
export class Departures {
  readonly #drain: () => Promise<void>;
  #underWay: Departure[] = [];
  #isWatched = false;
  /** The system does not say when something has left. */
  #isBlind = false;

  /** @param drain  resolves once all that the system was given before has left; how long that takes is the device's affair. */
  constructor(drain: () => Promise<void>) {
    this.#drain = drain;
  }

  /**
   * Gives the system bytes. @param write  resolves once it has them all.
   * @returns `left`: resolves once they have left, rejects when they were thrown away instead. Whoever does not look at it need not.
   */
  async give(bytes: Uint8Array, write: () => Promise<void>): Promise<{ left: Promise<void> }> {
    const departure = onItsWay(bytes);
    this.#underWay.push(departure);
    if (this.#underWay.length > REMEMBERED_MAX) this.#resolve(this.#underWay.slice(0, 1));
    await write();
    // A port that takes more is not gone.
    if (this.#isBlind) this.#resolve(this.#taken());
    departure.isTaken = true;
    void this.#watch();
    return { left: departure.left };
  }

  /**
   * The port is given back. @param hasLeft  whether all that was taken has left; else it is thrown away, for `why`.
   * @returns what is not known to have left whole, in order.
   */
  end(hasLeft: boolean, why: BridgeError): Uint8Array[] {
    const stuck = this.#underWay.filter(({ isTaken }) => !(hasLeft && isTaken));
    for (const departure of this.#underWay) {
      if (stuck.includes(departure)) departure.reject(why);
      else departure.resolve();
    }
    this.#underWay = [];
    return stuck.map(({ bytes }) => bytes);
  }

  /** One wait at a time, for all that was taken before it began. */
  async #watch(): Promise<void> {
    if (this.#isWatched) return;
    this.#isWatched = true;
    for (let now = this.#taken(); now.length > 0; now = this.#taken()) {
      try {
        await this.#drain();
      } catch {
        // A port that is gone says so where it is read, and what it had not sent is lost with it.
        this.#isBlind = true;
        break;
      }
      this.#resolve(now);
    }
    this.#isWatched = false;
  }

  #resolve(departures: readonly Departure[]): void {
    for (const departure of departures) departure.resolve();
    this.#underWay = this.#underWay.filter((departure) => !departures.includes(departure));
  }

  #taken(): Departure[] {
    return this.#underWay.filter(({ isTaken }) => isTaken);
  }
}

function onItsWay(bytes: Uint8Array): Departure {
  const departure: Departure = {
    bytes,
    isTaken: false,
    left: Promise.resolve(),
    resolve: () => undefined,
    reject: () => undefined,
  };
  departure.left = new Promise<void>((resolve, reject) => {
    departure.resolve = resolve;
    departure.reject = reject;
  });
  departure.left.catch(() => undefined);
  return departure;
}
