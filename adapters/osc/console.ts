/**
 * A profile made ready: commands by name → messages, and what they are reported as; messages → events by name. Pure.
 */

import { BridgeError } from '../../src/kit/errors.js';
import { EXPRESSION_TEXT_CHARS_MAX } from '../../src/kit/expression.js';
import type {
  OscProfile,
  OscProfileEvent,
  OscProfileMessage,
  OscProfileParameter,
  OscProfileReport,
} from './generated/types.js';
import { type AddressReader, addressReader, fillText, namesIn, onlyName, textReader } from './template.js';

/** A message as an output rule writes it: address and args. */
export interface PlainMessage {
  address: string;
  args: readonly unknown[];
}

/** What a device says when it has done what it was told. */
export interface Awaited {
  event: string;
  where: Readonly<Record<string, unknown>>;
  withinMs: number;
  /** false: it may say so, or not; then nothing is proven. */
  isProof: boolean;
  /** A report that fits may be another's as well. */
  maybe: boolean;
  /** Nothing is awaited when this event is the last that was heard on its address. */
  unlessLast: boolean;
}

/** An event of the profile, found in a message. */
export interface Found {
  event: string;
  fields: Readonly<Record<string, unknown>>;
  onChange: boolean;
}

/** A message that keeps the device talking. `everyMs` in milliseconds; left out: it is sent once. */
export interface Renewal {
  message: PlainMessage;
  everyMs?: number;
}

export type Given = Readonly<Record<string, unknown>>;

export interface Console {
  readonly profile: OscProfile;
  /** The messages of a command. @throws CODEC_MALFORMED in the technician's words */
  messagesOf(command: string, given: Given): PlainMessage[];
  /** What will be said when a command, which messagesOf has taken, is done. */
  awaitedBy(command: string, given: Given): Awaited[];
  /** @param args  as plain values */
  eventOf(address: string, args: readonly unknown[]): Found | undefined;
  readonly ping?: { message: PlainMessage; everyMs: number; withinMs: number };
  /** What is sent after connecting, and then every `everyMs`, where that is given. */
  readonly renewals: readonly Renewal[];
  /** Whether a message answers the ping. */
  isAnswer(address: string, args: readonly unknown[]): boolean;
}

/** A longer value of a parameter is no cue, path or line of a command. */
const VALUE_CHARS_MAX = 512;
/** What an OSC address cannot hold, or takes for a wildcard. */
const UNADDRESSABLE = /[ #*,?[\]{}]|[^!-~]/;

/** @param prefix  stands before every address of the profile; '' for none. */
export function compileConsole(profile: OscProfile, prefix: string): Console {
  const commands = new Map(Object.entries(profile.commands ?? {}));
  const events = Object.entries(profile.events ?? {}).map(([name, event]) => compileEvent(name, event, prefix));
  const { ping, renew = [] } = profile;
  const valuesOf = (name: string, given: Given): Given => {
    const command = commands.get(name);
    if (!command) {
      throw malformed(`the profile ${profile.name} has no command '${name}'; it has ${listed([...commands.keys()])}`);
    }
    return readParameters(name, command.parameters ?? {}, given);
  };
  return {
    profile,
    messagesOf(name, given) {
      const values = valuesOf(name, given);
      const parameters = commands.get(name)?.parameters ?? {};
      return (commands.get(name)?.send ?? []).map((message) => fillMessage(message, values, parameters, prefix));
    },
    awaitedBy(name, given) {
      const { confirmedBy, echoedBy } = commands.get(name) ?? {};
      const values = valuesOf(name, given);
      return [
        ...(confirmedBy ? [toAwaited(confirmedBy, values, true)] : []),
        ...(echoedBy ? [toAwaited(echoedBy, values, false)] : []),
      ];
    },
    eventOf(address, args) {
      for (const read of events) {
        const found = read(address, args);
        if (found) return found;
      }
      return undefined;
    },
    ...(ping && {
      ping: { message: fillMessage(ping.send, {}, {}, prefix), everyMs: ping.everyMs, withinMs: ping.withinMs },
    }),
    renewals: renew.map(({ send, everyMs }) => ({
      message: fillMessage(send, {}, {}, prefix),
      ...(everyMs !== undefined && { everyMs }),
    })),
    isAnswer(address, args) {
      if (!ping || address !== prefix + ping.answeredBy.address) return false;
      return (ping.answeredBy.args ?? []).every((wanted, index) => isSame(wanted, args[index]));
    },
  };
}

function toAwaited(
  { event, where = {}, withinMs, maybe, unlessLast }: OscProfileReport,
  values: Given,
  isProof: boolean,
): Awaited {
  const wanted = Object.entries(where).map(([field, value]) => [
    field,
    typeof value === 'string' ? fillText(value, values) : value,
  ]);
  return { event, where: Object.fromEntries(wanted), withinMs, isProof, maybe, unlessLast };
}

/**
 * Whether a value is the one that is wanted. A fraction equals what it becomes in 32 bits (0.1 is sent as
 * 0.10000000149011612); a number equals the text of its digits, as an address holds nothing else.
 */
export function isSame(wanted: unknown, got: unknown): boolean {
  if (wanted === got) return true;
  if (typeof wanted === 'number' && typeof got === 'number') return Math.fround(wanted) === Math.fround(got);
  const isPlain = (value: unknown) => typeof value === 'string' || typeof value === 'number';
  return isPlain(wanted) && isPlain(got) && String(wanted) === String(got);
}

/** `a, b and c`. */
export function listed(names: readonly string[]): string {
  if (names.length === 0) return 'none';
  return names.length === 1 ? `${names[0]}` : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

const malformed = (message: string): BridgeError => new BridgeError('CODEC_MALFORMED', message);

function readParameters(
  command: string,
  parameters: Readonly<Record<string, OscProfileParameter>>,
  given: Given,
): Given {
  const known = Object.keys(parameters);
  const strange = Object.keys(given).find((name) => !known.includes(name));
  if (strange !== undefined) {
    const takes = known.length === 0 ? 'nothing' : listed(known);
    throw malformed(`the command ${command} takes no '${strange}'; it takes ${takes}`);
  }
  const values: Record<string, unknown> = {};
  for (const [name, parameter] of Object.entries(parameters)) {
    const value = given[name] ?? parameter.default;
    if (value === undefined) throw malformed(`the command ${command} needs with: { ${name} }: ${parameter.is}`);
    const read = readValue(value, parameter);
    if (read === undefined) throw malformed(`${name} ${quote(value)} does not fit: ${parameter.is}`);
    values[name] = read;
  }
  return values;
}

/** A placeholder is filled in as text, so a text that is a number will do. @returns undefined when it does not fit. */
function readValue(value: unknown, parameter: OscProfileParameter): unknown {
  const { type, minimum, maximum } = parameter;
  if (type === 'boolean') return typeof value === 'boolean' ? value : undefined;
  if (type === 'text') {
    if (typeof value !== 'string' && typeof value !== 'number') return undefined;
    const text = String(value);
    if (text === '' || text.length > VALUE_CHARS_MAX || text.includes('\0')) return undefined;
    const pattern = patternOf(parameter);
    if (pattern && text.length > EXPRESSION_TEXT_CHARS_MAX) return undefined;
    return pattern?.test(text) === false ? undefined : text;
  }
  const number = typeof value === 'string' && /^-?[0-9]{1,15}(\.[0-9]{1,15})?$/.test(value) ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isFinite(number)) return undefined;
  if (type === 'integer' && !Number.isInteger(number)) return undefined;
  return number < (minimum ?? number) || number > (maximum ?? number) ? undefined : number;
}

/** A parameter's pattern for the whole text, made once. */
function patternOf(parameter: OscProfileParameter): RegExp | undefined {
  if (parameter.pattern === undefined) return undefined;
  const known = patterns.get(parameter) ?? new RegExp(`^(?:${parameter.pattern})$`, 'u');
  patterns.set(parameter, known);
  return known;
}

const patterns = new WeakMap<OscProfileParameter, RegExp>();

function fillMessage(
  { address, args = [] }: OscProfileMessage,
  values: Given,
  parameters: Readonly<Record<string, OscProfileParameter>>,
  prefix: string,
): PlainMessage {
  for (const name of namesIn(address)) {
    const found = UNADDRESSABLE.exec(String(values[name]));
    const what = found?.[0] === ' ' ? 'a space' : `"${found?.[0]}"`;
    if (found) throw malformed(`${name} ${quote(values[name])} holds ${what}, which an OSC address cannot`);
  }
  return {
    address: prefix + (fillText(address, values) ?? address),
    args: args.map((arg) => {
      if (typeof arg === 'string') return fillArg(arg, values, parameters);
      if (typeof arg === 'object' && arg !== null && typeof arg.value === 'string') {
        return { ...arg, value: fillText(arg.value, values) ?? arg.value };
      }
      return arg;
    }),
  };
}

/** An argument that is one $name is of the parameter's type; a number goes as f even where it is whole. */
function fillArg(arg: string, values: Given, parameters: Readonly<Record<string, OscProfileParameter>>): unknown {
  const name = onlyName(arg);
  if (name === undefined) return fillText(arg, values) ?? arg;
  return parameters[name]?.type === 'number' ? { type: 'f', value: values[name] } : values[name];
}

function compileEvent(
  event: string,
  { address, args = [], fields = {}, onChange }: OscProfileEvent,
  prefix: string,
): (address: string, args: readonly unknown[]) => Found | undefined {
  const readers = address.map((one): AddressReader => {
    const read = addressReader(one);
    return (given) => (given.startsWith(prefix) ? read(given.slice(prefix.length)) : undefined);
  });
  const wanted = args.map((arg) => {
    const name = typeof arg === 'string' ? onlyName(arg) : undefined;
    if (name !== undefined) return { name };
    if (typeof arg === 'string' && namesIn(arg).length > 0) return { read: textReader(arg) };
    return { among: [arg].flat().map((one) => (typeof one === 'string' ? (fillText(one, {}) ?? one) : one)) };
  });
  return (given, values) => {
    const inTexts: Record<string, string> = {};
    for (const [index, { among, read }] of wanted.entries()) {
      const value = values[index];
      if (among?.some((one) => isSame(one, value)) === false) return undefined;
      const names = read && (typeof value === 'string' ? read(value) : undefined);
      if (read && !names) return undefined;
      Object.assign(inTexts, names);
    }
    for (const read of readers) {
      const found: Record<string, unknown> | undefined = read(given);
      if (!found) continue;
      Object.assign(found, inTexts);
      for (const [index, { name }] of wanted.entries()) {
        const value = values[index];
        if (name !== undefined && value !== undefined) found[name] = value;
      }
      for (const [name, text] of Object.entries(fields)) {
        const made = fillText(text, found);
        if (made !== undefined) found[name] = made;
      }
      return { event, fields: found, onChange };
    }
    return undefined;
  };
}

const quote = (value: unknown): string =>
  JSON.stringify(typeof value === 'string' && value.length > 60 ? `${value.slice(0, 60)}…` : value);
