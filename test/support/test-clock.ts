import type { Clock, MonoMs, WallMs } from '../../src/kit/clock.js';

/** A clock that stands still until a test moves it. Sleepers wake in the order of their time. */
export class TestClock implements Clock {
  #mono = 0;
  #wall: number;
  #sleepers: { at: number; wake: () => void }[] = [];

  constructor(wall = '2026-03-01T19:30:00.000Z') {
    this.#wall = Date.parse(wall);
  }

  mono = (): MonoMs => this.#mono as MonoMs;
  wall = (): WallMs => this.#wall as WallMs;

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const wake = () => {
        this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
        signal?.removeEventListener('abort', wake);
        resolve();
      };
      const sleeper = { at: this.#mono + ms, wake };
      this.#sleepers.push(sleeper);
      signal?.addEventListener('abort', wake);
    });
  }

  /** How many wait for a time to come. */
  get sleeping(): number {
    return this.#sleepers.length;
  }

  /** Moves both clocks on by `ms`, waking sleepers on the way and letting what they wake run. */
  async advance(ms: number): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    const end = this.#mono + ms;
    for (;;) {
      const next = this.#sleepers.filter((sleeper) => sleeper.at <= end).sort((a, b) => a.at - b.at)[0];
      if (!next) break;
      const at = Math.max(next.at, this.#mono);
      this.#wall += at - this.#mono;
      this.#mono = at;
      next.wake();
      await new Promise((resolve) => setImmediate(resolve));
    }
    this.#wall += end - this.#mono;
    this.#mono = end;
    await new Promise((resolve) => setImmediate(resolve));
  }

  /** The process stands still: time goes by, and nobody wakes before it is moved on. */
  standStill(ms: number): void {
    this.#mono += ms;
    this.#wall += ms;
  }

  /** The operator or NTP sets the system time; the monotonic clock knows nothing of it. */
  stepWall(ms: number): void {
    this.#wall += ms;
  }
}
