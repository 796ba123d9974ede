/** The little of node-hid that is used here, and how it is loaded. */
import { BridgeError, wordsOf } from '../../src/kit/errors.js';

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

/**
 * node-hid begins to read one tick after somebody listens; a device that was closed meanwhile throws there, where nobody
 * can catch it. So a device is closed one tick late.
 */
function unhurried(handle: HidHandle): HidHandle {
  return {
    on: handle.on.bind(handle),
    close: () => new Promise<void>((resolve) => process.nextTick(resolve)).then(() => handle.close()),
  };
}

/** node-hid loads its binary at the first call: the first to fail tells which library is not there. */
export function whyFailed(error: unknown, what: string): BridgeError {
  const words = wordsOf(error);
  const isDlopen = error instanceof Error && 'code' in error && error.code === 'ERR_DLOPEN_FAILED';
  if (isDlopen || /cannot open shared object|\.so\b/.test(words)) return missing(error);
  if (/permission denied|access is denied|not permitted/i.test(words)) {
    return new BridgeError(
      'DEVICE_UNREACHABLE',
      `${what}: permission denied; install config/udev/70-pacebuddy.rules and put the bridge’s user into the group plugdev (macOS: allow Input Monitoring)`,
      { cause: error },
    );
  }
  return new BridgeError('DEVICE_UNREACHABLE', `${what}: ${words}`, { cause: error });
}

/** Which Debian package holds the library that the loader did not find. */
function missing(cause: unknown): BridgeError {
  const words = wordsOf(cause);
  const needed = /libusb/.test(words)
    ? 'libusb-1.0-0'
    : /libudev/.test(words)
      ? 'libudev1'
      : 'libusb-1.0-0 and libudev1';
  return new BridgeError('DEVICE_DRIVER_MISSING', `node-hid does not load (${words}); on Debian install ${needed}`, {
    cause,
  });
}
