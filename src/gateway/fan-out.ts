import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../kit/clock.js';
import { apply } from '../show/apply.js';
import type { ShowState } from '../show/state.js';
import type { Entry, Viewer } from './contract.js';
import { FANOUT_CHUNK_CLIENTS, FANOUT_REST_MAX_MS, FANOUT_REST_TIMES, FANOUT_TURN_MS } from './limits.js';
import { isNote, seesAll } from './shown.js';
import { Tail } from './tail.js';

/** A live client as the fan-out sees it. */
export interface Receiver {
  readonly viewer: Viewer;
  /** The number of the last event that was written to it. */
  readonly sentSeq: number;
  /** Takes frames of the events up to `lastSeq`, or of none. */
  deliver(frames: Buffer, lastSeq: number): void;
  /** What it needs next is no longer in memory: it has to read on from the log. */
  fallBehind(): void;
  /** What concerns it went wrong here: it has to connect again. */
  fail(error: unknown): void;
}

/** What is told of one device's presence and has not been passed on yet. */
interface Word {
  frame: Buffer;
  from: Receiver | undefined;
}

/**
 * Passes what was published to all live clients: in passes, one buffer per client and pass, a few clients each turn of
 * the event loop. What is published meanwhile goes with the next pass. Each client has its own place in the stream, so
 * nothing is missed or doubled whoever comes, goes or reads on from the log in between.
 */
export class FanOut {
  readonly tail: Tail;
  readonly #clock: Pick<Clock, 'mono' | 'sleep'>;
  #state: ShowState;
  readonly #live = new Set<Receiver>();
  #words = new Map<string, Word>();
  #passing = false;
  #due = false;

  constructor(lastSeq: number, state: ShowState, clock: Pick<Clock, 'mono' | 'sleep'>) {
    this.#clock = clock;
    this.tail = new Tail(lastSeq);
    this.#state = state;
  }

  /** @param receiver  one whose `sentSeq` is not below `tail.lastSeq`. */
  join(receiver: Receiver): void {
    this.#live.add(receiver);
  }

  leave(receiver: Receiver): void {
    this.#live.delete(receiver);
  }

  isLive(receiver: Receiver): boolean {
    return this.#live.has(receiver);
  }

  get live(): readonly Receiver[] {
    return [...this.#live];
  }

  /** @param state  the show after the last of them. */
  publish(entries: readonly Entry[], state: ShowState): void {
    let before = this.#state;
    for (const entry of entries) {
      this.tail.push(entry, before);
      if (isNote(entry.event)) before = apply(before, entry.event);
    }
    this.#state = state;
    this.#schedule();
  }

  /** Tells everyone but `from` what became of a client; of one device only the newest is told. */
  tell(deviceId: string, frame: Buffer, from: Receiver | undefined): void {
    this.#words.set(deviceId, { frame, from });
    this.#schedule();
  }

  #schedule(): void {
    this.#due = true;
    if (this.#passing) return;
    this.#passing = true;
    void this.#passes();
  }

  async #passes(): Promise<void> {
    while (this.#due) {
      await nextTurn();
      this.#due = false;
      const words = this.#words;
      if (words.size > 0) this.#words = new Map();
      const began = this.#clock.mono();
      await this.#pass(this.tail.lastSeq, words);
      await this.#rest(this.#clock.mono() - began);
    }
    this.#passing = false;
  }

  /** After a pass over a crowd the machine is the show's for a while; what is published meanwhile goes as one. */
  async #rest(tookMs: number): Promise<void> {
    if (tookMs < FANOUT_TURN_MS) return;
    await this.#clock.sleep(Math.min(tookMs * FANOUT_REST_TIMES, FANOUT_REST_MAX_MS));
  }

  async #pass(toSeq: number, words: ReadonlyMap<string, Word>): Promise<void> {
    const framesOf = this.#framesUpTo(toSeq);
    const wordsOf = wordsFor(words);
    let written = 0;
    let turnFrom = this.#clock.mono();
    for (const receiver of this.live) {
      if (written === FANOUT_CHUNK_CLIENTS || this.#clock.mono() - turnFrom >= FANOUT_TURN_MS) {
        await nextTurn();
        written = 0;
        turnFrom = this.#clock.mono();
      }
      if (!this.#live.has(receiver)) continue;
      written += 1;
      try {
        this.#serve(receiver, toSeq, framesOf, wordsOf);
      } catch (error) {
        this.#live.delete(receiver);
        receiver.fail(error);
      }
    }
  }

  #serve(
    receiver: Receiver,
    toSeq: number,
    framesOf: (receiver: Receiver) => Buffer | undefined,
    wordsOf: ((receiver: Receiver) => Buffer) | undefined,
  ): void {
    if (receiver.sentSeq < toSeq) {
      const frames = framesOf(receiver);
      if (frames) receiver.deliver(frames, toSeq);
      else receiver.fallBehind();
    }
    const said = wordsOf?.(receiver);
    if (said && said.length > 0 && this.#live.has(receiver)) receiver.deliver(said, receiver.sentSeq);
  }

  /** The same buffer for all who stand at the same place and may see the same. */
  #framesUpTo(toSeq: number): (receiver: Receiver) => Buffer | undefined {
    const places = new Map<number, { holdsNotes: boolean; made: Map<string, Buffer> }>();
    return ({ sentSeq, viewer }) => {
      const fromSeq = sentSeq + 1;
      let place = places.get(fromSeq);
      if (!place) {
        const holdsNotes = this.tail.holdsNotes(fromSeq, toSeq);
        if (holdsNotes === undefined) return undefined;
        place = { holdsNotes, made: new Map() };
        places.set(fromSeq, place);
      }
      const key =
        !place.holdsNotes || viewer === 'everyone' || seesAll(viewer) ? '' : `${viewer.role} ${viewer.userId}`;
      const found = place.made.get(key);
      if (found) return found;
      const frames = this.tail.framesFor(fromSeq, toSeq, viewer);
      if (frames) place.made.set(key, frames);
      return frames;
    };
  }
}

/** Everyone's words in one buffer; who said some themselves gets those of the others. */
function wordsFor(words: ReadonlyMap<string, Word>): ((receiver: Receiver) => Buffer) | undefined {
  if (words.size === 0) return undefined;
  const said = [...words.values()];
  const speakers = new Set(said.map(({ from }) => from));
  const all = Buffer.concat(said.map(({ frame }) => frame));
  return (receiver) =>
    speakers.has(receiver)
      ? Buffer.concat(said.filter(({ from }) => from !== receiver).map(({ frame }) => frame))
      : all;
}
