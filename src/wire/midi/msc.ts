/** MIDI Show Control 1.1.1: `F0 7F device_ID 02 command_format command data… F7` ↔ messages. Pure. */
import { BridgeError } from '../../kit/errors.js';
import { normaliseNumber, problemOfNumber } from './cue-number.js';
import {
  commandName,
  formatName,
  MSC_COMMANDS,
  MSC_FORMATS,
  type MscCommandName,
  type MscFormatName,
  type MscShape,
  TWO_PHASE,
} from './msc-tables.js';
import { decodeTime, encodeTime, TIME_BYTES, type Timecode } from './timecode.js';

/** The whole of a message, F0 and F7 included (section 4). */
export const MSC_BYTES_MAX = 128;

export interface MscMessage {
  kind: 'msc';
  command: MscCommandName;
  /** 0 to 111 one device, 112 to 126 groups 1 to 15, 127 every device. */
  deviceId: number;
  /** By name, or as a byte from 1 to 127 where the specification has no name. */
  format: MscFormatName | number;
  /** Q_number, Q_list, Q_path: digits and dots. */
  cue?: string;
  list?: string;
  path?: string;
  /** Of timedGo, setClock, and set where it has one. */
  time?: Timecode;
  /** Of fire, 0 to 127. */
  macro?: number;
  /** Of set: control number and value, 0 to 16383 each. */
  control?: number;
  value?: number;
}

/** Why a message was passed over: not for us to read, or not as the specification has it. */
export type MscSkip = 'msc-extension' | 'msc-two-phase' | 'msc-unknown' | 'msc-malformed';

type Data = Omit<MscMessage, 'kind' | 'command' | 'deviceId' | 'format'>;

/**
 * Reads one message, F0 and F7 included, whose third and fourth byte say that it is MSC.
 * Tolerant as section 4.5 asks: extra delimiters, repeated dots, fields too many; and a list without a number (Eos, Hog).
 */
export function decodeMsc(bytes: Uint8Array): MscMessage | MscSkip {
  const [, , deviceId, , format, code] = bytes;
  if (format === 0 || code === 0) return 'msc-extension';
  if (bytes.length < 7 || bytes.length > MSC_BYTES_MAX) return 'msc-malformed';
  if (deviceId === undefined || format === undefined || code === undefined) return 'msc-malformed';
  if (code >= TWO_PHASE.first && code <= TWO_PHASE.last) return 'msc-two-phase';
  const command = commandName(code);
  if (command === undefined) return 'msc-unknown';
  const data = READERS[MSC_COMMANDS[command].shape](bytes.subarray(6, -1));
  return data ? { kind: 'msc', command, deviceId, format: formatName(format), ...data } : 'msc-malformed';
}

/** Reads what stands after a command; undefined when it does not fit. */
type Reader = (data: Uint8Array) => Data | undefined;

const READERS: Readonly<Record<MscShape, Reader>> = {
  'cue?': readCue,
  cue: (data) => {
    const cue = readCue(data);
    return cue?.cue === undefined ? undefined : cue;
  },
  'timed cue?': (data) => withTime(data, readCue),
  set: readSet,
  // Eos sends a macro with a 00 after it.
  fire: ([macro, ...rest]) =>
    macro !== undefined && rest.every(isDelimiter) && rest.length <= 1 ? { macro } : undefined,
  none: (data) => (data.every(isDelimiter) ? {} : undefined),
  'list?': (data) => readOnly('list', data),
  list: (data) => needed(readOnly('list', data)),
  path: (data) => needed(readOnly('path', data)),
  clock: (data) => withTime(data, (rest) => readOnly('list', rest)),
};

const isDelimiter = (byte: number): boolean => byte === 0;
const needed = (data: Data | undefined): Data | undefined => (data && Object.keys(data).length > 0 ? data : undefined);

function withTime(data: Uint8Array, rest: Reader): Data | undefined {
  const time = decodeTime(data.subarray(0, TIME_BYTES));
  const others = time && rest(data.subarray(TIME_BYTES));
  return time && others ? { time, ...others } : undefined;
}

function readSet(data: Uint8Array): Data | undefined {
  const [c0, c1, v0, v1] = data;
  if (c0 === undefined || c1 === undefined || v0 === undefined || v1 === undefined) return undefined;
  const set = { control: (c1 << 7) | c0, value: (v1 << 7) | v0 };
  if (data.length === 4) return set;
  const time = data.length === 4 + TIME_BYTES ? decodeTime(data.subarray(4)) : undefined;
  return time && { ...set, time };
}

function readCue(data: Uint8Array): Data | undefined {
  const [cue, ...others] = fieldsOf(data);
  const [list, path] = others.filter((field) => field !== '');
  return numbers({ cue: cue === '' ? undefined : cue, list, path });
}

/** A command that has a list or a path and nothing else; what a device has no use for is passed over. */
function readOnly(name: 'list' | 'path', data: Uint8Array): Data | undefined {
  return numbers({ [name]: fieldsOf(data).find((field) => field !== '') });
}

const fieldsOf = (data: Uint8Array): string[] => String.fromCharCode(...data).split('\0');

function numbers(fields: {
  cue?: string | undefined;
  list?: string | undefined;
  path?: string | undefined;
}): Data | undefined {
  const read: Data = {};
  for (const name of ['cue', 'list', 'path'] as const) {
    const text = fields[name];
    if (text === undefined) continue;
    const number = normaliseNumber(text);
    if (number === undefined) return undefined;
    read[name] = number;
  }
  return read;
}

/** Which members a command of a shape takes, besides device and format; those before the bar it needs. */
const MEMBERS: Readonly<Record<MscShape, { needs: readonly (keyof Data)[]; takes: readonly (keyof Data)[] }>> = {
  'cue?': { needs: [], takes: ['cue', 'list', 'path'] },
  cue: { needs: ['cue'], takes: ['list', 'path'] },
  'timed cue?': { needs: ['time'], takes: ['cue', 'list', 'path'] },
  set: { needs: ['control', 'value'], takes: ['time'] },
  fire: { needs: ['macro'], takes: [] },
  none: { needs: [], takes: [] },
  'list?': { needs: [], takes: ['list'] },
  list: { needs: ['list'], takes: [] },
  path: { needs: ['path'], takes: [] },
  clock: { needs: ['time'], takes: ['list'] },
};

export type MscMember = keyof Data;

/** Whether a message of this command may have the member. */
export function takesMember(command: MscCommandName, member: MscMember): boolean {
  const { needs, takes } = MEMBERS[MSC_COMMANDS[command].shape];
  return needs.includes(member) || takes.includes(member);
}

const ALL_MEMBERS = ['cue', 'list', 'path', 'time', 'macro', 'control', 'value'] as const;

/**
 * Writes one message, strictly: no empty parts, nothing that the command does not take. The one liberty is a list
 * without a number, which Eos and Hog have defined.
 * @throws CODEC_MALFORMED in the technician's words
 */
export function encodeMsc(message: MscMessage): Uint8Array {
  const { command, deviceId, format, cue, list, path, time, macro, control, value } = message;
  const { code, shape } = MSC_COMMANDS[command];
  const { needs, takes } = MEMBERS[shape];
  for (const name of ALL_MEMBERS) {
    if (message[name] === undefined && needs.includes(name)) throw malformed(`${command} needs a ${name}`);
    if (message[name] !== undefined && !needs.includes(name) && !takes.includes(name)) {
      throw malformed(`${command} takes no ${name}`);
    }
  }
  const isBare = shape === 'path';
  if (path !== undefined && list === undefined && !isBare) throw malformed('a path needs a list before it');
  const fields = { cue, list, path };
  for (const name of ['cue', 'list', 'path'] as const) {
    const problem = fields[name] === undefined ? undefined : problemOfNumber(name, fields[name]);
    if (problem !== undefined) throw malformed(problem);
  }
  const texts =
    shape === 'list?' || shape === 'list' || shape === 'clock' ? [list] : isBare ? [path] : [cue, list, path];
  const bytes = [
    0xf0,
    0x7f,
    whole('deviceId', deviceId, 0, 127),
    0x02,
    whole('format', typeof format === 'number' ? format : MSC_FORMATS[format], 1, 127),
    code,
    // SET has its time last, every other command first.
    ...(control === undefined ? [] : fourteen('control', control)),
    ...(value === undefined ? [] : fourteen('value', value)),
    ...(time === undefined ? [] : encodeTime(time)),
    ...(macro === undefined ? [] : [whole('macro', macro, 0, 127)]),
    ...Buffer.from(joined(texts)),
    0xf7,
  ];
  if (bytes.length > MSC_BYTES_MAX) {
    throw malformed(`${command} would take ${bytes.length} bytes; MIDI Show Control carries ${MSC_BYTES_MAX}`);
  }
  return Uint8Array.from(bytes);
}

/** The fields with a delimiter between; those that are left out at the end leave none. */
function joined(texts: readonly (string | undefined)[]): string {
  const last = texts.findLastIndex((text) => text !== undefined);
  return texts
    .slice(0, last + 1)
    .map((text) => text ?? '')
    .join('\0');
}

/** 14 bits, the lower seven first. */
function fourteen(name: string, value: number): number[] {
  const checked = whole(name, value, 0, 16_383);
  return [checked & 0x7f, checked >> 7];
}

/** @throws CODEC_MALFORMED when the value is no whole number in this range */
export function whole(name: string, value: number, least: number, most: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw malformed(`${name} must be a whole number from ${least} to ${most}, not ${value}`);
}

export const malformed = (words: string): BridgeError => new BridgeError('CODEC_MALFORMED', words);
