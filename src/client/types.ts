import type { RefusalCode } from '../protocol/decision.js';
import type { Actor, EventType, PayloadByType, Proposal, ReceivedEvent } from '../protocol/envelope.js';
import type { ShowState } from '../show/state.js';

/** A refusal as this side hears it, or makes it. A newer bridge may say codes that this build does not know. */
export interface ClientRefusal {
  ok: false;
  code: RefusalCode | 'OUTPUT_LATE' | 'CLIENT_OFFLINE' | 'UNAUTHENTICATED' | (string & {});
  /** What happened instead, in the presser's words. */
  message: string;
  /** What to do about it, when the bridge says so. */
  hint?: string;
  /** RFC 6901, into the proposal. */
  pointer?: string;
}

/** What became of a proposal. `eventSeq` is missing only for what is not stored, such as presence. */
export type ClientOutcome = { ok: true; eventSeq?: number } | ClientRefusal;

/** `connecting`: no answer yet. `offline`: tries again by itself. `refused`: will not try again; see `refusal`. */
export type ClientStatus = 'connecting' | 'live' | 'offline' | 'refused';

export interface StatusInfo {
  status: ClientStatus;
  /** Since when, on this machine's wall clock, in milliseconds since 1970. */
  sinceMs: number;
  /** Why it is refused, or what ended the last connection. */
  reason?: ClientRefusal;
}

/** Time as the client needs it, in milliseconds; `systemClock()` is one. */
export interface ClientClock {
  /** Never steps; only differences mean anything. */
  mono(): number;
  /** Since 1970-01-01 UTC. */
  wall(): number;
  /** Resolves after `ms`, or at once when the signal aborts. Never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** A proposal as it waits, in a form that outlives the process. */
export interface StoredProposal {
  proposal: Proposal;
  /** Its place among those that wait; ever growing. */
  order: number;
}

/**
 * Where proposals wait until they are answered, by `messageId`. A store that answers at once (no Promise) lets a GO
 * leave in the same turn. A failure is told through `onProblem`, and the proposal is sent all the same.
 */
export interface ClientStorage {
  /** Everything kept, in any order. What cannot be read is left out. */
  load(): Promise<StoredProposal[]> | StoredProposal[];
  set(messageId: string, stored: StoredProposal): Promise<void> | void;
  remove(messageId: string): Promise<void> | void;
}

/** What the client needs of a WebSocket: a browser's, or that of the `ws` package. */
export interface SocketLike {
  send(text: string): void;
  close(code?: number, reason?: string): void;
  /** Only `ws` has it: ends without waiting for the other side. */
  terminate?(): void;
  addEventListener(type: 'open' | 'message' | 'close' | 'error', listener: (event: SocketEvent) => void): void;
}

export interface SocketEvent {
  data?: unknown;
  code?: number;
  reason?: string;
  message?: string;
}

export type SocketConstructor = new (url: string, protocols: string[]) => SocketLike;

export interface ClientOptions {
  /** Of the bridge: `http(s)://host:port` or `ws(s)://host:port`, with or without `/ws`. */
  url: string;
  /** The performance to follow; left out: the one that the bridge runs. Needed to propose before the first answer. */
  showId?: string;
  /** Of the bridge file's access list; left out in open mode, and where a session cookie says who this is. */
  token?: string;
  /** Who proposes. With a token, `userId` and `role` must be the token's. */
  actor: Actor;
  /** Which page or program this is, told to the others as presence; left out: nothing is told. */
  view?: string;
  /** Default: memory, which ends with the process. */
  storage?: ClientStorage;
  /** Default: the browser's own. */
  WebSocket?: SocketConstructor;
  /** Default: the system's. */
  clock?: ClientClock;
  /** Default: `fetch`. Used to learn the show, and why a socket was not opened. */
  fetch?: (url: string, init?: { headers?: Record<string, string>; signal?: AbortSignal }) => Promise<Response>;
  /** Default: UUID version 7. */
  newId?: () => string;
  /** Spreads reconnecting clients, 0 to 1. Default: Math.random. */
  random?: () => number;
  /** How often this client says that it is there, in milliseconds; after 3 of them without a frame it reconnects. */
  heartbeatMs?: number;
}

/** One thing that is wrong with the bridge itself. */
export interface Trouble {
  code: string;
  message: string;
  /** UTC, ISO 8601. */
  since: string;
}

/** Something that went wrong without ending anything: a bad frame, a store that fails. */
export interface ClientProblem {
  code: string;
  message: string;
  cause?: unknown;
}

export type Unsubscribe = () => void;

export interface Client {
  /** The show as of `lastEventSeq`; undefined before the first answer. Never changed in place. */
  readonly state: ShowState | undefined;
  /** The number of the last event that `state` holds; 0 before the first. */
  readonly lastEventSeq: number;
  /**
   * What the bridge said last is wrong with itself, such as a disk that does not answer; empty when nothing is, before its
   * first word, and for a bridge that does not tell. While the line is down it is as old as the line.
   */
  readonly troubles: readonly Trouble[];
  /** Undefined until given or learned. */
  readonly showId: string | undefined;
  readonly status: ClientStatus;
  readonly statusInfo: StatusInfo;
  /** Proposals not yet answered, oldest first; at most `PENDING_MAX`. */
  readonly pending: readonly Proposal[];
  /** The smallest round trip seen lately, in milliseconds; undefined before the first. */
  readonly roundTripMs: number | undefined;
  /**
   * How long nothing was heard of the bridge, in milliseconds, though it answers every heartbeat; undefined without an open
   * connection. Over two heartbeats it is well possible that nothing arrives any more, while `status` is still `live`.
   */
  readonly silentMs: number | undefined;
  /** The bridge's wall clock as far as is known, in milliseconds since 1970. */
  serverNow(): number;
  /**
   * Resolves when the bridge has answered, or the proposal was dropped; offline it waits. Never rejects. What is only
   * right at its moment (`MOMENT_MS`) is dropped with OUTPUT_LATE once too old; a late GO is worse than a missing one.
   */
  propose<T extends EventType>(
    eventType: T,
    payload: PayloadByType[T],
    links?: { correlationId?: string; causationId?: string },
  ): Promise<ClientOutcome>;
  /** Advances from the cue that this client sees to the next one. An ok means that `state` holds it. */
  go(): Promise<ClientOutcome>;
  /** Takes the last GO back: from the cue that this client sees to the one before it. */
  back(reason?: string): Promise<ClientOutcome>;
  /** Tries to connect now, instead of after the pause; for "the network is back". */
  reconnect(): void;
  onState(listener: (state: ShowState, lastEventSeq: number) => void): Unsubscribe;
  /** Every event, in order, also those of an unknown type and those whose payload is withheld. */
  onEvent(listener: (event: ReceivedEvent, state: ShowState) => void): Unsubscribe;
  onStatus(listener: (info: StatusInfo) => void): Unsubscribe;
  /** A proposal that was not taken, whoever waits for its outcome. */
  onDropped(listener: (proposal: Proposal, refusal: ClientRefusal) => void): Unsubscribe;
  /** `client.troubles` changed. */
  onTroubles(listener: (troubles: readonly Trouble[]) => void): Unsubscribe;
  onPresence(listener: (presence: PayloadByType['ClientPresenceUpdated'], actor: Actor) => void): Unsubscribe;
  onProblem(listener: (problem: ClientProblem) => void): Unsubscribe;
  /** Ends the connection and all waiting; what was stored waits for the next start. Idempotent. */
  close(): Promise<void>;
}
