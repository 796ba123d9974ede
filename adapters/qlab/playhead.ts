import type { Clock } from '../../src/kit/clock.js';
import { Again } from './again.js';
import type { CueRef, QlabCommand } from './commands.js';
import type { AskOptions, Reply } from './replies.js';
import { type CueList, chooseList, type Roster, readRoster } from './roster.js';

export interface PlayheadOptions {
  /** Asks the workspace. */
  ask: (path: string, options: AskOptions) => Promise<Reply>;
  clock: Clock;
  signal: AbortSignal;
  /** QLab's major version; it spells playbackPositionID differently before 5. */
  major: number;
  /** The list that counts: unique ID, number or name; left out: the first that is no cart. */
  cueList: string | undefined;
  /** The playhead stands elsewhere, or is no longer known. */
  onMove: () => void;
  /** The lists were read. */
  onRead: () => void;
}

/** Lists whose playheads are remembered before it is known which one counts. */
const LISTS_MAX = 256;
/** Cues that changed since the lists were read. */
const STALE_MAX = 10_000;
/** The lists of a large show are long: they are not read more often than so, in milliseconds. */
const READ_EVERY_MS = 1000;
/** Reads in a row that may stay without an answer: first one after the other, then with each thump, then no more. */
const READS_AT_ONCE_MAX = 3;
const READS_MAX = 12;
/** A late answer tells the same as one in time. */
const ANY_REPLY = { interchangeable: true } as const;

/**
 * Follows the playhead of one cue list. QLab pushes the unique ID of the cue that it moved to (`playbackPosition`), in any
 * version and before anybody has read the lists; which number that cue has is looked up, or asked. No polling.
 */
export class Playhead {
  readonly #options: PlayheadOptions;
  readonly #reading: Again;
  readonly #asking: Again;
  /** Where the playhead of each list stands: a cue's unique ID, or null. */
  readonly #at = new Map<string, string | null>();
  readonly #stale = new Set<string>();
  #roster: Roster | undefined;
  #unanswered = 0;
  #list: string | undefined;
  #number: string | null | undefined;

  constructor(options: PlayheadOptions) {
    const { clock, signal } = options;
    this.#options = options;
    this.#reading = new Again(clock, signal, () => this.#read(), READ_EVERY_MS);
    this.#asking = new Again(clock, signal, () => this.#askNumber());
  }

  /** The number of the cue at the playhead, '' for one without, null for none; undefined while it is not known. */
  get number(): string | null | undefined {
    return this.#number;
  }

  /** The unique ID of the cue at the playhead; null for none; undefined while it is not known. */
  get cueId(): string | null | undefined {
    return this.#list === undefined ? undefined : this.#at.get(this.#list);
  }

  /** The cue that a GO would go to: the named one, or that at the playhead of the named list. Undefined: not known. */
  cueAtGo(target: string | undefined): CueRef | undefined {
    const list = target === undefined ? this.#list : this.#listOf(target)?.uniqueID;
    if (target !== undefined && list === undefined) return { number: target };
    const id = list === undefined ? undefined : this.#at.get(list);
    return typeof id === 'string' ? { id } : undefined;
  }

  /** Why QLab would take a GO and do nothing; undefined when it may. */
  refusal(read: QlabCommand): string | undefined {
    if (read.verb !== 'go' || !this.#roster) return undefined;
    const { target } = read;
    if (target !== undefined && this.#roster.inCarts.has(target)) {
      return `cue ${target} is in a cart, where QLab's GO has no effect: start it instead`;
    }
    const able = this.#roster.lists.filter(({ isCart }) => !isCart);
    // With several lists a GO without a target goes to the one that is in front, which may be another one.
    const list = target === undefined ? (able.length === 1 ? able[0] : undefined) : this.#listOf(target);
    if (!list || this.#at.get(list.uniqueID) !== null) return undefined;
    return `the playhead of "${list.name}" stands at no cue: GO would do nothing`;
  }

  /** Whether a number is that of a cue list; undefined while the lists are not known. */
  isList(number: string): boolean | undefined {
    return this.#roster && this.#listOf(number) !== undefined;
  }

  /** Whether a cue has this number; undefined while the lists are not known. */
  hasCue(number: string): boolean | undefined {
    return this.#roster && [...this.#roster.numbers.values()].includes(number);
  }

  #listOf(number: string): CueList | undefined {
    return this.#roster?.lists.find((list) => list.number === number);
  }

  /** The cues of the workspace; undefined while they have not been read. */
  get roster(): Roster | undefined {
    return this.#roster;
  }

  /** The list that the bridge file names is not there. */
  get isListMissing(): boolean {
    return this.#roster !== undefined && this.#list === undefined;
  }

  /** The lists changed, or are to be read for the first time. */
  read(): void {
    this.#unanswered = 0;
    this.#reading.please();
  }

  /** What could not be read before is tried again. */
  retry(): void {
    if (this.#roster === undefined || this.cueId === undefined) {
      if (this.#unanswered < READS_MAX) this.#reading.please();
    } else if (this.#number === undefined) this.#asking.please();
  }

  /** What was asked for cannot be read: it is not asked again before the lists change. */
  giveUp(): void {
    this.#unanswered = READS_MAX;
  }

  /** QLab moved a list's playhead. */
  moved(listId: string, cueId: string | null): void {
    if (!this.#at.has(listId) && this.#at.size >= LISTS_MAX) return;
    this.#at.set(listId, cueId);
    if (listId === this.#list) this.#resolve();
  }

  /** Something about a cue changed: perhaps its number. */
  changed(cueId: string): void {
    if (this.#stale.size >= STALE_MAX) this.#reading.please();
    else this.#stale.add(cueId);
    if (cueId === this.cueId) this.#asking.please();
  }

  async #read(): Promise<void> {
    const { ask, cueList, major, signal } = this.#options;
    try {
      this.#stale.clear();
      const { status, data } = await ask('/cueLists', ANY_REPLY);
      this.#unanswered = 0;
      if (status !== 'ok' || signal.aborted) return;
      this.#roster = readRoster(data);
      this.#options.onRead();
      this.#list = chooseList(this.#roster, cueList)?.uniqueID;
      const list = this.#list;
      if (list === undefined) this.#options.onMove();
      if (list === undefined || this.#at.has(list)) {
        this.#resolve();
        return;
      }
      const reply = await ask(`/cue_id/${list}/${major >= 5 ? 'playbackPositionID' : 'playbackPositionId'}`, ANY_REPLY);
      if (reply.status !== 'ok' || typeof reply.data !== 'string') return;
      // What was pushed meanwhile is newer.
      if (!this.#at.has(list)) this.moved(list, reply.data === 'none' || reply.data === '' ? null : reply.data);
    } catch {
      this.#unanswered += 1;
      if (this.#unanswered < READS_AT_ONCE_MAX) this.#reading.please();
    }
  }

  #resolve(): void {
    const { cueId } = this;
    const known = typeof cueId === 'string' && !this.#stale.has(cueId) ? this.#roster?.numbers.get(cueId) : undefined;
    this.#put(cueId === null ? null : known);
    if (typeof cueId === 'string' && known === undefined) this.#asking.please();
  }

  async #askNumber(): Promise<void> {
    const { cueId } = this;
    if (typeof cueId !== 'string') return;
    try {
      const { status, data } = await this.#options.ask(`/cue_id/${cueId}/number`, ANY_REPLY);
      if (status === 'ok' && this.cueId === cueId) this.#put(typeof data === 'string' ? data : String(data ?? ''));
    } catch {
      // A cue that was deleted gets no answer.
    }
    // It moved while it was asked.
    if (this.cueId !== cueId && this.#number === undefined) this.#asking.please();
  }

  #put(number: string | null | undefined): void {
    if (number === this.#number || this.#options.signal.aborted) return;
    this.#number = number;
    this.#options.onMove();
  }
}
