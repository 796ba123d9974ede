import type { Clock } from './clock.js';
import { BridgeError, toBridgeError } from './errors.js';
import { LATE, within } from './within.js';

interface Part {
  name: string;
  close: () => Promise<void> | void;
  limitMs: number;
}

/** What was started, closed in the reverse order. A part that fails or hangs does not stop the stopping. */
export class Lifetime {
  readonly #clock: Clock;
  readonly #parts: Part[] = [];
  #closing: Promise<BridgeError[]> | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @param limitMs  how long its close may take, in milliseconds. */
  add(name: string, close: () => Promise<void> | void, limitMs = 1000): void {
    this.#parts.push({ name, close, limitMs });
  }

  /** Idempotent. @returns what failed; empty when all closed in time. */
  close(): Promise<BridgeError[]> {
    this.#closing ??= this.#closeAll();
    return this.#closing;
  }

  async #closeAll(): Promise<BridgeError[]> {
    const failures: BridgeError[] = [];
    for (let part = this.#parts.pop(); part; part = this.#parts.pop()) {
      const { name, close, limitMs } = part;
      try {
        const how = await within(this.#clock, limitMs, Promise.resolve(close()));
        if (how === LATE) failures.push(new BridgeError('INTERNAL', `${name} did not close within ${limitMs} ms`));
      } catch (error) {
        failures.push(toBridgeError(error));
      }
    }
    return failures;
  }
}
