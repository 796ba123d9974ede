/** What a client sent, read: a message of a right shape, or the fault in it. Pure. */
import { validateShowEvent, validateWireMessage } from '../generated/messages.js';
import type { Actor } from '../generated/types.js';
import type { Fault } from '../kit/pointer.js';
import type { RefusalCode } from '../protocol/decision.js';
import { EVENT_TYPES, isEventType, type Proposal } from '../protocol/envelope.js';
import { firstFault } from '../protocol/validate.js';
import { isNewer, isReadable, PROTOCOL_VERSION } from '../protocol/version.js';
import { DEPTH_MAX, isTooDeep } from './depth.js';

/** What is wrong with a frame; without a pointer it is the whole of it. */
export interface FrameFault extends Partial<Fault> {
  code: RefusalCode;
  message: string;
  /** The frame's messageId, when it could be read. */
  messageId?: string;
  /** Whether the frame was meant as an event, so that its sender waits for an ack. */
  isEvent: boolean;
}

export type Incoming =
  | { ok: true; kind: 'event'; event: Proposal }
  | { ok: true; kind: 'heartbeat'; messageId: string }
  | { ok: true; kind: 'error'; code: string; message: string }
  | { ok: false; fault: FrameFault };

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const SEMVER = /^\d{1,9}\.\d{1,9}\.\d{1,9}$/;
const FROM_CLIENTS = ['event', 'heartbeat', 'error'];

const wrongFrame = (code: RefusalCode, message: string): Incoming => ({
  ok: false,
  fault: { code, message, isEvent: false },
});

/** @param data  one frame of a client's; that a text is UTF-8 was checked by the socket. */
export function readFrame(data: Buffer, isBinary: boolean, frameBytesMax: number): Incoming {
  if (isBinary) return wrongFrame('VALIDATION_FAILED', 'frames are JSON as text, not binary');
  if (data.length > frameBytesMax) {
    return wrongFrame('FRAME_TOO_LARGE', `the frame has ${data.length} bytes, the limit is ${frameBytesMax}`);
  }
  if (isTooDeep(data)) {
    return wrongFrame('VALIDATION_FAILED', `the frame nests deeper than ${DEPTH_MAX} levels`);
  }
  let message: unknown;
  try {
    message = JSON.parse(data.toString('utf8'));
  } catch (error) {
    const why = error instanceof Error ? error.message : 'it could not be read';
    return wrongFrame('VALIDATION_FAILED', `the frame is no JSON: ${why}`);
  }
  if (typeof message !== 'object' || message === null || Array.isArray(message)) {
    return wrongFrame('VALIDATION_FAILED', 'the frame must be one JSON object');
  }
  return readObject(message as Record<string, unknown>);
}

/** A frame that came too soon after the others. */
export function tooFast(incoming: Incoming, messagesPerSecond: number): Incoming {
  const message = `more than ${messagesPerSecond} messages a second`;
  const { messageId, isEvent } = senderOf(incoming);
  return {
    ok: false,
    fault: { code: 'RATE_LIMITED', message, isEvent, ...(messageId === undefined ? {} : { messageId }) },
  };
}

function senderOf(incoming: Incoming): { messageId?: string; isEvent: boolean } {
  if (!incoming.ok) return incoming.fault;
  if (incoming.kind === 'event') return { messageId: incoming.event.messageId, isEvent: true };
  return { isEvent: false };
}

function readObject(message: Record<string, unknown>): Incoming {
  const { kind, version, messageId } = message;
  const isEvent = kind === 'event';
  const wrong = (code: RefusalCode, what: string, pointer: string): Incoming => ({
    ok: false,
    fault: { code, message: what, pointer, isEvent, ...(isUuid(messageId) ? { messageId } : {}) },
  });

  // Before the shape: another major version may have another one.
  if (typeof version === 'string' && SEMVER.test(version) && !isReadable(version)) {
    const what = `the frame is of version ${version}, the bridge speaks ${PROTOCOL_VERSION}`;
    return wrong('UNSUPPORTED_VERSION', what, '/version');
  }
  if (typeof kind !== 'string' || !FROM_CLIENTS.includes(kind)) {
    const said =
      typeof kind === 'string'
        ? `a client does not send ${kind.slice(0, 40)}`
        : `kind ${kind === undefined ? 'is missing' : 'must be a text'}`;
    return wrong('VALIDATION_FAILED', `${said}; it may send event and heartbeat`, '/kind');
  }
  if (isEvent && 'withheld' in message) {
    return wrong('VALIDATION_FAILED', 'withheld is the server’s to write', '/withheld');
  }
  // Without one every branch of the schema has something to say.
  if (isEvent && typeof message.eventType !== 'string') {
    const said = message.eventType === undefined ? 'is missing' : 'must be a text';
    return wrong('VALIDATION_FAILED', `eventType ${said}`, '/eventType');
  }
  const validate = isEvent ? validateShowEvent : validateWireMessage;
  if (!validate(message)) {
    const fault = firstFault(validate);
    return wrong('VALIDATION_FAILED', fault?.message ?? 'the frame does not fit the schema', fault?.pointer ?? '');
  }
  if (kind === 'heartbeat') return { ok: true, kind, messageId: String(messageId) };
  if (kind === 'error') return { ok: true, kind, code: String(message.code), message: String(message.message) };
  if (!isEventType(String(message.eventType))) {
    const code = isNewer(String(version)) ? 'UNSUPPORTED_VERSION' : 'VALIDATION_FAILED';
    return wrong(code, `this bridge knows no event ${String(message.eventType)}`, '/eventType');
  }
  return { ok: true, kind: 'event', event: withoutServersWords(message) as unknown as Proposal };
}

/** What only the server writes is never the client's; its patch is advisory, and the true one is made anew. */
function withoutServersWords(message: Record<string, unknown>): object {
  if (!('eventSeq' in message || 'recordedAt' in message || 'patch' in message)) return message;
  const { eventSeq: _seq, recordedAt: _at, patch: _patch, ...event } = message;
  return event;
}

const isUuid = (value: unknown): value is string => typeof value === 'string' && UUID.test(value);

/** Who a session speaks for. Its token says so; in the open mode of a bridge without an access list, its first event. */
export interface Who {
  userId: string;
  role: Actor['role'];
}

/**
 * Why `event` may not come from this session, if so.
 * @param who  undefined before the first event of a session in the open mode.
 * @param deviceNames  the names of the configured devices: what they cause is kept from them, so no client may take one.
 */
export function foreignness(
  event: Proposal,
  showId: string,
  who: Who | undefined,
  deviceNames: ReadonlySet<string>,
): FrameFault | undefined {
  const { userId, role, deviceId } = event.actor;
  const wrong = (code: RefusalCode, message: string, pointer: string): FrameFault => ({
    code,
    message,
    pointer,
    messageId: event.messageId,
    isEvent: true,
  });
  const forbidden = (message: string, pointer: string) => wrong('FORBIDDEN', message, pointer);

  if (event.showId !== showId) {
    return wrong('UNKNOWN_SHOW', `this bridge runs ${showId}, not ${event.showId}`, '/showId');
  }
  if (who && userId !== who.userId) {
    return forbidden(`this session is ${who.userId}’s, not ${userId}’s`, '/actor/userId');
  }
  if (who && role !== who.role) {
    return forbidden(`${who.userId} is here as ${who.role}, not as ${role}`, '/actor/role');
  }
  if (!who && role === 'bridge') return forbidden('only the bridge itself acts as bridge', '/actor/role');
  if (!who && userId === 'bridge') return forbidden('only the bridge itself is called bridge', '/actor/userId');
  if (deviceNames.has(deviceId) || deviceId === 'bridge') {
    return forbidden(`${deviceId} is a device of the bridge; a client needs another deviceId`, '/actor/deviceId');
  }
  if (EVENT_TYPES[event.eventType].by === 'server') {
    return forbidden(`${event.eventType} is only said by the bridge itself`, '/eventType');
  }
  return undefined;
}
