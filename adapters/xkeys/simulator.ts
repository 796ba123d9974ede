/**
 * An X-keys in memory, below the library, at the level of node-hid: its reports go through the library's own decoding,
 * and its lamps are lit by the bytes that the library writes. Formats: products.ts and xkeys.ts of SuperFlyTV/xkeys.
 */
import { EventEmitter } from 'node:events';
import type { Product } from 'xkeys';
import type { PanelHandle, PanelInfo, XkeysDriver } from './driver.js';
import { VENDOR_ID } from './driver.js';

/** What node-hid's HIDAsync says when the device is pulled out: a plain string. */
const GONE = 'could not read from HID device: hid_read_timeout: unexpected poll error (device disconnected)';
/** The second byte of what the library writes (after the report's number 0). */
const GET_VERSION = 214;
const GENERATE_DATA = 177;
const INDICATOR = 179;
const LIGHT = 181;
const ALL_LIGHTS = 182;
const RGB_LIGHT = 165;
const ALL_RGB_LIGHTS = 166;
/** A report's length where the product needs no more. */
const REPORT_BYTES = 36;

export interface SimulatedPanelOptions {
  product: Product;
  productId?: number;
  unitId?: number;
  path?: string;
}

/** One panel. Plugged in when made. */
export class SimulatedPanel {
  readonly info: PanelInfo & { path: string };
  readonly product: Product;
  readonly unitId: number;
  /** Everything that was written, in the order of arrival, over all openings, less the questions at the opening. */
  readonly written: number[][] = [];
  /** Which lamps are lit now, as the device has them: `led 3`, `indicator 6`; and how. */
  readonly lit = new Map<string, string>();
  /** What opening fails with, as node-hid says it. */
  openFailure: Error | undefined;
  /** Bytes of its state besides the buttons, by their place: how its levers stand. */
  readonly stands = new Map<number, number>();
  /** It opens, and never says a word. */
  isMute = false;
  /** It takes no report. */
  isStuck = false;
  readonly #handles = new Set<SimulatedHandle>();
  readonly #down = new Set<number>();
  #isPlugged = true;

  constructor({ product, productId, unitId = 0, path = '/dev/hidraw0' }: SimulatedPanelOptions) {
    this.product = product;
    this.unitId = unitId;
    const [[id = 0, part = 0] = []] = product.hidDevices;
    this.info = { vendorId: VENDOR_ID, productId: productId ?? id, path, interface: part, product: product.name };
  }

  get openings(): number {
    return this.#handles.size;
  }

  get isPlugged(): boolean {
    return this.#isPlugged;
  }

  open(): PanelHandle {
    if (this.openFailure) throw this.openFailure;
    const handle = new SimulatedHandle(
      (report) => this.#take(report),
      () => this.#handles.delete(handle),
    );
    this.#handles.add(handle);
    return handle;
  }

  /** These buttons are down now, and no others. */
  press(...buttons: number[]): void {
    this.#down.clear();
    for (const button of buttons) this.#down.add(button);
    this.report(this.#state(0));
  }

  /** The device sends these bytes. As in the kernel, nobody keeps them for later openings. */
  report(bytes: Uint8Array | readonly number[]): void {
    for (const handle of this.#handles) handle.emit('data', Buffer.from(bytes));
  }

  unplug(): void {
    this.#isPlugged = false;
    this.lit.clear();
    for (const handle of this.#handles) handle.pull();
  }

  replug(): void {
    this.#isPlugged = true;
  }

  #take(report: readonly number[]): Promise<void> {
    if (this.isStuck) return new Promise(() => undefined);
    const [, command = 0, ...rest] = report;
    if (command === GET_VERSION || command === GENERATE_DATA) {
      if (!this.isMute) setImmediate(() => this.report(command === GET_VERSION ? this.#version() : this.#state(2)));
      return Promise.resolve();
    }
    this.written.push(report.slice(1));
    this.#light(command, rest);
    return Promise.resolve();
  }

  #light(command: number, [one = 0, two = 0, r = 0, g = 0, b = 0, flash = 0]: readonly number[]): void {
    const set = (name: string, how: string | undefined) =>
      how === undefined ? this.lit.delete(name) : this.lit.set(name, how);
    const mode = (value: number) => (value === 0 ? undefined : value === 2 ? 'flashing' : 'on');
    if (command === INDICATOR) set(`indicator ${one}`, mode(two));
    // The XK-24M-RGB has its colours here, in the order green, red, blue.
    const isRemapped = Number(this.product.backLightType) === 5;
    if (command === LIGHT && isRemapped) set(`led ${one}`, two + r + g === 0 ? undefined : `${r},${two},${g}`);
    else if (command === LIGHT) set(`led ${one}`, mode(two));
    const rgb = r + g + b === 0 ? undefined : `${r},${g},${b}${flash ? ' flashing' : ''}`;
    if (command === RGB_LIGHT) set(`led ${one} bank ${two}`, rgb);
    if (command === ALL_LIGHTS) this.#all(one, two > 0 ? 'on' : undefined);
    if (command === ALL_RGB_LIGHTS) {
      const colour = two + r + g === 0 ? undefined : `${two},${r},${g}`;
      const count = this.product.bBytes * this.product.bBits;
      for (let led = 0; led < count; led++) set(`led ${led} bank ${one}`, colour);
    }
  }

  /** A whole bank: on older panels 0 is blue and 1 is red. */
  #all(bank: number, how: string | undefined): void {
    const { bBytes, backLight2offset } = this.product;
    if (bank === 1 && backLight2offset === 0) return;
    const first = bank === 0 ? 0 : backLight2offset;
    for (let led = first; led < first + bBytes * 8; led++) {
      if (how === undefined) this.lit.delete(`led ${led}`);
      else this.lit.set(`led ${led}`, how);
    }
  }

  /** The time is behind all else. */
  #empty(): number[] {
    const bytes = Math.max(REPORT_BYTES, (this.product.timestampByte ?? 0) + 4);
    return [this.unitId, ...new Array<number>(bytes - 1).fill(0)];
  }

  #version(): number[] {
    const report = this.#empty();
    report[1] = GET_VERSION;
    report[10] = 30;
    report[11] = this.info.productId & 0xff;
    report[12] = this.info.productId >> 8;
    return report;
  }

  /** @param kind  2: an answer to the question for the state. */
  #state(kind: number): number[] {
    const report = this.#empty();
    for (const [place, value] of this.stands) report[place] = value;
    report[1] = kind | (this.#down.has(0) ? 1 : 0);
    for (const button of this.#down) {
      if (button === 0) continue;
      const byte = 2 + Math.floor((button - 1) / this.product.bBits);
      report[byte] = (report[byte] ?? 0) | (1 << ((button - 1) % this.product.bBits));
    }
    return report;
  }
}

/** The driver of a machine with these panels. */
export const simulatedDriver = (...panels: SimulatedPanel[]): XkeysDriver => ({
  devices: async () => panels.filter(({ isPlugged }) => isPlugged).map(({ info }) => info),
  open: async (path) => {
    const panel = panels.find(({ info, isPlugged }) => isPlugged && info.path === path);
    if (!panel) throw new Error(`Failed to open a device with path '${path}': No such file or directory`);
    return panel.open();
  },
});

class SimulatedHandle extends EventEmitter implements PanelHandle {
  readonly #onWrite: (report: number[]) => Promise<void>;
  readonly #onClose: () => void;
  #isClosed = false;
  #isPulled = false;

  constructor(onWrite: (report: number[]) => Promise<void>, onClose: () => void) {
    super();
    this.#onWrite = onWrite;
    this.#onClose = onClose;
  }

  async write(report: number[]): Promise<number> {
    // As a system call: what follows in the same tick is not there yet.
    await new Promise((resolve) => setImmediate(resolve));
    if (this.#isClosed || this.#isPulled) throw new Error('Cannot write to hid device: No such device');
    await this.#onWrite(report);
    return report.length;
  }

  /** node-hid only notices while somebody listens for data. */
  pull(): void {
    this.#isPulled = true;
    if (this.listenerCount('data') > 0) setImmediate(() => this.#isClosed || this.emit('error', GONE));
  }

  async close(): Promise<void> {
    if (this.#isClosed) throw new Error('device is already closed');
    this.#isClosed = true;
    this.removeAllListeners();
    this.#onClose();
  }
}
