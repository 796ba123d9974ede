import type { BridgeError } from '../kit/errors.js';
import type { ShowEvent } from '../protocol/envelope.js';

/** One event with the bytes that stand for it everywhere: in the log and on every socket. */
export interface Entry {
  event: ShowEvent;
  /** The event as JSON in UTF-8, without a line end. Serialised once. */
  json: Buffer;
}

/**
 * `stored`: durable. All others are answers of a shared log.
 * `behind`: another writer was first, and nothing is stored; `lastEventSeq` is where the log stands now.
 * `duplicate`: the messageId is in the log already, as number `eventSeq`, perhaps by an earlier try of this same append;
 * it goes before `behind`.
 * `fenced`: another node has taken over, and this one may not write. `noQuorum`: too few members of the log answer.
 * Nothing is stored; `detail` says more, in the technician's words.
 */
export type AppendResult =
  | { result: 'stored' }
  | { result: 'behind'; lastEventSeq: number }
  | { result: 'duplicate'; messageId: string; eventSeq: number }
  | { result: 'fenced' | 'noQuorum'; detail: string };

/** What the engine below takes. Whoever appends keeps within it. */
export interface JournalLimits {
  /** Of one `append`: how many events, and how many bytes all of them together. */
  readonly eventsMax: number;
  readonly bytesMax: number;
  /** How many calls of `append` may wait for their answers. */
  readonly appendsMax: number;
}

/** Of a log that has one writer and takes whatever comes. */
export const NO_LIMITS: JournalLimits = {
  eventsMax: Number.POSITIVE_INFINITY,
  bytesMax: Number.POSITIVE_INFINITY,
  appendsMax: Number.POSITIVE_INFINITY,
};

/** The state of a show at one place of its log, kept beside it to make restarts fast. It may always be deleted. */
export interface SavedState {
  lastEventSeq: number;
  /** What `state` was made from; another show file makes it worthless. */
  fingerprint: string;
  state: unknown;
}

/** A stretch of the log as bytes: complete lines, each one event as JSON, ended by "\n". */
export interface Stretch {
  fromSeq: number;
  lastSeq: number;
  lines: Buffer;
}

/** A stretch of the log as `follow` gives it: all of it was written by this writer, or nothing of it. */
export interface Followed extends Stretch {
  isOwn: boolean;
}

/** What is told of a log while it is opened, and afterwards of its failures. */
export interface Recovery {
  /** A saved state made from something else is not used. */
  fingerprint: string;
  /** Called once before any event, when there is a saved state that fits the log. */
  onSaved: (saved: SavedState) => void;
  /** Called when the saved state was made from something else, and so is not used. */
  onOther?: () => void;
  /** Called once for each event after the saved state, in order: recovery. */
  onEvent: (event: ShowEvent) => void;
  /** Called when `failure` of the journal has become another, or is over; within 1.5 s, whether or not somebody appends. */
  onFailure?: (failure: BridgeError | undefined) => void;
}

/** Opens the log of one show and tells what is in it. */
export type OpenJournal = (recovery: Recovery) => Promise<Journal>;

/**
 * The durable stream of one show: compare and append, read, and follow.
 * Once `append` has rejected, nothing of it is in the log, and the next one may be tried: a log that did not hear the
 * answer finds out first.
 */
export interface Journal {
  /** The number of the last durable event; 0 for an empty log. */
  readonly lastEventSeq: number;
  /** Why the log cannot be written now, if so. */
  readonly failure: Error | undefined;
  readonly limits: JournalLimits;
  /**
   * Appends all or none, after event `expectedSeq`. Calls may overlap, up to `limits.appendsMax`; they are taken in order,
   * and what waits together is written together.
   * @throws JOURNAL_UNAVAILABLE
   */
  append(entries: readonly Entry[], expectedSeq: number): Promise<AppendResult>;
  /** The number under which a message is in the log, as far as this writer knows it: dedupe for the whole show. */
  seqOf(messageId: string): number | undefined;
  /**
   * Reads durable events from `fromSeq` on, as bytes, up to the end as it is when the reading gets there.
   * @throws JOURNAL_CORRUPT with file and line
   */
  read(fromSeq: number, signal?: AbortSignal): AsyncIterable<Stretch>;
  /**
   * Each durable event from `fromSeq` on as it comes, whoever wrote it, in order and without a gap, until `signal` aborts.
   * Ends at once where the log has one writer: nobody else can write what it does not know.
   * @throws JOURNAL_UNAVAILABLE when it cannot be followed any further; it may be followed anew.
   */
  follow(fromSeq: number, signal: AbortSignal): AsyncIterable<Followed>;
  /** Keeps the state for the next start. A failure is told in the log and costs nothing else. */
  save(saved: SavedState): Promise<void>;
  /** Waits for what was begun, then releases the log. Idempotent, never rejects. */
  close(): Promise<void>;
}
