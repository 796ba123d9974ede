/** The reports of one device, in order: whether it is pressed or types. Pure: time is handed in. */

import { decodeReport, type Strange } from './codec.js';
import type { HidProfile } from './generated/types.js';

/** Who types has stopped when all keys are up and nothing comes for so long. Between two letters it is some 10 ms. */
export const TYPING_ENDS_MS = 300;

/** `down` are the buttons that count as down; undefined: the report says nothing of them. */
export interface Reading {
  readonly down?: ReadonlySet<string>;
  readonly strange?: Strange;
  /** A button was left out because the device types. */
  readonly isTyped: boolean;
}

/**
 * Some pedals type their maker's address when they are held for about 7 s, a scanner types what it reads, a keyboard
 * what somebody writes, and among the letters are those of the pedals. From the first key that no button has until all keys are up
 * and it was quiet for TYPING_ENDS_MS nothing is pressed; what was down before may be let go of.
 */
export class ReportReader {
  readonly #profile: HidProfile;
  #down: ReadonlySet<string> = new Set();
  #typing: { lastMs: number; areKeysUp: boolean } | undefined;

  constructor(profile: HidProfile) {
    this.#profile = profile;
  }

  read(report: Uint8Array, nowMs: number): Reading {
    const decoded = decodeReport(this.#profile, report);
    if (!decoded) return { isTyped: false };
    const { down, strange } = decoded;
    if (strange === 'id' || strange === 'shape') return { strange, isTyped: false };
    const isOver = this.#typing?.areKeysUp === true && nowMs - this.#typing.lastMs >= TYPING_ENDS_MS;
    if (strange === undefined && (this.#typing === undefined || isOver)) {
      this.#typing = undefined;
      this.#down = down;
      return { down, isTyped: false };
    }
    this.#typing = { lastMs: nowMs, areKeysUp: strange === undefined && down.size === 0 };
    const isTyped = [...down].some((name) => !this.#down.has(name));
    this.#down = new Set([...down].filter((name) => this.#down.has(name)));
    return { down: this.#down, ...(strange && { strange }), isTyped };
  }
}
