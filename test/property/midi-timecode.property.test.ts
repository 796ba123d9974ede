/** Time code out, heard by time code in: every rate, any place, a machine that is late now and then. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeMessage, encodeMessage, type MtcMessage } from '../../src/wire/midi/codec.js';
import { MtcReceiver, type MtcReport } from '../../src/wire/midi/mtc.js';
import { CATCH_UP_QUARTERS_MAX, EARLY_MS, MtcGenerator } from '../../src/wire/midi/mtc-out.js';
import { MidiStream } from '../../src/wire/midi/stream.js';
import {
  frameCount,
  framesPerDay,
  framesToMs,
  isDropped,
  msToFrames,
  RATES,
  type Rate,
} from '../../src/wire/midi/timecode.js';

const rate = fc.constantFrom(...RATES);
/** Frames with fractions, on a day and the next. */
const place = fc.double({ min: 0, max: 5_000_000, noNaN: true });
/** How late each wake is, in frames: less than two by more than a piece may be early. */
const wakes = fc.array(fc.double({ min: 0, max: 1.98, noNaN: true }), { minLength: 24, maxLength: 80 });

/** The two ends of a cable without a length. */
class Cable {
  readonly generator: MtcGenerator;
  readonly reports: (MtcReport & { atMs: number })[] = [];
  readonly sent: { message: MtcMessage; atMs: number; dueMs: number }[] = [];
  nowMs = 10_000;
  readonly #receiver = new MtcReceiver({ freewheelMs: 500 });
  readonly #stream = new MidiStream();
  readonly #beganMs = this.nowMs;

  constructor(rateOfIt: Rate) {
    this.generator = new MtcGenerator(rateOfIt);
  }

  run(frames: number): void {
    this.#carry(
      this.generator.run(frames, this.#beganMs, this.nowMs).map((message) => ({ message, dueMs: this.nowMs })),
    );
  }

  /** Wakes so long after the next piece was due. */
  wake(lateMs: number): void {
    const dueMs = this.generator.nextAtMs;
    if (dueMs === undefined) throw new Error('it stands');
    this.nowMs = Math.max(this.nowMs, dueMs + lateMs);
    const quarterMs = framesToMs(this.generator.rate, 1) / 4;
    this.#carry(this.generator.take(this.nowMs).map((message, n) => ({ message, dueMs: dueMs + n * quarterMs })));
  }

  #carry(messages: readonly { message: MtcMessage; dueMs: number }[]): void {
    for (const { message, dueMs } of messages) {
      this.sent.push({ message, atMs: this.nowMs, dueMs });
      for (const raw of this.#stream.push(encodeMessage(message))) {
        for (const heard of decodeMessage(raw).messages) {
          if (heard.kind !== 'mtcQuarter' && heard.kind !== 'mtcFull') throw new Error('no time code');
          for (const report of this.#receiver.take(heard, this.nowMs)) {
            this.reports.push({ ...report, atMs: this.nowMs });
          }
        }
      }
    }
  }
}

test('what is sent is heard as the time that it is, however late each piece was within two frames', () => {
  fc.assert(
    fc.property(rate, place, wakes, (rateOfIt, start, lateFrames) => {
      const cable = new Cable(rateOfIt);
      cable.run(start);
      for (const late of lateFrames) cable.wake(framesToMs(rateOfIt, late));
      expect(cable.generator.relocations).toBe(0);
      const [located, locked, ...others] = cable.reports;
      expect([located?.state, locked?.state]).toEqual(['located', 'locked']);
      // More than five pieces at once were missing before they came.
      expect(others.filter(({ state }) => state !== 'running' && state !== 'freewheel')).toEqual([]);
      const day = framesPerDay(rateOfIt);
      for (const { timecode, atMs, state, direction } of cable.reports) {
        expect(timecode.rate).toBe(rateOfIt);
        expect(direction).toBe('forward');
        expect(isDropped(timecode)).toBe(false);
        const really = start + msToFrames(rateOfIt, atMs - 10_000);
        const apart = ((((really - frameCount(timecode) + day / 2) % day) + day) % day) - day / 2;
        // A full frame tells the frame that it is in. A time is told when its last piece is due, a quarter of a frame
        // before the two frames are over, half a millisecond earlier at most, or up to two frames later.
        if (state === 'located') expect(apart).toBeGreaterThanOrEqual(-1e-5);
        else expect(apart).toBeGreaterThanOrEqual(-0.25 - msToFrames(rateOfIt, EARLY_MS) - 1e-5);
        // What goes on by itself is told in whole frames.
        expect(apart).toBeLessThan(state === 'freewheel' ? 3 : 2);
      }
    }),
    { numRuns: 1000 },
  );
});

test('a machine that stands still for as long as it likes never sends a piece more than two frames late, nor out of order', () => {
  const stalls = fc.array(fc.oneof(fc.double({ min: 0, max: 30, noNaN: true }), fc.integer({ min: 0, max: 5000 })), {
    minLength: 1,
    maxLength: 60,
  });
  fc.assert(
    fc.property(rate, place, stalls, (rateOfIt, start, lates) => {
      const cable = new Cable(rateOfIt);
      cable.run(start);
      for (const late of lates) cable.wake(late);
      const lateMs = framesToMs(rateOfIt, CATCH_UP_QUARTERS_MAX / 4);
      let expected: number | undefined;
      for (const { message, atMs, dueMs } of cable.sent) {
        if (message.kind === 'mtcFull') {
          expected = 0;
          continue;
        }
        expect(message.piece).toBe(expected);
        expected = (message.piece + 1) % 8;
        expect(atMs - dueMs).toBeGreaterThanOrEqual(-EARLY_MS - 1e-6);
        expect(atMs - dueMs).toBeLessThan(lateMs + 1e-6);
      }
    }),
    { numRuns: 1000 },
  );
});
