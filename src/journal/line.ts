import { crc32 } from 'node:zlib';
import { BridgeError } from '../kit/errors.js';

/**
 * A line of the log is an event's JSON with one member more, its last: `{…,"crc":"1a2b3c4d"}` and "\n". The crc is the
 * CRC-32 (ISO 3309, as in gzip) of the JSON without that member, in eight lower-case hexadecimal digits. So every line
 * is JSON for tail, grep and jq, and the JSON is had back by cutting a fixed number of bytes.
 */
const MARK = Buffer.from(',"crc":"', 'latin1');
const HEX_DIGITS = 8;
/** How many bytes of a line, its "\n" not counted, stand for the crc: `,"crc":"` + eight digits + `"}`. */
const TAIL_BYTES = MARK.length + HEX_DIGITS + 2;
const NEWLINE = 0x0a;
const COMMA = 0x2c;
const CLOSE = 0x7d;
const OPEN = 0x7b;
const QUOTE = 0x22;

/** How long a line may be, in bytes. */
export const LINE_BYTES_MAX = 16 * 1024 * 1024;

/** How much longer a line, with its "\n", is than the event's JSON. */
const LINE_EXTRA_BYTES = TAIL_BYTES;

const hexOf = (crc: number): string => crc.toString(16).padStart(HEX_DIGITS, '0');

const DIGIT = new Int8Array(256).fill(-1);
for (const [value, digit] of [...'0123456789abcdef'].entries()) DIGIT[digit.charCodeAt(0)] = value;

/** Collects lines for one write. Its memory is used again for the next. */
export class LineBuffer {
  readonly #keptBytes: number;
  #bytes: Buffer;
  #length = 0;

  /** @param keptBytes  how much memory it keeps between writes. */
  constructor(keptBytes = 256 * 1024) {
    this.#keptBytes = keptBytes;
    this.#bytes = Buffer.allocUnsafeSlow(keptBytes);
  }

  /** In bytes. */
  get length(): number {
    return this.#length;
  }

  /**
   * Adds one event's line. @returns the line's length in bytes.
   * @throws INTERNAL when `json` is no JSON object on one line, or too long
   */
  add(json: Buffer): number {
    if (json.length < 2 || json[0] !== OPEN || json[json.length - 1] !== CLOSE || json.includes(NEWLINE)) {
      throw new BridgeError('INTERNAL', 'an event for the log is not one JSON object on one line');
    }
    const length = json.length + LINE_EXTRA_BYTES;
    if (length > LINE_BYTES_MAX)
      throw new BridgeError('INTERNAL', `an event of ${length} bytes is too long for the log`);
    const at = this.#length;
    this.#reserve(at + length);
    const bytes = this.#bytes;
    json.copy(bytes, at);
    bytes.write(`,"crc":"${hexOf(crc32(json))}"}\n`, at + json.length - 1, 'latin1');
    this.#length = at + length;
    return length;
  }

  /** What was added, valid until `clear`. */
  view(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Takes out the first `bytes` bytes and puts them at the end of another buffer. */
  moveTo(other: LineBuffer, bytes: number): void {
    const at = other.#length;
    other.#reserve(at + bytes);
    this.#bytes.copy(other.#bytes, at, 0, bytes);
    other.#length = at + bytes;
    this.#bytes.copyWithin(0, bytes, this.#length);
    this.#length -= bytes;
  }

  /** Forgets all but the first `length` bytes. */
  clear(length = 0): void {
    this.#length = length;
    if (length > 0) return;
    if (this.#bytes.length > this.#keptBytes) this.#bytes = Buffer.allocUnsafeSlow(this.#keptBytes);
  }

  #reserve(length: number): void {
    if (length <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(length, this.#bytes.length * 2));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }
}

/**
 * Reads the line from `start` up to, without, the "\n" at `end`, and checks its crc.
 * @returns the event's JSON as text, or undefined when the line is bad. `bytes` is as it was afterwards.
 */
export function readLine(bytes: Buffer, start: number, end: number): string | undefined {
  const mark = end - TAIL_BYTES;
  if (mark <= start || bytes[end - 1] !== CLOSE || bytes[end - 2] !== QUOTE) return undefined;
  for (let i = 0; i < MARK.length; i += 1) if (bytes[mark + i] !== MARK[i]) return undefined;
  let expected = 0;
  for (let at = mark + MARK.length; at < end - 2; at += 1) {
    const digit = DIGIT[bytes[at] as number] as number;
    if (digit < 0) return undefined;
    expected = expected * 16 + digit;
  }
  bytes[mark] = CLOSE;
  const json = bytes.subarray(start, mark + 1);
  const text = crc32(json) === expected ? json.toString() : undefined;
  bytes[mark] = COMMA;
  return text;
}

/** Turns whole lines of the log into plain JSON lines, in place. @returns how many bytes are left. */
export function cutCrcs(bytes: Buffer): number {
  let kept = 0;
  for (let start = 0; start < bytes.length; ) {
    const end = bytes.indexOf(NEWLINE, start);
    if (end < 0) break;
    const mark = end - TAIL_BYTES;
    bytes.copyWithin(kept, start, mark);
    kept += mark - start;
    bytes[kept] = CLOSE;
    bytes[kept + 1] = NEWLINE;
    kept += 2;
    start = end + 1;
  }
  return kept;
}

/** @returns where the line after the next `count` begins, at most `bytes.length`. */
export function skipLines(bytes: Buffer, count: number): number {
  let at = 0;
  for (let left = count; left > 0; left -= 1) {
    const end = bytes.indexOf(NEWLINE, at);
    if (end < 0) return bytes.length;
    at = end + 1;
  }
  return at;
}
