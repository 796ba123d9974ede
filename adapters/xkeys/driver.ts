/** The little of node-hid and of the X-keys library that is used here, and how they are loaded. */
import type { HIDDevice, Product, XKeys } from 'xkeys';
import { closeLate, hidFailures } from '../../src/adapter-sdk/hid-failures.js';

export const { whyFailed, missing } = hidFailures('the X-keys’ driver', 'macOS: allow Input Monitoring');

/** The vendor id of P.I. Engineering. */
export const VENDOR_ID = 0x05f3;

/** A HID device as the system lists it. */
export interface PanelInfo {
  vendorId: number;
  productId: number;
  path?: string | undefined;
  product?: string | undefined;
  /** -1 where the system does not know it. */
  interface: number;
}

/** An open device. It says that it is gone by `error`, and only while somebody listens for `data`. */
export interface PanelHandle {
  on(event: 'data', listener: (report: Buffer) => void): unknown;
  /** The error may be a plain string. */
  on(event: 'error', listener: (error: unknown) => void): unknown;
  /** @param report  its number first, 0 for a device without numbered reports. */
  write(report: number[]): Promise<unknown>;
  /** Rejects the second time. */
  close(): Promise<void>;
}

/** What decodes reports and encodes lamps: the classes of the npm package `xkeys`. */
export interface PanelLibrary {
  /** What the library knows of such a device; undefined: it is no X-keys, or a part of one that tells nothing. */
  productOf(info: PanelInfo): Product | undefined;
  make(device: HIDDevice, info: PanelInfo): XKeys;
}

export interface XkeysDriver {
  devices(): Promise<readonly PanelInfo[]>;
  open(path: string): Promise<PanelHandle>;
}

/** @throws DEVICE_DRIVER_MISSING when the package does not load */
export async function loadNodeHid(): Promise<XkeysDriver> {
  try {
    const { devicesAsync, HIDAsync } = await import('node-hid');
    return {
      devices: async () => (await devicesAsync()).filter(({ vendorId }) => vendorId === VENDOR_ID),
      open: async (path) => unhurried(await HIDAsync.open(path)),
    };
  } catch (cause) {
    throw missing(cause);
  }
}

/**
 * Its classes only: its watcher would need the package `usb`, and its way to open a device queues writes without an end.
 * @throws DEVICE_DRIVER_MISSING when the package does not load
 */
export async function loadLibrary(): Promise<PanelLibrary> {
  try {
    const { XKeys } = await import('xkeys');
    const asked = ({ vendorId, productId, product, interface: part }: PanelInfo) => ({
      vendorId,
      productId,
      product,
      // What the system does not know cannot rule a device out.
      interface: part < 0 ? null : part,
    });
    return {
      productOf: (info) => XKeys.filterDevice(asked(info))?.product,
      make: (device, info) => new XKeys(device, asked(info), info.path),
    };
  } catch (cause) {
    throw missing(cause);
  }
}

/** See `closeLate`. */
const unhurried = (handle: PanelHandle): PanelHandle => ({
  on: handle.on.bind(handle),
  write: (report) => handle.write(report),
  close: () => closeLate(handle),
});
