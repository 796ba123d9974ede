import { existsSync, type FSWatcher, watch } from 'node:fs';
import { systemClock } from '../kit/clock.js';
import { type KindListing, networkKinds, pluggedIn, pluggedKinds } from '../main.js';
import { deviceStates } from './device-states.js';
import { entryLine } from './entry-line.js';
import { EXIT } from './exit.js';
import { stopSignal } from './run.js';

export interface DevicesOptions {
  url?: string;
  token?: string;
  watch?: boolean;
  json?: boolean;
}

/** Linux: a device that comes or goes is a file here that comes or goes. */
const DEVICE_FOLDERS = ['/dev', '/dev/snd'];
/** After a nudge: udev sets permissions and the sound system its ports a little later than the file is there. */
const SETTLE_MS = 400;
/** The net below the nudges, and instead of them where there are none. A look is a short process a kind. */
const LOOK_EVERY_MS = { nudged: 10_000, blind: 3000 } as const;

/**
 * Tells what is plugged into this machine, each with its line for the bridge file; or, for a bridge file or with a URL,
 * how the devices of a running bridge are. What is told for people may be pasted whole below `devices:`.
 * @param wanted  kinds to look for (all, when empty), or one bridge file.
 */
export async function devices(wanted: readonly string[], options: DevicesOptions): Promise<void> {
  const [file] = wanted.filter((each) => !isKind(each));
  const isFile = file !== undefined && (/[./\\]/.test(file) || existsSync(file));
  if (isFile || options.url !== undefined) {
    if (wanted.length > (isFile ? 1 : 0)) return wrong('name kinds of devices, or one bridge file, or --url; not both');
    if (options.watch) return wrong('--watch is for what is plugged in; pacebuddy log tail follows a running bridge');
    return deviceStates(file, options);
  }
  if (file !== undefined) return wrong(`there is no kind of device, and no file, of the name ${file}; ${KINDS}`);
  const network = wanted.find((kind) => networkKinds.includes(kind));
  if (network !== undefined)
    return wrong(`${network} devices are on the network, where nothing is looked for; ${KINDS}`);
  const kinds = wanted.length === 0 ? pluggedKinds : pluggedKinds.filter((kind) => wanted.includes(kind));

  const life = new AbortController();
  const listings = await pluggedIn(kinds, life.signal);
  const isWhole = listings.every(({ ok }) => ok);
  if (options.json) print(JSON.stringify({ ok: isWhole, kinds: listings.map(asData) }));
  else for (const line of told(listings, wanted.length === 0)) print(line);
  process.exitCode = isWhole ? EXIT.done : EXIT.refused;
  if (!options.watch) return;
  void stopSignal().then(() => life.abort());
  await follow(kinds, listings, life.signal, options.json === true);
  process.exit(EXIT.done);
}

const KINDS = `the kinds are ${pluggedKinds.join(', ')}`;
const isKind = (name: string): boolean => pluggedKinds.includes(name) || networkKinds.includes(name);
const print = (line: string): void => void process.stdout.write(`${line}\n`);

function wrong(words: string): void {
  process.stderr.write(`${words}\n`);
  process.exitCode = EXIT.usage;
}

type Found = (KindListing & { ok: true })['found'][number];

/** As told to a script. */
function asData(listing: KindListing): object {
  if (!listing.ok) {
    const { code, message, hint } = listing.why;
    return { kind: listing.kind, ok: false, code, message, hint };
  }
  const { kind, found, looked, hint } = listing;
  return { kind, ok: true, looked, hint, found: found.map((each) => ({ ...each, ...lineOf(each) })) };
}

const lineOf = ({ nickname, entry }: Found): { line?: string } => (entry ? { line: entryLine(nickname, entry) } : {});

/** For people: all but the lines to paste is a comment in YAML. @param isAll  nobody asked for certain kinds only */
function told(listings: readonly KindListing[], isAll: boolean): string[] {
  const lines = listings.flatMap((listing) => {
    if (!listing.ok) {
      const { code, message, hint } = listing.why;
      return [`# ${listing.kind}: ${code}: ${message}`, `#   ${hint}`, ''];
    }
    const { kind, found, looked, hint } = listing;
    if (found.length === 0) {
      return [`# ${kind}: nothing is plugged in. Looked at: ${looked}.`, ...(hint ? [`#   ${hint}`] : []), ''];
    }
    return [`# ${kind}`, ...found.flatMap(toldOf), ''];
  });
  const hasLines = listings.some((listing) => listing.ok && listing.found.some(({ entry }) => entry));
  const last = [
    ...(hasLines ? ['# Paste below devices: in the bridge file; the name before the colon is yours to choose.'] : []),
    ...(isAll
      ? [`# Not looked for: ${networkKinds.join(', ')} devices, which are on the network; adapters/README.md.`]
      : []),
  ];
  return [...lines, ...last].map(painted);
}

function toldOf(found: Found): string[] {
  const { name, what, note } = found;
  const { line } = lineOf(found);
  return [`  # ${name}: ${what}`, ...(note ? [`  # ! ${note}`] : []), ...(line ? [`  ${line}`] : [])];
}

/** On a terminal the lines to paste stand out, and so does what stands in the way. */
function painted(line: string): string {
  if (!process.stdout.isTTY || process.env.NO_COLOR !== undefined || line === '') return line;
  const style = /^\s*# !|^# \w+: [A-Z]+_/.test(line) ? '33' : line.trimStart().startsWith('#') ? '2' : '1;32';
  return `\u001b[${style}m${line}\u001b[0m`;
}

/** Tells what comes and goes, until the signal aborts. */
async function follow(
  kinds: readonly string[],
  first: readonly KindListing[],
  signal: AbortSignal,
  json: boolean,
): Promise<void> {
  const clock = systemClock();
  const nudges = new Nudges();
  let known = byKey(first);
  if (!json) print(painted('\n# Watching: plug something in. Ctrl-C ends.'));
  while (!signal.aborted) {
    await nudges.next(nudges.isDeaf ? LOOK_EVERY_MS.blind : LOOK_EVERY_MS.nudged, signal);
    await clock.sleep(SETTLE_MS, signal);
    if (signal.aborted) break;
    const listings = await pluggedIn(kinds, signal);
    // A kind that could not be looked for says nothing of what was there before.
    const unknown = new Set(listings.filter(({ ok }) => !ok).map(({ kind }) => kind));
    const now = byKey(listings);
    for (const [key, seen] of known) {
      if (unknown.has(seen.kind)) now.set(key, seen);
      else if (!now.has(key)) tell('device.gone', seen);
    }
    for (const [key, seen] of now) if (!known.has(key)) tell('device.found', seen);
    known = now;
  }
  nudges.close();

  function tell(msg: string, { kind, found }: Seen): void {
    if (json) print(JSON.stringify({ msg, kind, ...found, ...lineOf(found) }));
    else if (msg === 'device.found') for (const line of toldOf(found)) print(painted(line));
    else print(painted(`  # gone: ${found.name}`));
  }
}

interface Seen {
  kind: string;
  found: Found;
}

/** What is seen, by all that is told of it: a permission that comes late is a change as well. */
const byKey = (listings: readonly KindListing[]): Map<string, Seen> =>
  new Map(
    listings.flatMap((listing) =>
      listing.ok
        ? listing.found.map((found) => [JSON.stringify([listing.kind, found]), { kind: listing.kind, found }] as const)
        : [],
    ),
  );

/** The system's word that something was plugged in or out, where it gives one. */
class Nudges {
  readonly #clock = systemClock();
  readonly #watchers = new Map<string, FSWatcher>();
  #nudge = new AbortController();

  get isDeaf(): boolean {
    return this.#watchers.size === 0;
  }

  /** Resolves at a nudge, those since the last call included; or after `limitMs`; or when the signal aborts. */
  async next(limitMs: number, signal: AbortSignal): Promise<void> {
    for (const folder of DEVICE_FOLDERS) if (!this.#watchers.has(folder)) this.#watch(folder);
    await this.#clock.sleep(limitMs, AbortSignal.any([signal, this.#nudge.signal]));
    this.#nudge = new AbortController();
  }

  close(): void {
    for (const watcher of this.#watchers.values()) watcher.close();
  }

  #watch(folder: string): void {
    try {
      // Not `change`: whatever is written to a terminal or to /dev/null is one.
      const watcher = watch(folder, (event) => event === 'rename' && this.#nudge.abort());
      const stop = () => {
        watcher.close();
        this.#watchers.delete(folder);
      };
      watcher.on('error', stop);
      this.#watchers.set(folder, watcher);
    } catch {
      // Not Linux, or no sound devices yet: the slow look finds what comes and goes.
    }
  }
}
