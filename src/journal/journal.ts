import type { ShowEvent } from '../protocol/envelope.js';

/** One event with the bytes that stand for it everywhere: in the log and on every socket. */
export interface Entry {
  event: ShowEvent;
  /** The event as JSON in UTF-8, without a line end. Serialised once. */
  json: Buffer;
}

/**
 * `stored`: durable. `behind`: somebody else appended first; `lastEventSeq` is where the log stands now.
 * `duplicate`: the messageId is in the log already, as number `eventSeq`. Only a shared log answers the last two.
 */
export type AppendResult =
  | { result: 'stored' }
  | { result: 'behind'; lastEventSeq: number }
  | { result: 'duplicate'; messageId: string; eventSeq: number };

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

/**
 * The durable stream of one show: compare and append, and read.
 * Once `append` has rejected, nothing of it is in the log, and the next one may be tried.
 */
export interface Journal {
  /** The number of the last durable event; 0 for an empty log. */
  readonly lastEventSeq: number;
  /** Why the log cannot be written now, if so. */
  readonly failure: Error | undefined;
  /**
   * Appends all or none, after event `expectedSeq`. Calls may overlap; they are taken in order, and what waits together
   * is written together.
   * @throws JOURNAL_UNAVAILABLE
   */
  append(entries: readonly Entry[], expectedSeq: number): Promise<AppendResult>;
  /** The number under which a message is in the log: dedupe for the whole show. */
  seqOf(messageId: string): number | undefined;
  /**
   * Reads durable events from `fromSeq` on, as bytes, up to the end as it is when the reading gets there.
   * @throws JOURNAL_CORRUPT with file and line
   */
  read(fromSeq: number, signal?: AbortSignal): AsyncIterable<Stretch>;
  /** Keeps the state for the next start. A failure is told in the log and costs nothing else. */
  save(saved: SavedState): Promise<void>;
  /** Waits for what was begun, then releases the log. Idempotent, never rejects. */
  close(): Promise<void>;
}
