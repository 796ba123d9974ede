/** What is plugged into this machine, asked of every kind of adapter at once; a kind that fails costs its own answer only. */

import type { Adapter, Listing, PluggedIn } from '../adapter-sdk/adapter.js';
import { type BridgeError, toBridgeError } from '../kit/errors.js';

/** What one kind found, or why it could not look. */
export type KindListing = { kind: string } & (({ ok: true } & Listing) | { ok: false; why: BridgeError });

/** Each look is the start of a process; more at once take a slow machine longer. */
const LOOKS_AT_ONCE = 2;
/** Devices of one kind that are told, at most. */
const FOUND_MAX = 256;
/** A text that a device says of itself, in characters. */
const TEXT_CHARS_MAX = 256;

/**
 * Looks for all `kinds`, two at a time. What another of the kinds serves better is told there only.
 * Never rejects: a driver that crashes, hangs or lacks a library is the `why` of its own kind.
 * @param kinds  names in `adapters`; one that lists nothing finds nothing.
 */
export async function lookFor(
  kinds: readonly string[],
  adapters: Readonly<Record<string, Adapter>>,
  signal: AbortSignal,
): Promise<KindListing[]> {
  const listings: KindListing[] = [];
  const waiting = [...kinds.entries()];
  const lookAtNext = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const [place, kind] = next;
      listings[place] = await listingOf(kind, adapters[kind], signal);
    }
  };
  await Promise.all(Array.from({ length: LOOKS_AT_ONCE }, lookAtNext));
  const counts = new Map(listings.flatMap((each) => (each.ok ? [[each.kind, each.found.length] as const] : [])));
  const nicknames = new Set<string>();
  return listings.map((listing) => {
    if (!listing.ok) return listing;
    const found = listing.found
      .filter(({ betterWith = '' }) => !counts.get(betterWith))
      .map((each) => (counts.has(each.betterWith ?? '') ? each : withBetter(each, adapters)))
      .map((each) => ({ ...each, nickname: freeName(each.nickname, listing.kind, nicknames) }));
    return { ...listing, found };
  });
}

async function listingOf(kind: string, adapter: Adapter | undefined, signal: AbortSignal): Promise<KindListing> {
  try {
    const listing = (await adapter?.list?.(signal)) ?? { found: [], looked: 'nowhere' };
    return { kind, ok: true, ...listing, found: listing.found.slice(0, FOUND_MAX).map(spoken) };
  } catch (error) {
    return { kind, ok: false, why: toBridgeError(error, 'DEVICE_UNREACHABLE') };
  }
}

/** A device that another adapter of this build, which was not asked, serves better is not offered here, but says so. */
function withBetter(found: PluggedIn, adapters: Readonly<Record<string, Adapter>>): PluggedIn {
  const { betterWith, entry: _entry, ...rest } = found;
  if (betterWith === undefined || adapters[betterWith] === undefined) return found;
  return { ...rest, betterWith, note: `use adapter: ${betterWith}; pacebuddy devices ${betterWith} gives its line` };
}

/** What a device says of itself may hold anything; what is shown is one line. */
function spoken(found: PluggedIn): PluggedIn {
  return { ...found, name: oneLine(found.name), what: oneLine(found.what) };
}

const oneLine = (text: string): string =>
  text
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ')
    .trim()
    .slice(0, TEXT_CHARS_MAX);

/** Not names in YAML. */
const RESERVED = new Set(['true', 'false', 'null', 'yes', 'no', 'on', 'off']);
/** Of a name in the bridge file; 64 are allowed, and a number may follow. */
const NAME_CHARS_MAX = 40;

/** A name that the bridge file allows, and that no other device has been given. */
function freeName(nickname: string, kind: string, taken: Set<string>): string {
  const plain = nickname
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, NAME_CHARS_MAX)
    .replace(/^-+|-+$/g, '');
  const base = /^[a-z]/.test(plain) && !RESERVED.has(plain) ? plain : [kind, plain].filter(Boolean).join('-');
  let name = base;
  for (let n = 2; taken.has(name); n++) name = `${base}-${n}`;
  taken.add(name);
  return name;
}
