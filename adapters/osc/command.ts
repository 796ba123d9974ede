/** The adapter's words in the bridge file ↔ OSC: what a `send` encodes to, what a `when` matches. Pure. */
import type { Command, Input, Pattern } from '../../src/adapter-sdk/adapter.js';
import { BridgeError, toBridgeError } from '../../src/kit/errors.js';
import { addressFits } from '../../src/wire/osc/address.js';
import { encodePacket, type OscArg, type OscMessage, type ReceivedMessage } from '../../src/wire/osc/codec.js';
import { shortestDecimal } from '../../src/wire/osc/float32.js';
import { type Console, type Given, isSame, listed } from './console.js';
import { fieldsOf } from './profile-checks.js';
import { canHear, consoleOf } from './settings.js';

/** Bytes that one UDP datagram over IPv4 can carry. */
const DATAGRAM_BYTES_MAX = 65507;

/**
 * A message as an input: `args` as plain values, nested for arrays. i, f and d are numbers (one that is none, such as
 * NaN, is null; a fraction of f is its shortest decimal, 1.1 and not 1.100000023841858); h is a number where that is exact and a text of digits where not; s, S and c are texts; b, r, m and t
 * are hexadecimal texts; T and I are true, F is false, N is null; `types` tells them apart.
 */
export function toInput(message: ReceivedMessage, from: string): Input {
  return { address: message.address, args: message.args.map(plain), types: message.types, from };
}

function plain(arg: OscArg): unknown {
  switch (arg.type) {
    case '[':
      return arg.value.map(plain);
    case 'f':
      return Number.isFinite(arg.value) ? shortestDecimal(arg.value) + 0 : null;
    case 'i':
    case 'd':
      return Number.isFinite(arg.value) ? arg.value + 0 : null;
    case 'h':
      return Number.isSafeInteger(Number(arg.value)) ? Number(arg.value) : arg.value.toString();
    case 'T':
    case 'I':
      return true;
    case 'F':
      return false;
    case 'N':
      return null;
    default:
      return arg.value;
  }
}

/**
 * Whether an input fires a rule: by its event, or by its address (see addressFits), then its first arguments, then its
 * edge. What the device reports of our own doing is no press, unless the rule asks for it.
 */
export function matches(pattern: Pattern, input: Input): boolean {
  const { event, attribution = 'operator' } = pattern;
  const isWanted = attribution === 'any' || (input.attribution ?? 'operator') === attribution;
  if (!isWanted) return false;
  if (event === undefined) return fitsAddress(pattern, input);
  return (
    event === input.event && Object.entries(givenOf(pattern.where)).every(([name, value]) => isSame(value, input[name]))
  );
}

function fitsAddress(pattern: Pattern, input: Input): boolean {
  const { address, args: wanted, edge = wanted === undefined ? 'press' : 'any' } = pattern;
  if (typeof address !== 'string' || typeof input.address !== 'string') return false;
  const got = Array.isArray(input.args) ? input.args : [];
  if (Array.isArray(wanted) && !wanted.every((value, index) => isArg(value, got[index]))) return false;
  if (edge !== 'any' && (edge === 'release') !== isRelease(got)) return false;
  return addressFits(address, input.address);
}

/** A fraction equals what it becomes in 32 bits: 0.1 is sent as 0.10000000149011612. */
const isArg = (wanted: unknown, got: unknown): boolean =>
  wanted === got || (typeof wanted === 'number' && typeof got === 'number' && Math.fround(wanted) === Math.fround(got));

/** What buttons on pages and desks say when they are let go of, in whatever type: 0, false, off, nothing. */
const OFF_WORDS = new Set(['', '0', '0.0', 'off', 'false', 'up', 'release', 'released']);

/** Buttons on pages and desks send 1 when pressed and 0 when let go. What is no value at all is no press either. */
function isRelease(args: readonly unknown[]): boolean {
  const [only] = args;
  if (args.length !== 1) return false;
  if (typeof only === 'string') return OFF_WORDS.has(only.trim().toLowerCase());
  // NaN and infinity come as null, as nil does.
  return only === 0 || only === false || only === null;
}

/**
 * The message of a `send`.
 * @throws CODEC_MALFORMED in the technician's words
 */
function toMessage(command: Command): OscMessage {
  const { address, args = [] } = command;
  if (typeof address !== 'string') throw new BridgeError('CODEC_MALFORMED', 'the address is no text');
  if (!Array.isArray(args)) throw new BridgeError('CODEC_MALFORMED', 'args is no list');
  return { address, args: args.map(toArg) };
}

function toArg(value: unknown): OscArg {
  if (typeof value === 'string') return { type: 's', value };
  if (typeof value === 'number') return { type: Number.isInteger(value) ? 'i' : 'f', value };
  if (typeof value === 'boolean') return { type: value ? 'T' : 'F' };
  if (value === null) return { type: 'N' };
  const typed = value as { type?: unknown; value?: unknown } | undefined;
  if (typeof typed === 'object' && typeof typed.type === 'string') return toTypedArg(typed.type, typed.value);
  throw new BridgeError('CODEC_MALFORMED', `an argument is ${JSON.stringify(value)}, which OSC has no type for`);
}

function toTypedArg(type: string, value: unknown): OscArg {
  switch (type) {
    case 'i':
    case 'f':
    case 'd':
      return { type, value: toNumber(type, value) };
    case 'h':
      if (typeof value === 'string' && /^-?[0-9]{1,20}$/.test(value)) return { type, value: BigInt(value) };
      if (typeof value === 'number' && Number.isSafeInteger(value)) return { type, value: BigInt(value) };
      throw new BridgeError('CODEC_MALFORMED', `${JSON.stringify(value)} is no whole number (h)`);
    case 'T':
    case 'F':
    case 'N':
    case 'I':
      return { type };
    case 's':
    case 'S':
    case 'c':
    case 'b':
    case 'r':
    case 'm':
    case 't':
      if (typeof value === 'string') return { type, value };
      // Quotes forgotten around 00ff or 5 in the YAML: what was meant can no longer be told.
      throw new BridgeError('CODEC_MALFORMED', `the value of type ${type} must be a text, in quotes`);
    default:
      throw new BridgeError('CODEC_MALFORMED', `${JSON.stringify(type)} is no OSC type`);
  }
}

/** A placeholder such as $call.number is filled in as text, so a text that is a number will do. */
function toNumber(type: string, value: unknown): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'string' && /^-?[0-9]+(\.[0-9]+)?$/.test(value)) return Number(value);
  throw new BridgeError('CODEC_MALFORMED', `${JSON.stringify(value)} is no number (${type})`);
}

/** The members of a map that a rule holds, such as `with`. */
export const givenOf = (value: unknown): Given => (typeof value === 'object' && value !== null ? (value as Given) : {});

/**
 * The packets of a `send`, in order.
 * @param console  what the device's profile knows; undefined where it has none.
 * @throws CODEC_MALFORMED in the technician's words
 */
export function packetsOf(command: Command, console: Console | undefined): readonly Uint8Array[] {
  const known = encoded.get(command);
  if (known && known.console === console) return known.packets;
  const packets = messagesOf(command, console).map((message) => encodePacket(toMessage(message)));
  encoded.set(command, { console, packets });
  return packets;
}

function messagesOf(command: Command, console: Console | undefined): readonly Command[] {
  if (command.command === undefined) return [command];
  const name = String(command.command);
  if (!console) {
    throw new BridgeError(
      'CODEC_MALFORMED',
      `the device has no profile that would know the command '${name}': write profile, or address`,
    );
  }
  return console.messagesOf(name, givenOf(command.with)).map((message) => ({ ...message }));
}

/** A command does not change; one that was looked at while the disk worked is not encoded again when it goes. */
const encoded = new WeakMap<Command, { console: Console | undefined; packets: readonly Uint8Array[] }>();

/** The cue that the device will report a GO of, where its profile knows; an address of one's own says nothing. */
export function firesCue(
  { command, with: given }: Command,
  config: Readonly<Record<string, unknown>>,
): string | undefined {
  const console = command === undefined ? undefined : consoleOf(config);
  const go = console?.awaitedBy(String(command), givenOf(given)).find(({ event }) => event === 'go');
  const cueNumber = go?.where.cueNumber;
  return cueNumber === undefined ? undefined : String(cueNumber);
}

/** Why this command could never be sent; undefined when it could, or the device's profile was not read. */
export function problemOfCommand(command: Command, config?: Readonly<Record<string, unknown>>): string | undefined {
  const console = consoleOf(config);
  if (command.command !== undefined && !console && (!config || config.profile !== undefined)) return undefined;
  try {
    const length = Math.max(...packetsOf(command, console).map((packet) => packet.length));
    return length > DATAGRAM_BYTES_MAX
      ? `the packet has ${length} bytes; at most ${DATAGRAM_BYTES_MAX} fit`
      : undefined;
  } catch (error) {
    return toBridgeError(error).message;
  }
}

/** Why no input of the device could fit a rule; undefined when one could, or the device's profile was not read. */
export function problemOfPattern(pattern: Pattern, config: Readonly<Record<string, unknown>>): string | undefined {
  const { event: name } = pattern;
  if (name === undefined) return undefined;
  if (config.profile === undefined)
    return `the device has no profile that would know the event '${name}': write profile, or address`;
  const console = consoleOf(config);
  if (!console) return undefined;
  const { events = {}, name: profile } = console.profile;
  const event = Object.hasOwn(events, String(name)) ? events[String(name)] : undefined;
  if (!event) return `the profile ${profile} has no event '${name}'; it has ${listed(Object.keys(events))}`;
  const fields = fieldsOf(event);
  const strange = Object.keys(givenOf(pattern.where)).find((field) => !fields.includes(field));
  if (strange !== undefined) return `the event ${name} has no '${strange}'; it has ${listed(fields)}`;
  if (!canHear(config)) {
    return 'nothing that the device says is heard: over UDP it needs listen, with the address and port that are set at the device';
  }
  return undefined;
}

const ADDRESSED = ['address', 'args', 'types', 'from'];

/** What the inputs that fit a rule hold; of a device with a profile a message by address may be an event as well. */
export function inputNames(
  { event: name }: Pattern,
  config: Readonly<Record<string, unknown>>,
): readonly string[] | undefined {
  if (name === undefined) return config.profile === undefined ? ADDRESSED : undefined;
  const events = consoleOf(config)?.profile.events ?? {};
  const event = Object.hasOwn(events, String(name)) ? events[String(name)] : undefined;
  return event && ['event', 'attribution', ...fieldsOf(event), ...ADDRESSED];
}

const SUMMARY_LENGTH_MAX = 120;

/** Such as `fire 1/45`, `/eos/cue/1/45/fire` or `/go "12.5" 1`. */
export function summarise(command: Command): string {
  if (command.command !== undefined) return shortened(namedWords(command));
  const args = Array.isArray(command.args) ? command.args : [];
  const words = args.map((arg) => {
    const typed = arg as { type?: unknown; value?: unknown } | null;
    if (typeof typed !== 'object' || typed === null) return JSON.stringify(arg);
    return typed.value === undefined ? String(typed.type) : `${typed.type}:${typed.value}`;
  });
  return shortened([String(command.address), ...words].join(' '));
}

/** One parameter speaks for itself; of several each is told with its name. */
function namedWords(command: Command): string {
  const given = Object.entries(givenOf(command.with));
  const words = given.map(([name, value]) => (given.length === 1 ? String(value) : `${name} ${value}`));
  return `${command.command}${words.length === 0 ? '' : ` ${words.join(', ')}`}`;
}

const shortened = (text: string): string =>
  text.length > SUMMARY_LENGTH_MAX ? `${text.slice(0, SUMMARY_LENGTH_MAX - 1)}…` : text;
