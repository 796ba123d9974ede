import type { Unsubscribe } from './types.js';

/** Who wants to hear of one thing. A listener that throws costs nobody else: its error surfaces on its own. */
export class Listeners<Args extends unknown[]> {
  readonly #all = new Set<(...args: Args) => void>();

  add = (listener: (...args: Args) => void): Unsubscribe => {
    this.#all.add(listener);
    return () => {
      this.#all.delete(listener);
    };
  };

  tell(...args: Args): void {
    for (const listener of [...this.#all]) {
      try {
        listener(...args);
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }

  clear(): void {
    this.#all.clear();
  }
}
