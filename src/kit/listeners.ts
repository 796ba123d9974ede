/** Who wants to hear of one thing. A listener that throws costs no other listener its turn. */
export class Listeners<Args extends unknown[]> {
  readonly #all = new Map<object, (...args: Args) => void>();
  readonly #onFault: (fault: unknown) => void;

  /** @param onFault  told what a listener threw. */
  constructor(onFault: (fault: unknown) => void) {
    this.#onFault = onFault;
  }

  /** @returns takes it off again; idempotent. The same function may be added more than once. */
  add = (listener: (...args: Args) => void): (() => void) => {
    const key = {};
    this.#all.set(key, listener);
    return () => {
      this.#all.delete(key);
    };
  };

  tell(...args: Args): void {
    for (const listener of [...this.#all.values()]) {
      try {
        listener(...args);
      } catch (fault) {
        this.#onFault(fault);
      }
    }
  }

  clear(): void {
    this.#all.clear();
  }
}
