import { isDeepStrictEqual } from 'node:util';
import type { Command, Receipt } from '../adapter-sdk/adapter.js';
import { BridgeError } from '../kit/errors.js';
import {
  type Alarm,
  type DeviceReport,
  type DeviceSpec,
  SupervisedDevice,
  type SupervisionOptions,
} from './supervised-device.js';

/** All devices of the bridge file, each looked after on its own: a lost one costs itself only. */
export class Supervisor {
  readonly #options: SupervisionOptions;
  readonly #devices = new Map<string, SupervisedDevice>();
  #names: ReadonlySet<string> = new Set();

  constructor(options: SupervisionOptions) {
    this.#options = options;
  }

  get names(): ReadonlySet<string> {
    return this.#names;
  }

  report(): DeviceReport[] {
    return [...this.#devices.values()].map((device) => device.report());
  }

  /**
   * Makes the devices those of `specs`: new ones are started, removed ones closed, changed ones and those that are
   * down closed and started anew. The others go on, and are told when their rules are others.
   */
  async configure(specs: readonly DeviceSpec[]): Promise<void> {
    this.#names = new Set(specs.map(({ name }) => name));
    const wanted = new Map(specs.map((spec) => [spec.name, spec]));
    const leaving = [...this.#devices.values()].filter((device) => {
      const spec = wanted.get(device.spec.name);
      return !spec || !isSameDevice(spec, device.spec) || device.report().status === 'down';
    });
    for (const device of leaving) this.#devices.delete(device.spec.name);
    await Promise.all(leaving.map((device) => device.close()));
    for (const spec of specs) {
      const device = this.#devices.get(spec.name);
      if (device) device.follow(spec.patterns);
      else this.#devices.set(spec.name, new SupervisedDevice(spec, this.#options));
    }
  }

  /** @throws DEVICE_CLOSED, and what the device's adapter throws */
  async send(device: string, command: Command): Promise<Receipt> {
    const target = this.#devices.get(device);
    if (!target) throw new BridgeError('DEVICE_CLOSED', `no device is called ${device}`);
    return target.send(command);
  }

  /** What is wrong with a device although it works; undefined: nothing any more. */
  raise(device: string, alarm: Alarm | undefined): void {
    this.#devices.get(device)?.raise(alarm);
  }

  /** Where the device's own playhead stands, as in Health. */
  playheadOf(device: string): string | null | undefined {
    return this.#devices.get(device)?.playhead;
  }

  /** The show has changed: every device with a display paints what it looks like now. */
  repaint(): void {
    const displays = [...this.#devices.values()].filter((device) => device.hasDisplay);
    const face = displays.length > 0 ? this.#options.face?.() : undefined;
    if (face) for (const device of displays) device.display(face);
  }

  /** A command in a few words. */
  /** Says goodbye to every device. Idempotent, never rejects. */
  async close(): Promise<void> {
    const devices = [...this.#devices.values()];
    this.#devices.clear();
    await Promise.all(devices.map((device) => device.close()));
  }
}

const isSameDevice = (a: DeviceSpec, b: DeviceSpec): boolean =>
  a.adapter === b.adapter && a.baseDir === b.baseDir && isDeepStrictEqual(a.config, b.config);
