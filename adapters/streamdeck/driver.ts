/** The little of @elgato-stream-deck/node that is used here, and how it is loaded. */
import type { StreamDeck } from '@elgato-stream-deck/node';
import { BridgeError, wordsOf } from '../../src/kit/errors.js';
import { encodeJpeg } from './jpeg.js';

export type { StreamDeck };

/** A Stream Deck as the system lists it. */
export interface DeckInfo {
  /** As in models.ts, or one that a newer library knows. */
  model: string;
  path: string;
  serialNumber?: string | undefined;
}

export interface DeckDriver {
  list(): Promise<readonly DeckInfo[]>;
  open(path: string): Promise<StreamDeck>;
}

/** What the library is given to make the newer models' pictures with. */
export const encodeJPEG = async (rgba: Uint8Array, width: number, height: number): Promise<Uint8Array> =>
  encodeJpeg(rgba, width, height);

/** @throws DEVICE_DRIVER_MISSING when the package does not load */
export async function loadLibrary(): Promise<DeckDriver> {
  try {
    const { listStreamDecks, openStreamDeck } = await import('@elgato-stream-deck/node');
    return { list: listStreamDecks, open: (path) => openStreamDeck(path, { encodeJPEG }) };
  } catch (cause) {
    throw missing(cause);
  }
}

/** node-hid loads its binary at the first call: the first to fail tells which library is not there. */
export function whyFailed(error: unknown, what: string): BridgeError {
  const words = wordsOf(error);
  const isDlopen = error instanceof Error && 'code' in error && error.code === 'ERR_DLOPEN_FAILED';
  if (isDlopen || /cannot open shared object|\.so\b/.test(words)) return missing(error);
  if (/permission denied|access is denied|not permitted/i.test(words)) {
    return new BridgeError(
      'DEVICE_UNREACHABLE',
      `${what}: permission denied; install config/udev/70-pacebuddy.rules and put the bridge’s user into the group plugdev (macOS, Windows: end Elgato’s own program)`,
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
  return new BridgeError(
    'DEVICE_DRIVER_MISSING',
    `the Stream Deck’s driver does not load (${words}); on Debian install ${needed}`,
    { cause },
  );
}
