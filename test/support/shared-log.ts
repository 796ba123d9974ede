import { setImmediate as turn } from 'node:timers/promises';
import type {
  AppendResult,
  Entry,
  Followed,
  Journal,
  JournalLimits,
  Recovery,
  Stretch,
} from '../../src/journal/journal.js';
import { BridgeError } from '../../src/kit/errors.js';

/** As few events as one transaction of the real engine takes. */
const LIMITS: JournalLimits = { eventsMax: 60, bytesMax: 1024 * 1024, appendsMax: 1 };

/** A log that several nodes write, in memory: one transaction compares number, ids and epoch, and stores all or none. */
export class SharedLog {
  readonly stored: { entry: Entry; writer: string }[] = [];
  /** Nodes that may not write any more: another has taken over. */
  readonly fenced = new Set<string>();
  /** Enough members of it answer. */
  hasQuorum = true;
  #changed: (() => void)[] = [];

  store(writer: string, entries: readonly Entry[], expectedSeq: number): AppendResult {
    for (const { event } of entries) {
      const eventSeq = this.seqOf(event.messageId);
      if (eventSeq > 0) return { result: 'duplicate', messageId: event.messageId, eventSeq };
    }
    if (!this.hasQuorum) return { result: 'noQuorum', detail: '1 of 3 members answers' };
    if (this.fenced.has(writer)) return { result: 'fenced', detail: 'another node has the show' };
    if (expectedSeq !== this.stored.length) return { result: 'behind', lastEventSeq: this.stored.length };
    for (const entry of entries) this.stored.push({ entry, writer });
    for (const tell of this.#changed.splice(0)) tell();
    return { result: 'stored' };
  }

  /** 0: it is not there. */
  seqOf(messageId: string): number {
    const key = messageId.toLowerCase();
    return this.stored.findIndex(({ entry }) => entry.event.messageId.toLowerCase() === key) + 1;
  }

  changed(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        signal.removeEventListener('abort', done);
        resolve();
      };
      if (signal.aborted) return resolve();
      this.#changed.push(done);
      signal.addEventListener('abort', done);
    });
  }
}

/** What the way between a node and the log does. */
export interface Way {
  /** How many turns of the event loop the next word takes. */
  turns(): number;
  /** The answer to an append is lost; the node tries the same again. */
  losesAnswer(): boolean;
}

export const STRAIGHT: Way = { turns: () => 0, losesAnswer: () => false };

/** One node's view of it: it knows of others' events when it has followed them. */
export class SharedJournal implements Journal {
  failure: Error | undefined;
  readonly limits: JournalLimits;
  lastEventSeq = 0;
  /** Runs before each append reaches the log: the moment of another node. */
  before: () => void = () => {};
  /** How many events each append held. */
  readonly appends: number[] = [];
  /** The node has died: nothing of it reaches the log any more, and no answer reaches it. */
  isCut = false;
  /** The log cannot be followed. */
  isDeaf = false;
  readonly #log: SharedLog;
  readonly #node: string;
  readonly #way: Way;
  #isAppending = false;

  constructor(log: SharedLog, node: string, way: Way = STRAIGHT, limits = LIMITS) {
    this.#log = log;
    this.#node = node;
    this.#way = way;
    this.limits = limits;
  }

  /** Reads what is in the log: recovery. */
  open = async ({ onEvent }: Recovery): Promise<Journal> => {
    for (const { entry } of this.#log.stored) onEvent(entry.event);
    this.#heard(this.#log.stored.length);
    return this;
  };

  async append(entries: readonly Entry[], expectedSeq: number): Promise<AppendResult> {
    if (this.#isAppending) throw new BridgeError('INTERNAL', 'one transaction at a time');
    if (entries.length > this.limits.eventsMax) throw new BridgeError('INTERNAL', 'too many operations in one');
    this.#isAppending = true;
    this.appends.push(entries.length);
    this.before();
    await this.#goes();
    let answer = this.#log.store(this.#node, entries, expectedSeq);
    await this.#goes();
    if (this.#way.losesAnswer()) {
      await this.#goes();
      answer = this.#log.store(this.#node, entries, expectedSeq);
      await this.#goes();
    }
    this.#isAppending = false;
    if (answer.result === 'stored') this.#heard(expectedSeq + entries.length);
    return answer;
  }

  seqOf(messageId: string): number | undefined {
    const seq = this.#log.seqOf(messageId);
    return seq > 0 && seq <= this.lastEventSeq ? seq : undefined;
  }

  async *read(fromSeq: number): AsyncGenerator<Stretch> {
    const lines = this.#log.stored.slice(fromSeq - 1, this.lastEventSeq).map(({ entry }) => `${entry.json}\n`);
    if (lines.length > 0) yield { fromSeq, lastSeq: this.lastEventSeq, lines: Buffer.from(lines.join('')) };
  }

  async *follow(fromSeq: number, signal: AbortSignal): AsyncGenerator<Followed> {
    for (let seq = fromSeq; !signal.aborted; ) {
      await this.#goes();
      if (this.isDeaf) throw new BridgeError('JOURNAL_UNAVAILABLE', 'no member of the log answers');
      const { stored } = this.#log;
      const writer = stored[seq - 1]?.writer;
      if (writer === undefined) {
        await this.#log.changed(signal);
        continue;
      }
      let count = 1;
      while (stored[seq - 1 + count]?.writer === writer) count += 1;
      const lines = stored.slice(seq - 1, seq - 1 + count).map(({ entry }) => `${entry.json}\n`);
      const lastSeq = seq + count - 1;
      this.#heard(lastSeq);
      yield { fromSeq: seq, lastSeq, lines: Buffer.from(lines.join('')), isOwn: writer === this.#node };
      seq = lastSeq + 1;
    }
  }

  async save(): Promise<void> {}
  async close(): Promise<void> {}

  #heard(seq: number): void {
    this.lastEventSeq = Math.max(this.lastEventSeq, seq);
  }

  async #goes(): Promise<void> {
    for (let turns = this.#way.turns(); turns > 0; turns -= 1) await turn();
    if (this.isCut) await new Promise(() => {});
  }
}
