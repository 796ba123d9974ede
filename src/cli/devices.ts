import { existsSync } from 'node:fs';
import type { KindListing } from '../app/bridge.js';
import { kindsOfDevices, pluggedIn } from '../app/registry.js';
import { systemClock } from '../kit/clock.js';
import { BOLD, DIM, GREEN, isColourful, painted, YELLOW } from '../kit/colours.js';
import { deviceStates } from './device-states.js';
import { entryLine } from './entry-line.js';
import { EXIT } from './exit.js';
import type { TokenOptions } from './identity.js';
import { takePackagesIn } from './packages.js';
import { stopSignal } from './signals.js';
import { type FoundDevice, watchDevices } from './watch-devices.js';

export interface DevicesOptions extends TokenOptions {
  url?: string;
  bridge?: string;
  watch?: boolean;
  json?: boolean;
}

/**
 * Tells what is plugged into this machine, each with its line for the bridge file; or, for a bridge file or with a URL,
 * how the devices of a running bridge are. What is told for people may be pasted whole below `devices:`.
 * @param wanted  kinds to look for (all, when empty), or one bridge file.
 */
export async function devices(wanted: readonly string[], options: DevicesOptions): Promise<void> {
  const isKnown = options.bridge === undefined || (await takePackagesIn(options.bridge));
  const { plugged, network } = await kindsOfDevices();
  const all = `the kinds are ${plugged.join(', ')}`;
  const [file] = wanted.filter((each) => !plugged.includes(each) && !network.includes(each));
  const isFile = file !== undefined && (/[./\\]/.test(file) || existsSync(file));
  if (isFile || options.url !== undefined) {
    if (wanted.length > (isFile ? 1 : 0)) return wrong('name kinds of devices, or one bridge file, or --url; not both');
    if (options.watch) return wrong('--watch is for what is plugged in; pacebuddy log tail follows a running bridge');
    return deviceStates(file, options);
  }
  if (file !== undefined) return wrong(`there is no kind of device, and no file, of the name ${file}; ${all}`);
  const far = wanted.find((kind) => network.includes(kind));
  if (far !== undefined) return wrong(`${far} devices are on the network, where nothing is looked for; ${all}`);
  const kinds = wanted.length === 0 ? plugged : plugged.filter((kind) => wanted.includes(kind));

  const life = new AbortController();
  if (options.watch) void stopSignal().then(() => life.abort());
  const listings = await pluggedIn(kinds, life.signal);
  if (life.signal.aborted) process.exit(EXIT.done);
  const isWhole = listings.every(({ ok }) => ok);
  if (options.json) print(JSON.stringify({ ok: isWhole, kinds: listings.map(asData) }));
  else for (const line of told(listings, wanted.length === 0 ? network : [])) print(line);
  process.exitCode = isWhole && isKnown ? EXIT.done : EXIT.refused;
  if (!options.watch) return;
  if (!options.json) print(paintedLine('# Watching: plug something in. Ctrl-C ends.'));
  const look = () => pluggedIn(kinds, life.signal);
  const tell = options.json ? tellScript : tellPeople;
  await watchDevices({ look, first: listings, tell, clock: systemClock() }, life.signal);
  process.exit(EXIT.done);
}

const print = (line: string): void => void process.stdout.write(`${line}\n`);

function wrong(words: string): void {
  process.stderr.write(`${words}\n`);
  process.exitCode = EXIT.usage;
}

/** As told to a script. */
function asData(listing: KindListing): object {
  if (!listing.ok) {
    const { code, message, hint } = listing.why;
    return { kind: listing.kind, ok: false, code, message, hint };
  }
  const { kind, found, looked, hint } = listing;
  return { kind, ok: true, looked, hint, found: found.map((each) => ({ ...each, ...lineOf(each) })) };
}

const lineOf = ({ nickname, entry }: FoundDevice): { line?: string } =>
  entry ? { line: entryLine(nickname, entry) } : {};

/** For people: all but the lines to paste is a comment in YAML. @param network  the kinds of which it is to be said that nobody looked for them */
function told(listings: readonly KindListing[], network: readonly string[]): string[] {
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
    ...(network.length > 0
      ? [`# Not looked for: ${network.join(', ')} devices, which are on the network; adapters/README.md.`]
      : []),
  ];
  // What a system's loader says may be several lines.
  return [...lines, ...last].map((line) => paintedLine(line.replaceAll(/[\r\n]+/g, ' ')));
}

function toldOf(found: FoundDevice): string[] {
  const { name, what, note } = found;
  const { line } = lineOf(found);
  return [`  # ${name}: ${what}`, ...(note ? [`  # ! ${note}`] : []), ...(line ? [`  ${line}`] : [])];
}

/** On a terminal the lines to paste stand out, and so does what stands in the way. */
function paintedLine(line: string): string {
  if (!isColourful() || line === '') return line;
  const isNote = line.trimStart().startsWith('#');
  return painted(/^\s*# !|^# \w+: [A-Z]+_/.test(line) ? YELLOW : isNote ? DIM : `${BOLD};${GREEN}`, line);
}

type Told = 'device.found' | 'device.gone';

function tellScript(msg: Told, kind: string, found: FoundDevice): void {
  print(JSON.stringify({ msg, kind, ...found, ...lineOf(found) }));
}

function tellPeople(msg: Told, _kind: string, found: FoundDevice): void {
  const lines = msg === 'device.found' ? toldOf(found) : [`  # gone: ${found.name}`];
  for (const line of lines) print(paintedLine(line));
}
