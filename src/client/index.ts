/**
 * The client of the bridge, for browsers: `pacebuddy-bridge/client`. Node takes `node.ts` under the same name, which
 * adds a WebSocket and a store of files.
 */
import { BridgeClient } from './client.js';
import type { Client, ClientOptions } from './types.js';

/**
 * Connects, and stays connected until `close()`.
 * @throws TypeError when `url` is no address
 */
export const connect = (options: ClientOptions): Client => new BridgeClient(options);

export { type Clock, systemClock } from '../kit/clock.js';
export type { Actor, EventType, PayloadByType, Proposal, ReceivedEvent } from '../protocol/envelope.js';
export { isEventType } from '../protocol/envelope.js';
export { fromTimecode, toTimecode } from '../protocol/timecode.js';
export { mayPropose } from '../show/roles.js';
export { cuesOf, nextCue, type ShowState } from '../show/state.js';
export { timerValueMs } from '../show/timers.js';
export { MOMENT_MS, PENDING_MAX } from './outbox.js';
export { refusal } from './refusal.js';
export { localStorageStore, memoryStore, type WebStorage } from './storage.js';
export type {
  Client,
  ClientClock,
  ClientOptions,
  ClientOutcome,
  ClientProblem,
  ClientRefusal,
  ClientStatus,
  ClientStorage,
  SocketConstructor,
  SocketEvent,
  SocketLike,
  StatusInfo,
  StoredProposal,
  Trouble,
  Unsubscribe,
} from './types.js';
