import type { AdapterIo, DeviceProblem, Face, FaceTimer } from '../../src/adapter-sdk/adapter.js';
import type { Clock } from '../../src/kit/clock.js';
import type { Log } from '../../src/kit/log.js';
import type { MtcMessage } from '../../src/wire/midi/codec.js';
import { EARLY_MS, MtcGenerator } from '../../src/wire/midi/mtc-out.js';
import { frameCount, isDropped, msToFrames, parseTimecode, rateOf } from '../../src/wire/midi/timecode.js';
import type { MidiDevice } from './generated/types.js';
import { type MtcOrder, noSuchFrame } from './mtc-command.js';

type MtcOut = NonNullable<MidiDevice['mtcOut']>;

const WARN_EVERY_MS = 10_000;

/** What counts. */
export interface MtcCounts {
  'out.mtc-quarter': number;
  'out.mtc-full': number;
  'out.mtc-relocated': number;
}

/** Sends the time code of one connection: that of a timer of the show, or what rules order. */
export class MtcTransmitter {
  readonly #config: MtcOut;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #write: (message: MtcMessage) => void;
  readonly #generator: MtcGenerator;
  readonly #startFrames: number;
  readonly #counts = { 'out.mtc-quarter': 0, 'out.mtc-full': 0 };
  #playing = new AbortController();
  #painted: string | undefined;
  #warned = { relocations: 0, atMs: Number.NEGATIVE_INFINITY };

  /** @param write  hands a message to the port; whoever owns the port ends this when it fails. */
  constructor(config: MtcOut, { clock, log }: Pick<AdapterIo, 'clock' | 'log'>, write: (message: MtcMessage) => void) {
    this.#config = config;
    this.#clock = clock;
    this.#log = log;
    this.#write = write;
    const rate = rateOf(config.rate) ?? '30';
    this.#generator = new MtcGenerator(rate);
    const start = parseTimecode(config.start, rate);
    this.#startFrames = start ? frameCount(start) : 0;
  }

  counters(): MtcCounts {
    return { ...this.#counts, 'out.mtc-relocated': this.#generator.relocations };
  }

  /** What a rule wants. The full frame leaves before this returns. */
  obey(order: MtcOrder): void {
    switch (order.order) {
      case 'run': {
        const now = this.#clock.mono();
        const ageMs = order.atWallMs === undefined ? 0 : Math.max(0, this.#clock.wall() - order.atWallMs);
        this.#run(frameCount(order.timecode), now - ageMs);
        return;
      }
      case 'locate':
        this.#locate(frameCount(order.timecode));
        return;
      case 'stop':
        this.stop();
    }
  }

  /**
   * The show changed: the code is what the timer shows. The first time that is what a port finds that came back.
   * @returns why no code can be sent, in the technician's words; undefined when nothing stands in the way.
   */
  paint({ timers }: Face): string | undefined {
    const timer = timers.find(({ id }) => id === this.#config.timer);
    const { mode, status, valueMs, anchorAt } = timer ?? {};
    const now = JSON.stringify([mode, status, valueMs, anchorAt]);
    const isFirst = this.#painted === undefined;
    if (now !== this.#painted && !(isFirst && this.#config.onReturn === 'wait')) this.#follow(timer);
    this.#painted = now;
    return timer?.mode === 'down' ? whyNotDown(timer.id) : undefined;
  }

  /** The quarter frames end; nothing is said of the place. Idempotent. */
  stop(): void {
    this.#playing.abort();
  }

  #follow(timer: FaceTimer | undefined): void {
    // What is not there has no place, and what counts down has none that a receiver could follow.
    if (timer?.mode !== 'up') {
      this.stop();
      return;
    }
    const { status, valueMs, anchorAt } = timer;
    const place = this.#startFrames + Math.max(0, msToFrames(this.#generator.rate, valueMs));
    const anchorMs = anchorAt === null ? Number.NaN : Date.parse(anchorAt);
    if (status !== 'running' || Number.isNaN(anchorMs)) this.#locate(place);
    else this.#run(place, this.#clock.mono() - (this.#clock.wall() - anchorMs));
  }

  #run(frames: number, atMs: number): void {
    this.#playing.abort();
    this.#playing = new AbortController();
    this.#tell(this.#generator.run(frames, atMs, this.#clock.mono()));
    void this.#play(this.#playing.signal);
  }

  #locate(frames: number): void {
    this.#playing.abort();
    this.#tell(this.#generator.locate(frames));
  }

  async #play(signal: AbortSignal): Promise<void> {
    for (let atMs = this.#generator.nextAtMs; atMs !== undefined; atMs = this.#generator.nextAtMs) {
      const waitMs = atMs - this.#clock.mono();
      if (waitMs > EARLY_MS) await this.#clock.sleep(waitMs, signal);
      if (signal.aborted) return;
      this.#tell(this.#generator.take(this.#clock.mono()));
      this.#warn();
    }
  }

  /** That this machine stood still too long, aloud, at most once in ten seconds. */
  #warn(): void {
    const { relocations } = this.#generator;
    const nowMs = this.#clock.mono();
    if (relocations === this.#warned.relocations || nowMs - this.#warned.atMs < WARN_EVERY_MS) return;
    this.#warned = { relocations, atMs: nowMs };
    const detail = 'this machine stood still for more than two frames; time code was told anew';
    this.#log.warn({ code: 'OUTPUT_LATE', detail, relocations }, 'timecode.relocated');
  }

  #tell(messages: readonly MtcMessage[]): void {
    for (const message of messages) {
      this.#counts[message.kind === 'mtcFull' ? 'out.mtc-full' : 'out.mtc-quarter'] += 1;
      this.#write(message);
    }
  }
}

/** Time code in reverse exists, and hardly anything follows it. */
const whyNotDown = (timerId: string): string => `timer ${timerId} counts down; time code runs forward, so none is sent`;

/** What of a device's time code does not fit the show, for `check`. @param device  may be half right */
export function problemOfMtcOut(
  { mtcOut }: Readonly<Record<string, unknown>>,
  timers: readonly Pick<FaceTimer, 'id' | 'mode'>[],
): DeviceProblem | undefined {
  const { timer: timerId, start, rate: written } = Object(mtcOut) as Partial<MtcOut>;
  const rate = rateOf(written);
  const problem = (name: string, message: string): DeviceProblem => ({
    pointer: `/mtcOut/${name}`,
    message,
    severity: 'error',
  });
  if (typeof start === 'string' && rate) {
    const timecode = parseTimecode(start, rate);
    if (!timecode) return problem('start', `there is no time ${start} at ${rate} frames`);
    if (isDropped(timecode)) return problem('start', noSuchFrame(start));
  }
  if (typeof timerId !== 'string') return undefined;
  const timer = timers.find(({ id }) => id === timerId);
  if (timer?.mode === 'down') return problem('timer', whyNotDown(timerId));
  const unknown = { name: timerId, among: timers.map(({ id }) => id) };
  // It may also be made on the night.
  return timer ? undefined : { ...problem('timer', `unknown timer '${timerId}'`), severity: 'warn', unknown };
}
