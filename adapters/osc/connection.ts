/** What all transports of OSC have in common: inputs out of packets, health, counters, and one end. */
import type { AdapterIo, Command, Connection, Health, Receipt } from '../../src/adapter-sdk/adapter.js';
import { BaseConnection } from '../../src/adapter-sdk/base-connection.js';
import { BridgeError } from '../../src/kit/errors.js';
import type { Log } from '../../src/kit/log.js';
import { decodePacket, type ReceivedMessage } from '../../src/wire/osc/codec.js';
import { givenOf, packetsOf, summarise, toInput } from './command.js';
import type { Console } from './console.js';
import { ConsoleWatch, type Waiting } from './console-watch.js';
import { evidenceOf } from './evidence.js';
import { canHear, consoleOf, type Settled } from './settings.js';

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
  /** Counts under `name`; one that begins with `dropped.`, and `refused.strangers`, is logged the first time. */
  count(name: string, from?: string): void;
  /** The wire is gone for good. */
  lost(error: BridgeError): void;
}

/** Opens a transport as a connection. @throws what `open` throws */
export async function openConnection(
  config: Settled,
  io: AdapterIo,
  open: (events: WireEvents) => Promise<Wire>,
): Promise<Connection> {
  const connection = new OscConnection(config, io);
  connection.begin(await open(connection));
  return connection;
}

class OscConnection extends BaseConnection implements WireEvents {
  readonly #log: Log;
  readonly #counters: Record<string, number> = {};
  readonly #console: Console | undefined;
  readonly #watch: ConsoleWatch | undefined;
  #wire: Wire | undefined;
  /** What the wire says of itself. */
  #wireHealth: Health = { status: 'unverified' };
  #isGone = false;
  #closing: Promise<void> | undefined;
  readonly #pings = new AbortController().signal;

  constructor(config: Settled, io: AdapterIo) {
    super(io.log);
    this.#log = io.log;
    this.#console = consoleOf({ ...config });
    this.#watch =
      this.#console &&
      new ConsoleWatch(this.#console, {
        evidence: evidenceOf(config),
        clock: io.clock,
        hears: canHear(config),
        send: (message) => this.#sendPing({ ...message }),
        changed: () => this.#refresh(),
      });
  }

  begin(wire: Wire): void {
    this.#wire = wire;
    if (this.#isGone) void wire.close();
    else this.#watch?.begin();
  }

  observed(now: Health): void {
    this.#wireHealth = now;
    this.#refresh();
  }

  #refresh(): void {
    if (!this.#isGone) this.tellHealth(this.#watch?.health(this.#wireHealth) ?? this.#wireHealth);
  }

  counters = (): Readonly<Record<string, number>> => ({ ...this.#counters });

  async send(command: Command, signal: AbortSignal): Promise<Receipt> {
    if (!this.#wire || this.#isGone) throw new BridgeError('DEVICE_CLOSED', 'the connection has ended');
    if (signal.aborted)
      throw new BridgeError('DEVICE_TIMEOUT', 'given up before it was sent', { cause: signal.reason });
    const { confirmed, takeBack } = this.#expect(command);
    try {
      const wire = this.#wire;
      const sends = packetsOf(command, this.#console).map((packet) => wire.send(packet, signal));
      const [receipt] = await allOf(sends);
      this.count('sent.packets', undefined, sends.length);
      return { ...(receipt as Receipt), ...(confirmed && { confirmed }) };
    } catch (error) {
      takeBack();
      throw error;
    }
  }

  #expect(command: Command): Waiting {
    const { command: name, with: given } = command;
    if (!this.#watch || !this.#console || typeof name !== 'string') return { takeBack: () => undefined };
    return this.#watch.expect(this.#console.awaitedBy(name, givenOf(given)), summarise(command));
  }

  /** Pings and renewals. Health tells of a ping that stays unanswered; that one could not be sent is the wire's to tell. */
  #sendPing(message: Command): void {
    for (const packet of packetsOf(message, undefined)) {
      this.#wire?.send(packet, this.#pings).then(
        () => this.count('sent.pings'),
        () => this.count('failed.pings'),
      );
    }
  }

  packet(bytes: Uint8Array, from: string): void {
    if (this.#isGone) return;
    this.count('received.packets');
    const { messages, fault } = decodePacket(bytes);
    if (fault) this.count(`dropped.${fault}`, from);
    for (const message of messages) this.#message(message, from);
  }

  #message(message: ReceivedMessage, from: string): void {
    this.count('received.messages');
    const input = toInput(message, from);
    const meaning = this.#watch?.see(message.address, input.args as unknown[]);
    if (meaning === 'answer') this.count('received.answers');
    else this.tellInput(meaning ? { ...input, ...meaning } : input);
  }

  count(name: string, from?: string, times = 1): void {
    const before = this.#counters[name] ?? 0;
    this.#counters[name] = before + times;
    if (before === 0 && name.startsWith('dropped.')) {
      this.#log.warn({ code: 'CODEC_MALFORMED', reason: name.slice('dropped.'.length), from }, 'packet.dropped');
    } else if (before === 0 && name === 'refused.strangers') {
      this.#log.warn({ code: 'FORBIDDEN', from }, 'stranger.refused');
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
    this.#watch?.end();
    this.#closing = this.#wire?.close();
    this.tellEnd(reason);
  }
}

/** All results, or the first failure once every one has ended: nothing is left unheard. */
async function allOf<T>(promises: readonly Promise<T>[]): Promise<T[]> {
  const settled = await Promise.allSettled(promises);
  return settled.map((one) => {
    if (one.status === 'rejected') throw one.reason;
    return one.value;
  });
}
