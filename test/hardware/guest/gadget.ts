/**
 * USB devices made of software, on a software USB bus: the kernel's own gadget functions behind dummy_hcd. The bridge's
 * side is what a cable would bring, with the kernel's usual drivers; the device's side is a file that the test holds.
 */
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmdirSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { eventually } from '../../support/waiting.js';

const CONFIGFS = '/sys/kernel/config';
const GADGETS = `${CONFIGFS}/usb_gadget`;
/** Software buses, and so devices that can be plugged in at the same time. */
const BUSES = 4;
const MODULES =
  'libcomposite usb_f_midi usb_f_hid usb_f_acm snd-usb-audio usbhid hid-generic cdc-acm snd-seq snd-seq-midi';

/** Three pedals in one byte of bits, and a byte that is always 0: the form of a VEC Infinity pedal's reports. */
// biome-ignore format: one item of the descriptor a line would say no more
export const PEDAL_REPORTS = Buffer.from([
  0x05, 0x0c, 0x09, 0x03, 0xa1, 0x01, 0x05, 0x09, 0x19, 0x01, 0x29, 0x03, 0x15, 0x00, 0x25, 0x01, 0x75, 0x01,
  0x95, 0x03, 0x81, 0x02, 0x75, 0x05, 0x95, 0x01, 0x81, 0x03, 0x75, 0x08, 0x95, 0x01, 0x81, 0x03, 0xc0,
]);

const FUNCTIONS: Record<'midi' | 'hid' | 'acm', (name: string) => Record<string, string | Buffer>> = {
  midi: (id) => ({ id }),
  hid: () => ({ protocol: '0', subclass: '0', report_length: '2', report_desc: PEDAL_REPORTS }),
  acm: () => ({}),
};

export interface Identity {
  vendorId: number;
  productId: number;
  product: string;
  serialNumber: string;
}

const readText = (path: string): string => (existsSync(path) ? readFileSync(path, 'utf8') : '');

/** Whether the bridge's side of the cable is there for any program. */
const SEEN: Record<keyof typeof FUNCTIONS, (identity: Identity) => () => boolean> = {
  midi:
    ({ product }) =>
    () =>
      readText('/proc/asound/seq/clients').includes(`"${product}"`),
  hid:
    ({ serialNumber }) =>
    () =>
      nodes('hidraw').some((node) => uevent('hidraw', node).includes(serialNumber)),
  acm:
    ({ serialNumber }) =>
    () =>
      nodes('tty').some((node) => readText(`/sys/class/tty/${node}/device/../serial`).trim() === serialNumber),
};
const nodes = (kind: string): string[] =>
  (existsSync(`/sys/class/${kind}`) ? readdirSync(`/sys/class/${kind}`) : []).filter((node) =>
    existsSync(`/dev/${node}`),
  );
const uevent = (kind: string, node: string): string => readText(`/sys/class/${kind}/${node}/device/uevent`);

let isReady = false;

function prepare(): void {
  if (isReady) return;
  execFileSync('modprobe', ['dummy_hcd', `num=${BUSES}`]);
  execFileSync('modprobe', ['-a', ...MODULES.split(' ')]);
  if (!existsSync(GADGETS)) execFileSync('mount', ['-t', 'configfs', 'none', CONFIGFS]);
  isReady = true;
}

/** One device. It is made unplugged. */
export class Gadget {
  readonly kind: keyof typeof FUNCTIONS;
  readonly #folder: string;
  readonly #name: string;
  readonly #isSeen: () => boolean;
  #bus: string | undefined;
  #end: DeviceEnd | undefined;

  constructor(kind: keyof typeof FUNCTIONS, name: string, { vendorId, productId, product, serialNumber }: Identity) {
    prepare();
    this.kind = kind;
    this.#name = name;
    this.#isSeen = SEEN[kind]({ vendorId, productId, product, serialNumber });
    this.#folder = `${GADGETS}/${name}`;
    // One that a test has left behind when it died.
    this.remove();
    for (const folder of ['', '/strings/0x409', '/configs/c.1', '/configs/c.1/strings/0x409', `/functions/${kind}.0`]) {
      mkdirSync(this.#folder + folder);
    }
    const set = (file: string, value: string | Buffer) => writeFileSync(`${this.#folder}/${file}`, value);
    set('idVendor', String(vendorId));
    set('idProduct', String(productId));
    set('bcdUSB', '0x0200');
    set('strings/0x409/manufacturer', 'PaceBuddy tests');
    set('strings/0x409/product', product);
    set('strings/0x409/serialnumber', serialNumber);
    for (const [file, value] of Object.entries(FUNCTIONS[kind](name))) set(`functions/${kind}.0/${file}`, value);
    symlinkSync(`${this.#folder}/functions/${kind}.0`, `${this.#folder}/configs/c.1/${kind}.0`);
  }

  /** The cable goes in, and the machine has seen it. @returns the device's own end, opened */
  async plug(): Promise<DeviceEnd> {
    const taken = readdirSync(GADGETS).map((name) => readFileSync(`${GADGETS}/${name}/UDC`, 'utf8').trim());
    this.#bus ??= readdirSync('/sys/class/udc')
      .sort()
      .find((bus) => !taken.includes(bus));
    if (this.#bus === undefined) throw new Error(`all ${BUSES} buses are taken`);
    writeFileSync(`${this.#folder}/UDC`, this.#bus);
    await eventually(() => existsSync(this.#endPath()), `the end of the ${this.kind} gadget`);
    const path = this.#endPath();
    if (this.kind === 'acm') execFileSync('stty', ['-F', path, 'raw', '-echo']);
    this.#end = new DeviceEnd(path);
    await eventually(this.#isSeen, `the ${this.kind} device at the end of its cable`);
    return this.#end;
  }

  /** The cable is pulled, in the middle of whatever goes on. */
  unplug(): void {
    if (!this.isPlugged) return;
    writeFileSync(`${this.#folder}/UDC`, '\n');
    this.#end?.close();
    this.#end = undefined;
  }

  get isPlugged(): boolean {
    return readFileSync(`${this.#folder}/UDC`, 'utf8').trim() !== '';
  }

  /** Unplugs it and takes it apart. Idempotent. */
  remove(): void {
    if (!existsSync(this.#folder)) return;
    this.unplug();
    unlinkSync(`${this.#folder}/configs/c.1/${this.kind}.0`);
    for (const folder of [
      '/configs/c.1/strings/0x409',
      '/configs/c.1',
      `/functions/${this.kind}.0`,
      '/strings/0x409',
      '',
    ]) {
      rmdirSync(this.#folder + folder);
    }
  }

  /** The file of the device's own end, once there is one. */
  #endPath(): string {
    const read = (file: string) => readFileSync(`${this.#folder}/functions/${this.kind}.0/${file}`, 'utf8').trim();
    if (this.kind === 'acm') return `/dev/ttyGS${read('port_num')}`;
    if (this.kind === 'hid') return `/dev/hidg${read('dev').split(':')[1]}`;
    const card = new RegExp(`^ *(\\d+) \\[${this.#name} `, 'm').exec(readText('/proc/asound/cards'))?.[1];
    return card === undefined ? '' : `/dev/snd/midiC${card}D0`;
  }
}

/** The device's own end of the cable, or of whatever else is a file that never blocks. */
export class DeviceEnd {
  readonly #fd: number;
  readonly #taken: Buffer[] = [];
  readonly #buffer = Buffer.alloc(65_536);
  #isOpen = true;

  constructor(path: string) {
    this.#fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK | constants.O_NOCTTY);
    // A raw MIDI port keeps nothing before its first read.
    this.#drain();
  }

  /** All that the bridge sent since it was plugged in. */
  get received(): Buffer {
    this.#drain();
    return Buffer.concat(this.#taken);
  }

  /** Resolves once the device has given the bytes to its bus. */
  async say(bytes: Uint8Array | string): Promise<void> {
    const all = Buffer.from(bytes);
    let from = 0;
    await eventually(() => {
      from += this.#attempt(() => writeSync(this.#fd, all, from));
      return from === all.length;
    }, `${all.length} bytes to leave the device`);
  }

  /** As much as fits right now, for a device that talks without end. @returns how many bytes */
  sayWhatFits(bytes: Uint8Array): number {
    return this.#isOpen ? this.#attempt(() => writeSync(this.#fd, bytes)) : 0;
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#drain();
    this.#isOpen = false;
    closeSync(this.#fd);
  }

  #drain(): void {
    for (;;) {
      const count = this.#isOpen ? this.#attempt(() => readSync(this.#fd, this.#buffer)) : 0;
      if (count === 0) return;
      this.#taken.push(Buffer.from(this.#buffer.subarray(0, count)));
    }
  }

  /** 0 when there is nothing to do now, or nobody at the other end. */
  #attempt(call: () => number): number {
    try {
      return call();
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? '';
      if (['EAGAIN', 'EIO', 'ENODEV', 'ESHUTDOWN', 'ENXIO'].includes(code)) return 0;
      throw error;
    }
  }
}
