/**
 * The OSC that QLab speaks: types i f s b T F N I, framed with SLIP on TCP. It hears what QLab's own OSC library
 * (F53OSC) hears and drops what that drops; nothing in here throws on what came in.
 */
import { BridgeError } from '../../src/kit/errors.js';
import { shortestDecimal } from '../../src/wire/osc/float32.js';

/** What the tag I carries: that something happened. */
export const IMPULSE = Symbol('impulse');

/** i and f are numbers (f as its shortest decimal, 1.1 and not 1.100000023841858), s text, b bytes, T and F booleans, N null. */
export type OscArgument = number | string | boolean | null | Uint8Array | typeof IMPULSE;

export interface OscMessage {
  address: string;
  args: OscArgument[];
}

export type DropReason = 'firstByte' | 'truncated' | 'typeTags' | 'bundle' | 'tooMany';

export interface Decoded {
  messages: OscMessage[];
  /** Why something in the packet was dropped; what stood before it still counts. */
  dropped?: DropReason;
}

/** Bundles within bundles, and messages of one packet. */
const BUNDLE_DEPTH_MAX = 16;
const PACKET_MESSAGES_MAX = 1000;

const padded = (length: number): number => (length + 4) & ~3;

function textBytes(text: string): Buffer {
  if (text.includes('\0')) throw new BridgeError('CODEC_MALFORMED', 'an OSC text cannot hold a NUL');
  const bytes = Buffer.from(text, 'utf8');
  const out = Buffer.alloc(padded(bytes.length));
  bytes.copy(out);
  return out;
}

/**
 * Encodes one OSC message.
 * @param address  starts with "/".
 * @param args  a whole number that fits 32 bits becomes i, any other number f.
 * @returns the packet; its length is a multiple of 4 bytes.
 * @throws CODEC_MALFORMED when the address does not start with "/", or a text holds a NUL.
 * @see Open Sound Control 1.0, "OSC Messages"
 */
export function encodeMessage(address: string, args: readonly OscArgument[] = []): Buffer {
  if (!address.startsWith('/')) throw new BridgeError('CODEC_MALFORMED', `no OSC address: ${address}`);
  let tags = ',';
  const parts: Buffer[] = [];
  for (const arg of args) {
    if (typeof arg === 'string') {
      tags += 's';
      parts.push(textBytes(arg));
    } else if (typeof arg === 'number') {
      const whole = Number.isInteger(arg) && arg >= -0x8000_0000 && arg <= 0x7fff_ffff;
      tags += whole ? 'i' : 'f';
      const bytes = Buffer.alloc(4);
      if (whole) bytes.writeInt32BE(arg);
      else bytes.writeFloatBE(arg);
      parts.push(bytes);
    } else if (typeof arg === 'boolean') tags += arg ? 'T' : 'F';
    else if (arg === null) tags += 'N';
    else if (arg === IMPULSE) tags += 'I';
    else {
      tags += 'b';
      const bytes = Buffer.alloc(4 + ((arg.length + 3) & ~3));
      bytes.writeInt32BE(arg.length);
      bytes.set(arg, 4);
      parts.push(bytes);
    }
  }
  return Buffer.concat([textBytes(address), textBytes(tags), ...parts]);
}

/** Reads one packet as F53OSC does: bundles run at once whatever their time, missing type tags mean no arguments. */
export function decodePacket(packet: Uint8Array): Decoded {
  const decoded: Decoded = { messages: [] };
  decodeInto(decoded, Buffer.from(packet.buffer, packet.byteOffset, packet.byteLength), 0);
  return decoded;
}

function decodeInto(decoded: Decoded, bytes: Buffer, depth: number): void {
  if (decoded.messages.length >= PACKET_MESSAGES_MAX || depth > BUNDLE_DEPTH_MAX) {
    decoded.dropped = 'tooMany';
    return;
  }
  if (bytes[0] === 0x2f) {
    const message = decodeMessage(bytes);
    if (typeof message === 'string') decoded.dropped = message;
    else decoded.messages.push(message);
    return;
  }
  if (bytes[0] !== 0x23) {
    decoded.dropped = 'firstByte';
    return;
  }
  if (bytes.length < 16 || bytes.toString('latin1', 0, 8) !== '#bundle\0') {
    decoded.dropped = 'bundle';
    return;
  }
  for (let at = 16; at < bytes.length; ) {
    const size = at + 4 <= bytes.length ? bytes.readInt32BE(at) : -1;
    if (size <= 0 || size > bytes.length - at - 4) {
      decoded.dropped = 'bundle';
      return;
    }
    decodeInto(decoded, bytes.subarray(at + 4, at + 4 + size), depth + 1);
    if (decoded.dropped === 'tooMany') return;
    at += 4 + size;
  }
}

function decodeMessage(bytes: Buffer): OscMessage | DropReason {
  let at = 0;
  const text = (): string | undefined => {
    const end = bytes.indexOf(0, at);
    if (end < 0) return undefined;
    const found = bytes.toString('utf8', at, end);
    at += padded(end - at);
    return found;
  };
  const address = text();
  if (address === undefined) return 'truncated';
  if (at >= bytes.length) return { address, args: [] };
  const tags = text();
  if (tags === undefined) return 'truncated';
  if (!tags.startsWith(',')) return 'typeTags';
  const args: OscArgument[] = [];
  for (const tag of tags.slice(1)) {
    switch (tag) {
      case 'i':
      case 'f':
        if (at + 4 > bytes.length) return 'truncated';
        args.push(tag === 'i' ? bytes.readInt32BE(at) : shortestDecimal(bytes.readFloatBE(at)));
        at += 4;
        break;
      case 's': {
        const found = text();
        if (found === undefined) return 'truncated';
        args.push(found);
        break;
      }
      case 'b': {
        const size = at + 4 <= bytes.length ? bytes.readInt32BE(at) : -1;
        if (size < 0 || at + 4 + size > bytes.length) return 'truncated';
        args.push(Uint8Array.from(bytes.subarray(at + 4, at + 4 + size)));
        at += 4 + ((size + 3) & ~3);
        break;
      }
      case 'T':
      case 'F':
        args.push(tag === 'T');
        break;
      case 'N':
        args.push(null);
        break;
      case 'I':
        args.push(IMPULSE);
        break;
      default:
        return 'typeTags';
    }
  }
  return { address, args };
}

const END = 0xc0;
const ESC = 0xdb;
const ESC_END = 0xdc;
const ESC_ESC = 0xdd;

/** A frame for TCP: SLIP with END before and after. @see RFC 1055 */
export function slipEncode(packet: Uint8Array): Buffer {
  const out = Buffer.allocUnsafe(packet.length * 2 + 2);
  let at = 0;
  out[at++] = END;
  for (const byte of packet) {
    if (byte === END || byte === ESC) {
      out[at++] = ESC;
      out[at++] = byte === END ? ESC_END : ESC_ESC;
    } else out[at++] = byte;
  }
  out[at++] = END;
  return out.subarray(0, at);
}

/**
 * Cuts a byte stream into frames. A bad escape passes its byte through and empty frames are nothing, as in F53OSC; a
 * frame above the limit is dropped up to its END, and the next one counts again.
 */
export class SlipDecoder {
  readonly #frameBytesMax: number;
  readonly #onFrame: (frame: Buffer) => void;
  readonly #onOversize: () => void;
  #frame = Buffer.allocUnsafe(1024);
  #length = 0;
  #escaped = false;
  #tooLong = false;

  constructor(frameBytesMax: number, onFrame: (frame: Buffer) => void, onOversize: () => void) {
    this.#frameBytesMax = frameBytesMax;
    this.#onFrame = onFrame;
    this.#onOversize = onOversize;
  }

  /** @param chunk  what one read gave; it may end anywhere. */
  push(chunk: Uint8Array): void {
    for (const byte of chunk) {
      if (byte === END) this.#end();
      else if (this.#escaped) {
        this.#escaped = false;
        this.#put(byte === ESC_END ? END : byte === ESC_ESC ? ESC : byte);
      } else if (byte === ESC) this.#escaped = true;
      else this.#put(byte);
    }
  }

  #put(byte: number): void {
    if (this.#tooLong) return;
    if (this.#length === this.#frameBytesMax) {
      this.#tooLong = true;
      this.#onOversize();
      return;
    }
    if (this.#length === this.#frame.length) {
      const larger = Buffer.allocUnsafe(Math.min(this.#frame.length * 2, this.#frameBytesMax));
      this.#frame.copy(larger);
      this.#frame = larger;
    }
    this.#frame[this.#length++] = byte;
  }

  #end(): void {
    const frame = this.#length > 0 && !this.#tooLong ? Buffer.from(this.#frame.subarray(0, this.#length)) : undefined;
    this.#length = 0;
    this.#escaped = false;
    this.#tooLong = false;
    if (this.#frame.length > 65536) this.#frame = Buffer.allocUnsafe(1024);
    if (frame) this.#onFrame(frame);
  }
}
