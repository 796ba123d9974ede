/**
 * Do the playheads stand where they should? A device that stands somewhere else than the show's next cue, or than its
 * main, plays something else when somebody takes over by hand: that is told before it is heard.
 */
import type { Clock } from '../kit/clock.js';
import type { Alarm } from './supervised-device.js';

/** The show moves first and the device follows: a divergence shorter than this, in milliseconds, is none. */
export const PLAYHEAD_SETTLE_MS = 1000;

/** Where one device's own playhead stands, and what it is compared with. */
export interface PlayheadView {
  device: string;
  /** As in Health: null at no cue, undefined not known. */
  playhead: string | null | undefined;
  /** What the device calls the show's next cue; undefined: there is none for it, or nothing is to be compared. */
  wanted?: string | undefined;
  /** The device that this one is the backup of, and where that one stands. */
  main?: { device: string; playhead: string | null | undefined };
}

const place = (playhead: string | null): string =>
  playhead === null ? 'no cue' : playhead === '' ? 'a cue without a number' : playhead;

/**
 * What is wrong with a playhead, in the operator's words; undefined when it is as it should be, or not known. Pure.
 * The show goes before the main: who stands right is not blamed for a main that stands wrong.
 */
export function divergence({ device, playhead, wanted, main }: PlayheadView): string | undefined {
  if (playhead === undefined) return undefined;
  if (wanted !== undefined) {
    return playhead === wanted ? undefined : `${device} stands at ${place(playhead)}, the show's next is ${wanted}`;
  }
  if (main === undefined || main.playhead === undefined || main.playhead === playhead) return undefined;
  return `${device} stands at ${place(playhead)}, ${main.device} at ${place(main.playhead)}`;
}

interface Doubt {
  /** What was told last; undefined while it may still settle. */
  told: string | undefined;
  /** Ends the wait until it is told, or told in other words. */
  wait: AbortController | undefined;
}

export interface PlayheadWatchOptions {
  clock: Clock;
  /** Every device that is compared, as it stands now. */
  views: () => readonly PlayheadView[];
  raise: (device: string, alarm: Alarm | undefined) => void;
  settleMs?: number;
}

/** Raises an alarm for each playhead that stands wrong for longer than it takes to follow, and takes it back at once. */
export class PlayheadWatch {
  readonly #options: PlayheadWatchOptions;
  readonly #settleMs: number;
  readonly #doubts = new Map<string, Doubt>();
  #isClosed = false;

  constructor(options: PlayheadWatchOptions) {
    this.#options = options;
    this.#settleMs = options.settleMs ?? PLAYHEAD_SETTLE_MS;
  }

  /** To be called whenever the show or a playhead has moved. Never throws. */
  look(): void {
    if (this.#isClosed) return;
    const views = this.#options.views();
    if (views.length === 0 && this.#doubts.size === 0) return;
    const wrong = new Map<string, string>();
    for (const view of views) {
      const words = divergence(view);
      if (words !== undefined) wrong.set(view.device, words);
    }
    for (const device of this.#doubts.keys()) if (!wrong.has(device)) this.#settled(device);
    for (const [device, words] of wrong) this.#doubted(device, words);
  }

  /** Other devices are compared from now on, or in other ways: what was told is taken back, and looked at anew. */
  restart(): void {
    for (const device of this.#doubts.keys()) this.#settled(device);
    this.look();
  }

  /** Idempotent; leaves no timer. */
  close(): void {
    this.#isClosed = true;
    for (const { wait } of this.#doubts.values()) wait?.abort();
    this.#doubts.clear();
  }

  #settled(device: string): void {
    const doubt = this.#doubts.get(device);
    this.#doubts.delete(device);
    doubt?.wait?.abort();
    if (doubt?.told !== undefined) this.#options.raise(device, undefined);
  }

  /** It is told once it lasts, and again when it has become another one: at most once in `settleMs`. */
  #doubted(device: string, words: string): void {
    const doubt = this.#doubts.get(device) ?? { told: undefined, wait: undefined };
    this.#doubts.set(device, doubt);
    if (doubt.wait || doubt.told === words) return;
    const wait = new AbortController();
    doubt.wait = wait;
    void this.#options.clock.sleep(this.#settleMs, wait.signal).then(() => {
      if (wait.signal.aborted) return;
      doubt.wait = undefined;
      const view = this.#options.views().find((one) => one.device === device);
      const now = view && divergence(view);
      if (now === undefined || now === doubt.told) return;
      doubt.told = now;
      this.#options.raise(device, { code: 'PLAYHEAD_DIVERGED', detail: now });
    });
  }
}
