/** The little of @elgato-stream-deck/node that is used here, and how it is loaded. */
import type { StreamDeck } from '@elgato-stream-deck/node';
import { hidFailures } from '../../src/adapter-sdk/hid-failures.js';
import { encodeJpeg } from './jpeg.js';

export type { StreamDeck };

export const { whyFailed, missing } = hidFailures(
  'the Stream Deck’s driver',
  'macOS, Windows: end Elgato’s own program',
);

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
