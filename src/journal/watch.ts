import type { Clock, MonoMs } from '../kit/clock.js';
import { BridgeError } from '../kit/errors.js';
import type { Appender } from './appender.js';

/** How often it is looked whether the disk answers. */
const LOOK_MS = 250;
/** A disk that has not answered for so long hangs. */
const STALLED_MS = 1000;
/** How often the files themselves are looked at, in looks. */
const INSPECT_EVERY = 4;

type Watched = Pick<Appender, 'isBusy' | 'steps' | 'failure' | 'inspect'>;

/**
 * Knows within 1.5 s that the disk hangs, that others changed the log, or that a failure is over, whether or not
 * somebody presses meanwhile.
 */
export class LogWatch {
  readonly #appender: Watched;
  readonly #clock: Clock;
  readonly #tell: () => void;
  readonly #ending = new AbortController();
  #stalled: BridgeError | undefined;
  /** The appender as it was when it was last seen to move on. */
  #seen: { steps: number; at: MonoMs } | undefined;
  #told: Error | undefined;

  /** @param tell  called when `failure` has become another. */
  constructor(appender: Watched, clock: Clock, tell: () => void) {
    this.#appender = appender;
    this.#clock = clock;
    this.#tell = tell;
    void this.#live();
  }

  /** JOURNAL_STALLED or JOURNAL_UNAVAILABLE: why nothing can be stored now, if so. */
  get failure(): BridgeError | undefined {
    return this.#stalled ?? this.#appender.failure;
  }

  close(): void {
    this.#ending.abort();
  }

  async #live(): Promise<void> {
    const { signal } = this.#ending;
    for (let looks = 1; ; looks += 1) {
      await this.#clock.sleep(LOOK_MS, signal);
      if (signal.aborted) return;
      this.#look();
      // Not waited for: it hangs where the disk does.
      if (looks % INSPECT_EVERY === 0) void this.#appender.inspect();
    }
  }

  #look(): void {
    const { isBusy, steps } = this.#appender;
    const now = this.#clock.mono();
    if (!isBusy) this.#seen = undefined;
    else if (this.#seen?.steps !== steps) this.#seen = { steps, at: now };
    const hangs = this.#seen !== undefined && now - this.#seen.at >= STALLED_MS;
    if (!hangs) this.#stalled = undefined;
    else this.#stalled ??= new BridgeError('JOURNAL_STALLED', 'the disk of the log does not answer');
    if (this.failure === this.#told) return;
    this.#told = this.failure;
    this.#tell();
  }
}
