/** What comes and goes on this machine while somebody plugs. */
import { type FSWatcher, watch } from 'node:fs';
import type { Clock } from '../kit/clock.js';
import type { KindListing } from '../main.js';

export type FoundDevice = (KindListing & { ok: true })['found'][number];

/** Linux: a device that comes or goes is a file here that comes or goes. */
const DEVICE_FOLDERS = ['/dev', '/dev/snd'];
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
  const { look, first, tell, clock, folders = DEVICE_FOLDERS } = options;
  const nudges = new Nudges(folders, clock);
  let known = byKey(first);
  while (!signal.aborted) {
    await nudges.next(signal);
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
  nudges.close();
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

/** The system's word that something was plugged in or out, where it gives one. */
class Nudges {
  readonly #folders: readonly string[];
  readonly #clock: Clock;
  readonly #watchers = new Map<string, FSWatcher>();
  #nudge = new AbortController();

  constructor(folders: readonly string[], clock: Clock) {
    this.#folders = folders;
    this.#clock = clock;
    this.#watchAll();
  }

  /** Resolves at a nudge, those since the last call included; or after a while; or when the signal aborts. */
  async next(signal: AbortSignal): Promise<void> {
    this.#watchAll();
    const limitMs = this.#watchers.size > 0 ? LOOK_EVERY_MS.nudged : LOOK_EVERY_MS.blind;
    await this.#clock.sleep(limitMs, AbortSignal.any([signal, this.#nudge.signal]));
    this.#nudge = new AbortController();
  }

  close(): void {
    for (const watcher of this.#watchers.values()) watcher.close();
  }

  /** Those that are not watched yet: the sound folder comes with the first sound device. */
  #watchAll(): void {
    for (const folder of this.#folders) if (!this.#watchers.has(folder)) this.#watch(folder);
  }

  #watch(folder: string): void {
    try {
      // Not `change`: whatever is written to a terminal or to /dev/null is one.
      const watcher = watch(folder, (event) => event === 'rename' && this.#nudge.abort());
      watcher.on('error', () => {
        watcher.close();
        this.#watchers.delete(folder);
      });
      this.#watchers.set(folder, watcher);
    } catch {
      // Not Linux, or no sound devices yet: the slow look finds what comes and goes.
    }
  }
}
