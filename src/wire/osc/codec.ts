/**
 * OSC packets ↔ messages. The bytes are read and written by the library `osc`, behind our own guard: incoming packets
 * are walked first (guard.ts), outgoing values are checked first, because the library coerces what does not fit. Texts
 * are cut here: the library reads them byte by byte, and the cue lists of a QLab are one text of megabytes.
 * @see Open Sound Control 1.0; 1.1 (Freed and Schmeder, NIME 2009) for T F N I t
 */
import osc, { type Offset, type TimeTag, type WireArgument, type WireBundle, type WireMessage } from 'osc/src/osc.js';
import { BridgeError } from '../../kit/errors.js';
import { type Dialect, type Fault, type MessagePlace, STRICT, walkPacket } from './guard.js';

/** An argument with its OSC type. b, r, m and t hold lower case hexadecimal; t is an NTP time of 16 digits. */
export type OscArg =
  | { type: 'i' | 'f' | 'd'; value: number }
  | { type: 'h'; value: bigint }
  | { type: 's' | 'S' | 'c' | 'b' | 'r' | 'm' | 't'; value: string }
  | { type: 'T' | 'F' | 'N' | 'I' }
  | { type: '['; value: OscArg[] };

export interface OscMessage {
  address: string;
  args: OscArg[];
}

/** `timeTag` as in an argument of type t; left out: at once. */
export interface OscBundle {
  packets: OscPacket[];
  timeTag?: string;
}

export type OscPacket = OscMessage | OscBundle;

/** A message as it came in: `types` without the comma, brackets included. */
export interface ReceivedMessage extends OscMessage {
  types: string;
}

/** `fault` says why something was dropped: all of the packet, or in a dialect that keeps what is sound, a part of it. */
export interface Decoded {
  messages: ReceivedMessage[];
  fault?: Fault;
}

/** The time tag that means at once. */
const IMMEDIATELY = '0000000000000001';

/**
 * The messages of a packet. Those of bundles come in their order, at once: time tags are not waited for.
 * Never throws.
 */
export function decodePacket(packet: Uint8Array, dialect: Dialect = STRICT): Decoded {
  const { messages: places, fault } = walkPacket(packet, dialect);
  const messages = places.map((place) => readMessage(packet, place));
  return fault === undefined ? { messages } : { messages, fault };
}

function readMessage(packet: Uint8Array, { start, end, types, argsAt }: MessagePlace): ReceivedMessage {
  // The library reads blobs from the start of the underlying buffer, so the message gets a buffer of its own.
  const bytes = new Uint8Array(packet.subarray(start, end));
  const view = new DataView(bytes.buffer);
  const address = readText(view, { idx: 0 });
  const lists: OscArg[][] = [[]];
  const at = { idx: argsAt };
  for (const type of types) {
    if (type === '[') {
      const list: OscArg[] = [];
      lists.at(-1)?.push({ type, value: list });
      lists.push(list);
    } else if (type === ']') lists.pop();
    else lists.at(-1)?.push(readArg(type, view, at));
  }
  return { address, types, args: lists[0] as OscArg[] };
}

/** The walk has seen that a NUL comes. */
function readText({ buffer }: DataView, at: Offset): string {
  const bytes = Buffer.from(buffer as ArrayBuffer);
  const end = bytes.indexOf(0, at.idx);
  const text = bytes.toString('utf8', at.idx, end);
  at.idx += (end - at.idx + 4) & ~3;
  return text;
}

function readArg(type: string, view: DataView, at: Offset): OscArg {
  switch (type) {
    case 'i':
      return { type, value: osc.readInt32(view, at) };
    case 'f':
      return { type, value: osc.readFloat32(view, at) };
    case 'd':
      return { type, value: osc.readFloat64(view, at) };
    case 'h': {
      const { high, low } = osc.readInt64(view, at);
      return { type, value: (BigInt(high) << 32n) | BigInt.asUintN(32, BigInt(low)) };
    }
    case 's':
    case 'S':
      return { type, value: readText(view, at) };
    case 'c': {
      const character = osc.readChar32(view, at);
      return { type, value: character <= '\u007f' ? character : '\ufffd' };
    }
    case 'b':
      return { type, value: toHex(osc.readBlob(view, at)) };
    case 'm':
      return { type, value: toHex(osc.readMIDIBytes(view, at)) };
    case 'r': {
      const { r, g, b, a } = osc.readColor(view, at);
      return { type, value: toHex(Uint8Array.of(r, g, b, Math.round(a * 255))) };
    }
    case 't':
      return {
        type,
        value: osc
          .readTimeTag(view, at)
          .raw.map((word) => word.toString(16).padStart(8, '0'))
          .join(''),
      };
    default:
      return { type: type as 'T' | 'F' | 'N' | 'I' };
  }
}

const toHex = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');

/**
 * The bytes of a message or bundle; their number is always a multiple of 4.
 * @throws CODEC_MALFORMED when an address or a value does not fit its type
 */
export function encodePacket(packet: OscPacket, dialect: Dialect = STRICT): Uint8Array {
  return osc.writePacket(toWire(packet, dialect), { metadata: true });
}

function toWire(packet: OscPacket, dialect: Dialect): WireMessage | WireBundle {
  if ('address' in packet) {
    return { address: checkAddress(packet.address, dialect), args: packet.args.map((arg) => toWireArg(arg, dialect)) };
  }
  return {
    timeTag: toTimeTag(packet.timeTag ?? IMMEDIATELY),
    packets: packet.packets.map((inner) => toWire(inner, dialect)),
  };
}

const malformed = (message: string): BridgeError => new BridgeError('CODEC_MALFORMED', message);

/** Wildcards are allowed: a device may be asked to match them. */
function checkAddress(address: string, { looseValues, addressBytesMax }: Dialect): string {
  if (!address.startsWith('/')) throw malformed(`the OSC address ${quote(address)} does not start with /`);
  if (looseValues) return checkText(address);
  if (!/^[!-~]*$/.test(address)) throw malformed(`the OSC address ${quote(address)} has a space or is not plain ASCII`);
  if (address.length > addressBytesMax) {
    throw malformed(`the OSC address ${quote(address)} is longer than ${addressBytesMax} bytes`);
  }
  return address;
}

function checkText(text: string): string {
  if (text.includes('\0')) throw malformed('an OSC text cannot hold a NUL');
  return text;
}

function toWireArg(arg: OscArg, dialect: Dialect): WireArgument {
  const { type } = arg;
  switch (type) {
    case '[':
      return arg.value.map((inner) => toWireArg(inner, dialect));
    case 'i':
      if (!Number.isInteger(arg.value) || arg.value !== (arg.value | 0)) {
        throw malformed(`${arg.value} is no whole number of 32 bits (i); write it as h or d`);
      }
      return { type, value: arg.value };
    case 'f':
      if (!dialect.looseValues && !Number.isFinite(Math.fround(arg.value))) {
        throw malformed(`${arg.value} does not fit 32 bits (f)`);
      }
      return { type, value: arg.value };
    case 'd':
      if (!Number.isFinite(arg.value)) throw malformed(`${arg.value} is no number (d)`);
      return { type, value: arg.value };
    case 'h':
      if (BigInt.asIntN(64, arg.value) !== arg.value) throw malformed(`${arg.value} does not fit 64 bits (h)`);
      return { type, value: { high: Number(arg.value >> 32n), low: Number(BigInt.asIntN(32, arg.value)) } };
    case 's':
    case 'S':
      return { type, value: checkText(arg.value) };
    case 'c':
      if (!/^[\0-\x7f]$/.test(arg.value)) throw malformed(`${quote(arg.value)} is not one ASCII character (c)`);
      return { type, value: arg.value };
    case 'b':
      return { type, value: fromHex(arg.value, type) };
    case 'm':
      return { type, value: fromHex(arg.value, type, 4) };
    case 'r': {
      const [r = 0, g = 0, b = 0, a = 0] = fromHex(arg.value, type, 4);
      return { type, value: { r, g, b, a: a / 255 } };
    }
    case 't':
      return { type, value: toTimeTag(arg.value) };
    case 'T':
    case 'F':
    case 'N':
    case 'I':
      return { type };
    default:
      throw malformed(`${quote(String(type))} is no OSC type`);
  }
}

function toTimeTag(hex: string): TimeTag {
  const view = new DataView(fromHex(hex, 't', 8).buffer);
  return { raw: [view.getUint32(0), view.getUint32(4)] };
}

/** @throws CODEC_MALFORMED unless `hex` is pairs of hexadecimal digits, `size` of them where it is given */
function fromHex(hex: string, type: string, size?: number): Uint8Array<ArrayBuffer> {
  if (!/^([0-9a-fA-F]{2})*$/.test(hex) || (size !== undefined && hex.length !== size * 2)) {
    const wanted = size === undefined ? 'pairs of hexadecimal digits' : `${size * 2} hexadecimal digits`;
    throw malformed(`${quote(hex)} is not ${wanted} (${type})`);
  }
  return Uint8Array.from(Buffer.from(hex, 'hex'));
}

const quote = (text: string): string => JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
