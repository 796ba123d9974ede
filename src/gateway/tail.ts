import { isDeepStrictEqual } from 'node:util';
import type { ShowState } from '../show/state.js';
import type { Entry, Viewer } from './contract.js';
import { frameAll } from './frame.js';
import { TAIL_BYTES_MAX, TAIL_ENTRIES_MAX } from './limits.js';
import { aboutNote, isNote, type NoteAbout, noteFor, seesAll } from './shown.js';

interface Item {
  json: Buffer;
  /** For a note: what decides who may read it. Never the show itself: thousands of shows would be kept. */
  note?: NoteAbout;
}

/** The newest events, without a gap, up to number `lastSeq`. */
export class Tail {
  #lastSeq: number;
  #items: Item[] = [];
  #bytes = 0;
  #others: NoteAbout['others'];

  constructor(lastSeq: number) {
    this.#lastSeq = lastSeq;
  }

  get lastSeq(): number {
    return this.#lastSeq;
  }

  /** The number of the oldest event that is still here; lastSeq + 1 when there is none. */
  get firstSeq(): number {
    return this.#lastSeq - this.#items.length + 1;
  }

  /** @param before  the show just before `entry`. */
  push({ event, json }: Entry, before: ShowState): void {
    // After a gap what stands here already would no longer join on to it; the log has it all.
    if (event.eventSeq !== this.#lastSeq + 1) this.#clear();
    this.#items.push(isNote(event) ? { json, note: this.#about(event, before) } : { json });
    this.#lastSeq = event.eventSeq;
    this.#bytes += json.length;
    if (this.#items.length > TAIL_ENTRIES_MAX || this.#bytes > TAIL_BYTES_MAX) this.#forgetOldest();
  }

  /** The list of restricted notes is mostly the same as for the note before, and is kept once. */
  #about(event: Entry['event'], before: ShowState): NoteAbout {
    const about = aboutNote(event, before, true);
    if (isDeepStrictEqual(about.others, this.#others)) about.others = this.#others;
    else this.#others = about.others;
    return about;
  }

  /** How many bytes of events stand from number `fromSeq` on. @returns undefined when the tail does not go back so far. */
  bytesFrom(fromSeq: number): number | undefined {
    const items = this.#from(fromSeq, this.#lastSeq);
    return items?.reduce((sum, { json }) => sum + json.length, 0);
  }

  /**
   * Whether two viewers may have to be told differently of the events from `fromSeq` to `toSeq`.
   * @returns undefined when the tail does not go back so far.
   */
  holdsNotes(fromSeq: number, toSeq: number): boolean | undefined {
    return this.#from(fromSeq, toSeq)?.some(({ note }) => note !== undefined);
  }

  /**
   * The events from `fromSeq` to `toSeq` as text frames in one buffer, as this viewer may see them.
   * @returns undefined when the tail does not go back so far.
   */
  framesFor(fromSeq: number, toSeq: number, viewer: Viewer): Buffer | undefined {
    const items = this.#from(fromSeq, toSeq);
    const all = seesAll(viewer);
    return items && frameAll(items.map(({ json, note }) => (note && !all ? noteFor(note, viewer) : undefined) ?? json));
  }

  #from(fromSeq: number, toSeq: number): Item[] | undefined {
    const index = fromSeq - this.firstSeq;
    return index < 0 ? undefined : this.#items.slice(index, index + toSeq - fromSeq + 1);
  }

  #clear(): void {
    this.#items = [];
    this.#bytes = 0;
  }

  /** A quarter at a time, so that the cost of one event stays small. */
  #forgetOldest(): void {
    const gone = this.#items.splice(0, Math.ceil(this.#items.length / 4));
    this.#bytes -= gone.reduce((sum, { json }) => sum + json.length, 0);
  }
}
