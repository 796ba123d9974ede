import type { AccessEntry, BridgeConfig, Role } from '../generated/types.js';
import type { Outcome } from '../protocol/decision.js';
import type { Draft, ShowEvent } from '../protocol/envelope.js';
import type { ShowState } from '../show/state.js';

/** One event with the bytes that stand for it everywhere: JSON in UTF-8, without a line end. */
export interface Entry {
  event: ShowEvent;
  json: Buffer;
}

/** A stretch of the log as bytes: complete lines, each one event as JSON, ended by "\n". */
export interface Stretch {
  fromSeq: number;
  lastSeq: number;
  lines: Buffer;
}

/** The show as the gateway sees it: the sequencer, seen from its clients' side. */
export interface GatewayShow {
  readonly showId: string;
  /** The show after event `lastEventSeq`. */
  readonly state: ShowState;
  /** The number of the last durable event; 0 before the first. */
  readonly lastEventSeq: number;
  /** Why the log cannot be written now, if so. */
  readonly failure: Error | undefined;
  /**
   * `done` is called once: when the event is durable, or refused.
   * @param isWhole  the draft is a proposal that was checked against the schema, and nobody changes it any more.
   */
  propose(draft: Draft, done: (outcome: Outcome) => void, isWhole?: boolean): void;
  /** Durable events from `fromSeq` on, as bytes, up to the end as it is when the reading gets there. */
  read(fromSeq: number, signal?: AbortSignal): AsyncIterable<Stretch>;
}

export type Limits = BridgeConfig['server']['limits'];

/** What may change while the show runs. */
export interface GatewaySettings {
  /** Who may connect. Without it only loopback is served, and whoever is there may take any role but bridge. */
  access?: readonly AccessEntry[];
  /** Web origins besides the bridge's own whose pages may connect, such as `http://10.0.0.7:3000`. */
  allowedOrigins: readonly string[];
  heartbeatMs: number;
  limits: Limits;
}

/** For whose eyes something is. `everyone`: nothing is held back. */
export type Viewer = { userId: string; role: Role } | 'everyone';
