/** HID devices in memory, at the level of node-hid: the test holds the foot, and says what goes wrong. */
import { EventEmitter } from 'node:events';
import type { HidDriver, HidHandle, HidInfo } from './driver.js';

/** What node-hid's HIDAsync says when the device is pulled out: a plain string. */
const GONE = 'could not read from HID device: hid_read_timeout: unexpected poll error (device disconnected)';

/** A driver that knows one device. Plugged in when made. */
export class SimulatedHid implements HidDriver {
  readonly infos: readonly HidInfo[];
  readonly #open = new Map<SimulatedHandle, string>();
  #isPlugged = true;
  /** What opening fails with, as node-hid says it. */
  openFailure: Error | undefined;

  constructor(...infos: HidInfo[]) {
    this.infos = infos;
  }

  get openings(): number {
    return this.#open.size;
  }

  /** Where it is open now. */
  get openPaths(): readonly string[] {
    return [...this.#open.values()];
  }

  async devices(vendorId: number, productId: number): Promise<readonly HidInfo[]> {
    await Promise.resolve();
    if (!this.#isPlugged) return [];
    const isAny = vendorId === 0 && productId === 0;
    return this.infos.filter((info) => isAny || (info.vendorId === vendorId && info.productId === productId));
  }

  async open(path: string): Promise<HidHandle> {
    await Promise.resolve();
    if (this.openFailure) throw this.openFailure;
    if (!this.#isPlugged || !this.infos.some((info) => info.path === path)) {
      throw new Error(`Failed to open a device with path '${path}': No such file or directory`);
    }
    const handle = new SimulatedHandle(() => this.#open.delete(handle));
    this.#open.set(handle, path);
    return handle;
  }

  /** The device sends a report. As in the kernel, nobody keeps it for later openings. */
  report(...bytes: number[]): void {
    for (const handle of this.#open.keys()) handle.emit('data', Buffer.from(bytes));
  }

  unplug(): void {
    this.#isPlugged = false;
    for (const handle of this.#open.keys()) handle.pull();
  }

  replug(): void {
    this.#isPlugged = true;
  }
}

class SimulatedHandle extends EventEmitter implements HidHandle {
  readonly #onClose: () => void;
  #isClosed = false;

  constructor(onClose: () => void) {
    super();
    this.#onClose = onClose;
  }

  /** node-hid only notices while somebody listens for data. */
  pull(): void {
    if (this.listenerCount('data') > 0) setImmediate(() => this.#isClosed || this.emit('error', GONE));
  }

  async close(): Promise<void> {
    if (this.#isClosed) throw new Error('device is already closed');
    this.#isClosed = true;
    this.removeAllListeners();
    this.#onClose();
  }
}
