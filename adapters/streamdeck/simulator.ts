/**
 * Stream Decks in memory, below the library: its own protocol code runs, and talks to a HID device that is simulated.
 * The test holds the fingers, sees what was written, and says what goes wrong.
 */
import { EventEmitter } from 'node:events';
import { DEVICE_MODELS, type HIDDevice } from '@elgato-stream-deck/core';
import { type DeckDriver, type DeckInfo, encodeJPEG, type StreamDeck } from './driver.js';

/** What node-hid's HIDAsync says when the device is pulled out: a plain string. */
const GONE = 'could not read from HID device: hid_read_timeout: unexpected poll error (device disconnected)';

/** A picture as it came through the wire, complete: a BMP or a JPEG. */
export interface Written {
  /** The button's place in the device's reports; `strip` is the strip. */
  place: number | 'strip';
  image: Buffer;
}

export type Taken = { brightness: number } | Written | { place: number; colour: readonly number[] };

/** One deck with its cable. Plugged in when made. */
export class SimulatedDeck {
  readonly info: DeckInfo;
  readonly #ends = new Set<SimulatedHid>();
  #isPlugged = true;
  /** In percent, as last written; undefined before the first. */
  brightness: number | undefined;
  /** Every brightness that was written. */
  readonly brightnesses: number[] = [];
  /** Every picture that was written, in order. */
  readonly written: Written[] = [];
  /** The newest picture of each place; a place that was cleared or filled with a colour has none. */
  readonly shown = new Map<Written['place'], Buffer>();
  /** The newest colour of each place that was filled with one. */
  readonly colours = new Map<number, readonly number[]>();
  /** What opening fails with, as node-hid says it. */
  openFailure: Error | undefined;
  /** What it answers when it is asked for a feature report, by its number; else a firmware version. */
  answers: ReadonlyMap<number, Uint8Array> = new Map();
  /** Hears what the device took: a brightness, a picture, a colour. */
  onTaken: ((taken: Taken) => void) | undefined;
  /** Awaited before each write of a picture: a slow device. */
  beforeWrite: (() => Promise<void>) | undefined;

  constructor(model: string, { path = '/dev/hidraw0', serialNumber = 'A00WA0000001' }: Partial<DeckInfo> = {}) {
    this.info = { model, path, serialNumber };
  }

  /** How often it is open. */
  get openings(): number {
    return this.#ends.size;
  }

  get isPlugged(): boolean {
    return this.#isPlugged;
  }

  /** @returns the library's object over this device, as its openStreamDeck makes it */
  async open(): Promise<StreamDeck> {
    const model = DEVICE_MODELS.find(({ id }) => id === this.info.model);
    if (!model) throw new Error(`no such model: ${this.info.model}`);
    if (this.openFailure) throw this.openFailure;
    if (!this.#isPlugged) throw new Error(`Failed to open a device with path '${this.info.path}': No such file`);
    const hid = new SimulatedHid(this, model.productIds[0] ?? 0, () => this.#ends.delete(hid));
    this.#ends.add(hid);
    const device = hid as unknown as HIDDevice;
    return model.factory(device, { encodeJPEG });
  }

  /** Something came through the wire. */
  take(taken: Taken): void {
    if ('brightness' in taken) {
      this.brightness = taken.brightness;
      this.brightnesses.push(taken.brightness);
    } else if ('image' in taken) {
      this.written.push(taken);
      this.shown.set(taken.place, taken.image);
      if (taken.place !== 'strip') this.colours.delete(taken.place);
    } else {
      this.shown.delete(taken.place);
      this.colours.set(taken.place, taken.colour);
    }
    this.onTaken?.(taken);
  }

  /** An input report, less its number. As in the kernel, nobody keeps it for later openings. */
  report(...bytes: number[]): void {
    for (const end of this.#ends) end.emit('input', Uint8Array.from(bytes));
  }

  /** @param down  the places of the buttons that are down. */
  buttons(...down: number[]): void {
    const states = Array.from({ length: 36 }, (_, place) => (down.includes(place) ? 1 : 0));
    const isFirstGeneration = ['original', 'mini', '6-module'].includes(this.info.model);
    this.report(...(isFirstGeneration ? [] : [0, states.length, 0]), ...states);
  }

  /** @param down  the dials that are down. */
  dials(...down: number[]): void {
    this.report(3, 5, 0, 0, ...Array.from({ length: 8 }, (_, dial) => (down.includes(dial) ? 1 : 0)));
  }

  /** @param steps  for each dial; below zero to the left. */
  turn(...steps: number[]): void {
    this.report(3, 5, 0, 1, ...Array.from({ length: 8 }, (_, dial) => (steps[dial] ?? 0) & 255));
  }

  touch(x: number, isLong = false): void {
    this.report(2, 14, 0, isLong ? 2 : 1, 1, x & 255, x >> 8, 50, 0);
  }

  unplug(): void {
    this.#isPlugged = false;
    for (const end of this.#ends) end.pull();
  }

  replug(): void {
    this.#isPlugged = true;
  }
}

/** The device as the library sees it. */
class SimulatedHid extends EventEmitter {
  readonly #deck: SimulatedDeck;
  readonly #productId: number;
  readonly #onClose: () => void;
  readonly #parts = new Map<Written['place'], Buffer[]>();
  #queue: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(deck: SimulatedDeck, productId: number, onClose: () => void) {
    super();
    this.#deck = deck;
    this.#productId = productId;
    this.#onClose = onClose;
  }

  pull(): void {
    setImmediate(() => this.#isClosed || this.emit('error', GONE));
  }

  async close(): Promise<void> {
    if (this.#isClosed) throw new Error('device is already closed');
    this.#isClosed = true;
    this.#onClose();
  }

  /** As in the library: one after the other. */
  sendFeatureReport(data: Uint8Array): Promise<void> {
    return this.#then(async () => takeFeature(this.#deck, data));
  }

  async getFeatureReport(id: number, length: number): Promise<Uint8Array> {
    this.#check();
    await Promise.resolve();
    const answer = this.#deck.answers.get(id);
    if (answer) return answer;
    const report = Buffer.alloc(length);
    report[0] = id;
    report[1] = 12;
    report.write('1.01.000', id === 5 ? 6 : 5, 'latin1');
    return report;
  }

  sendReports(reports: Uint8Array[]): Promise<void> {
    return this.#then(async () => {
      await this.#deck.beforeWrite?.();
      this.#check();
      for (const report of reports) this.#take(Buffer.from(report));
    });
  }

  async getDeviceInfo() {
    return { path: this.#deck.info.path, productId: this.#productId, vendorId: 0x0fd9 };
  }

  async getChildDeviceInfo() {
    return null;
  }

  #check(): void {
    if (this.#isClosed) throw new Error('device has been closed');
    if (!this.#deck.isPlugged) throw new Error('Cannot write to hid device: No such device');
  }

  #then(work: () => Promise<void>): Promise<void> {
    const done = this.#queue.then(() => {
      this.#check();
      return work();
    });
    this.#queue = done.catch(() => undefined);
    return done;
  }

  #take(report: Buffer): void {
    const packet = packetOf(report, this.#deck.info.model);
    if (!packet) return;
    const { place, isLast, body } = packet;
    const parts = [...(this.#parts.get(place) ?? []), body];
    this.#parts.set(place, isLast ? [] : parts);
    if (!isLast) return;
    this.#deck.take({ place, image: Buffer.concat(parts) });
  }
}

/** One output report of a picture. */
function packetOf(
  report: Buffer,
  model: string,
): { place: Written['place']; isLast: boolean; body: Buffer } | undefined {
  const [id, command = 0] = report;
  if (id !== 2) return undefined;
  switch (command) {
    case 0x01: {
      // The first model sends each half of its BMP in one long report; what follows in it is nothing.
      const bytes = model === 'original' ? (54 + 72 * 72 * 3) / 2 : report.length - 16;
      return { place: (report[5] ?? 0) - 1, isLast: report[4] === 1, body: report.subarray(16, 16 + bytes) };
    }
    case 0x07:
      return { place: report[2] ?? 0, isLast: report[3] === 1, body: report.subarray(8, 8 + report.readUInt16LE(4)) };
    case 0x0b:
      return { place: 'strip', isLast: report[3] === 1, body: report.subarray(8, 8 + report.readUInt16LE(4)) };
    case 0x0c:
      return { place: 'strip', isLast: report[10] === 1, body: report.subarray(16, 16 + report.readUInt16LE(13)) };
    default:
      return undefined;
  }
}

function takeFeature(deck: SimulatedDeck, [id, command, a = 0, b = 0, c = 0, d = 0]: Uint8Array): void {
  if (id === 3 && command === 8) deck.take({ brightness: a });
  if (id === 5 && command === 0x55) deck.take({ brightness: d });
  if (id === 3 && command === 6) deck.take({ place: a, colour: [b, c, d] });
}

/** A machine with decks on it. */
export class SimulatedDecks implements DeckDriver {
  readonly #decks: readonly SimulatedDeck[];

  constructor(...decks: SimulatedDeck[]) {
    this.#decks = decks;
  }

  async list(): Promise<readonly DeckInfo[]> {
    await Promise.resolve();
    return this.#decks.filter(({ isPlugged }) => isPlugged).map(({ info }) => info);
  }

  async open(path: string): Promise<StreamDeck> {
    await Promise.resolve();
    const deck = this.#decks.find(({ info }) => info.path === path);
    if (!deck) throw new Error(`Failed to open a device with path '${path}': No such file`);
    return deck.open();
  }
}
