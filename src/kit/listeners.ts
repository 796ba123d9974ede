/** Who wants to hear of something. A listener that throws costs no other listener its turn. */
export class Listeners<T> {
  readonly #all = new Map<object, (value: T) => void>();
  readonly #onFault: (fault: unknown) => void;

  /** @param onFault  told what a listener threw. */
  constructor(onFault: (fault: unknown) => void) {
    this.#onFault = onFault;
  }

  /** @returns takes it off again; idempotent. The same function may be added more than once. */
  add(listener: (value: T) => void): () => void {
    const key = {};
    this.#all.set(key, listener);
    return () => {
      this.#all.delete(key);
    };
  }

  tell(value: T): void {
    for (const listener of [...this.#all.values()]) {
      try {
        listener(value);
      } catch (fault) {
        this.#onFault(fault);
      }
    }
  }

  clear(): void {
    this.#all.clear();
  }
}
