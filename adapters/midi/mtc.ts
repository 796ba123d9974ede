/** MIDI time code in: quarter frames and full frames become a time that is locked, runs, coasts and is lost. Pure. */
import type { MtcMessage } from './codec.js';
import {
  frameCount,
  framesPerDay,
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

/** The time is where it should be as long as it is not further away, in frames; so much are stalls of this machine. */
export const JUMP_FRAMES_MAX = 2;
/** A time that drifts away, piece after piece in order, is told as a jump after so long, in milliseconds. */
export const DRIFT_AFTER_MS = 1000;

export type MtcState = 'locked' | 'jumped' | 'running' | 'freewheel' | 'lost' | 'located';

/** What is told of the time, and no more often than it changes or once a second. */
export interface MtcReport {
  /**
   * locked: eight pieces in order after none, or in the other direction, or asked for again. jumped: it is elsewhere
   * than it would be, by what was told last and by the clock. running: once a second, and when it goes on after freewheel.
   * freewheel: pieces stay away or out of order, and the time goes on by itself. lost: it stopped.
   * located: a full frame put it here; nothing says that it runs.
   */
  state: MtcState;
  timecode: Timecode;
  direction: 'forward' | 'reverse';
}

/** A time, and when it was. */
interface Known {
  rate: Rate;
  frames: number;
  step: 1 | -1;
  atMs: number;
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
  #time: Known | undefined;
  /** The time that whoever follows goes by: that of the last lock or jump. */
  #told: Known | undefined;
  #apartSinceMs: number | undefined;
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
    const now = message.kind === 'mtcFull' ? this.#locate(message.timecode, nowMs) : this.#takePiece(message, nowMs);
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
    const now: Known = { rate: timecode.rate, frames, step, atMs: nowMs };
    const isNext = was === 'locked' && this.#isNext(now);
    const turned = was !== 'none' && this.#time?.step !== step ? this.#report('lost', nowMs) : [];
    this.#time = now;
    this.#phase = 'locked';
    if (was === 'none' || turned.length > 0) return [...turned, ...this.#tell('locked', now)];
    if (this.#isElsewhere(now, isNext)) return this.#tell('jumped', now);
    if (was === 'freewheel' || nowMs - this.#reportedMs >= REPORT_EVERY_MS) return this.#report('running', nowMs);
    return [];
  }

  /** Whether it is the time that comes after the last one. */
  #isNext({ rate, frames, step }: Known): boolean {
    const last = this.#time;
    return (
      last?.rate === rate && last.step === step && framesApart(rate, frames, last.frames + FRAMES_A_TIME * step) === 0
    );
  }

  /** What is out of the order has jumped at once; what is in order may be late for a moment, as this machine may be. */
  #isElsewhere({ rate, frames, step, atMs }: Known, isNext: boolean): boolean {
    const told = this.#told;
    if (told?.rate !== rate) return true;
    const expected = told.frames + step * msToFrames(rate, atMs - told.atMs);
    if (Math.abs(framesApart(rate, frames, expected)) <= JUMP_FRAMES_MAX) {
      this.#apartSinceMs = undefined;
      return false;
    }
    this.#apartSinceMs ??= atMs;
    return !isNext || atMs - this.#apartSinceMs >= DRIFT_AFTER_MS;
  }

  #tell(state: 'locked' | 'jumped', now: Known): MtcReport[] {
    this.#told = now;
    this.#apartSinceMs = undefined;
    return this.#report(state, now.atMs);
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

  /** As if it had just locked, for whoever has not followed it: told only while it runs. */
  again(nowMs: number): MtcReport[] {
    const time = this.#time;
    if (this.#phase === 'none' || !time) return [];
    const frames = time.frames + time.step * msToFrames(time.rate, nowMs - time.atMs);
    return this.#tell('locked', { ...time, frames, atMs: nowMs });
  }

  /** The port is gone, and the time with it. */
  lose(nowMs: number): MtcReport[] {
    const lost = this.#phase === 'none' ? [] : this.#report('lost', nowMs);
    this.#phase = 'none';
    this.#time = undefined;
    this.#count = 0;
    this.#last = undefined;
    return lost;
  }

  /** What ran runs no longer: who plays on from the new place sends quarter frames again. */
  #locate(timecode: Timecode, nowMs: number): MtcReport[] {
    return [...this.lose(nowMs), { state: 'located', timecode, direction: 'forward' }];
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

/** From `other` to `one`, the short way round midnight. */
function framesApart(rate: Rate, one: number, other: number): number {
  const day = framesPerDay(rate);
  const apart = (((one - other) % day) + day) % day;
  return apart > day / 2 ? apart - day : apart;
}

/** +1 when a piece follows the last in forward order, -1 in reverse; undefined when neither. */
function stepOf(last: number, piece: number): 1 | -1 | undefined {
  if (piece === (last + 1) % PIECES) return 1;
  return piece === (last + PIECES - 1) % PIECES ? -1 : undefined;
}
