/** One TCP connection that carries OSC, whoever opened it. */
import type { Socket } from 'node:net';
import type { Clock } from '../../src/kit/clock.js';
import { BridgeError, toBridgeError } from '../../src/kit/errors.js';
import { encodeFrame, type FrameReader, type FramingName, frameReader } from './framing.js';
import { joinAddress } from './opening.js';

/** Packets that the kernel has not taken yet, in bytes; above it a send is refused with DEVICE_TIMEOUT. */
const BUFFERED_BYTES_MAX = 1024 * 1024;

/** For node:net: packets leave at once, and a peer that is silent is asked for a sign of life after so long, in ms. */
export const SOCKET_OPTIONS = { noDelay: true, keepAlive: true, keepAliveInitialDelay: 5000 } as const;

/** How long close() waits for what was sent to leave, in milliseconds. */
const GOODBYE_MS = 200;

export interface PeerOptions {
  framing: FramingName | 'auto';
  frameBytesMax: number;
  sendTimeoutMs: number;
  clock: Clock;
}

export interface PeerEvents {
  packet(bytes: Uint8Array, from: string): void;
  count(name: string, from?: string): void;
  /** The connection is over; not told after close(). */
  gone(reason: BridgeError): void;
}

export class TcpPeer {
  readonly name: string;
  readonly #socket: Socket;
  readonly #options: PeerOptions;
  readonly #reader: FrameReader;
  readonly #events: PeerEvents;
  /** Why it is over, once it is. */
  #reason: BridgeError;
  #isGone = false;
  #closing: Promise<void> | undefined;

  /** @param socket  a connected one; it is the peer's from now on. */
  constructor(socket: Socket, options: PeerOptions, events: PeerEvents) {
    this.#socket = socket;
    this.#options = options;
    this.#events = events;
    this.name = joinAddress(socket.remoteAddress, socket.remotePort);
    const { name } = this;
    this.#reader = frameReader(options.framing, options.frameBytesMax, {
      frame: (bytes) => events.packet(bytes, name),
      fault: (fault) => events.count(`dropped.${fault}`, name),
    });
    this.#reason = new BridgeError('DEVICE_CLOSED', `${name} closed the connection`);
    socket.on('data', (chunk: Buffer) => {
      if (this.#reader.push(chunk)) return;
      this.#reason = new BridgeError(
        'CODEC_MALFORMED',
        `${name} sends no OSC that can be told apart; check the framing`,
      );
      socket.destroy();
    });
    socket.on('end', () => socket.destroy());
    socket.on('error', (cause) => {
      this.#reason = toBridgeError(cause, 'DEVICE_CLOSED');
    });
    socket.on('close', () => {
      this.#reader.end();
      this.#tellGone();
    });
  }

  /**
   * Hands the packet to the kernel in this tick. A peer that has not taken it in time is cut off with a reset, so that
   * it never comes late.
   * @returns when it left, on the clock given
   * @throws DEVICE_CLOSED, DEVICE_TIMEOUT
   */
  async send(packet: Uint8Array, signal: AbortSignal): Promise<number> {
    const { clock, framing, sendTimeoutMs } = this.#options;
    const socket = this.#socket;
    if (!socket.writable) throw new BridgeError('DEVICE_CLOSED', `${this.name} is gone`);
    const frame = encodeFrame(framing === 'auto' ? (this.#reader.framing ?? 'length-prefix') : framing, packet);
    if (socket.writableLength + frame.length > BUFFERED_BYTES_MAX) {
      throw new BridgeError('DEVICE_TIMEOUT', `${this.name} does not read; more than ${BUFFERED_BYTES_MAX} bytes wait`);
    }
    const taken = new Promise<void>((resolve, reject) => {
      socket.write(frame, (cause) => {
        if (cause) reject(new BridgeError('DEVICE_CLOSED', `${this.name} is gone: ${cause.message}`, { cause }));
        else resolve();
      });
    });
    if (socket.writableLength === 0) {
      const sentAt = clock.mono();
      await taken;
      return sentAt;
    }
    const ended = new AbortController();
    const late = clock.sleep(sendTimeoutMs, AbortSignal.any([signal, ended.signal])).then(() => {
      if (ended.signal.aborted) return;
      const what = signal.aborted ? 'before it was given up' : `within ${sendTimeoutMs} ms`;
      this.#reason = new BridgeError('DEVICE_TIMEOUT', `${this.name} did not take a packet ${what}`);
      socket.resetAndDestroy();
      this.#tellGone();
      throw this.#reason;
    });
    try {
      await Promise.race([late, taken]);
      return clock.mono();
    } finally {
      ended.abort();
      taken.catch(() => undefined);
      late.catch(() => undefined);
    }
  }

  /** Lets what was sent leave, for a short time, then closes. Idempotent, never rejects. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  #tellGone(): void {
    if (this.#isGone || this.#closing) return;
    this.#isGone = true;
    this.#events.gone(this.#reason);
  }

  async #close(): Promise<void> {
    const socket = this.#socket;
    if (socket.closed) return;
    const done = new AbortController();
    socket.once('close', () => done.abort());
    socket.destroySoon();
    await this.#options.clock.sleep(GOODBYE_MS, done.signal);
    if (done.signal.aborted) return;
    socket.destroy();
  }
}
