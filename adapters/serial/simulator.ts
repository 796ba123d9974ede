/** Serial ports in memory, at the level of serialport's bindings: the device's end is an object. */
import type { Binding, Levels, ModemLines, Port, PortInfo, PortOptions } from './safe-binding.js';

/** A device on a simulated port. Plugged in when made. */
export class SimulatedPort implements Binding {
  readonly info: PortInfo;
  /** All that was written to the device, over all openings. */
  received: Buffer = Buffer.alloc(0);
  /** What the port was last opened with. */
  openedWith: PortOptions | undefined;
  /** So many bytes the system takes for a device that holds back; the rest of a write waits. */
  systemBytes = 0;
  /** true: like a pty, whose system says at once that all has left. */
  drainsAtOnce = false;
  /** false: like a pty, which has bytes only. */
  hasHandshakeLines = true;
  /** Switches that are closed now: the line that is read, and the line that feeds it. */
  readonly closed = new Map<keyof ModemLines, keyof Levels>();
  /** The lines that the bridge drives. The system raises both when it opens a port and drops both when it closes it. */
  levels: Levels = { rts: false, dtr: false };
  /** What the bridge set them to, over all openings. */
  readonly levelsSet: Levels[] = [];
  /** How often what had not left, or was not read yet, was thrown away. */
  flushes = 0;
  /** How often the lines were looked at. */
  looks = 0;
  /** What an answer to a look waits for. */
  answering: Promise<void> | undefined;
  #isReady = true;
  /** What was left in the system when the port was closed. */
  #orphaned: Buffer = Buffer.alloc(0);
  #isPlugged = true;
  #open: SimulatedEnd | undefined;

  constructor(info: PortInfo) {
    this.info = info;
  }

  /** false: the device's flow control holds back all that is written. */
  get isReady(): boolean {
    return this.#isReady;
  }

  set isReady(isReady: boolean) {
    this.#isReady = isReady;
    if (!isReady) return;
    this.received = Buffer.concat([this.received, this.#orphaned]);
    this.#orphaned = Buffer.alloc(0);
    this.#open?.leave();
  }

  /** How many have it open: 0 or 1. */
  get openings(): number {
    return this.#open ? 1 : 0;
  }

  async list(): Promise<readonly PortInfo[]> {
    return this.#isPlugged ? [this.info] : [];
  }

  async open(options: PortOptions): Promise<Port> {
    await Promise.resolve();
    if (!this.#isPlugged || options.path !== this.info.path) {
      throw new Error(`Error: No such file or directory, cannot open ${options.path}`);
    }
    if (this.#open) throw new Error('Error Resource temporarily unavailable Cannot lock port');
    this.openedWith = options;
    this.levels = { rts: true, dtr: true };
    this.#open = new SimulatedEnd(this, (leaving) => {
      this.#open = undefined;
      this.#orphaned = Buffer.concat([this.#orphaned, leaving]);
      this.levels = { rts: false, dtr: false };
    });
    return this.#open;
  }

  /** From now on a look at the lines is not answered, until what is returned is called. */
  hangLooks(): () => void {
    let answer: () => void = () => undefined;
    this.answering = new Promise((resolve) => {
      answer = resolve;
    });
    return answer;
  }

  /** The device says something. Nobody hears it while the port is not open. */
  say(bytes: string | Uint8Array): void {
    this.#open?.hear(Buffer.from(bytes));
  }

  unplug(): void {
    this.#isPlugged = false;
    this.#open?.hangUp();
  }

  replug(): void {
    this.#isPlugged = true;
  }
}

class SimulatedEnd implements Port {
  readonly #device: SimulatedPort;
  readonly #onClose: (leaving: Buffer) => void;
  #heard: Buffer = Buffer.alloc(0);
  /** What the system holds and the device has not got yet. */
  #leaving: Buffer = Buffer.alloc(0);
  #onLeft: (() => void)[] = [];
  #wake: () => void = () => undefined;
  #state: 'open' | 'gone' | 'closed' = 'open';

  constructor(device: SimulatedPort, onClose: (leaving: Buffer) => void) {
    this.#device = device;
    this.#onClose = onClose;
  }

  hear(bytes: Buffer): void {
    this.#heard = Buffer.concat([this.#heard, bytes]);
    this.#wake();
  }

  hangUp(): void {
    this.#state = 'gone';
    this.#wake();
  }

  async read(buffer: Buffer, offset: number, length: number): Promise<{ bytesRead: number }> {
    while (this.#heard.length === 0) {
      this.#check();
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    this.#check();
    const bytesRead = this.#heard.copy(buffer, offset, 0, length);
    this.#heard = this.#heard.subarray(bytesRead);
    return { bytesRead };
  }

  async write(bytes: Buffer): Promise<void> {
    this.#check();
    await Promise.resolve();
    this.#check();
    const room = this.#device.isReady ? bytes.length : Math.max(0, this.#device.systemBytes - this.#leaving.length);
    this.#leaving = Buffer.concat([this.#leaving, bytes.subarray(0, room)]);
    setImmediate(() => this.leave());
    // The rest waits for room, and is not waited for here: a test that wants it to go on writes anew.
    if (room < bytes.length) return new Promise(() => undefined);
  }

  async drain(): Promise<void> {
    this.#check();
    if (this.#leaving.length === 0 || this.#device.drainsAtOnce) return;
    await new Promise<void>((resolve) => this.#onLeft.push(resolve));
  }

  async flush(): Promise<void> {
    this.#check();
    this.#device.flushes += 1;
    this.#heard = Buffer.alloc(0);
    this.#leaving = Buffer.alloc(0);
    this.#endDrains();
  }

  async get(): Promise<ModemLines> {
    this.#check();
    if (!this.#device.hasHandshakeLines) throw new Error('Error: Inappropriate ioctl for device, cannot get');
    this.#device.looks += 1;
    await this.#device.answering;
    const { closed, levels } = this.#device;
    const isOn = (line: keyof ModemLines) => {
      const supply = closed.get(line);
      return supply !== undefined && levels[supply];
    };
    return { cts: isOn('cts'), dsr: isOn('dsr'), dcd: isOn('dcd') };
  }

  async set({ rts, dtr }: Levels): Promise<void> {
    this.#check();
    if (!this.#device.hasHandshakeLines) throw new Error('Error: Inappropriate ioctl for device, cannot set');
    this.#device.levels = { rts, dtr };
    this.#device.levelsSet.push({ rts, dtr });
  }

  async close(): Promise<void> {
    if (this.#state === 'closed') throw new Error('Port is not open');
    this.#state = 'closed';
    this.#wake();
    this.#onClose(this.#leaving);
    this.#leaving = Buffer.alloc(0);
  }

  leave(): void {
    if (!this.#device.isReady) return;
    if (this.#state === 'open') this.#device.received = Buffer.concat([this.#device.received, this.#leaving]);
    this.#leaving = Buffer.alloc(0);
    this.#endDrains();
  }

  #endDrains(): void {
    for (const end of this.#onLeft.splice(0)) end();
  }

  #check(): void {
    if (this.#state !== 'open') throw new Error(this.#state === 'gone' ? 'bad file descriptor' : 'Port is not open');
  }
}
