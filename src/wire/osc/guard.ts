/**
 * Walks the bytes of an OSC packet before anything is read from them, so that nothing is ever read past an end, and says
 * of a bad packet what is wrong. How much is let pass is a dialect's.
 * @see Open Sound Control 1.0, "OSC Packets", "OSC Type Tag String"
 */

/** How OSC is heard and written: what is let pass beyond OSC 1.0, and how much of it. */
export interface Dialect {
  /** The type tags that are heard; any other drops its message. */
  readonly types: string;
  /** Lengths need not be multiples of 4, padding may hold anything or be cut off, and what is left over is nothing. */
  readonly loosePadding: boolean;
  /** A fault costs its message, or the rest of its bundle, and no more; else it costs the whole packet. */
  readonly keepsSound: boolean;
  /** What is written may have any text without a NUL as its address, and a float that is no number or does not fit. */
  readonly looseValues: boolean;
  /** Bundles in bundles, and arrays in arrays, at most so deep. */
  readonly nestingMax: number;
  /** Messages in one packet, through all of its bundles. */
  readonly messagesMax: number;
  /** Arguments and brackets of one message. */
  readonly tagsMax: number;
  /** Bytes of an OSC address; an incoming one may be a pattern, which must stay cheap to match. */
  readonly addressBytesMax: number;
}

/**
 * Where a lenient reading could turn one message into another nothing is let pass (as in liblo), but in one place: a
 * message without type tags has no arguments, as in each dialect.
 */
export const STRICT: Dialect = {
  types: 'ifdhsScbrmtTFNI[]',
  loosePadding: false,
  keepsSound: false,
  looseValues: false,
  nestingMax: 8,
  messagesMax: 512,
  tagsMax: 1024,
  addressBytesMax: 255,
};

/**
 * What QLab's own library hears and says.
 * @see F53OSC, F53OSCParser.m (github.com/Figure53/F53OSC, 6989aef), read for each line below
 */
export const F53OSC: Dialect = {
  // Any other tag (d, h, t, c, r, m, S, [) drops its message without a word.
  types: 'ifsbTFNI',
  // It reads on from where an argument should end, and never looks at the padding or at the packet's length.
  loosePadding: true,
  // Elements of a bundle run one by one; one that is larger than what is left ends the bundle.
  keepsSound: true,
  // An address holds the name of a workspace, and in a reply whatever was asked.
  looseValues: true,
  // It has no limits. These are ours; texts and arguments are bounded by the frame they come in.
  nestingMax: 16,
  messagesMax: 1000,
  tagsMax: Number.POSITIVE_INFINITY,
  addressBytesMax: Number.POSITIVE_INFINITY,
};

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

/** A message whose bytes are known to be sound: from where to where they are, in the packet. */
export interface MessagePlace {
  start: number;
  end: number;
  /** The type tags without the comma, brackets included. */
  types: string;
  /** Where the arguments begin, counted from the message's start. */
  argsAt: number;
}

/** `messages` are those that count; `fault` is why others do not, the last one where there are several. */
export interface Walked {
  messages: MessagePlace[];
  fault?: Fault;
}

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

/** Finds the messages of a packet, through all bundles, in order. Never throws. */
export function walkPacket(bytes: Uint8Array, dialect: Dialect = STRICT): Walked {
  const walk = new Walk(bytes, dialect);
  const fault = walk.packet(0, bytes.length, 0) ?? walk.passed;
  if (!fault) return { messages: walk.messages };
  return { messages: dialect.keepsSound ? walk.messages : [], fault };
}

class Walk {
  readonly messages: MessagePlace[] = [];
  /** The last fault that did not end the walk. */
  passed: Fault | undefined;
  readonly #bytes: Buffer;
  readonly #dialect: Dialect;

  constructor(bytes: Uint8Array, dialect: Dialect) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#dialect = dialect;
  }

  packet(start: number, end: number, depth: number): Fault | undefined {
    if (start === end) return 'empty';
    if (!this.#dialect.loosePadding && (end - start) % 4 !== 0) return 'length';
    if (this.#bytes[start] === SLASH) return this.#message(start, end);
    if (this.#bytes[start] === HASH) return this.#bundle(start, end, depth);
    return 'notOsc';
  }

  #bundle(start: number, end: number, depth: number): Fault | undefined {
    const { nestingMax, loosePadding } = this.#dialect;
    if (depth >= nestingMax) return 'nesting';
    if (end - start < 16 || BUNDLE.some((byte, at) => this.#bytes[start + at] !== byte)) return 'bundle';
    let at = start + 16;
    while (at < end) {
      if (end - at < 4) return 'bundle';
      const size = this.#bytes.readInt32BE(at);
      at += 4;
      if (size <= 0 || (!loosePadding && size % 4 !== 0) || size > end - at) return 'bundle';
      const fault = this.packet(at, at + size, depth + 1);
      if (fault) {
        if (!this.#dialect.keepsSound || fault === 'nesting' || fault === 'count') return fault;
        this.passed = fault;
      }
      at += size;
    }
    return undefined;
  }

  #message(start: number, end: number): Fault | undefined {
    const { messagesMax, tagsMax, addressBytesMax } = this.#dialect;
    if (this.messages.length >= messagesMax) return 'count';
    const address = this.#string(start, end);
    if (typeof address === 'string') return address;
    if (address.length > addressBytesMax) return 'address';
    if (address.next >= end) {
      this.messages.push({ start, end, types: '', argsAt: end - start });
      return undefined;
    }
    if (this.#bytes[address.next] !== COMMA) return 'typeTags';
    const tags = this.#string(address.next, end);
    if (typeof tags === 'string') return tags;
    if (tags.length - 1 > tagsMax) return 'count';
    const types = this.#bytes.toString('latin1', address.next + 1, address.next + tags.length);
    const fault = this.#args(types, tags.next, end);
    if (!fault) this.messages.push({ start, end, types, argsAt: tags.next - start });
    return fault;
  }

  #args(types: string, start: number, end: number): Fault | undefined {
    const heard = this.#dialect.types;
    let at = start;
    let open = 0;
    for (const type of types) {
      if (!heard.includes(type)) return 'unknownType';
      if (type === '[') {
        open += 1;
        if (open > this.#dialect.nestingMax) return 'nesting';
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
        const size = SIZES[type] ?? 0;
        if (size > 0 && size > end - at) return 'truncated';
        at += size;
      }
    }
    if (open !== 0) return 'array';
    return at === end || this.#dialect.loosePadding ? undefined : 'leftover';
  }

  /** @returns the bytes before the NUL, and where what follows begins: past the end where the padding is cut off. */
  #string(start: number, end: number): { length: number; next: number } | Fault {
    if (start >= end) return 'truncated';
    const nul = this.#bytes.indexOf(0, start);
    if (nul < 0 || nul >= end) return 'unterminated';
    const next = start + ((nul - start + 4) & ~3);
    return this.#isPadding(nul, next) ? { length: nul - start, next } : 'padding';
  }

  #blob(start: number, end: number): number | Fault {
    if (end - start < 4) return 'truncated';
    const size = this.#bytes.readInt32BE(start);
    if (size < 0 || size > end - start - 4) return 'blobLength';
    const next = start + 4 + ((size + 3) & ~3);
    return this.#isPadding(start + 4 + size, next) ? next : 'padding';
  }

  #isPadding(from: number, to: number): boolean {
    if (this.#dialect.loosePadding) return true;
    for (let at = from; at < to; at++) if (this.#bytes[at] !== 0) return false;
    return true;
  }
}
