/**
 * Which reply answers which message. QLab gives no request id: replies are matched first in, first out, on
 * the address without its workspace, and a reply that comes after its time is up answers nobody.
 */
import { Alarm } from '../../src/kit/alarm.js';
import type { Clock } from '../../src/kit/clock.js';
import { BridgeError } from '../../src/kit/errors.js';
import { BoundedQueue } from '../../src/kit/queue.js';
import type { OscArgument, OscMessage } from './codec.js';

export interface Reply {
  status: 'ok' | 'denied' | 'error';
  data: unknown;
}

export interface AskOptions {
  /** Written at once, however many questions are open: commands, and the heartbeat. */
  urgent?: boolean;
  /** Any reply to this address tells the same, so that a late one is no danger to the next question. */
  interchangeable?: boolean;
}

/** Questions that QLab is asked at once: with eight it stalls for seconds (a report on QLab 5.5). */
const QUERIES_UNDER_WAY_MAX = 4;
const QUERIES_WAITING_MAX = 64;
const PENDING_MAX = 512;
/** How long a reply is expected to be late at most, in milliseconds; one to a deleted cue never comes. */
const LATE_REPLY_MS = 10_000;
/** Addresses that late replies are remembered for. */
const LATE_ADDRESSES_MAX = 256;

interface Pending {
  resolve(reply: Reply): void;
  reject(error: BridgeError): void;
  alarm: Alarm;
}

/** The address without `/reply` and without `/workspace/{id}`, which QLab adds and leaves out as it likes. */
function keyOf(address: string): string {
  return address.replace(/^\/reply(?=\/)/, '').replace(/^\/workspace\/[^/]+(?=\/)/, '');
}

/** Reads the JSON of a reply. @returns undefined when it is none. */
function readReply(message: OscMessage): (Reply & { address: string | undefined }) | undefined {
  const text = message.args[0];
  if (typeof text !== 'string') return undefined;
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof json !== 'object' || json === null || !('status' in json)) return undefined;
  const { status } = json;
  if (status !== 'ok' && status !== 'denied' && status !== 'error') return undefined;
  const address = 'address' in json && typeof json.address === 'string' ? json.address : undefined;
  return { status, data: 'data' in json ? json.data : undefined, address };
}

export class Replies {
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #write: (address: string, args: readonly OscArgument[]) => void;
  readonly #pending = new Map<string, Pending[]>();
  readonly #late = new Map<string, number[]>();
  readonly #waiting = new BoundedQueue<{ start: () => void; reject: (error: BridgeError) => void }>(
    QUERIES_WAITING_MAX,
  );
  #pendingCount = 0;
  #queries = 0;
  #ended: BridgeError | undefined;

  /** @param options.write  puts a message on the wire in the same tick, or throws. */
  constructor(options: {
    clock: Clock;
    timeoutMs: number;
    write: (address: string, args: readonly OscArgument[]) => void;
  }) {
    this.#clock = options.clock;
    this.#timeoutMs = options.timeoutMs;
    this.#write = options.write;
  }

  /**
   * Sends a message and waits for its reply. An urgent one is on the wire when this returns.
   * @throws DEVICE_TIMEOUT when no reply came in time, or too much is open; DEVICE_CLOSED
   */
  ask(address: string, args: readonly OscArgument[] = [], options: AskOptions = {}): Promise<Reply> {
    return new Promise((resolve, reject) => {
      if (this.#ended) return reject(this.#ended);
      if (this.#pendingCount >= PENDING_MAX) {
        return reject(new BridgeError('DEVICE_TIMEOUT', `QLab owes ${PENDING_MAX} replies already`));
      }
      if (options.urgent) return this.#start(address, args, options, resolve, reject);
      const start = () => {
        this.#queries += 1;
        const next = () => {
          this.#queries -= 1;
          this.#waiting.shift()?.start();
        };
        const settle = <T>(how: (value: T) => void) => {
          return (value: T) => {
            how(value);
            next();
          };
        };
        this.#start(address, args, options, settle(resolve), settle(reject));
      };
      if (this.#queries < QUERIES_UNDER_WAY_MAX) return start();
      if (this.#waiting.push({ start, reject })) return;
      reject(new BridgeError('DEVICE_TIMEOUT', `${QUERIES_WAITING_MAX} questions to QLab are waiting already`));
    });
  }

  #start(
    address: string,
    args: readonly OscArgument[],
    options: AskOptions,
    resolve: (reply: Reply) => void,
    reject: (error: unknown) => void,
  ): void {
    const key = keyOf(address);
    try {
      this.#write(address, args);
    } catch (error) {
      reject(error);
      return;
    }
    const alarm = new Alarm(this.#clock, () => {
      this.#remove(key, pending);
      if (!options.interchangeable) this.#owe(key);
      reject(new BridgeError('DEVICE_TIMEOUT', `QLab did not answer ${key} within ${this.#timeoutMs} ms`));
    });
    const pending: Pending = { resolve, reject, alarm };
    const line = this.#pending.get(key);
    if (line) line.push(pending);
    else this.#pending.set(key, [pending]);
    this.#pendingCount += 1;
    alarm.set(this.#clock.mono() + this.#timeoutMs);
  }

  /** Hands a reply to the question it answers. @returns what became of it, for the counters. */
  take(message: OscMessage): 'answered' | 'late' | 'unasked' | 'malformed' {
    const reply = readReply(message);
    if (!reply) return 'malformed';
    const known = (key: string) => this.#pending.has(key) || this.#owed(key).length > 0;
    const byOsc = keyOf(message.address);
    const key = known(byOsc) || reply.address === undefined ? byOsc : keyOf(reply.address);
    const owed = this.#owed(key);
    if (owed.length > 0) {
      owed.shift();
      return 'late';
    }
    const pending = this.#pending.get(key)?.[0];
    if (!pending) return 'unasked';
    this.#remove(key, pending);
    pending.alarm.clear();
    pending.resolve({ status: reply.status, data: reply.data });
    return 'answered';
  }

  /** Nothing is answered any more. */
  end(error: BridgeError): void {
    this.#ended ??= error;
    const waiting = this.#waiting.drain();
    const open = [...this.#pending.values()].flat();
    this.#pending.clear();
    this.#pendingCount = 0;
    for (const { alarm, reject } of open) {
      alarm.clear();
      reject(error);
    }
    for (const { reject } of waiting) reject(error);
  }

  #remove(key: string, pending: Pending): void {
    const line = this.#pending.get(key);
    if (!line?.includes(pending)) return;
    this.#pendingCount -= 1;
    if (line.length === 1) this.#pending.delete(key);
    else line.splice(line.indexOf(pending), 1);
  }

  #owe(key: string): void {
    const owed = this.#late.get(key) ?? [];
    owed.push(this.#clock.mono() + LATE_REPLY_MS);
    this.#late.delete(key);
    this.#late.set(key, owed);
    const oldest = this.#late.keys().next().value;
    if (this.#late.size > LATE_ADDRESSES_MAX && oldest !== undefined) this.#late.delete(oldest);
  }

  #owed(key: string): number[] {
    const owed = this.#late.get(key);
    if (!owed) return [];
    const now = this.#clock.mono();
    while (owed[0] !== undefined && owed[0] <= now) owed.shift();
    if (owed.length === 0) this.#late.delete(key);
    return owed;
  }
}
