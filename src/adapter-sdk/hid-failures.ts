/** What adapters over node-hid do alike: their words for what goes wrong, and how a device is closed. */
import { BridgeError, wordsOf } from '../kit/errors.js';

/** The failures of one adapter's driver. */
export interface HidFailures {
  /** What listing or opening failed with. node-hid loads its binary at the first call, so that a missing library shows here. */
  whyFailed(error: unknown, what: string): BridgeError;
  /** The package did not load. It names the Debian package of the library that the loader did not find. */
  missing(cause: unknown): BridgeError;
}

/**
 * @param driver  what does not load then, as in `node-hid does not load`.
 * @param elsewhere  what to do about a denied permission where there is no udev.
 */
export function hidFailures(driver: string, elsewhere: string): HidFailures {
  const missing = (cause: unknown): BridgeError => {
    const words = wordsOf(cause);
    const needed = /libusb/.test(words)
      ? 'libusb-1.0-0'
      : /libudev/.test(words)
        ? 'libudev1'
        : 'libusb-1.0-0 and libudev1';
    const message = `${driver} does not load (${words}); on Debian install ${needed}`;
    return new BridgeError('DEVICE_DRIVER_MISSING', message, { cause });
  };
  const whyFailed = (error: unknown, what: string): BridgeError => {
    const words = wordsOf(error);
    const isDlopen = error instanceof Error && 'code' in error && error.code === 'ERR_DLOPEN_FAILED';
    if (isDlopen || /cannot open shared object|\.so\b/.test(words)) return missing(error);
    const isDenied = /permission denied|access is denied|not permitted/i.test(words);
    const hint = `permission denied; install config/udev/70-pacebuddy.rules and put the bridge’s user into the group plugdev (${elsewhere})`;
    return new BridgeError('DEVICE_UNREACHABLE', `${what}: ${isDenied ? hint : words}`, { cause: error });
  };
  return { whyFailed, missing };
}

/**
 * Closes a device one tick late: node-hid begins to read one tick after somebody listens, and a device that was closed
 * meanwhile throws there, where nobody can catch it.
 */
export const closeLate = (handle: { close(): Promise<void> }): Promise<void> =>
  new Promise<void>((resolve) => process.nextTick(resolve)).then(() => handle.close());
