import { Alarm } from '../../src/kit/alarm.js';
import type { Clock } from '../../src/kit/clock.js';
import type { Look } from './draw.js';
import type { Surface } from './surfaces.js';

/** One picture takes a few milliseconds. A device that has not taken one for so long shows something old. */
export const PICTURE_LIMIT_MS = 3000;

export interface PainterEvents {
  /** A picture takes longer than PICTURE_LIMIT_MS (true), or was taken after all (false). */
  onStalled(isStalled: boolean): void;
  /** The device does not take pictures any more. Nothing is painted after it. */
  onFailed(error: unknown): void;
}

interface Place {
  readonly surface: Surface;
  readonly rank: number;
  /** As text, to compare. */
  wanted: string;
  looks: readonly Look[];
  shown: string | undefined;
}

/**
 * Keeps the surfaces of one connection as they are wanted: one picture after the other, only those that changed, the
 * newest only, and between two of them the device is heard.
 */
export class Painter {
  readonly #places = new Map<string, Place>();
  readonly #clock: Clock;
  readonly #events: PainterEvents;
  #running: Promise<void> = Promise.resolve();
  #isRunning = false;
  #isStopped = false;
  #painted = 0;

  constructor(surfaces: readonly Surface[], clock: Clock, events: PainterEvents) {
    this.#clock = clock;
    this.#events = events;
    surfaces.forEach((surface, rank) => {
      this.#places.set(surface.id, { surface, rank, wanted: DARKNESS, looks: [], shown: undefined });
    });
  }

  /** How many pictures the device took. */
  get painted(): number {
    return this.#painted;
  }

  /**
   * What surfaces show from now on; those that are not named stay as they are. @param first  whose turn comes first.
   * @returns when everything that was wanted until then is shown, or nothing is painted any more. Never rejects.
   */
  want(looks: ReadonlyMap<string, readonly Look[]>, first: ReadonlySet<string> = new Set()): Promise<void> {
    for (const [id, wanted] of looks) {
      const place = this.#places.get(id);
      if (!place) continue;
      place.looks = wanted;
      place.wanted = wanted.length > 0 ? JSON.stringify(wanted) : DARKNESS;
    }
    if (!this.#isStopped && !this.#isRunning) {
      this.#isRunning = true;
      this.#running = this.#run(first);
    }
    return this.#running;
  }

  /** Paints nothing more. @returns when the picture that is on its way has been taken. Never rejects. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#running;
  }

  /** After `stop`: makes dark what is not. @param first  whose turn comes first. @throws when the device is gone */
  async darken(first: ReadonlySet<string>): Promise<void> {
    for (const { surface, shown } of this.#inOrder(first)) if (shown !== DARKNESS) await surface.clear();
  }

  #inOrder(first: ReadonlySet<string>): Place[] {
    const turn = ({ surface, rank }: Place) => (first.has(surface.id) ? rank - this.#places.size : rank);
    return [...this.#places.values()].sort((one, other) => turn(one) - turn(other));
  }

  async #run(first: ReadonlySet<string>): Promise<void> {
    const places = this.#inOrder(first);
    for (let place = this.#next(places); place; place = this.#next(places)) {
      const { wanted, looks, surface } = place;
      // Until it is taken nobody knows what it shows.
      place.shown = undefined;
      try {
        await this.#timed(wanted === DARKNESS ? surface.clear() : surface.paint(looks));
      } catch (error) {
        if (!this.#isStopped) this.#events.onFailed(error);
        this.#isStopped = true;
        break;
      }
      place.shown = wanted;
      this.#painted += 1;
      await new Promise((resolve) => setImmediate(resolve));
    }
    // In the same tick as the last look: what is wanted from here on begins anew.
    this.#isRunning = false;
  }

  #next(places: readonly Place[]): Place | undefined {
    return this.#isStopped ? undefined : places.find(({ wanted, shown }) => wanted !== shown);
  }

  async #timed(painting: Promise<void>): Promise<void> {
    let isStalled = false;
    const alarm = new Alarm(this.#clock, () => {
      isStalled = true;
      this.#events.onStalled(true);
    });
    alarm.set(this.#clock.mono() + PICTURE_LIMIT_MS);
    try {
      await painting;
    } finally {
      alarm.clear();
      if (isStalled) this.#events.onStalled(false);
    }
  }
}

/** What a surface without looks shows. */
const DARKNESS = '';
