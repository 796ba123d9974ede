/**
 * What crosses between the bridge and a driver's process: one JSON object a line, on a pipe of its own. (Node's own
 * channel is not used: a driver that writes one wrong byte into it throws in the bridge, where nobody can catch it.)
 */

import type { Command, Face, Health, Input, Listing, Pattern, Receipt } from '../../adapter-sdk/adapter.js';
import { BridgeError, ERRORS, type ErrorCode, isBridgeError, wordsOf } from '../../kit/errors.js';

/** The file descriptor of the pipe in the driver's process. */
export const HOST_FD = 3;
/** One message, in characters. A longer one is a fault of whoever wrote it. */
const MESSAGE_CHARS_MAX = 1_048_576;

type Counters = Readonly<Record<string, number>>;

/** Where a device is and what is asked of it, as for `Adapter.connect`. */
export interface ConnectOrder {
  config: Readonly<Record<string, unknown>>;
  device: string;
  patterns: readonly Pattern[];
  baseDir: string;
  /** The lines that the bridge's log would keep; the others do not cross. */
  logLevel: string;
  /** One moment on the show's clock and on the machine's (see machineMs()): the driver's process goes by the show's time. */
  time: { wallMs: number; machineMs: number };
}

/** From the bridge. One connection at a time; `end` says goodbye to it and ends the process. */
export type ToHost =
  | { type: 'list' }
  | ({ type: 'connect' } & ConnectOrder)
  | { type: 'send'; id: number; command: Command }
  | { type: 'abortSend'; id: number }
  | { type: 'face'; face: Face }
  /** The rules for the device are others, from the order to connect on. */
  | { type: 'patterns'; patterns: readonly Pattern[] }
  | { type: 'ping' }
  | { type: 'end' };

/** From the driver's process. After `notConnected` and `closed` it may be told to connect again. */
export type FromHost =
  | { type: 'ready' }
  | { type: 'listed'; listing: Listing }
  | { type: 'notListed'; fault: Fault }
  | { type: 'connected'; health: Health; counters: Counters; displays: boolean }
  | { type: 'notConnected'; fault: Fault }
  /** `atMs`: when the device did it, on the machine's clock, see machineMs(). */
  | { type: 'input'; input: Input; atMs: number }
  | { type: 'health'; health: Health }
  | { type: 'counters'; counters: Counters }
  /** `sentAtMs`: on the machine's clock, see machineMs(). */
  | { type: 'receipt'; id: number; reached: Receipt['reached']; sentAtMs?: number; confirms: boolean; leaves: boolean }
  | { type: 'notSent'; id: number; fault: Fault }
  | { type: 'confirmed'; id: number }
  | { type: 'notConfirmed'; id: number; fault: Fault }
  | { type: 'left'; id: number }
  | { type: 'notLeft'; id: number; fault: Fault }
  | { type: 'closed'; fault?: Fault; counters: Counters }
  | { type: 'pong'; residentBytes: number }
  | { type: 'log'; line: string };

/** An error as data. */
export interface Fault {
  code?: ErrorCode;
  message: string;
  cause?: string;
}

export function faultOf(error: unknown): Fault {
  const message = wordsOf(error);
  const cause = error instanceof Error && error.cause !== undefined ? { cause: wordsOf(error.cause) } : {};
  return isBridgeError(error) ? { code: error.code, message, ...cause } : { message, ...cause };
}

/** @returns a BridgeError where the fault has one of its codes, as it was thrown in the driver's process. */
export function errorOf({ code, message, cause }: Fault): Error {
  const options = cause === undefined ? undefined : { cause: new Error(cause) };
  if (code === undefined || !(code in ERRORS)) return new Error(message, options);
  return new BridgeError(code, message, options);
}

/** Cuts what comes through the pipe into messages. */
export class MessageReader {
  #rest = '';

  /** @throws CODEC_MALFORMED when a line is too long, or no JSON object with a type; what came before it is lost too */
  push(text: string): { type: string }[] {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    if (this.#rest.length > MESSAGE_CHARS_MAX) {
      throw new BridgeError('CODEC_MALFORMED', `a message of more than ${MESSAGE_CHARS_MAX} characters`);
    }
    return lines.map(parse);
  }
}

function parse(line: string): { type: string } {
  let message: unknown;
  try {
    message = JSON.parse(line);
  } catch (cause) {
    throw new BridgeError('CODEC_MALFORMED', `not JSON: ${line.slice(0, 80)}`, { cause });
  }
  if (typeof Object(message).type !== 'string') {
    throw new BridgeError('CODEC_MALFORMED', `no message: ${line.slice(0, 80)}`);
  }
  return message as { type: string };
}
