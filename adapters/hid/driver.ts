/** The little of node-hid that is used here, and how it is loaded. */
import { closeLate, hidFailures } from '../../src/adapter-sdk/hid-failures.js';

export const { whyFailed, missing } = hidFailures('node-hid', 'macOS: allow Input Monitoring');

/** A device as the system lists it. One of several top-level collections may be listed once for each. */
export interface HidInfo {
  vendorId: number;
  productId: number;
  path?: string | undefined;
  serialNumber?: string | undefined;
  product?: string | undefined;
  interface: number;
  usagePage?: number | undefined;
  usage?: number | undefined;
}

/** An open device. It says that it is gone by `error`, and only while somebody listens for `data`. */
export interface HidHandle {
  on(event: 'data', listener: (report: Uint8Array) => void): unknown;
  /** The error may be a plain string. */
  on(event: 'error', listener: (error: unknown) => void): unknown;
  /** Rejects the second time. */
  close(): Promise<void>;
}

export interface HidDriver {
  /** 0 and 0 stand for any. */
  devices(vendorId: number, productId: number): Promise<readonly HidInfo[]>;
  open(path: string): Promise<HidHandle>;
}

/**
 * node-hid, in its asynchronous form: listing and opening do not stall the event loop.
 * @throws DEVICE_DRIVER_MISSING when the package does not load
 */
export async function loadNodeHid(): Promise<HidDriver> {
  try {
    const { devicesAsync, HIDAsync } = await import('node-hid');
    return {
      devices: (vendorId, productId) => devicesAsync(vendorId, productId),
      open: async (path) => unhurried(await HIDAsync.open(path)),
    };
  } catch (cause) {
    throw missing(cause);
  }
}

/** See `closeLate`. */
const unhurried = (handle: HidHandle): HidHandle => ({
  on: handle.on.bind(handle),
  close: () => closeLate(handle),
});
