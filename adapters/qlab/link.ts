/** One TCP connection to QLab: bytes, frames, messages and their replies. It knows nothing of cues. */

import { connect, type Socket } from 'node:net';
import type { Clock } from '../../src/kit/clock.js';
import { BridgeError } from '../../src/kit/errors.js';
import { LATE, within } from '../../src/kit/within.js';
import { encodeFrame, frameReader } from '../../src/wire/osc/framing.js';
import { decodePacket, encodeMessage, type OscArgument, type OscMessage } from './codec.js';
import { type AskOptions, Replies, type Reply } from './replies.js';

/** The longest message from QLab, in bytes: the cue lists of a large show come as one. */
export const FRAME_BYTES_MAX = 5 * 1024 * 1024;
/** Bytes that QLab has not read yet; above it nothing more is written. */
const UNSENT_BYTES_MAX = 256 * 1024;
/** How long a goodbye may take, in milliseconds. */
const GOODBYE_MS = 200;

export interface LinkOptions {
  host: string;
  port: number;
  connectTimeoutMs: number;
  replyTimeoutMs: number;
}

export class Link {
  readonly counters: Record<string, number> = {};
  /** Resolves once: with why it is gone, or with undefined after close(). */
  readonly closed: Promise<BridgeError | undefined>;
  /** Takes every message that is no reply. */
  onPush: (message: OscMessage) => void = () => {};
  /** A message was longer than is read, and was dropped. */
  onOversize: () => void = () => {};
  /** Messages that came in, of any kind. */
  heard = 0;
  readonly #socket: Socket;
  readonly #clock: Clock;
  readonly #replies: Replies;
  readonly #gone: Promise<void>;
  #end: (why: BridgeError | undefined) => void = () => {};
  #ended = false;

  constructor(socket: Socket, clock: Clock, replyTimeoutMs: number) {
    this.#socket = socket;
    this.#clock = clock;
    this.closed = new Promise((resolve) => {
      this.#end = resolve;
    });
    this.#gone = new Promise((resolve) => socket.once('close', () => resolve()));
    this.#replies = new Replies({
      clock,
      timeoutMs: replyTimeoutMs,
      write: (address, args) => this.post(address, args),
    });
    const frames = frameReader('slip', FRAME_BYTES_MAX, {
      frame: (frame) => this.#onFrame(frame),
      fault: (fault) => {
        this.count(`dropped.${fault}`);
        if (fault === 'oversize') this.onOversize();
      },
    });
    let failure: Error | undefined;
    socket.setNoDelay(true);
    socket.on('data', (chunk) => frames.push(chunk));
    socket.on('error', (error) => {
      failure = error;
    });
    socket.once('close', () => {
      this.end(new BridgeError('DEVICE_CLOSED', failure?.message ?? 'QLab closed the connection', { cause: failure }));
    });
  }

  get ended(): boolean {
    return this.#ended;
  }

  /**
   * Puts a message on the wire in this tick.
   * @throws DEVICE_CLOSED; DEVICE_TIMEOUT when QLab has stopped reading; CODEC_MALFORMED
   */
  post(address: string, args: readonly OscArgument[] = []): void {
    if (this.#ended) throw new BridgeError('DEVICE_CLOSED', 'the connection to QLab is gone');
    if (this.#socket.writableLength > UNSENT_BYTES_MAX) {
      throw new BridgeError('DEVICE_TIMEOUT', `QLab has not read ${this.#socket.writableLength} bytes`);
    }
    this.#socket.write(encodeFrame('slip', encodeMessage(address, args)));
  }

  /** Sends a message and waits for its reply. @see Replies.ask */
  ask(address: string, args: readonly OscArgument[] = [], options: AskOptions = {}): Promise<Reply> {
    return this.#replies.ask(address, args, options);
  }

  /**
   * It is over: every open question fails, and the socket goes, with a reset: what QLab has not taken yet must not
   * reach it when the network is back. Idempotent.
   */
  end(why: BridgeError): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#replies.end(why);
    this.#drop();
    this.#end(why);
  }

  /** Says goodbye and closes. Idempotent, never rejects. */
  async close(goodbye: string): Promise<void> {
    if (!this.#ended) {
      try {
        this.post(goodbye);
      } catch {
        // A QLab that has stopped reading gets no goodbye.
      }
      this.#ended = true;
      this.#replies.end(new BridgeError('DEVICE_CLOSED', 'the connection to QLab was closed'));
      this.#socket.end();
      await within(this.#clock, GOODBYE_MS, this.#gone);
      this.#drop();
      this.#end(undefined);
    }
    await this.#gone;
  }

  #drop(): void {
    if (!this.#socket.destroyed) this.#socket.resetAndDestroy();
  }

  #onFrame(frame: Uint8Array): void {
    const { messages, fault } = decodePacket(frame);
    if (fault) this.count(`dropped.${fault}`);
    for (const message of messages) {
      if (this.#ended) return;
      this.heard += 1;
      if (message.address.startsWith('/reply/')) this.count(`replies.${this.#replies.take(message)}`);
      else this.onPush(message);
    }
  }

  /** One more of these. */
  count(name: string): void {
    this.counters[name] = (this.counters[name] ?? 0) + 1;
  }
}

/**
 * Opens the connection.
 * @throws DEVICE_UNREACHABLE, DEVICE_TIMEOUT; DEVICE_CLOSED when the signal aborts
 */
export async function openLink(options: LinkOptions, clock: Clock, signal: AbortSignal): Promise<Link> {
  if (signal.aborted) throw new BridgeError('DEVICE_CLOSED', 'stopped');
  const { host, port, connectTimeoutMs } = options;
  const socket = connect({ host, port });
  const connected = new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', (cause) => {
      reject(new BridgeError('DEVICE_UNREACHABLE', `no QLab at ${host}:${port}: ${cause.message}`, { cause }));
    });
  });
  try {
    const how = await within(clock, connectTimeoutMs, connected, signal);
    if (how === LATE && signal.aborted) throw new BridgeError('DEVICE_CLOSED', 'stopped');
    if (how === LATE) {
      throw new BridgeError('DEVICE_TIMEOUT', `${host}:${port} did not answer within ${connectTimeoutMs} ms`);
    }
  } catch (error) {
    socket.on('error', () => {});
    socket.destroy();
    throw error;
  }
  return new Link(socket, clock, options.replyTimeoutMs);
}
