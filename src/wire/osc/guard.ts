/**
 * Walks the bytes of an OSC packet before the library reads them, so that nothing is ever read past an end, and says of
 * a bad packet what is wrong. Strict where a lenient reading could turn one message into another: zero padding, exact
 * lengths, nothing left over (as liblo does). Lenient in one place: a message without type tags has no arguments, as
 * QLab reads it.
 * @see Open Sound Control 1.0, "OSC Packets", "OSC Type Tag String"
 */

/** Bundles in bundles, and arrays in arrays, at most so deep. */
export const NESTING_MAX = 8;
/** Messages in one packet, through all of its bundles. */
export const MESSAGES_MAX = 512;
/** Arguments and brackets of one message. */
export const TAGS_MAX = 1024;
/** Bytes of an OSC address; an incoming one may be a pattern, which must stay cheap to match. */
export const ADDRESS_BYTES_MAX = 255;

/** Why a packet was dropped; the counters carry these names. */
export type Fault =
  | 'empty'
  | 'length'
  | 'notOsc'
  | 'unterminated'
  | 'padding'
  | 'address'
  | 'typeTags'
  | 'unknownType'
  | 'truncated'
  | 'blobLength'
  | 'array'
  | 'leftover'
  | 'bundle'
  | 'nesting'
  | 'count';

/** A message whose bytes are known to be sound. */
export interface MessagePlace {
  /** Where the address begins. */
  addressAt: number;
  /** The type tags without the comma, brackets included. */
  types: string;
  /** Where the arguments begin. */
  argsAt: number;
}

export type Walked = { ok: true; messages: MessagePlace[] } | { ok: false; fault: Fault };

const SLASH = 0x2f;
const HASH = 0x23;
const COMMA = 0x2c;
const BUNDLE = Uint8Array.of(0x23, 0x62, 0x75, 0x6e, 0x64, 0x6c, 0x65, 0);

/** Bytes of each argument whose size does not depend on its content. */
const SIZES: Readonly<Record<string, number>> = {
  i: 4,
  f: 4,
  c: 4,
  r: 4,
  m: 4,
  h: 8,
  d: 8,
  t: 8,
  T: 0,
  F: 0,
  N: 0,
  I: 0,
};

/** Finds every message of a packet, through all bundles, in order. One fault anywhere drops the whole packet. Never throws. */
export function walkPacket(bytes: Uint8Array): Walked {
  const walk = new Walk(bytes);
  const fault = walk.packet(0, bytes.length, 0);
  return fault ? { ok: false, fault } : { ok: true, messages: walk.messages };
}

class Walk {
  readonly messages: MessagePlace[] = [];
  readonly #bytes: Uint8Array;
  readonly #view: DataView;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  packet(start: number, end: number, depth: number): Fault | undefined {
    if (start === end) return 'empty';
    if ((end - start) % 4 !== 0) return 'length';
    if (this.#bytes[start] === SLASH) return this.#message(start, end);
    if (this.#bytes[start] === HASH) return this.#bundle(start, end, depth);
    return 'notOsc';
  }

  #bundle(start: number, end: number, depth: number): Fault | undefined {
    if (depth >= NESTING_MAX) return 'nesting';
    if (end - start < 16 || BUNDLE.some((byte, at) => this.#bytes[start + at] !== byte)) return 'bundle';
    let at = start + 16;
    while (at < end) {
      const size = this.#view.getInt32(at);
      at += 4;
      if (size <= 0 || size % 4 !== 0 || size > end - at) return 'bundle';
      const fault = this.packet(at, at + size, depth + 1);
      if (fault) return fault;
      at += size;
    }
    return undefined;
  }

  #message(start: number, end: number): Fault | undefined {
    if (this.messages.length >= MESSAGES_MAX) return 'count';
    const address = this.#string(start, end);
    if (typeof address === 'string') return address;
    if (address.length > ADDRESS_BYTES_MAX) return 'address';
    if (address.next === end) {
      this.messages.push({ addressAt: start, types: '', argsAt: end });
      return undefined;
    }
    if (this.#bytes[address.next] !== COMMA) return 'typeTags';
    const tags = this.#string(address.next, end);
    if (typeof tags === 'string') return tags;
    if (tags.length - 1 > TAGS_MAX) return 'count';
    const types = String.fromCharCode(...this.#bytes.subarray(address.next + 1, address.next + tags.length));
    const fault = this.#args(types, tags.next, end);
    if (!fault) this.messages.push({ addressAt: start, types, argsAt: tags.next });
    return fault;
  }

  #args(types: string, start: number, end: number): Fault | undefined {
    let at = start;
    let open = 0;
    for (const type of types) {
      if (type === '[') {
        open += 1;
        if (open > NESTING_MAX) return 'nesting';
      } else if (type === ']') {
        open -= 1;
        if (open < 0) return 'array';
      } else if (type === 's' || type === 'S') {
        const text = this.#string(at, end);
        if (typeof text === 'string') return text;
        at = text.next;
      } else if (type === 'b') {
        const blob = this.#blob(at, end);
        if (typeof blob === 'string') return blob;
        at = blob;
      } else {
        const size = SIZES[type];
        if (size === undefined) return 'unknownType';
        if (size > end - at) return 'truncated';
        at += size;
      }
    }
    if (open !== 0) return 'array';
    return at === end ? undefined : 'leftover';
  }

  /** @returns the bytes before the NUL, and where what follows begins. */
  #string(start: number, end: number): { length: number; next: number } | Fault {
    if (start >= end) return 'truncated';
    const nul = this.#bytes.indexOf(0, start);
    if (nul < 0 || nul >= end) return 'unterminated';
    const next = start + ((nul - start + 4) & ~3);
    return this.#isZero(nul, next) ? { length: nul - start, next } : 'padding';
  }

  #blob(start: number, end: number): number | Fault {
    if (end - start < 4) return 'truncated';
    const size = this.#view.getInt32(start);
    if (size < 0 || size > end - start - 4) return 'blobLength';
    const next = start + 4 + ((size + 3) & ~3);
    return this.#isZero(start + 4 + size, next) ? next : 'padding';
  }

  #isZero(from: number, to: number): boolean {
    for (let at = from; at < to; at++) if (this.#bytes[at] !== 0) return false;
    return true;
  }
}
