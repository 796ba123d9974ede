import { EventEmitter } from 'node:events';
import type { HIDDevice } from 'xkeys';
import type { Clock } from '../../src/kit/clock.js';
import { BridgeError, wordsOf } from '../../src/kit/errors.js';
import type { Log } from '../../src/kit/log.js';
import { LATE, within } from '../../src/kit/within.js';
import type { PanelHandle } from './driver.js';

/** Reports that may wait to be written; a lamp takes two. */
const WAITING_MAX = 512;
/** A report that the system does not take for so long will not be taken in time. */
const WRITE_LIMIT_MS = 1000;
/** How long the system may take to give a device back. */
const CLOSE_LIMIT_MS = 1000;

/**
 * One open device as the X-keys library wants it. Single-use: what is not written when it ends is never written. Reports
 * that the library cannot read cost themselves only.
 */
export class PanelWire extends EventEmitter implements HIDDevice {
  /** Called after the library has seen a report. */
  onReport: (isRead: boolean) => void = () => undefined;
  /** Resolves once, when the device can no longer be used: with why, or with undefined after close(). Never rejects. */
  readonly ended: Promise<BridgeError | undefined>;
  readonly #handle: PanelHandle;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #name: string;
  #settleEnded: (why: BridgeError | undefined) => void = () => undefined;
  #why: BridgeError | undefined;
  #isEnded = false;
  #writing: Promise<void> = Promise.resolve();
  #waiting = 0;
  #closing: Promise<void> | undefined;

  /** @param name  the device, for people. */
  constructor(handle: PanelHandle, name: string, clock: Clock, log: Log) {
    super();
    this.#handle = handle;
    this.#clock = clock;
    this.#log = log;
    this.#name = name;
    this.ended = new Promise((resolve) => {
      this.#settleEnded = resolve;
    });
    handle.on('error', (error) => this.#fail('DEVICE_CLOSED', `${name} is gone: ${wordsOf(error)}`, error));
    handle.on('data', (report) => this.#read(report));
  }

  /** @throws DEVICE_CLOSED; DEVICE_TIMEOUT when too much waits already, before anything is written */
  assertRoom(): void {
    if (this.#isEnded) throw this.#why ?? new BridgeError('DEVICE_CLOSED', `${this.#name} is closed`);
    if (this.#waiting > WAITING_MAX) {
      throw new BridgeError('DEVICE_TIMEOUT', `${WAITING_MAX} reports to ${this.#name} are still to be written`);
    }
  }

  /** Called by the library. In the order of the calls; nothing after the end. */
  write(report: number[]): void {
    if (this.#isEnded) return;
    this.#waiting += 1;
    this.#writing = this.#writing
      .then(() => this.#write([...report]))
      .finally(() => {
        this.#waiting -= 1;
      });
  }

  /** Resolves when all that was written so far has left, or the wire has ended. Never rejects. */
  flush(): Promise<void> {
    return Promise.race([this.#writing, this.ended.then(() => undefined)]);
  }

  /** Gives the device back; what still waits is not written. Idempotent, never rejects. */
  close(): Promise<void> {
    this.#end(undefined);
    return this.#closing ?? Promise.resolve();
  }

  #read(report: Buffer): void {
    if (this.#isEnded) return;
    try {
      this.emit('data', Buffer.from(report));
    } catch (error) {
      // Too short, say: the library reads at fixed places.
      this.#log.debug({ err: error, report: report.toString('hex') }, 'report.unreadable');
      this.onReport(false);
      return;
    }
    this.onReport(true);
  }

  async #write(report: number[]): Promise<void> {
    if (this.#isEnded) return;
    try {
      const written = Promise.race([this.#handle.write(report), this.ended]);
      if ((await within<unknown>(this.#clock, WRITE_LIMIT_MS, written)) === LATE) {
        this.#fail('DEVICE_TIMEOUT', `${this.#name} did not take a report within ${WRITE_LIMIT_MS} ms`);
      }
    } catch (error) {
      this.#fail('DEVICE_CLOSED', `${this.#name} cannot be written to: ${wordsOf(error)}`, error);
    }
  }

  #fail(code: 'DEVICE_CLOSED' | 'DEVICE_TIMEOUT', message: string, cause?: unknown): void {
    this.#end(new BridgeError(code, message, cause === undefined ? undefined : { cause }));
  }

  #end(why: BridgeError | undefined): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#why = why;
    this.#settleEnded(why);
    this.#closing = this.#release();
  }

  async #release(): Promise<void> {
    const release = this.#handle
      .close()
      .catch((error: unknown) => this.#log.debug({ err: error }, 'device.close-failed'));
    await within(this.#clock, CLOSE_LIMIT_MS, release);
    this.removeAllListeners();
  }
}
