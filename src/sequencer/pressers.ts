import type { MonoMs } from '../kit/clock.js';
import type { Refusal } from '../protocol/decision.js';
import type { Draft, PayloadByType } from '../protocol/envelope.js';
import type { Press } from './stamp.js';

/** What sends cues. */
const FIRING: ReadonlySet<string> = new Set(['CueAdvanced', 'CallFired']);
/** How many devices are remembered; the one that pressed longest ago is forgotten first. */
const DEVICES_MAX = 2000;

/** When each device last pressed GO, taken or refused: a button that repeats while it is held is one GO. */
export class Pressers {
  readonly #lastAt = new Map<string, MonoMs>();

  /** A draft came in. @param at  when it was pressed. */
  press({ eventType, actor }: Draft, at: MonoMs): Press {
    if (!FIRING.has(eventType)) return { at };
    const device = String(actor?.deviceId);
    const ownLastAt = this.#lastAt.get(device);
    this.#lastAt.delete(device);
    this.#lastAt.set(device, ownLastAt === undefined || at > ownLastAt ? at : ownLastAt);
    if (this.#lastAt.size > DEVICES_MAX) {
      const { value } = this.#lastAt.keys().next();
      if (value !== undefined) this.#lastAt.delete(value);
    }
    return { at, ownLastAt };
  }

  /**
   * What became of it: who saw the show as it was not, or held, may press again at once. A contact sees nothing, and one that
   * repeats while it is held must not fire when a hold is lifted.
   */
  refused({ eventType, actor, payload }: Draft, { ownLastAt }: Press, { code }: Refusal): void {
    if (
      !FIRING.has(eventType) ||
      code === 'GO_GUARD' ||
      (payload as Partial<PayloadByType['CueAdvanced']>)?.fromCueId === undefined
    )
      return;
    const device = String(actor?.deviceId);
    if (ownLastAt === undefined) this.#lastAt.delete(device);
    else this.#lastAt.set(device, ownLastAt);
  }
}
