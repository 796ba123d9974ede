/** A command of an output rule (config.schema.json, $defs send) → one MIDI message. Pure. */
import type { Command } from '../../src/adapter-sdk/adapter.js';
import { BridgeError } from '../../src/kit/errors.js';
import { encodeMessage, type MidiMessage } from '../../src/wire/midi/codec.js';
import { isMmcCommandName, MMC_COMMANDS, type MmcMessage } from '../../src/wire/midi/mmc.js';
import { type MscMessage, malformed } from '../../src/wire/midi/msc.js';
import {
  ALL_CALL,
  isCommandName,
  isFormatName,
  MSC_COMMANDS,
  type MscFormatName,
} from '../../src/wire/midi/msc-tables.js';
import { frameText, isDropped, parseTimecode, RATES, rateOf, type Timecode } from '../../src/wire/midi/timecode.js';
import type { MidiDevice } from './generated/types.js';
import { noSuchFrame, readMtcOrder, wordsOfOrder } from './mtc-command.js';

type Fields = Readonly<Record<string, unknown>>;

/** The kinds of message that can be sent; a command names exactly one. */
const KINDS: Readonly<Record<string, (fields: Fields) => MidiMessage>> = {
  msc: toMsc,
  mmc: toMmc,
  noteOn: (fields) => ({
    kind: 'noteOn',
    channel: number(fields, 'channel'),
    note: number(fields, 'note'),
    velocity: number(fields, 'velocity'),
  }),
  noteOff: (fields) => ({
    kind: 'noteOff',
    channel: number(fields, 'channel'),
    note: number(fields, 'note'),
    velocity: optional(fields, 'velocity') ?? 0,
  }),
  controlChange: (fields) => ({
    kind: 'controlChange',
    channel: number(fields, 'channel'),
    controller: number(fields, 'controller'),
    value: number(fields, 'value'),
  }),
  programChange: (fields) => ({
    kind: 'programChange',
    channel: number(fields, 'channel'),
    program: number(fields, 'program'),
  }),
  pitchBend: (fields) => ({ kind: 'pitchBend', channel: number(fields, 'channel'), value: number(fields, 'value') }),
  aftertouch: (fields) => {
    const note = optional(fields, 'note');
    const pressure = number(fields, 'pressure');
    return { kind: 'aftertouch', channel: number(fields, 'channel'), pressure, ...(note !== undefined && { note }) };
  },
};

/**
 * The message that a command asks for, and its bytes.
 * @throws CODEC_MALFORMED in the technician's words
 */
export function encodeCommand(command: Command): { message: MidiMessage; bytes: Uint8Array } {
  const kinds = Object.keys(command).filter((name) => Object.hasOwn(KINDS, name));
  const [kind] = kinds;
  const fields = kind === undefined ? undefined : command[kind];
  if (kind === undefined || kinds.length > 1 || typeof fields !== 'object' || fields === null) {
    throw malformed(`send exactly one of ${Object.keys(KINDS).join(', ')}, mtc`);
  }
  const message = KINDS[kind]?.(fields as Fields);
  if (!message) throw malformed(`${kind} cannot be sent`);
  return { message, bytes: encodeMessage(message) };
}

/** Whether a command is about time code, which is no message but a clock that runs or stands. */
export const isMtcCommand = (command: Command): command is Command & { mtc: unknown } =>
  Object.hasOwn(command, 'mtc') && Object.keys(command).length === 1;

/** @throws CODEC_MALFORMED when the device sends no time code */
export function neededMtcOut({ mtcOut }: Readonly<Record<string, unknown>>): NonNullable<MidiDevice['mtcOut']> {
  if (mtcOut) return mtcOut as NonNullable<MidiDevice['mtcOut']>;
  throw malformed('the device sends no time code: give it mtcOut with a rate');
}

/**
 * Why no device could be sent this, in the technician's words; undefined when one could.
 * @param device  checked; without it only what is wrong for every device is said.
 */
export function problemOfCommand(command: Command, device?: Readonly<Record<string, unknown>>): string | undefined {
  try {
    if (device && device.output === undefined) throw malformed('the device has no output: it is only heard');
    if (isMtcCommand(command)) readMtcOrder(command.mtc, device && neededMtcOut(device));
    else encodeCommand(command);
    return undefined;
  } catch (error) {
    if (error instanceof BridgeError && error.code === 'CODEC_MALFORMED') return error.message;
    throw error;
  }
}

/** In a few words for logs and pages, such as `msc go 34.4 list 1 to lighting 1`. Never throws. */
export function summarise(command: Command): string {
  try {
    if (isMtcCommand(command)) return wordsOfOrder(readMtcOrder(command.mtc));
    return messageWords(encodeCommand(command).message);
  } catch {
    return `${Object.keys(command).join(' ') || 'nothing'} that cannot be sent`;
  }
}

/** A message in a few words. */
export function messageWords(message: MidiMessage): string {
  switch (message.kind) {
    case 'msc': {
      const { command, cue, list, path, macro, control, value, time, format, deviceId } = message;
      const parts = [
        command,
        cue,
        list !== undefined && `list ${list}`,
        path !== undefined && `path ${path}`,
        macro,
        control !== undefined && `${control} = ${value}`,
        time && `at ${frameText(time)}`,
      ].filter((part) => part !== undefined && part !== false);
      return `msc ${parts.join(' ')} to ${format} ${deviceId === ALL_CALL ? 'on every device' : deviceId}`;
    }
    case 'mmc':
      return `mmc ${message.command}${message.time ? ` ${frameText(message.time)}` : ''}`;
    case 'mtcQuarter':
    case 'mtcFull':
      return 'time code';
    default: {
      const { kind, channel, ...data } = message;
      return `${kind} ${Object.values(data).join(' ')} on channel ${channel}`;
    }
  }
}

function toMsc(fields: Fields): MscMessage {
  const { command } = fields;
  if (!isCommandName(command)) {
    throw malformed(
      `msc: there is no command ${JSON.stringify(command)}; there are ${Object.keys(MSC_COMMANDS).join(', ')}`,
    );
  }
  const message: MscMessage = { kind: 'msc', command, deviceId: number(fields, 'deviceId'), format: format(fields) };
  for (const name of ['cue', 'list', 'path'] as const) {
    const value = fields[name];
    // A placeholder brings its type along: the number 12 is written as it is.
    if (value !== undefined) message[name] = typeof value === 'number' ? String(value) : text(name, value);
  }
  for (const name of ['macro', 'control', 'value'] as const) {
    const value = optional(fields, name);
    if (value !== undefined) message[name] = value;
  }
  const time = command === 'setClock' ? placeOf(fields) : timeOf(fields);
  return time ? { ...message, time } : message;
}

function toMmc(fields: Fields): MmcMessage {
  const { command } = fields;
  if (!isMmcCommandName(command)) {
    throw malformed(
      `mmc: there is no command ${JSON.stringify(command)}; there are ${Object.keys(MMC_COMMANDS).join(', ')}`,
    );
  }
  const time = placeOf(fields);
  return { kind: 'mmc', command, deviceId: optional(fields, 'deviceId') ?? ALL_CALL, ...(time && { time }) };
}

function format(fields: Fields): MscFormatName | number {
  if (isFormatName(fields.format)) return fields.format;
  const number = toNumber(fields.format);
  if (number === undefined) throw malformed(`msc: there is no format ${JSON.stringify(fields.format)}`);
  return number;
}

/** A time that is a frame of a tape or a clock, and not how long something takes. */
function placeOf(fields: Fields): Timecode | undefined {
  const time = timeOf(fields);
  if (time && isDropped(time)) throw malformed(noSuchFrame(String(fields.time)));
  return time;
}

function timeOf({ time, rate: written = '30' }: Fields): Timecode | undefined {
  if (time === undefined) return undefined;
  const rate = rateOf(written);
  if (!rate) throw malformed(`rate must be one of ${RATES.join(', ')}, not ${JSON.stringify(written)}`);
  const timecode = typeof time === 'string' ? parseTimecode(time, rate) : undefined;
  if (!timecode) {
    throw malformed(`time must be HH:MM:SS.mmm or HH:MM:SS:FF at ${rate} frames, not ${JSON.stringify(time)}`);
  }
  return timecode;
}

function text(name: string, value: unknown): string {
  if (typeof value === 'string') return value;
  throw malformed(`${name} must be text, not ${JSON.stringify(value)}`);
}

function optional(fields: Fields, name: string): number | undefined {
  return fields[name] === undefined ? undefined : number(fields, name);
}

/** A number, or a text that is one: what a placeholder holds is text. */
function number(fields: Fields, name: string): number {
  const value = toNumber(fields[name]);
  if (value !== undefined) return value;
  const got = fields[name] === undefined ? 'is missing' : `must be a whole number, not ${JSON.stringify(fields[name])}`;
  throw malformed(`${name} ${got}`);
}

function toNumber(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  return typeof value === 'string' && /^-?[0-9]{1,6}$/.test(value) ? Number(value) : undefined;
}
