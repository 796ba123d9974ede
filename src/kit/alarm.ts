/** What an alarm needs of a `Clock`, here or in a browser. */
type AlarmClock = { mono(): number; sleep(ms: number, signal?: AbortSignal): Promise<void> };

/** Rings once at the time that it was last set to. One timer, however often it is put off. */
export class Alarm {
  readonly #clock: AlarmClock;
  readonly #ring: () => void;
  #atMs: number | undefined;
  #timer: { atMs: number; stop: AbortController } | undefined;

  /** @param ring  called when it is time; it may set the alarm again. Never called early. */
  constructor(clock: AlarmClock, ring: () => void) {
    this.#clock = clock;
    this.#ring = ring;
  }

  /** @param atMs  when to ring, as `clock.mono()` says it; undefined is `clear()`. */
  set(atMs: number | undefined): void {
    this.#atMs = atMs;
    if (atMs === undefined) this.clear();
    // A timer that ends before is set anew when it does.
    else if (!this.#timer || this.#timer.atMs > atMs) this.#sleep(atMs, Math.max(0, atMs - this.#clock.mono()));
  }

  /** It does not ring. Idempotent. */
  clear(): void {
    this.#atMs = undefined;
    this.#timer?.stop.abort();
    this.#timer = undefined;
  }

  #sleep(atMs: number, ms: number): void {
    this.#timer?.stop.abort();
    const timer = { atMs, stop: new AbortController() };
    this.#timer = timer;
    void this.#clock.sleep(ms, timer.stop.signal).then(() => {
      if (this.#timer === timer) this.#wake();
    });
  }

  /** The machine's timers may end a little early. */
  #wake(): void {
    const atMs = this.#atMs;
    const leftMs = (atMs ?? 0) - this.#clock.mono();
    if (atMs !== undefined && leftMs > 0) {
      this.#sleep(atMs, Math.max(1, leftMs));
      return;
    }
    this.clear();
    this.#ring();
  }
}
