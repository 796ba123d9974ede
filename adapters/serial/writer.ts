/** What goes out of one port: in order, one at a time, each with a limit. */

import type { Clock } from '../../src/kit/clock.js';
import { BridgeError, wordsOf } from '../../src/kit/errors.js';
import { LATE, within } from '../../src/kit/within.js';

/** What the system has not taken by then is given up, and the port with it: it must not go out later. */
const WRITE_LIMIT_MS = 1000;
/** Commands that wait for the port, together; more are refused. */
const WAITING_BYTES_MAX = 65_536;

export interface WriterOptions {
  /** For messages. */
  path: string;
  clock: Clock;
  /** The port does not take what it is given: it has to be given back. */
  onFailure: (why: BridgeError) => void;
}

/** The queue of one open port. Single-use: once stopped, nothing more goes out. */
export class Writer {
  readonly #options: WriterOptions;
  #last: Promise<unknown> = Promise.resolve();
  /** The system call under way, which goes on when nobody waits for it any more. */
  #call: Promise<unknown> = Promise.resolve();
  #timer: AbortController | undefined;
  #waitingBytes = 0;
  #isStopped = false;

  constructor(options: WriterOptions) {
    this.#options = options;
  }

  /** A command of so many bytes. @throws DEVICE_TIMEOUT when too many bytes wait, and what `put` throws */
  async putCommand<T>(bytes: number, act: () => Promise<T>, signal: AbortSignal): Promise<T> {
    if (this.#waitingBytes + bytes > WAITING_BYTES_MAX) {
      const { path } = this.#options;
      throw new BridgeError('DEVICE_TIMEOUT', `${path} takes no more: ${this.#waitingBytes} bytes wait for it`);
    }
    this.#waitingBytes += bytes;
    try {
      return await this.put(act, signal);
    } finally {
      this.#waitingBytes -= bytes;
    }
  }

  /**
   * Runs `act` when all before it is done. @returns what it resolves with.
   * @param act  gives the system something to send, and resolves once it was taken. What it throws as a BridgeError is
   *   passed on; anything else, and more than 1 s, means that the port is lost.
   * @throws DEVICE_CLOSED, DEVICE_TIMEOUT
   */
  async put<T>(act: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const turn = this.#last.then(() => this.#run(act, signal));
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  /** What waits is refused with DEVICE_CLOSED, and so is what is under way. Idempotent. */
  stop(): void {
    this.#isStopped = true;
    this.#timer?.abort();
  }

  /** After stop(): resolves once the call under way is over, and nobody else gives the port anything. Never rejects. */
  async ended(): Promise<void> {
    await this.#call.catch(() => undefined);
  }

  async #run<T>(act: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    const { path, clock, onFailure } = this.#options;
    if (this.#isStopped) throw this.#closed();
    signal?.throwIfAborted();
    const timer = new AbortController();
    this.#timer = timer;
    try {
      const call = act();
      this.#call = call;
      const taken = await within(clock, WRITE_LIMIT_MS, call, timer.signal);
      if (taken !== LATE) return taken;
    } catch (cause) {
      if (cause instanceof BridgeError) throw cause;
      const words = wordsOf(cause);
      const why = new BridgeError('DEVICE_CLOSED', `${path}: ${words}`, { cause });
      onFailure(why);
      throw why;
    }
    if (this.#isStopped) throw this.#closed();
    const why = new BridgeError('DEVICE_TIMEOUT', `${path} did not take the bytes within ${WRITE_LIMIT_MS} ms`);
    onFailure(why);
    throw why;
  }

  #closed(): BridgeError {
    return new BridgeError('DEVICE_CLOSED', `${this.#options.path} is closed`);
  }
}
