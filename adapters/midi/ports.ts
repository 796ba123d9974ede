/** Names of MIDI ports as the systems give them, and which one the bridge file means. Pure. */

/** Listed for people, at most. */
const LISTED_MAX = 8;
/** Less alike is no suggestion. */
const ALIKE_LEAST = 0.4;

/**
 * The ports that RtMidi opens towards another one. They are seen by everybody, and lead nowhere: ours and those of
 * every other program that is built on it.
 */
const OWN = /^RtMidi (Input|Output) Client:RtMidi (Input|Output)( \d+:\d+)?$/;

/** A name without the client and port number that ALSA puts after it, which may change at every replug. */
export const withoutNumber = (name: string): string => name.replace(/ \d+:\d+$/, '');

/** What may be connected to. */
export const foreignPorts = (names: readonly string[]): string[] => names.filter((name) => !OWN.test(name));

/**
 * The port that is meant by `wanted`: the whole name; the name without ALSA's number; or what stands before or after the colon of
 * exactly one of ALSA's names, which are `client:port`. Never a part of a name: where the port that was meant is away,
 * another one that begins alike would be taken for it.
 * @returns its full name now, or why there is none, in the technician's words.
 */
export function findPort(wanted: string, names: readonly string[]): { name: string } | { problem: string } {
  const ports = foreignPorts(names);
  if (ports.includes(wanted)) return { name: wanted };
  const equal = ports.filter((name) => withoutNumber(name) === wanted);
  const fitting = equal.length > 0 ? equal : ports.filter((name) => partsOf(name).includes(wanted.toLowerCase()));
  const [only] = fitting;
  if (only !== undefined && fitting.length === 1) return { name: only };
  if (fitting.length > 1) {
    const how = equal.length > 0 ? 'name it with its number' : 'write the whole name';
    return { problem: `${fitting.length} ports fit "${wanted}" (${listOf(fitting)}): ${how}` };
  }
  if (ports.length === 0) return { problem: `there is no port "${wanted}"; there is none at all` };
  const [like] = ports
    .map((name) => ({ name: withoutNumber(name), likeness: likeness(wanted, withoutNumber(name)) }))
    .filter((other) => other.likeness >= ALIKE_LEAST)
    .sort((a, b) => b.likeness - a.likeness);
  const suggestion = like ? `did you mean "${like.name}"? ` : '';
  return { problem: `there is no port "${wanted}"; ${suggestion}there are ${listOf(ports)}` };
}

/** A name and its two halves, in small letters. */
function partsOf(port: string): string[] {
  const name = withoutNumber(port).toLowerCase();
  const colon = name.indexOf(':');
  return colon < 0 ? [name] : [name, name.slice(0, colon), name.slice(colon + 1)];
}

function listOf(names: readonly string[]): string {
  const listed = names.slice(0, LISTED_MAX).map((name) => `"${name}"`);
  const left = names.length - listed.length;
  return left > 0 ? `${listed.join(', ')} and ${left} more` : listed.join(', ');
}

/** 0 to 1: how many of the pairs of letters of the one the other has. */
function likeness(wanted: string, name: string): number {
  const [one, other] = [pairsOf(wanted), pairsOf(name)];
  const shared = [...one].filter((pair) => other.has(pair)).length;
  return one.size === 0 ? 0 : shared / one.size;
}

function pairsOf(text: string): Set<string> {
  const letters = text.toLowerCase();
  return new Set(Array.from({ length: Math.max(0, letters.length - 1) }, (_, at) => letters.slice(at, at + 2)));
}
