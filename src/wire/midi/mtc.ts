/** MIDI time code in: quarter frames and full frames become a time that is locked, runs, coasts and is lost. Pure. */
import type { MtcMessage } from './codec.js';
import { type Mixture, MtcMixture } from './mtc-mixture.js';
import {
  endsSecond,
  frameCount,
  framesPerDay,
  framesToMs,
  frameText,
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
   * locked: eight pieces in order after none, or in the other direction; with `again`, see there. jumped: it is elsewhere
   * than it would be, by what was told last and by the clock, and the next time says so too. running: once a second, and
   * when it goes on after freewheel.
   * freewheel: pieces stay away or out of order, and the time goes on by itself. lost: it stopped.
   * located: a full frame put it here; nothing says that it runs. Told once, however often the same full frame comes.
   */
  state: MtcState;
  timecode: Timecode;
  direction: 'forward' | 'reverse';
  /** Nothing began: the same lock is told once more, for timers that were held meanwhile. */
  again?: true;
}

/** A time, and when it was. */
interface Known {
  rate: Rate;
  frames: number;
  step: 1 | -1;
  atMs: number;
}

/** One line of time code, as it is heard. */
export class MtcReceiver {
  /** Times that cannot be, pieces that broke the order, times elsewhere that the next one did not confirm. */
  readonly dropped = { invalid: 0, disorder: 0, unconfirmed: 0 };
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
  /** The last time was not where it should be, or could not be at all: whether it is believed the next one decides. */
  #doubted: { time: Known | undefined } | undefined;
  /** The place that a full frame told last, while nothing has run since. */
  #parked: Timecode | undefined;
  readonly #mixture = new MtcMixture();
  #lastPieceMs = 0;
  #freewheelSinceMs = 0;
  #reportedMs = 0;

  /** @param options  freewheelMs: how long the time goes on by itself before it is lost. */
  constructor({ freewheelMs }: { freewheelMs: number }) {
    this.#freewheelMs = freewheelMs;
  }

  /** When `tick` wants to be called if nothing comes until then, in milliseconds; undefined: not at all. */
  get nextAtMs(): number | undefined {
    const times = [this.#endsAtMs, this.#mixture.nextAtMs].filter((at) => at !== undefined);
    return times.length === 0 ? undefined : Math.min(...times);
  }

  get #endsAtMs(): number | undefined {
    if (this.#phase === 'none') return undefined;
    return this.#phase === 'locked'
      ? this.#lastPieceMs + this.#patienceMs()
      : this.#freewheelSinceMs + this.#freewheelMs;
  }

  /** Whether more than one time code comes: none of them can be followed. */
  get mixture(): Mixture | undefined {
    return this.#mixture.now;
  }

  take(message: MtcMessage, nowMs: number): MtcReport[] {
    const late = this.tick(nowMs);
    const now = message.kind === 'mtcFull' ? this.#locate(message.timecode, nowMs) : this.#takePiece(message, nowMs);
    return [...late, ...now];
  }

  /** Time alone went by. */
  tick(nowMs: number): MtcReport[] {
    this.#mixture.tick(nowMs);
    const reports: MtcReport[] = [];
    if (this.#phase === 'locked' && nowMs >= this.#lastPieceMs + this.#patienceMs()) {
      reports.push(...this.#coast(this.#lastPieceMs, nowMs));
    }
    const endMs = this.#freewheelSinceMs + this.#freewheelMs;
    if (this.#phase === 'freewheel' && nowMs >= endMs) {
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
    this.#mixture.take(piece, nibble, nowMs);
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
    if (!timecode) this.dropped.invalid += 1;
    const step = this.#step;
    // The pieces tell the frame in which piece 0 is sent: forward it is two frames old by now, in reverse it is now.
    const now: Known | undefined = timecode && {
      rate: timecode.rate,
      frames: frameCount(timecode) + (step === 1 ? FRAMES_A_TIME : 0),
      step,
      atMs: nowMs,
    };
    const running = this.#phase !== 'none' && this.#time?.step === step ? this.#time : undefined;
    if (running) return this.#goOn(running, now, nowMs);
    // It may be torn, and nothing is known yet that would show it; the next time, two frames on, cannot be.
    if (!now || !timecode || endsSecond(timecode)) return [];
    const turned = this.#phase === 'none' ? [] : this.#report('lost', nowMs);
    this.#run(now);
    return [...turned, ...this.#tell('locked', now)];
  }

  /**
   * A time came while time runs. One that is elsewhere is believed when the next one follows it: a generator that fills the
   * pieces from its running counter tells a time of two halves wherever a second, a minute or an hour ends.
   */
  #goOn(running: Known, now: Known | undefined, nowMs: number): MtcReport[] {
    const [was, doubted] = [this.#phase, this.#doubted];
    this.#doubted = undefined;
    const isElsewhere = now === undefined || this.#isElsewhere(now);
    if (isElsewhere && now && doubted?.time && isNext(now, doubted.time)) {
      this.#run(now);
      return this.#tell('jumped', now);
    }
    if (doubted?.time) this.dropped.unconfirmed += 1;
    if (isElsewhere) {
      if (now && was === 'locked' && isNext(now, running)) return this.#drift(now);
      this.#doubted = { time: now };
      if (was !== 'locked') return [];
      this.#time = { ...running, frames: running.frames + FRAMES_A_TIME * running.step, atMs: nowMs };
      return doubted ? this.#coast(nowMs, nowMs) : [];
    }
    this.#run(now);
    const isDue = was === 'freewheel' || nowMs - this.#reportedMs >= REPORT_EVERY_MS;
    return isDue ? this.#report('running', nowMs) : [];
  }

  /** It is in order, and yet further and further from the clock; for a moment this machine itself may be late. */
  #drift(now: Known): MtcReport[] {
    this.#run(now);
    this.#apartSinceMs ??= now.atMs;
    if (now.atMs - this.#apartSinceMs >= DRIFT_AFTER_MS) return this.#tell('jumped', now);
    return now.atMs - this.#reportedMs >= REPORT_EVERY_MS ? this.#report('running', now.atMs) : [];
  }

  #run(now: Known): void {
    this.#time = now;
    this.#phase = 'locked';
    this.#parked = undefined;
  }

  /** Whether it is not where it should be, by what was told last and by the clock. */
  #isElsewhere({ rate, frames, step, atMs }: Known): boolean {
    const told = this.#told;
    if (told?.rate !== rate) return true;
    const expected = told.frames + step * msToFrames(rate, atMs - told.atMs);
    if (Math.abs(framesApart(rate, frames, expected)) > JUMP_FRAMES_MAX) return true;
    this.#apartSinceMs = undefined;
    return false;
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

  /** The lock once more, and where it is by now, for timers that were held: told only while it runs. */
  again(nowMs: number): MtcReport[] {
    const time = this.#time;
    if (this.#phase === 'none' || !time) return [];
    const frames = time.frames + time.step * msToFrames(time.rate, nowMs - time.atMs);
    return this.#tell('locked', { ...time, frames, atMs: nowMs }).map((report) => ({ ...report, again: true }));
  }

  /** The port is gone, and the time with it. */
  lose(nowMs: number): MtcReport[] {
    const lost = this.#phase === 'none' ? [] : this.#report('lost', nowMs);
    this.#phase = 'none';
    this.#time = undefined;
    this.#count = 0;
    this.#last = undefined;
    this.#doubted = undefined;
    return lost;
  }

  /** What ran runs no longer: who plays on from the new place sends quarter frames again. */
  #locate(timecode: Timecode, nowMs: number): MtcReport[] {
    const lost = this.lose(nowMs);
    const parked = this.#parked;
    // A source that stands may say where again and again.
    if (parked?.rate === timecode.rate && frameText(parked) === frameText(timecode)) return lost;
    this.#parked = timecode;
    return [...lost, { state: 'located', timecode, direction: 'forward' }];
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

/** Whether `now` is the time that comes after `last`. */
const isNext = (now: Known, last: Known): boolean =>
  now.rate === last.rate &&
  now.step === last.step &&
  framesApart(now.rate, now.frames, last.frames + FRAMES_A_TIME * last.step) === 0;

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
