/**
 * What QLab would lose, or do twice, if it were sent now: better refused aloud. Pure but for its own memory; time is
 * handed in, in milliseconds of the monotonic clock.
 */
import { SAME_MESSAGE_MS } from './again.js';
import type { OscMessage } from './codec.js';
import type { CueRef, QlabCommand } from './commands.js';
import type { ReportedCue } from './evidence.js';

/** What an operator did so lately is not done again by the bridge: one remote may play QLab and press here. */
const OPERATOR_MS = 300;
/** A panic fades for as long as the workspace says, which cannot be read; nothing that starts meanwhile is cut off by ours. */
const FADE_MS = 10_000;
/** The same, for a QLab that does not tell when something starts. */
const FADE_UNHEARD_MS = 2000;
const MESSAGES_MAX = 256;
const FIRED_MAX = 64;

const ago = (ms: number): string => `${Math.max(0, Math.round(ms))} ms ago`;

const isSameCue = (cue: CueRef, fired: ReportedCue): boolean =>
  'number' in cue ? cue.number !== '' && cue.number === fired.cueNumber : cue.id === fired.cueId;

export class Guards {
  /** QLab's double-GO window ("minimum time between GOs"). */
  minGoTimeMs: number;
  /** Whether QLab tells that cues start. */
  hearsEvents: boolean;
  #goUntilMs = Number.NEGATIVE_INFINITY;
  #lastGoMs = Number.NEGATIVE_INFINITY;
  #panicMs = Number.NEGATIVE_INFINITY;
  /** Whether QLab has said that it is in it. */
  #isPanicTaken = false;
  readonly #messages = new Map<string, number>();
  #fired: { by: 'go' | 'start'; cue: ReportedCue; atMs: number }[] = [];

  constructor(minGoTimeMs: number, hearsEvents: boolean) {
    this.minGoTimeMs = minGoTimeMs;
    this.hearsEvents = hearsEvents;
  }

  /** Why a command is not to be sent now; undefined when it may. */
  refusal(read: QlabCommand, message: OscMessage, nowMs: number): string | undefined {
    const fadingMs = this.#fadingMs(nowMs);
    if (read.verb === 'panic' && fadingMs !== undefined) {
      return `QLab is in a panic since ${Math.round(fadingMs)} ms: a second one would cut off what fades`;
    }
    if (this.isRepeat(message, nowMs)) {
      return `the same message left less than ${SAME_MESSAGE_MS} ms ago, and QLab drops what repeats so soon`;
    }
    if (read.verb !== 'go' && read.verb !== 'start') return undefined;
    const leftMs = read.verb === 'go' ? Math.ceil(this.#goUntilMs - nowMs) : 0;
    if (leftMs > 0) return `QLab's double-GO window still runs for ${leftMs} ms`;
    const done = this.#fired.findLast(({ by, cue, atMs }) => nowMs - atMs < OPERATOR_MS && isSame(read, by, cue));
    return (
      done && `an operator did that at QLab ${ago(nowMs - done.atMs)} (cue ${done.cue.cueNumber || done.cue.name})`
    );
  }

  /** What is asked for is so already: QLab has said that it is in a panic, and nothing started since. */
  isDone(read: QlabCommand, nowMs: number): boolean {
    return read.verb === 'panic' && this.#isPanicTaken && this.#fadingMs(nowMs) !== undefined;
  }

  /** How long a panic fades, while a second one would cut it off. */
  #fadingMs(nowMs: number): number | undefined {
    const fadingMs = nowMs - this.#panicMs;
    return fadingMs < (this.hearsEvents ? FADE_MS : FADE_UNHEARD_MS) ? fadingMs : undefined;
  }

  /** QLab said ok to our panic. */
  panicTaken(): void {
    this.#isPanicTaken = true;
  }

  /** Whether QLab would drop a message as a repetition of one that has just left. */
  isRepeat(message: OscMessage, nowMs: number): boolean {
    const lastMs = this.#messages.get(keyOf(message));
    return lastMs !== undefined && nowMs - lastMs < SAME_MESSAGE_MS;
  }

  /** A command has left. @returns takes it back, when QLab did not do it. */
  sent(read: QlabCommand, message: OscMessage, nowMs: number): () => void {
    this.#messages.delete(keyOf(message));
    this.#messages.set(keyOf(message), nowMs);
    const oldest = this.#messages.keys().next().value;
    if (this.#messages.size > MESSAGES_MAX && oldest !== undefined) this.#messages.delete(oldest);
    const [goUntilMs, panicMs] = [this.#goUntilMs, this.#panicMs];
    if (read.verb === 'go') this.#went(nowMs);
    if (read.verb === 'panic') {
      this.#panicMs = nowMs;
      this.#isPanicTaken = false;
    }
    if (read.verb === 'go' || read.verb === 'start' || read.verb === 'resume') this.#panicMs = Number.NEGATIVE_INFINITY;
    return () => {
      if (read.verb === 'go' && this.#lastGoMs === nowMs) this.#goUntilMs = goUntilMs;
      if (this.#panicMs === nowMs || read.verb !== 'panic') this.#panicMs = panicMs;
    };
  }

  /** QLab told of a GO, or that a cue started. @param isOperators  it was none of ours. */
  fired(by: 'go' | 'start', cue: ReportedCue, isOperators: boolean, nowMs: number): void {
    this.#panicMs = Number.NEGATIVE_INFINITY;
    if (by === 'go') this.#went(nowMs);
    if (!isOperators) return;
    this.#fired.push({ by, cue, atMs: nowMs });
    if (this.#fired.length > FIRED_MAX) this.#fired.shift();
  }

  panicked(nowMs: number): void {
    this.#isPanicTaken = true;
    this.#panicMs = nowMs;
  }

  /** QLab said how long its double-GO window still runs. @param askedMs  when it was asked: a later GO counts more. */
  goWindow(leftMs: number, askedMs: number, nowMs: number): void {
    if (this.#lastGoMs <= askedMs || nowMs + leftMs > this.#goUntilMs) this.#goUntilMs = nowMs + leftMs;
  }

  #went(nowMs: number): void {
    this.#lastGoMs = nowMs;
    this.#goUntilMs = nowMs + this.minGoTimeMs;
  }
}

const keyOf = ({ address, args }: OscMessage): string => JSON.stringify([address, args]);

/** Whether what an operator did is what the command asks for. */
function isSame(
  read: QlabCommand & { verb: 'go' | 'start' | 'load' | 'stop' | 'playhead' },
  by: 'go' | 'start',
  cue: ReportedCue,
): boolean {
  if (read.verb === 'go') return by === 'go' && (read.target === undefined || isSameCue({ number: read.target }, cue));
  return 'cue' in read && isSameCue(read.cue, cue);
}
