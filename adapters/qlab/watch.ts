import type { Clock } from '../../src/kit/clock.js';
import { type CueRef, cueAddress } from './commands.js';
import type { Link } from './link.js';

/** Cues whose last change is remembered. */
const CHANGED_MAX = 256;
/** A cue that has run for longer than since it was told to start, and this, had been running before. */
const ELAPSED_MARGIN_MS = 100;
const KEYS = '["uniqueID","isRunning","isBroken","armed","duration","actionElapsed","preWait","preWaitElapsed"]';

/** What a cue answered when it was asked. */
export interface Look {
  /** It has started since it was told to. */
  hasFired: boolean;
  /** It is in its pre-wait, which lasts so long in all, in milliseconds. */
  preWaitMs: number;
  /** It does not run, and what it takes to be over has not gone by: it was not started. */
  isIdle: boolean;
}

/**
 * Asks the cue itself: for QLab before 5.3, which does not report that a cue started, again and again; from then on once, as
 * the second witness, before a cue is told as failed. One that has been running for no longer than since it was told to has
 * fired; one without a duration is over before it can be asked, and counts as fired when QLab reported any change of it (OSC
 * dictionary, `/updates`), unless it is broken or disarmed.
 */
export class CueWatch {
  readonly #link: Link;
  readonly #workspaceId: string;
  readonly #clock: Clock;
  readonly #changedAt = new Map<string, number>();

  constructor(link: Link, workspaceId: string, clock: Clock) {
    this.#link = link;
    this.#workspaceId = workspaceId;
    this.#clock = clock;
  }

  /** QLab reported that something about this cue changed. */
  changed(cueId: string): void {
    this.#changedAt.delete(cueId);
    this.#changedAt.set(cueId, this.#clock.mono());
    const oldest = this.#changedAt.keys().next().value;
    if (this.#changedAt.size > CHANGED_MAX && oldest !== undefined) this.#changedAt.delete(oldest);
  }

  /** Asks once. @param sinceMs  when it was told to start. @returns undefined when it did not answer. */
  async look(cue: CueRef, sinceMs: number): Promise<Look | undefined> {
    try {
      const { data } = await this.#link.ask(`/workspace/${this.#workspaceId}${cueAddress(cue)}/valuesForKeys`, [KEYS]);
      if (typeof data === 'object' && data !== null) return this.#read(data as Record<string, unknown>, sinceMs);
    } catch {
      // No answer is no sight of it.
    }
    return undefined;
  }

  #read(values: Record<string, unknown>, sinceMs: number): Look {
    const isTrue = (value: unknown) => value === true || value === 1 || value === '1';
    const ms = (value: unknown) => (Number(value) || 0) * 1000;
    const sinceToldMs = this.#clock.mono() - sinceMs;
    const isRunning = isTrue(values.isRunning);
    const [elapsedMs, preWaitMs] = [ms(values.actionElapsed), ms(values.preWait)];
    const isWaiting = preWaitMs > 0 && elapsedMs === 0 && (isRunning || ms(values.preWaitElapsed) > 0);
    if (isWaiting) return { hasFired: false, preWaitMs, isIdle: false };
    if (isRunning) return { hasFired: elapsedMs <= sinceToldMs + ELAPSED_MARGIN_MS, preWaitMs: 0, isIdle: false };
    const isUnable = isTrue(values.isBroken) || values.armed === false || values.armed === 0;
    const changedAt = this.#changedAt.get(String(values.uniqueID)) ?? Number.NEGATIVE_INFINITY;
    const hasFired = Number(values.duration) === 0 && !isUnable && changedAt >= sinceMs;
    return { hasFired, preWaitMs: 0, isIdle: !hasFired && (isUnable || ms(values.duration) > sinceToldMs) };
  }
}
