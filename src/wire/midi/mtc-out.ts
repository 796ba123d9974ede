/** MIDI time code out: which quarter frames and full frames are due when. Pure. */
import type { MtcMessage } from './codec.js';
import { framesToMs, fromFrameCount, msToFrames, RATES, type Rate, type Timecode } from './timecode.js';

const QUARTERS_A_FRAME = 4;
/** Eight pieces make a time; they take two frames. */
const PIECES = 8;
const FRAMES_A_TIME = 2;
/**
 * So many quarter frames (two frames, one whole time) may be made up for at once: receivers bear that better than losing
 * the code. After a longer stall a full frame tells the new place, since what comes in a bunch tells a time that is over.
 */
export const CATCH_UP_QUARTERS_MAX = 8;
/** A quarter frame may leave so much too early: a timer of whole milliseconds is early as often as late. */
export const EARLY_MS = 0.5;
/** Below what a frame's arithmetic can be wrong by. */
const TINY = 1e-6;

/** Piece 0 to 7 of a time: its numbers in nibbles, low before high; the last holds the rate as well. */
export function quarterFrame({ rate, hours, minutes, seconds, frames }: Timecode, piece: number): MtcMessage {
  const number = [frames, seconds, minutes, hours | (RATES.indexOf(rate) << 5)][piece >> 1] ?? 0;
  return { kind: 'mtcQuarter', piece, nibble: (piece & 1) === 0 ? number & 0x0f : number >> 4 };
}

/** One line of time code. Places are frames since 00:00:00:00, with fractions; they go round at midnight. */
export class MtcGenerator {
  readonly rate: Rate;
  /** How often a stall was so long that the place was told anew. */
  relocations = 0;
  /** Where the code was at `atMs`, from where it runs. */
  #origin: { frames: number; atMs: number } | undefined;
  /** The quarter frame that is to be sent next, counted from 00:00:00:00. */
  #next = 0;

  constructor(rate: Rate) {
    this.rate = rate;
  }

  /** When the next quarter frame is due, in milliseconds; undefined while the code stands. */
  get nextAtMs(): number | undefined {
    const origin = this.#origin;
    if (!origin) return undefined;
    return origin.atMs + framesToMs(this.rate, this.#next / QUARTERS_A_FRAME - origin.frames);
  }

  /**
   * The code runs, and was at this place at `atMs`. @returns the full frame of where it is now; quarter frames begin at
   * the next even frame, as receivers expect (MTC text, "Quarter Frame Messages").
   */
  run(frames: number, atMs: number, nowMs: number): MtcMessage[] {
    this.#origin = { frames, atMs };
    return this.#relocate(nowMs);
  }

  /** The code stands at this place. @returns its full frame */
  locate(frames: number): MtcMessage[] {
    this.#origin = undefined;
    return [this.#fullFrame(frames)];
  }

  /** @returns what is due now, in order: worked out from the clock each time, so that no error adds up. */
  take(nowMs: number): MtcMessage[] {
    if (!this.#origin) return [];
    const last = Math.floor(this.#placeAt(nowMs + EARLY_MS) * QUARTERS_A_FRAME + TINY);
    if (last - this.#next >= CATCH_UP_QUARTERS_MAX) {
      this.relocations += 1;
      return this.#relocate(nowMs);
    }
    const due: MtcMessage[] = [];
    for (; this.#next <= last; this.#next++) {
      const piece = this.#next % PIECES;
      const time = fromFrameCount(this.rate, (this.#next - piece) / QUARTERS_A_FRAME);
      due.push(quarterFrame(time, piece));
    }
    return due;
  }

  #relocate(nowMs: number): MtcMessage[] {
    const place = this.#placeAt(nowMs);
    this.#next = Math.max(0, Math.ceil(place / FRAMES_A_TIME - TINY)) * PIECES;
    return [this.#fullFrame(place)];
  }

  #placeAt(nowMs: number): number {
    const { frames = 0, atMs = nowMs } = this.#origin ?? {};
    return frames + msToFrames(this.rate, Math.max(0, nowMs - atMs));
  }

  #fullFrame(frames: number): MtcMessage {
    return { kind: 'mtcFull', timecode: fromFrameCount(this.rate, Math.floor(frames + TINY)) };
  }
}
