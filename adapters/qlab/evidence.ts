/**
 * Whose doing was it? The books of what QLab was told and has not reported yet. The report that a command of ours still waits
 * for is an echo, however late it comes; what nothing waits for was done by somebody at QLab; where it may be either it is
 * doubtful. A command stays open until something settles it: its report, QLab's refusal, a later command in its place. Pure
 * but for its own books; time is handed in, and says only what belongs to one and the same burst of reports.
 */
import type { CueRef } from './commands.js';

export type Attribution = 'echo' | 'operator' | 'doubtful';

/** A cue as QLab's broadcast names it. */
export interface ReportedCue {
  cueNumber: string;
  name: string;
  cueId: string;
  type: string;
}

/** What the report of a command told. */
export interface Sighting {
  /** The cue that it named; undefined for a panic. */
  cue: ReportedCue | undefined;
  /** ours: the command's own doing. another: another cue went than the expected one. doubtful: ours, or an operator's. */
  as: 'ours' | 'another' | 'doubtful' | 'audition';
}

/** A command whose effect QLab has not reported yet. */
export interface Expectation {
  readonly what: 'start' | 'go' | 'stop' | 'panic' | 'playhead';
  /** The cue it is about; for a GO of a list the one at its playhead, as far as that is known. */
  readonly cue: CueRef | undefined;
  /** A GO of a list: QLab chooses the cue. */
  readonly orAny?: boolean;
  /** Called once, when it was reported. */
  readonly seen: (sighting: Sighting) => void;
}

/** A command that is on the books. */
export interface OpenCommand {
  /** QLab did not do it: nothing is expected of it any more. */
  takeBack(): void;
  /** QLab was seen not to have done it: a report that still comes may be ours, or an operator's. */
  doubt(): void;
}

interface Open extends Expectation {
  isDoubtful: boolean;
  /** The cue whose start was told before the GO that it is part of. */
  startSeen?: string;
  /** The playhead's move was told before the GO. */
  hasMoved?: boolean;
  /** For a stop of all: the cues that started since, whose stop is none of its. */
  readonly startedSince: Set<string>;
}

/** What was told last, for what comes in the same burst. */
interface Cause {
  attribution: Attribution;
  of: 'go' | 'start';
  atMs: number;
  hasMoved: boolean;
}

/** The playhead moves on with a GO. */
const GO_TO_PLAYHEAD_MS = 1000;
/** QLab may tell of the start before the GO that it is part of; a press that comes later is another one. */
const START_TO_GO_MS = 100;
/** The cues of a group start with it. */
const CHILDREN_MS = 250;
const STARTS_MAX = 32;
/** The oldest are forgotten first: their reports would be taken for an operator's. */
const OPEN_MAX = 512;
const OWED_MAX = 512;
const STARTED_SINCE_MAX = 1024;

const isAbout = (cue: CueRef | undefined, reported: ReportedCue): boolean =>
  cue !== undefined && ('number' in cue ? cue.number === reported.cueNumber : cue.id === reported.cueId);

export class Evidence {
  #open: Open[] = [];
  /** Cues of which a GO was told and the start was not, by unique ID: after a pre-wait it comes much later. */
  readonly #owed = new Map<string, Attribution>();
  #last: Cause | undefined;
  /** What the operator started, as far as no GO told of it. */
  #starts: { cueId: string; atMs: number }[] = [];

  /** Awaits the report of a command that was sent. What it takes the place of is not awaited any more. */
  expect(expectation: Expectation): OpenCommand {
    const { what, cue } = expectation;
    const isReplaced = (old: Open) =>
      old.what === what && (what === 'playhead' || (what === 'stop' && cue === undefined && old.cue === undefined));
    const open: Open = { ...expectation, isDoubtful: false, startedSince: new Set() };
    this.#open = [...this.#open.filter((old) => !isReplaced(old)), open].slice(-OPEN_MAX);
    return {
      takeBack: () => this.#close(open),
      doubt: () => {
        open.isDoubtful = true;
      },
    };
  }

  /**
   * The connection is a new one. What was open on the last one may have been lost with it, or be done still: its report may
   * be ours or an operator's.
   */
  reconnected(): void {
    this.#open = this.#open.filter(({ what }) => what === 'go' || what === 'start');
    for (const open of this.#open) open.isDoubtful = true;
    for (const [cueId, attribution] of this.#owed) if (attribution === 'echo') this.#owed.set(cueId, 'doubtful');
    this.#last = undefined;
    this.#starts = [];
  }

  /** Somebody pressed GO: we, or the operator; afterStart: the start of the same press was reported before. */
  seeGo(cue: ReportedCue, nowMs: number): { attribution: Attribution; afterStart: boolean } {
    const ours = this.#ofGo(cue);
    const attribution = this.#settle(ours, cue);
    const start = this.#starts.find(({ cueId, atMs }) => cueId === cue.cueId && nowMs - atMs <= START_TO_GO_MS);
    this.#starts = this.#starts.filter((other) => other !== start);
    const afterStart = start !== undefined || ours?.startSeen === cue.cueId;
    if (!afterStart) this.#owe(cue.cueId, attribution);
    this.#last = { attribution, of: 'go', atMs: nowMs, hasMoved: ours?.hasMoved ?? false };
    return { attribution, afterStart };
  }

  /** A GO went to the audition outputs: nothing was fired in the house. A GO of ours is over with it, and has fired nothing. */
  seeAuditionGo(cue: ReportedCue): Attribution {
    const ours = this.#ofGo(cue);
    this.#owe(cue.cueId, 'doubtful');
    if (ours?.what !== 'go') return 'operator';
    this.#close(ours);
    ours.seen({ cue, as: 'audition' });
    return 'echo';
  }

  /** A cue started; partOfGo: a GO of it is, or will be, reported as well. */
  seeStart(cue: ReportedCue, nowMs: number): { attribution: Attribution; partOfGo: boolean } {
    this.#started(cue);
    const isStart = (open: Open) => open.what === 'start' && isAbout(open.cue, cue);
    const because = (attribution: Attribution, of: 'go' | 'start', partOfGo = of === 'go') => {
      this.#last = { attribution, of, atMs: nowMs, hasMoved: false };
      return { attribution, partOfGo };
    };
    const sure = this.#open.find((open) => isStart(open) && !open.isDoubtful);
    if (sure) return because(this.#settle(sure, cue), 'start');
    const owed = this.#owed.get(cue.cueId);
    if (owed) {
      this.#owed.delete(cue.cueId);
      return because(owed, 'go');
    }
    const doubtful = this.#open.find(isStart);
    if (doubtful) return because(this.#settle(doubtful, cue), 'start');
    // Told before its GO. Where another cue was expected, or any, it may be an operator's: then it is recorded by itself.
    const isFirst = (open: Open) => open.what === 'go' && open.startSeen === undefined;
    const go =
      this.#find((open) => isFirst(open) && isAbout(open.cue, cue)) ??
      this.#find((open) => isFirst(open) && open.orAny === true);
    if (go) {
      go.startSeen = cue.cueId;
      const isExpected = isAbout(go.cue, cue);
      return because(isExpected && !go.isDoubtful ? 'echo' : 'doubtful', 'go', isExpected);
    }
    const last = this.#last;
    const isChild = last !== undefined && nowMs - last.atMs <= CHILDREN_MS;
    const partOfGo = isChild && last.of === 'go';
    const attribution = isChild ? last.attribution : 'operator';
    if (attribution === 'operator' && !partOfGo) this.#starts = [...this.#starts, { cueId: cue.cueId, atMs: nowMs }];
    if (this.#starts.length > STARTS_MAX) this.#starts.shift();
    return { attribution, partOfGo };
  }

  /** A cue stopped, the playhead moved, or all were told to panic. */
  see(what: 'stop' | 'panic' | 'playhead', cue: ReportedCue | undefined, nowMs: number): Attribution {
    const isThis = (open: Open) => open.what === what && (cue === undefined || isAbout(open.cue, cue));
    const ours = this.#find(isThis);
    if (ours) this.#settle(ours, cue);
    if (what === 'panic') {
      // It ends pre-waits as well: what was told to start before it may never be reported.
      for (const open of this.#open) if (open.what === 'go' || open.what === 'start') open.isDoubtful = true;
    }
    if (ours) return 'echo';
    if (what === 'stop') {
      // Many cues stop at one command to all.
      const all = this.#open.find((open) => open.what === 'stop' && open.cue === undefined);
      return all && cue && !all.startedSince.has(cue.cueId) ? 'echo' : 'operator';
    }
    if (what !== 'playhead') return 'operator';
    // A GO moves the playhead on, once; QLab may tell of that first.
    const go = this.#find((open) => open.what === 'go' && !open.hasMoved);
    if (go) {
      go.hasMoved = true;
      return go.isDoubtful ? 'doubtful' : 'echo';
    }
    const last = this.#last;
    if (!last || last.hasMoved || last.of !== 'go' || nowMs - last.atMs > GO_TO_PLAYHEAD_MS) return 'operator';
    last.hasMoved = true;
    return last.attribution;
  }

  /** For QLab before 5.3, which reports no GO: that the playhead moves shows whose doing it is, not that a cue fired. */
  seePlayheadOnly(): Attribution {
    const ours = this.#find(({ what }) => what === 'go') ?? this.#find(({ what }) => what === 'playhead');
    if (!ours) return 'operator';
    this.#close(ours);
    return ours.isDoubtful ? 'doubtful' : 'echo';
  }

  /** The command that the GO of a cue was reported for. */
  #ofGo(cue: ReportedCue): Open | undefined {
    return (
      this.#find((open) => open.what === 'go' && isAbout(open.cue, cue)) ??
      this.#find((open) => open.what === 'start' && isAbout(open.cue, cue)) ??
      this.#find((open) => open.what === 'go' && open.orAny === true)
    );
  }

  /** The oldest that fits; one that is sure goes before one that is doubtful. */
  #find(fits: (open: Open) => boolean): Open | undefined {
    return this.#open.find((open) => !open.isDoubtful && fits(open)) ?? this.#open.find(fits);
  }

  #settle(ours: Open | undefined, cue: ReportedCue | undefined): Attribution {
    if (!ours) return 'operator';
    this.#close(ours);
    const isExpected = cue === undefined || isAbout(ours.cue, cue);
    const isSure = isExpected && !ours.isDoubtful;
    ours.seen({ cue, as: isSure ? 'ours' : isExpected || ours.cue === undefined ? 'doubtful' : 'another' });
    return isSure ? 'echo' : 'doubtful';
  }

  #close(open: Open): void {
    this.#open = this.#open.filter((other) => other !== open);
  }

  #owe(cueId: string, attribution: Attribution): void {
    this.#owed.delete(cueId);
    this.#owed.set(cueId, attribution);
    const oldest = this.#owed.keys().next().value;
    if (this.#owed.size > OWED_MAX && oldest !== undefined) this.#owed.delete(oldest);
  }

  /** What was told to stop it is over: a stop that comes now is another one. */
  #started(cue: ReportedCue): void {
    this.#open = this.#open.filter(({ what, cue: stopped }) => what !== 'stop' || !isAbout(stopped, cue));
    for (const open of this.#open) {
      if (open.what !== 'stop') continue;
      if (open.startedSince.size < STARTED_SINCE_MAX) open.startedSince.add(cue.cueId);
      else this.#close(open);
    }
  }
}
