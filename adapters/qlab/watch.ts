import type { Clock } from '../../src/kit/clock.js';
import { type CueRef, cueAddress } from './commands.js';
import type { Link } from './link.js';

/** How often a cue is asked whether it runs, in milliseconds; the same question within 0.1 s may be dropped by QLab. */
const ASK_EVERY_MS = 110;
/** Cues whose last change is remembered. */
const CHANGED_MAX = 256;
/** A cue that has run for longer than since it was told to start, and this, had been running before. */
const ELAPSED_MARGIN_MS = 100;
const KEYS = '["uniqueID","isRunning","isBroken","armed","duration","actionElapsed"]';

/**
 * For QLab before 5.3, which does not report that a cue started: asks the cue. One that has been running for no longer than
 * since it was told to has fired; one without a duration is over before it can be asked, and counts as fired when QLab
 * reported any change of it (OSC dictionary, `/updates`), unless it is broken or disarmed.
 */
export class CueWatch {
  readonly #link: Link;
  readonly #workspaceId: string;
  readonly #clock: Clock;
  readonly #life: AbortSignal;
  readonly #changedAt = new Map<string, number>();

  constructor(link: Link, workspaceId: string, clock: Clock, life: AbortSignal) {
    this.#link = link;
    this.#workspaceId = workspaceId;
    this.#clock = clock;
    this.#life = life;
  }

  /** QLab reported that something about this cue changed. */
  changed(cueId: string): void {
    this.#changedAt.delete(cueId);
    this.#changedAt.set(cueId, this.#clock.mono());
    const oldest = this.#changedAt.keys().next().value;
    if (this.#changedAt.size > CHANGED_MAX && oldest !== undefined) this.#changedAt.delete(oldest);
  }

  /** Resolves once the cue was seen to have started; never otherwise. @param sinceMs  when it was told to. */
  async started(cue: CueRef, sinceMs: number, signal: AbortSignal): Promise<void> {
    const address = `/workspace/${this.#workspaceId}${cueAddress(cue)}/valuesForKeys`;
    while (!signal.aborted && !this.#life.aborted) {
      try {
        const { data } = await this.#link.ask(address, [KEYS]);
        if (typeof data === 'object' && data !== null && this.#fired(data as Record<string, unknown>, sinceMs)) return;
      } catch {
        // No answer is no sight of it; the caller's limit ends the asking.
      }
      await this.#clock.sleep(ASK_EVERY_MS, signal);
    }
    return new Promise(() => {});
  }

  #fired(values: Record<string, unknown>, sinceMs: number): boolean {
    const isTrue = (value: unknown) => value === true || value === 1 || value === '1';
    if (isTrue(values.isRunning)) {
      const elapsedMs = Number(values.actionElapsed) * 1000;
      return elapsedMs <= this.#clock.mono() - sinceMs + ELAPSED_MARGIN_MS;
    }
    if (Number(values.duration) !== 0 || isTrue(values.isBroken) || values.armed === false || values.armed === 0)
      return false;
    return (this.#changedAt.get(String(values.uniqueID)) ?? Number.NEGATIVE_INFINITY) >= sinceMs;
  }
}
