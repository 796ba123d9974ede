/** One TCP connection that carries OSC, whoever opened it. */

import type { Socket } from 'node:net';
import type { Clock } from '../../src/kit/clock.js';
import { BridgeError, toBridgeError } from '../../src/kit/errors.js';
import { LATE, within } from '../../src/kit/within.js';
import { encodeFrame, type FrameReader, type FramingName, frameReader } from '../../src/wire/osc/framing.js';
import { joinAddress } from './opening.js';
import { unacknowledgedBytes } from './unacknowledged.js';

/** Packets that the kernel has not taken yet, in bytes; above it a send is refused with DEVICE_TIMEOUT. */
const BUFFERED_BYTES_MAX = 1024 * 1024;

/** For node:net: packets leave at once, and a peer that is silent is asked for a sign of life after so long, in ms. */
export const SOCKET_OPTIONS = { noDelay: true, keepAlive: true, keepAliveInitialDelay: 5000 } as const;

/** How long close() waits for what was sent to leave, in milliseconds. */
const GOODBYE_MS = 200;

/** It is looked so often whether the peer has acknowledged what was sent, in milliseconds, while something waits. */
const LOOK_MS = 200;
/** Packets whose way is followed; the ones above it go unwatched. */
const UNDER_WAY_MAX = 4096;

export interface PeerOptions {
  framing: FramingName | 'auto';
  frameBytesMax: number;
  sendTimeoutMs: number;
  clock: Clock;
  /** They called us: whoever does not begin as OSC, such as a web page, is closed at once. */
  isCaller?: boolean;
  /** What the kernel holds for the peer; undefined where nobody tells. */
  unacknowledged?: (socket: Socket) => Promise<number | undefined>;
}

export interface PeerEvents {
  packet(bytes: Uint8Array, from: string): void;
  count(name: string, from?: string): void;
  /** The connection is over; not told after close(). */
  gone(reason: BridgeError): void;
}

export class TcpPeer {
  readonly name: string;
  /** When a packet came from it last; undefined: none has. */
  heardAtMs: number | undefined;
  readonly #socket: Socket;
  readonly #options: PeerOptions;
  readonly #reader: FrameReader;
  readonly #events: PeerEvents;
  /** Why it is over, once it is. */
  #reason: BridgeError;
  #isGone = false;
  /** Where in the stream each packet ends that the peer may not have yet, and when it was sent. */
  #underWay: { end: number; sentAt: number }[] = [];
  #looking = false;
  readonly #life = new AbortController();
  #closing: Promise<void> | undefined;

  /** @param socket  a connected one; it is the peer's from now on. */
  constructor(socket: Socket, options: PeerOptions, events: PeerEvents) {
    this.#socket = socket;
    this.#options = options;
    this.#events = events;
    this.name = joinAddress(socket.remoteAddress, socket.remotePort);
    const { name } = this;
    this.#reader = frameReader(options.framing, options.frameBytesMax, {
      frame: (bytes) => {
        this.heardAtMs = options.clock.mono();
        events.packet(bytes, name);
      },
      fault: (fault) => events.count(`dropped.${fault}`, name),
    });
    this.#reason = new BridgeError('DEVICE_CLOSED', `${name} closed the connection`);
    let isFirst = options.isCaller === true;
    socket.on('data', (chunk: Buffer) => {
      const stranger = isFirst ? strangerOf(chunk) : undefined;
      isFirst = false;
      if (stranger !== undefined) {
        events.count('refused.strangers', name);
        this.#reason = new BridgeError(
          'CODEC_MALFORMED',
          `${name} does not begin as OSC does; it looks like ${stranger}`,
        );
        socket.destroy();
        return;
      }
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
      this.#life.abort();
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
      this.#follow(sentAt);
      await taken;
      return sentAt;
    }
    if ((await within(clock, sendTimeoutMs, taken, signal)) !== LATE) return clock.mono();
    const what = signal.aborted ? 'before it was given up' : `within ${sendTimeoutMs} ms`;
    this.#reason = new BridgeError('DEVICE_TIMEOUT', `${this.name} did not take a packet ${what}`);
    socket.resetAndDestroy();
    this.#tellGone();
    throw this.#reason;
  }

  /** A packet that the kernel has may still be on its way when the network is gone: it must not arrive late. */
  #follow(sentAt: number): void {
    if (this.#underWay.length >= UNDER_WAY_MAX) return;
    this.#underWay.push({ end: this.#socket.bytesWritten, sentAt });
    if (!this.#looking) void this.#look();
  }

  async #look(): Promise<void> {
    const { clock, sendTimeoutMs } = this.#options;
    this.#looking = true;
    while (this.#underWay.length > 0 && !this.#closing) {
      await clock.sleep(Math.min(LOOK_MS, sendTimeoutMs), this.#life.signal);
      if (this.#life.signal.aborted) return;
      await this.#forgetArrived();
      const oldest = this.#underWay[0];
      if (oldest === undefined || this.#closing || clock.mono() - oldest.sentAt < sendTimeoutMs) continue;
      const why = `${this.name} did not acknowledge a packet within ${sendTimeoutMs} ms`;
      this.#reason = new BridgeError('DEVICE_TIMEOUT', why);
      this.#socket.resetAndDestroy();
      this.#tellGone();
      return;
    }
    this.#looking = false;
  }

  async #forgetArrived(): Promise<void> {
    const before = this.#socket.bytesWritten - this.#socket.writableLength;
    const held = await (this.#options.unacknowledged ?? unacknowledgedBytes)(this.#socket);
    const arrived = held === undefined ? Number.POSITIVE_INFINITY : before - held;
    this.#underWay = this.#underWay.filter(({ end }) => end > arrived);
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
    if (this.#underWay.length > 0) await this.#forgetArrived();
    if (this.#underWay.length > 0) {
      await this.#options.clock.sleep(GOODBYE_MS, done.signal);
      await this.#forgetArrived();
    }
    if (socket.closed) return;
    if (this.#underWay.length > 0) return void socket.resetAndDestroy();
    socket.destroySoon();
    await this.#options.clock.sleep(GOODBYE_MS, done.signal);
    if (!done.signal.aborted) socket.resetAndDestroy();
  }
}

/** A length below 32 MiB, END of SLIP, and the two first characters of a packet. */
const OSC_BEGINS = new Set([0x00, 0x01, 0xc0, 0x2f, 0x23]);

/** What a connection is that does not begin as OSC in either framing does: a web page could hide packets in its request. */
function strangerOf(chunk: Buffer): string | undefined {
  const [first = 0] = chunk;
  if (OSC_BEGINS.has(first)) return undefined;
  if (first === 0x16) return 'TLS';
  const text = chunk.toString('latin1', 0, 8);
  if (text.startsWith('SSH-')) return 'SSH';
  return /^[A-Z]+( |$)/.test(text) || /^[A-Z]{3,8}$/.test(text) ? 'HTTP' : 'something else';
}
