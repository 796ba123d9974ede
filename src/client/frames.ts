import { validateWireMessage } from '../generated/messages.js';
import type { Ack, ErrorMessage, Heartbeat, Snapshot } from '../generated/types.js';
import { wordsOf } from '../kit/errors.js';
import type { ReceivedEvent } from '../protocol/envelope.js';
import { firstFault } from '../protocol/validate.js';
import { isNewer, isReadable } from '../protocol/version.js';

/** A message of the bridge, checked. */
export type Frame = Ack | Snapshot | Heartbeat | ErrorMessage | ReceivedEvent;

/**
 * A frame as it was read. `unreadable`: of another major version. `bad`: of a wrong shape; `lostSeq` is the number of
 * the event that it may have been. `unknown`: of a kind that only a newer minor version has.
 */
export type Read =
  | { as: 'frame'; frame: Frame }
  | { as: 'unknown' }
  | { as: 'unreadable'; version: string }
  | { as: 'bad'; message: string; lostSeq?: number };

const KINDS: readonly unknown[] = ['event', 'ack', 'snapshot', 'heartbeat', 'error'];

/** Reads one text frame from the bridge. Pure, never throws. */
export function readFrame(text: string): Read {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch (error) {
    return { as: 'bad', message: wordsOf(error) };
  }
  if (typeof data !== 'object' || data === null) return { as: 'bad', message: 'the frame is no object' };
  const { kind, version, eventSeq } = data as Record<string, unknown>;
  if (typeof version === 'string' && !isReadable(version)) return { as: 'unreadable', version };
  if (validateWireMessage(data)) return { as: 'frame', frame: data as Frame };
  if (typeof version === 'string' && isNewer(version) && !KINDS.includes(kind)) return { as: 'unknown' };
  return {
    as: 'bad',
    message: `${String(kind)}: ${firstFault(validateWireMessage)?.message ?? 'of a wrong shape'}`,
    ...(kind === 'event' && typeof eventSeq === 'number' ? { lostSeq: eventSeq } : {}),
  };
}
