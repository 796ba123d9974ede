/** What the server says besides events, as JSON text. Pure: ids and times come in. */
import type { Ack, ErrorMessage, Heartbeat } from '../generated/types.js';
import { ERRORS, type ErrorCode } from '../kit/errors.js';
import type { Outcome } from '../protocol/decision.js';
import type { EventOf, ProposalOf } from '../protocol/envelope.js';
import { PROTOCOL_VERSION } from '../protocol/version.js';
import type { Trouble } from './troubles.js';

/** The id and the time (UTC, ISO 8601) of one message of the server's. */
export interface Stamp {
  messageId: string;
  createdAt: string;
}

const TEXT_MAX = 4000;
const POINTER_MAX = 1000;

export function ackText(stamp: Stamp, showId: string, ackOf: string, outcome: Outcome): string {
  const base = { kind: 'ack', version: PROTOCOL_VERSION, ...stamp, showId, ackOf } as const;
  if (outcome.ok) {
    const { eventSeq } = outcome;
    return JSON.stringify({ ...base, status: 'ok', ...(eventSeq === undefined ? {} : { eventSeq }) } satisfies Ack);
  }
  return JSON.stringify({ ...base, status: 'error', ...why(outcome) } satisfies Ack);
}

export function errorText(
  stamp: Stamp,
  fault: { code: ErrorCode; message: string; pointer?: string; messageId?: string },
): string {
  const { messageId } = fault;
  const of = messageId === undefined ? {} : { correlationId: messageId };
  return JSON.stringify({
    kind: 'error',
    version: PROTOCOL_VERSION,
    ...stamp,
    ...of,
    ...why(fault),
  } satisfies ErrorMessage);
}

/** @param answered  the messageId of the client's heartbeat, when this answers one. */
export function heartbeatText(
  stamp: Stamp,
  showId: string,
  lastEventSeq: number,
  troubles: readonly Trouble[],
  answered?: string,
): string {
  const of = answered === undefined ? {} : { correlationId: answered };
  return JSON.stringify({
    kind: 'heartbeat',
    version: PROTOCOL_VERSION,
    ...stamp,
    ...of,
    showId,
    lastEventSeq,
    troubles: [...troubles],
  } satisfies Heartbeat);
}

/** @param state  the state as JSON text, as the receiver may see it. */
export function snapshotText(
  stamp: Stamp,
  showId: string,
  lastEventSeq: number,
  state: string,
  troubles: readonly Trouble[],
): string {
  const head = { kind: 'snapshot', version: PROTOCOL_VERSION, ...stamp, showId, lastEventSeq, troubles };
  return `${JSON.stringify(head).slice(0, -1)},"state":${state}}`;
}

/** What one client tells of itself, as the others get it: what the schema names and nothing else, so that it stays small. */
export function presenceText(event: ProposalOf<'ClientPresenceUpdated'>): string {
  const { kind, version, messageId, showId, eventType, createdAt, actor, payload } = event;
  const { deviceId, status, view } = payload;
  const said = { deviceId, status, ...(view === undefined ? {} : { view }) };
  return JSON.stringify({ kind, version, messageId, showId, eventType, createdAt, actor, payload: said });
}

/** A client that went without saying so. */
export function offlineText(stamp: Stamp, showId: string, deviceId: string): string {
  const event: Omit<EventOf<'ClientPresenceUpdated'>, 'eventSeq' | 'recordedAt'> = {
    kind: 'event',
    version: PROTOCOL_VERSION,
    ...stamp,
    showId,
    eventType: 'ClientPresenceUpdated',
    actor: { userId: 'bridge', role: 'bridge', deviceId: 'bridge' },
    payload: { deviceId, status: 'offline' },
  };
  return JSON.stringify(event);
}

function why({ code, message, pointer }: { code: ErrorCode; message: string; pointer?: string }) {
  return {
    code,
    message: message.slice(0, TEXT_MAX),
    hint: ERRORS[code].hint,
    ...(pointer === undefined ? {} : { pointer: pointer.slice(0, POINTER_MAX) }),
  };
}
