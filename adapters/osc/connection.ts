/** What all transports of OSC have in common: inputs out of packets, health, counters, and one end. */
import type { AdapterIo, Command, Connection, Health, Input, Receipt } from '../../src/devices/adapter.js';
import { ConnectionVoice } from '../../src/devices/connection-voice.js';
import { BridgeError } from '../../src/kit/errors.js';
import type { Log } from '../../src/kit/log.js';
import { decodePacket, type ReceivedMessage } from './codec.js';
import { encodeCommand, toInput } from './command.js';

/** A transport: it moves packets and knows nothing of what is in them. */
export interface Wire {
  /**
   * Hands the packet to the kernel in the tick of the call.
   * @throws DEVICE_CLOSED, DEVICE_TIMEOUT, DEVICE_REFUSED, DEVICE_UNREACHABLE
   */
  send(packet: Uint8Array, signal: AbortSignal): Promise<Receipt>;
  /** Idempotent, never rejects. */
  close(): Promise<void>;
}

/** What a transport tells. */
export interface WireEvents {
  /** @param from  address:port of the sender */
  packet(bytes: Uint8Array, from: string): void;
  /** What was seen of the device; each change is told on. */
  observed(health: Health): void;
  /** Counts under `name`; one that begins with `dropped.` is logged the first time. */
  count(name: string, from?: string): void;
  /** The wire is gone for good. */
  lost(error: BridgeError): void;
}

/** Opens a transport as a connection. @throws what `open` throws */
export async function openConnection(io: AdapterIo, open: (events: WireEvents) => Promise<Wire>): Promise<Connection> {
  const connection = new OscConnection(io);
  connection.begin(await open(connection));
  return connection;
}

class OscConnection implements Connection, WireEvents {
  readonly #log: Log;
  readonly #voice: ConnectionVoice;
  readonly #counters: Record<string, number> = {};
  #wire: Wire | undefined;
  #isGone = false;
  #closing: Promise<void> | undefined;

  constructor(io: AdapterIo) {
    this.#log = io.log;
    this.#voice = new ConnectionVoice(io.log, { status: 'unverified' });
  }

  begin(wire: Wire): void {
    this.#wire = wire;
    if (this.#isGone) void wire.close();
  }

  observed(now: Health): void {
    if (!this.#isGone) this.#voice.observe(now);
  }

  get closed(): Promise<BridgeError | undefined> {
    return this.#voice.closed;
  }

  health = (): Health => this.#voice.health;
  onHealth = (listener: (health: Health) => void): (() => void) => this.#voice.onHealth(listener);
  onInput = (listener: (input: Input) => void): (() => void) => this.#voice.onInput(listener);
  counters = (): Readonly<Record<string, number>> => ({ ...this.#counters });

  async send(command: Command, signal: AbortSignal): Promise<Receipt> {
    if (!this.#wire || this.#isGone) throw new BridgeError('DEVICE_CLOSED', 'the connection has ended');
    if (signal.aborted)
      throw new BridgeError('DEVICE_TIMEOUT', 'given up before it was sent', { cause: signal.reason });
    const receipt = await this.#wire.send(encodeCommand(command), signal);
    this.count('sent.packets');
    return receipt;
  }

  packet(bytes: Uint8Array, from: string): void {
    if (this.#isGone) return;
    this.count('received.packets');
    const decoded = decodePacket(bytes);
    if (!decoded.ok) this.count(`dropped.${decoded.fault}`, from);
    else for (const message of decoded.messages) this.#message(message, from);
  }

  #message(message: ReceivedMessage, from: string): void {
    this.count('received.messages');
    this.#voice.input(toInput(message, from));
  }

  count(name: string, from?: string): void {
    const before = this.#counters[name] ?? 0;
    this.#counters[name] = before + 1;
    if (before === 0 && name.startsWith('dropped.')) {
      this.#log.warn({ code: 'CODEC_MALFORMED', reason: name.slice('dropped.'.length), from }, 'packet.dropped');
    }
  }

  lost(error: BridgeError): void {
    this.#finish(error);
  }

  close(): Promise<void> {
    this.#finish(undefined);
    this.#closing ??= this.#wire?.close();
    return this.#closing ?? Promise.resolve();
  }

  #finish(reason: BridgeError | undefined): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.#closing = this.#wire?.close();
    this.#voice.end(reason);
  }
}
