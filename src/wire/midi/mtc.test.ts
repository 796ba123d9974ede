import { describe, expect, test } from 'vitest';
import { MtcReceiver, type MtcReport } from './mtc.js';
import {
  frameCount,
  framesToMs,
  frameText,
  fromFrameCount,
  msToFrames,
  RATES,
  type Rate,
  type Timecode,
} from './timecode.js';

/** The eight pieces of a time. */
function piecesOf({ rate, hours, minutes, seconds, frames }: Timecode): { piece: number; nibble: number }[] {
  const values = [frames, frames >> 4, seconds, seconds >> 4, minutes, minutes >> 4, hours];
  const nibbles = [...values.map((value) => value & 15), (RATES.indexOf(rate) << 1) | (hours >> 4)];
  return nibbles.map((nibble, piece) => ({ piece, nibble }));
}

/** Someone who plays a tape; the test says what goes wrong with it. */
class Tape {
  readonly told: string[] = [];
  readonly reports: MtcReport[] = [];
  nowMs = 5000;
  /** How much faster it plays than it should. */
  speed = 1;
  readonly receiver: MtcReceiver;
  readonly #rate: Rate;
  #frames: number;

  constructor(start: Timecode, freewheelMs = 500) {
    this.receiver = new MtcReceiver({ freewheelMs });
    this.#rate = start.rate;
    this.#frames = frameCount(start);
  }

  hear(piece: { piece: number; nibble: number }): void {
    this.#note(this.receiver.take({ kind: 'mtcQuarter', ...piece }, this.nowMs));
    this.nowMs += framesToMs(this.#rate, 1) / 4 / this.speed;
  }

  /** Plays so many times of eight pieces. @param wrong  what becomes of the pieces of each. */
  play(
    times: number,
    wrong: (pieces: { piece: number; nibble: number }[]) => typeof pieces = (pieces) => pieces,
  ): void {
    for (let n = 0; n < times; n++) {
      for (const piece of wrong(piecesOf(fromFrameCount(this.#rate, this.#frames)))) this.hear(piece);
      this.#frames += 2;
    }
  }

  /**
   * Plays so many pieces as a generator does that fills each from its running counter: where the counter goes on within the
   * eight, they are of two times. @param phase  how many pieces of the first frame have gone by at the first piece 0.
   */
  playTorn(pieces: number, phase: number): void {
    const first = this.#frames;
    for (let n = 0; n < pieces; n++) {
      const piece = piecesOf(fromFrameCount(this.#rate, first + Math.floor((n + phase) / 4)))[n % 8];
      if (piece) this.hear(piece);
    }
    this.#frames = first + Math.floor(pieces / 4);
  }

  playTornBack(pieces: number, phase: number): void {
    const first = this.#frames;
    for (let n = 0; n < pieces; n++) {
      const piece = piecesOf(fromFrameCount(this.#rate, first - Math.floor((n + phase) / 4)))[7 - (n % 8)];
      if (piece) this.hear(piece);
    }
  }

  /** The tape runs backwards. */
  playBack(times: number): void {
    for (let n = 0; n < times; n++) {
      this.#frames -= 2;
      for (const piece of piecesOf(fromFrameCount(this.#rate, this.#frames)).reverse()) this.hear(piece);
    }
  }

  locate(timecode: Timecode): void {
    this.#note(this.receiver.take({ kind: 'mtcFull', timecode }, this.nowMs));
  }

  jump(timecode: Timecode): void {
    this.#frames = frameCount(timecode);
  }

  /** Nothing comes, and the receiver is woken when it asks to be. */
  silence(ms: number): void {
    const endMs = this.nowMs + ms;
    for (let at = this.receiver.nextAtMs; at !== undefined && at <= endMs; at = this.receiver.nextAtMs) {
      this.nowMs = Math.max(this.nowMs, at);
      this.#note(this.receiver.tick(this.nowMs));
    }
    this.nowMs = endMs;
    this.#note(this.receiver.tick(endMs));
  }

  #note(reports: readonly MtcReport[]): void {
    this.reports.push(...reports);
    this.told.push(...reports.map(({ state, timecode }) => `${state} ${frameText(timecode)}`));
  }
}

const at = (rate: Rate, hours: number, minutes: number, seconds: number, frames: number): Timecode => ({
  rate,
  hours,
  minutes,
  seconds,
  frames,
});

describe('time code', () => {
  test('locks at the eighth piece in order, two frames on from what the pieces say', () => {
    const tape = new Tape(at('25', 1, 2, 3, 4));
    tape.play(1, (pieces) => pieces.slice(0, 7));
    expect(tape.told).toEqual([]);
    tape.hear({ piece: 7, nibble: 2 });
    expect(tape.told).toEqual(['locked 01:02:03:06']);
  });

  test('is not locked from the middle of a time: pieces of two times make none', () => {
    const tape = new Tape(at('25', 1, 0, 0, 0));
    tape.play(1, (pieces) => pieces.slice(3));
    expect(tape.told).toEqual([]);
    tape.play(1);
    expect(tape.told).toEqual(['locked 01:00:00:04']);
  });

  test.each(RATES)('at %s runs for a minute over a boundary, told once a second', (rate) => {
    const start = at(rate, 0, 0, 30, 0);
    const tape = new Tape(start);
    tape.play(60 * 12);
    expect(new Set(tape.told.slice(1).map((line) => line.split(' ')[0]))).toEqual(new Set(['running']));
    expect(tape.told[0]).toMatch(/^locked /);
    expect(tape.told.length).toBeGreaterThan(45);
    expect(tape.told.length).toBeLessThanOrEqual(62);
    expect(tape.receiver.dropped).toEqual({ invalid: 0, disorder: 0, unconfirmed: 0 });
  });

  test('in reverse it is the time that the pieces say', () => {
    const tape = new Tape(at('30', 1, 0, 0, 10));
    tape.playBack(2);
    expect(tape.told).toEqual(['locked 01:00:00:08']);
    expect(tape.reports[0]?.direction).toBe('reverse');
  });

  test('a tape that turns round coasts, then runs the other way', () => {
    const tape = new Tape(at('30', 1, 0, 0, 10));
    tape.play(3);
    tape.playBack(3);
    expect(tape.told).toEqual([
      'locked 01:00:00:12',
      'freewheel 01:00:00:16',
      'lost 01:00:00:18',
      'locked 01:00:00:14',
    ]);
    expect(tape.reports.at(-1)?.direction).toBe('reverse');
  });

  test('a gap of three pieces coasts, and goes on with the next whole time', () => {
    const tape = new Tape(at('25', 1, 0, 0, 0));
    tape.play(2);
    tape.play(1, (pieces) => pieces.filter(({ piece }) => piece < 3 || piece > 5));
    tape.play(2);
    expect(tape.told).toEqual(['locked 01:00:00:02', 'freewheel 01:00:00:05', 'running 01:00:00:08']);
    expect(tape.receiver.dropped.disorder).toBe(1);
  });

  test('a piece that comes twice breaks the order', () => {
    const tape = new Tape(at('25', 1, 0, 0, 0));
    tape.play(1, (pieces) => pieces.flatMap((piece) => (piece.piece === 4 ? [piece, piece] : [piece])));
    expect(tape.told).toEqual([]);
    tape.play(1);
    expect(tape.told).toEqual(['locked 01:00:00:04']);
  });

  test('silence for less than six quarter frames is jitter', () => {
    const tape = new Tape(at('25', 1, 0, 0, 0));
    tape.play(2);
    tape.silence(45);
    tape.play(2);
    expect(tape.told).toEqual(['locked 01:00:00:02']);
  });

  test('silence coasts on by itself, and ends in lost where it would be by then', () => {
    const tape = new Tape(at('25', 1, 0, 0, 0), 400);
    tape.play(1);
    tape.silence(2000);
    expect(tape.told).toEqual(['locked 01:00:00:02', 'freewheel 01:00:00:03', 'lost 01:00:00:12']);
    expect(tape.receiver.nextAtMs).toBeUndefined();
    tape.play(1);
    expect(tape.told.at(-1)).toBe('locked 01:00:00:04');
  });

  test('that comes back while it coasts runs on without a new lock', () => {
    const tape = new Tape(at('25', 1, 0, 0, 0), 400);
    tape.play(1);
    tape.silence(200);
    tape.jump(at('25', 1, 0, 0, 7));
    tape.play(1);
    expect(tape.told).toEqual(['locked 01:00:00:02', 'freewheel 01:00:00:03', 'running 01:00:00:09']);
  });

  test('without freewheel it is lost at once', () => {
    const tape = new Tape(at('25', 1, 0, 0, 0), 0);
    tape.play(1);
    tape.silence(1000);
    expect(tape.told).toEqual(['locked 01:00:00:02', 'lost 01:00:00:02']);
  });

  test('a jump while it runs is told when the next time confirms it', () => {
    const tape = new Tape(at('25', 1, 0, 0, 0));
    tape.play(2);
    tape.jump(at('25', 2, 0, 0, 0));
    tape.play(1);
    expect(tape.told).toEqual(['locked 01:00:00:02']);
    tape.play(1);
    expect(tape.told).toEqual(['locked 01:00:00:02', 'jumped 02:00:00:04']);
    expect(tape.receiver.dropped.unconfirmed).toBe(0);
  });

  test('a time elsewhere that the next one does not follow is passed over, and counted', () => {
    const tape = new Tape(at('25', 1, 0, 0, 0));
    tape.play(2);
    tape.jump(at('25', 9, 0, 0, 0));
    tape.play(1);
    tape.jump(at('25', 1, 0, 0, 6));
    tape.play(2);
    expect(tape.told).toEqual(['locked 01:00:00:02']);
    expect(tape.receiver.dropped).toEqual({ invalid: 0, disorder: 0, unconfirmed: 1 });
  });

  test('two times elsewhere that do not follow each other make it coast; the one that is followed is believed', () => {
    const tape = new Tape(at('25', 1, 0, 0, 0));
    tape.play(2);
    for (const hours of [9, 8]) {
      tape.jump(at('25', hours, 0, 0, 0));
      tape.play(1);
    }
    tape.play(1);
    expect(tape.told).toEqual(['locked 01:00:00:02', 'freewheel 01:00:00:08', 'jumped 08:00:00:04']);
  });

  /** Of a source that runs from shortly before the hour, what was told further than a second from where it is. */
  const strays = (rate: Rate, phase: number, before: number, step: 1 | -1): string[] => {
    const tape = new Tape(fromFrameCount(rate, frameCount(at(rate, 16, 0, 0, 0)) - step * before));
    const beganMs = tape.nowMs;
    const start = frameCount(at(rate, 16, 0, 0, 0)) - step * before;
    const pieces = 8 * 90;
    if (step === 1) tape.playTorn(pieces, phase);
    else tape.playTornBack(pieces, phase);
    expect(tape.told.some((line) => line.startsWith('locked'))).toBe(true);
    expect(tape.receiver.dropped.disorder).toBe(0);
    // The place that the clock has at the report is not known here: anything within the time that was played is no stray.
    const played = msToFrames(rate, tape.nowMs - beganMs);
    return tape.reports
      .filter(({ timecode }) => {
        const apart = (frameCount(timecode) - start) * step;
        return apart < -30 || apart > played + 30;
      })
      .map(({ state, timecode }) => `${state} ${frameText(timecode)}`);
  };

  test.each(RATES)(
    'at %s a generator that fills the pieces from its running counter makes no jump, wherever its count of frames stands in the eight',
    (rate) => {
      // 15:59 to 16:00: minutes, hours and both their halves change.
      for (const step of [1, -1] as const) {
        for (let phase = 0; phase < 8; phase++) {
          for (let before = 0; before < 40; before++) {
            expect(strays(rate, phase, before, step), `phase ${phase}, ${before} frames before`).toEqual([]);
          }
        }
      }
    },
  );

  test('a full frame ends what ran, and tells a place where nothing runs', () => {
    const tape = new Tape(at('25', 1, 0, 0, 0));
    tape.locate(at('25', 5, 0, 0, 0));
    tape.play(1);
    tape.locate(at('25', 1, 0, 0, 2));
    expect(tape.told).toEqual(['located 05:00:00:00', 'locked 01:00:00:02', 'lost 01:00:00:02', 'located 01:00:00:02']);
    expect(tape.receiver.nextAtMs).toBeUndefined();
  });

  test('a full frame that is told again and again is told once; time that ran, or another place, is told anew', () => {
    const tape = new Tape(at('25', 1, 0, 0, 0));
    const [place, other] = [at('25', 5, 0, 0, 0), at('30', 5, 0, 0, 0)];
    for (let n = 0; n < 100; n++) {
      tape.locate(place);
      tape.silence(100);
    }
    tape.play(1, (pieces) => pieces.slice(0, 5));
    tape.locate(place);
    expect(tape.told).toEqual(['located 05:00:00:00']);
    tape.locate(other);
    tape.locate(other);
    expect(tape.told).toEqual(['located 05:00:00:00', 'located 05:00:00:00']);
    tape.jump(at('25', 1, 0, 0, 0));
    tape.play(1);
    tape.locate(other);
    tape.locate(other);
    expect(tape.told.slice(2)).toEqual(['locked 01:00:00:02', 'lost 01:00:00:02', 'located 05:00:00:00']);
  });

  test('that stood for a moment and goes on from where it stood is told with its second time: it is no longer where it would be', () => {
    const tape = new Tape(at('25', 1, 0, 0, 0), 400);
    tape.play(2);
    tape.silence(200);
    tape.play(2);
    expect(tape.told).toEqual(['locked 01:00:00:02', 'freewheel 01:00:00:05', 'jumped 01:00:00:08']);
  });

  test('two frames away by the clock are jitter, three are a jump', () => {
    const tape = new Tape(at('25', 1, 0, 0, 0));
    tape.play(2);
    tape.jump(at('25', 1, 0, 0, 6));
    tape.play(2);
    tape.jump(at('25', 1, 0, 0, 13));
    tape.play(2);
    expect(tape.told).toEqual(['locked 01:00:00:02', 'jumped 01:00:00:17']);
  });

  test('a sender that runs a percent too fast is told anew whenever it is more than two frames ahead for a second', () => {
    const tape = new Tape(at('25', 1, 0, 0, 0));
    tape.speed = 1.01;
    tape.play(1500);
    const jumps = tape.told.filter((line) => line.startsWith('jumped'));
    // Two minutes; two frames in eight seconds, and the second of patience.
    expect(jumps.length).toBeGreaterThanOrEqual(10);
    expect(jumps.length).toBeLessThanOrEqual(15);
    expect(tape.receiver.dropped).toEqual({ invalid: 0, disorder: 0, unconfirmed: 0 });
  });

  test('a machine that stood still for 100 ms, and then hears all at once, tells no jump', () => {
    const tape = new Tape(at('25', 1, 0, 0, 0));
    tape.play(10);
    tape.nowMs += 45;
    tape.speed = 1000;
    tape.play(1);
    tape.nowMs += 35;
    tape.speed = 1;
    tape.play(30);
    expect(tape.told.filter((line) => line.startsWith('jumped'))).toEqual([]);
  });

  test('is told again to whoever asks while it runs: where it is by now', () => {
    const tape = new Tape(at('25', 1, 0, 0, 0));
    expect(tape.receiver.again(tape.nowMs)).toEqual([]);
    tape.play(10);
    tape.nowMs += 30;
    const [told] = tape.receiver.again(tape.nowMs);
    expect(told).toEqual({ state: 'locked', direction: 'forward', timecode: at('25', 1, 0, 0, 21), again: true });
    tape.jump(at('25', 1, 0, 0, 21));
    tape.play(100);
    expect(tape.told.filter((line) => line.startsWith('jumped'))).toEqual([]);
  });

  test('is lost when its port is, and lost once', () => {
    const tape = new Tape(at('25', 1, 0, 0, 0));
    tape.play(1);
    expect(tape.receiver.lose(tape.nowMs).map(({ state }) => state)).toEqual(['lost']);
    expect(tape.receiver.lose(tape.nowMs)).toEqual([]);
    expect(tape.receiver.nextAtMs).toBeUndefined();
  });

  test('midnight is a frame like any other', () => {
    const tape = new Tape(at('30', 23, 59, 59, 26));
    tape.play(4);
    expect(tape.told).toEqual(['locked 23:59:59:28']);
  });

  test('a time that cannot be locks nothing', () => {
    const tape = new Tape(at('25', 1, 0, 0, 0));
    for (const wrong of [27, 24]) {
      // Piece 0 and 1: frame 27 of 25; pieces 6 and 7: hour 24.
      tape.play(1, (pieces) =>
        pieces.map(({ piece, nibble }) => {
          if (wrong === 27 && piece < 2) return { piece, nibble: piece === 0 ? 11 : 1 };
          if (wrong === 24 && piece > 5) return { piece, nibble: piece === 6 ? 8 : 3 };
          return { piece, nibble };
        }),
      );
    }
    expect(tape.told).toEqual([]);
    expect(tape.receiver.dropped.invalid).toBe(2);
  });
});
