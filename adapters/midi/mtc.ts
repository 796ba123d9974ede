/** MIDI time code in: quarter frames and full frames become a time that is locked, runs, coasts and is lost. Pure. */
import type { MtcMessage } from './codec.js';
import {
  frameCount,
  framesToMs,
  fromFrameCount,
  isDropped,
  isTimecode,
  msToFrames,
  RATES,
  type Rate,
  type Timecode,
} from './timecode.js';

/** Eight pieces make a time; they take two frames. */
const PIECES = 8;
const FRAMES_A_TIME = 2;
/** So many quarter frames may be missing before the time coasts; less is jitter of wires and of this machine. */
export const MISSING_QUARTERS_MAX = 5;
/** While the time runs it is told so often, in milliseconds. */
export const REPORT_EVERY_MS = 1000;

export type MtcState = 'locked' | 'running' | 'freewheel' | 'lost' | 'located';

/** What is told of the time, and no more often than it changes or once a second. */
export interface MtcReport {
  /**
   * locked: eight pieces in order after none. running: once a second, and when it goes on after freewheel.
   * freewheel: pieces stay away or out of order, and the time goes on by itself. lost: it stopped.
   * located: a full frame put it here; nothing says that it runs.
   */
  state: MtcState;
  timecode: Timecode;
  direction: 'forward' | 'reverse';
}

export class MtcReceiver {
  /** Times that cannot be, pieces that broke the order. */
  readonly dropped = { invalid: 0, disorder: 0 };
  readonly #freewheelMs: number;
  /** The pieces of the time that is coming together, in order of `#step`. */
  readonly #nibbles = new Uint8Array(PIECES);
  #count = 0;
  #step: 1 | -1 = 1;
  #last: number | undefined;
  #phase: 'none' | 'locked' | 'freewheel' = 'none';
  /** The last time that came together, and when. */
  #time: { rate: Rate; frames: number; step: 1 | -1; atMs: number } | undefined;
  #lastPieceMs = 0;
  #freewheelSinceMs = 0;
  #reportedMs = 0;

  /** @param options  freewheelMs: how long the time goes on by itself before it is lost. */
  constructor({ freewheelMs }: { freewheelMs: number }) {
    this.#freewheelMs = freewheelMs;
  }

  /** When `tick` wants to be called if nothing comes until then, in milliseconds; undefined: not at all. */
  get nextAtMs(): number | undefined {
    if (this.#phase === 'none') return undefined;
    return this.#phase === 'locked'
      ? this.#lastPieceMs + this.#patienceMs()
      : this.#freewheelSinceMs + this.#freewheelMs;
  }

  take(message: MtcMessage, nowMs: number): MtcReport[] {
    const late = this.tick(nowMs);
    const now = message.kind === 'mtcFull' ? this.#locate(message.timecode) : this.#takePiece(message, nowMs);
    return [...late, ...now];
  }

  /** Time alone went by. */
  tick(nowMs: number): MtcReport[] {
    const reports: MtcReport[] = [];
    if (this.#phase === 'locked' && nowMs - this.#lastPieceMs >= this.#patienceMs()) {
      reports.push(...this.#coast(this.#lastPieceMs, nowMs));
    }
    if (this.#phase === 'freewheel' && nowMs - this.#freewheelSinceMs >= this.#freewheelMs) {
      const endMs = this.#freewheelSinceMs + this.#freewheelMs;
      reports.push(...this.#report('lost', endMs));
      this.#phase = 'none';
      this.#time = undefined;
    }
    return reports;
  }

  #patienceMs(): number {
    const quarterMs = framesToMs(this.#time?.rate ?? '24', 1) / 4;
    return quarterMs * (MISSING_QUARTERS_MAX + 1);
  }

  #takePiece({ piece, nibble }: { piece: number; nibble: number }, nowMs: number): MtcReport[] {
    const last = this.#last;
    this.#last = piece;
    this.#lastPieceMs = nowMs;
    const step = last === undefined ? undefined : stepOf(last, piece);
    const expected = this.#count > 0 ? this.#step : this.#phase === 'locked' ? this.#time?.step : undefined;
    const isInOrder = step !== undefined && (expected === undefined || step === expected);
    const reports: MtcReport[] = [];
    if (!isInOrder && last !== undefined) {
      this.dropped.disorder += 1;
      this.#count = 0;
      if (this.#phase === 'locked') reports.push(...this.#coast(nowMs, nowMs));
    }
    // A time begins with piece 0 forward, and with piece 7 in reverse.
    if (this.#count === 0) {
      const begins = piece === 0 && step !== -1 ? 1 : piece === PIECES - 1 && step !== 1 ? -1 : undefined;
      if (begins === undefined) return reports;
      this.#step = begins;
    }
    this.#nibbles[piece] = nibble;
    this.#count += 1;
    if (this.#count < PIECES) return reports;
    this.#count = 0;
    return [...reports, ...this.#complete(nowMs)];
  }

  #complete(nowMs: number): MtcReport[] {
    const timecode = this.#assembled();
    if (!timecode) {
      this.dropped.invalid += 1;
      return this.#phase === 'locked' ? this.#coast(nowMs, nowMs) : [];
    }
    const was = this.#phase;
    const step = this.#step;
    // The pieces tell the frame in which piece 0 is sent: forward it is two frames old by now, in reverse it is now.
    const frames = frameCount(timecode) + (step === 1 ? FRAMES_A_TIME : 0);
    const isJump = this.#time !== undefined && this.#isJump(timecode.rate, frames);
    this.#time = { rate: timecode.rate, frames, step, atMs: nowMs };
    this.#phase = 'locked';
    if (was === 'none') return this.#report('locked', nowMs);
    if (was === 'freewheel' || isJump || nowMs - this.#reportedMs >= REPORT_EVERY_MS)
      return this.#report('running', nowMs);
    return [];
  }

  #isJump(rate: Rate, frames: number): boolean {
    const time = this.#time;
    if (!time || time.rate !== rate || time.step !== this.#step) return true;
    const expected = frameCount(fromFrameCount(rate, time.frames + FRAMES_A_TIME * time.step));
    return frameCount(fromFrameCount(rate, frames)) !== expected;
  }

  /** The eight nibbles, low before high; the last also holds the rate. */
  #assembled(): Timecode | undefined {
    const [f0 = 0, f1 = 0, s0 = 0, s1 = 0, m0 = 0, m1 = 0, h0 = 0, h1 = 0] = this.#nibbles;
    const rate = RATES[(h1 >> 1) & 3];
    if (rate === undefined) return undefined;
    const timecode = {
      rate,
      hours: ((h1 & 1) << 4) | h0,
      minutes: (m1 << 4) | m0,
      seconds: (s1 << 4) | s0,
      frames: (f1 << 4) | f0,
    };
    return isTimecode(timecode) && !isDropped(timecode) ? timecode : undefined;
  }

  #coast(sinceMs: number, nowMs: number): MtcReport[] {
    this.#phase = 'freewheel';
    this.#freewheelSinceMs = sinceMs;
    return this.#freewheelMs === 0 ? [] : this.#report('freewheel', nowMs);
  }

  #locate(timecode: Timecode): MtcReport[] {
    this.#phase = 'none';
    this.#time = undefined;
    this.#count = 0;
    this.#last = undefined;
    return [{ state: 'located', timecode, direction: 'forward' }];
  }

  /** @param atMs  the moment whose time is told: it ran on since the last one that came together. */
  #report(state: MtcState, atMs: number): MtcReport[] {
    const time = this.#time;
    if (!time) return [];
    this.#reportedMs = atMs;
    const since = Math.floor(msToFrames(time.rate, Math.max(0, atMs - time.atMs)) + 1e-6);
    const timecode = fromFrameCount(time.rate, time.frames + time.step * since);
    return [{ state, timecode, direction: time.step === 1 ? 'forward' : 'reverse' }];
  }
}

/** +1 when a piece follows the last in forward order, -1 in reverse; undefined when neither. */
function stepOf(last: number, piece: number): 1 | -1 | undefined {
  if (piece === (last + 1) % PIECES) return 1;
  return piece === (last + PIECES - 1) % PIECES ? -1 : undefined;
}
