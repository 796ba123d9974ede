/** What comes and goes on this machine while somebody plugs. */

import type { KindListing } from '../app/bridge.js';
import { watchPlugging } from '../app/registry.js';
import type { Clock } from '../kit/clock.js';

export type FoundDevice = (KindListing & { ok: true })['found'][number];

/** After a nudge: udev sets permissions and the sound system its ports a little later than the file is there. */
const SETTLE_MS = 400;
/** The net below the nudges, and instead of them where there are none. A look is a short process a kind. */
const LOOK_EVERY_MS = { nudged: 10_000, blind: 3000 } as const;

export interface WatchDevicesOptions {
  /** Never rejects. */
  look: () => Promise<KindListing[]>;
  /** What is known to be there already. */
  first: readonly KindListing[];
  tell: (what: 'device.found' | 'device.gone', kind: string, found: FoundDevice) => void;
  clock: Clock;
  /** Folders whose files come and go with devices. */
  folders?: readonly string[];
}

/** Tells what comes and goes, until the signal aborts; a device of which something else is told has gone and come. */
export async function watchDevices(options: WatchDevicesOptions, signal: AbortSignal): Promise<void> {
  const { look, first, tell, clock, folders } = options;
  let nudge = new AbortController();
  const plugging = watchPlugging(() => nudge.abort(), folders);
  let known = byKey(first);
  while (!signal.aborted) {
    plugging.refresh();
    const limitMs = plugging.isHeard ? LOOK_EVERY_MS.nudged : LOOK_EVERY_MS.blind;
    await clock.sleep(limitMs, AbortSignal.any([signal, nudge.signal]));
    nudge = new AbortController();
    await clock.sleep(SETTLE_MS, signal);
    if (signal.aborted) break;
    const listings = await look();
    if (signal.aborted) break;
    const now = byKey(listings);
    // A kind that could not be looked for says nothing of what was there before.
    const unknown = new Set(listings.filter(({ ok }) => !ok).map(({ kind }) => kind));
    for (const [key, seen] of known) {
      if (unknown.has(seen.kind)) now.set(key, seen);
      else if (!now.has(key)) tell('device.gone', seen.kind, seen.found);
    }
    for (const [key, { kind, found }] of now) if (!known.has(key)) tell('device.found', kind, found);
    known = now;
  }
  plugging.close();
}

interface Seen {
  kind: string;
  found: FoundDevice;
}

/** What is seen, by all that is told of it but its nickname: that depends on what else is there. */
const byKey = (listings: readonly KindListing[]): Map<string, Seen> =>
  new Map(
    listings.flatMap((listing) =>
      listing.ok ? listing.found.map((found) => [keyOf(listing.kind, found), { kind: listing.kind, found }]) : [],
    ),
  );

const keyOf = (kind: string, { nickname: _nickname, ...found }: FoundDevice): string => JSON.stringify([kind, found]);
