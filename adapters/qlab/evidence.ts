/**
 * Whose doing was it? Compares what QLab reports with what it was told: the report that our own command was waiting for
 * is an echo and confirms it; anything else was done by somebody at QLab. Pure but for its own list; time is handed in.
 */
import type { CueRef } from './commands.js';

export type Attribution = 'echo' | 'operator';

/** A cue as QLab's broadcast names it. */
export interface ReportedCue {
  cueNumber: string;
  name: string;
  cueId: string;
  type: string;
}

/** A command whose effect QLab has not reported yet. */
export interface Expectation {
  readonly what: 'start' | 'go' | 'stop' | 'panic' | 'playhead';
  /** The cue it is about; for a GO of a list the one at its playhead, as far as that is known. */
  readonly cue: CueRef | undefined;
  /** For a GO of a list: the next GO is taken for it whatever its cue; only the expected cue proves that it fired. */
  readonly orAny?: boolean;
  /** Forgotten after this time, in milliseconds of the monotonic clock. */
  readonly untilMs: number;
  /** Called once, when it was seen. */
  readonly seen: () => void;
}

interface Cause {
  cueId: string;
  attribution: Attribution;
  of: 'go' | 'start';
  atMs: number;
  /** Whether the start of the very cue was seen. */
  used: boolean;
}

/** A GO and the start of its cue are reported apart, in no promised order. */
const GO_TO_START_MS = 1000;
/** QLab may tell of the start before the GO that it is part of; a press that comes later is another one. */
const START_TO_GO_MS = 100;
/** The cues of a group start with it. */
const CHILDREN_MS = 250;
const CAUSES_MAX = 32;
const EXPECTATIONS_MAX = 512;

const isAbout = (cue: CueRef | undefined, reported: ReportedCue): boolean =>
  cue !== undefined && ('number' in cue ? cue.number === reported.cueNumber : cue.id === reported.cueId);

export class Evidence {
  #expected: Expectation[] = [];
  #causes: Cause[] = [];
  /** What the operator started, as far as no GO told of it. */
  #starts: { cueId: string; atMs: number }[] = [];

  /** Awaits the report of a command that was sent. @returns takes it back, when QLab refused. */
  expect(expectation: Expectation): () => void {
    this.#expected.push(expectation);
    if (this.#expected.length > EXPECTATIONS_MAX) this.#expected.shift();
    return () => {
      this.#expected = this.#expected.filter((other) => other !== expectation);
    };
  }

  /** Somebody pressed GO: we, or the operator; afterStart: the start of the same press was reported before. */
  seeGo(cue: ReportedCue, nowMs: number): { attribution: Attribution; afterStart: boolean } {
    this.#forget(nowMs);
    const ours =
      this.#find((e) => e.what === 'go' && isAbout(e.cue, cue)) ??
      this.#find((e) => e.what === 'start' && isAbout(e.cue, cue)) ??
      this.#find((e) => e.what === 'go' && e.orAny === true);
    const attribution = this.#settle(ours, isAbout(ours?.cue, cue));
    const start = this.#starts.find(({ cueId }) => cueId === cue.cueId);
    this.#starts = this.#starts.filter((other) => other !== start);
    this.#cause({ cueId: cue.cueId, attribution, of: 'go', atMs: nowMs, used: start !== undefined });
    return { attribution, afterStart: start !== undefined };
  }

  /** A cue started; partOfGo: a GO of it is, or will be, reported as well. */
  seeStart(cue: ReportedCue, nowMs: number): { attribution: Attribution; partOfGo: boolean } {
    this.#forget(nowMs);
    const go = this.#causes.find((cause) => cause.of === 'go' && !cause.used && cause.cueId === cue.cueId);
    if (go) {
      go.used = true;
      return { attribution: go.attribution, partOfGo: true };
    }
    const ours = this.#find((e) => e.what === 'start' && isAbout(e.cue, cue));
    if (ours) {
      this.#cause({ cueId: cue.cueId, attribution: 'echo', of: 'start', atMs: nowMs, used: true });
      return { attribution: this.#settle(ours), partOfGo: false };
    }
    const isOfOurGo = (e: Expectation) => e.what === 'go' && (e.orAny === true || isAbout(e.cue, cue));
    if (this.#find(isOfOurGo)) return { attribution: 'echo', partOfGo: true };
    const parent = this.#causes.findLast((cause) => nowMs - cause.atMs <= CHILDREN_MS);
    const partOfGo = parent?.of === 'go';
    const attribution = parent?.attribution ?? 'operator';
    if (attribution === 'operator' && !partOfGo) this.#starts.push({ cueId: cue.cueId, atMs: nowMs });
    if (this.#starts.length > CAUSES_MAX) this.#starts.shift();
    return { attribution, partOfGo };
  }

  /** A cue stopped, the playhead moved, or all were told to panic. */
  see(what: 'stop' | 'panic' | 'playhead', cue: ReportedCue | undefined, nowMs: number): Attribution {
    this.#forget(nowMs);
    const ours = this.#find(
      (e) => e.what === what && (e.cue === undefined || (cue !== undefined && isAbout(e.cue, cue))),
    );
    // Many cues stop at one command to all.
    if (what === 'stop' && ours && ours.cue === undefined) return 'echo';
    if (ours) return this.#settle(ours);
    if (what !== 'playhead') return 'operator';
    // A GO moves the playhead on.
    return this.#find((e) => e.what === 'go') ? 'echo' : (this.#causes.at(-1)?.attribution ?? 'operator');
  }

  /** For QLab before 5.3, which reports no GO: that the playhead moves shows whose doing it is, not that a cue fired. */
  seePlayheadOnly(nowMs: number): Attribution {
    this.#forget(nowMs);
    const go = this.#find((e) => e.what === 'go');
    if (!go) return this.#settle(this.#find((e) => e.what === 'playhead'));
    this.#expected = this.#expected.filter((other) => other !== go);
    return 'echo';
  }

  #find(fits: (expectation: Expectation) => boolean): Expectation | undefined {
    return this.#expected.find(fits);
  }

  #settle(ours: Expectation | undefined, isProof = true): Attribution {
    if (!ours) return 'operator';
    this.#expected = this.#expected.filter((other) => other !== ours);
    if (isProof) ours.seen();
    return 'echo';
  }

  #cause(cause: Cause): void {
    this.#causes.push(cause);
    if (this.#causes.length > CAUSES_MAX) this.#causes.shift();
  }

  #forget(nowMs: number): void {
    this.#expected = this.#expected.filter((expectation) => expectation.untilMs >= nowMs);
    this.#causes = this.#causes.filter((cause) => nowMs - cause.atMs <= GO_TO_START_MS);
    this.#starts = this.#starts.filter(({ atMs }) => nowMs - atMs <= START_TO_GO_MS);
  }
}
