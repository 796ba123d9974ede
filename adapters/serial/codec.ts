/** Bytes of a serial line ↔ frames, and commands → bytes. Pure: time is handed in. */
import { BridgeError } from '../../src/kit/errors.js';

export type Encoding = 'utf8' | 'latin1' | 'hex';

/** How a stream of bytes is cut into frames. */
export type Framing =
  | { kind: 'line'; delimiter: Uint8Array; cutsReturn: boolean; lineBytesMax: number }
  | { kind: 'fixed'; frameBytes: number; idleMs: number }
  | { kind: 'idle'; idleMs: number; lineBytesMax: number };

/** How a device's text becomes bytes. */
export interface Coding {
  encoding: Encoding;
  framing: Framing;
}

/** What comes sooner after the opening may be the rest of what began before it; see `Framer`. */
export const CUT_MS = 100;
/** A line that got no more bytes for so long is without its end … */
export const UNENDED_MS = 1000;
/** … and so is one that goes on and on for so long. */
export const ENDLESS_MS = 3000;
const RETURN = 13;
/** What a line picks up beside its text: NUL, XON, XOFF, and of a wire in trouble 0xFF, which is never in UTF-8. */
const NOISE: readonly number[] = [0x00, 0x11, 0x13];
const isNoise = (byte: number | undefined, encoding: Encoding): boolean =>
  byte !== undefined && (NOISE.includes(byte) || (byte === 0xff && encoding === 'utf8'));

/** Longer delimiters are refused. */
const DELIMITER_BYTES_MAX = 8;
/** The pause inside a frame of fixed length after which its beginning is dropped, where nothing else is said. */
const FRAME_PAUSE_MS = 100;

const ESCAPES: Readonly<Record<string, string>> = { r: '\r', n: '\n', t: '\t', '0': '\0', '\\': '\\' };

/**
 * A delimiter as written in YAML, where single quotes keep a backslash: \r \n \t \0 \\ \xHH become their byte.
 * @throws CODEC_MALFORMED when it is empty, longer than 8 bytes, or has another escape
 */
export function parseDelimiter(text: string): Uint8Array {
  const bytes: number[] = [];
  for (const [token] of text.matchAll(/\\x[0-9a-fA-F]{2}|\\[\s\S]?|[^\\]/gu)) {
    if (token.length === 4 && token.startsWith('\\x')) bytes.push(Number.parseInt(token.slice(2), 16));
    else if (token.startsWith('\\')) {
      const meant = ESCAPES[token.slice(1)];
      if (meant === undefined) throw new BridgeError('CODEC_MALFORMED', `delimiter: ${token} is no escape`);
      bytes.push(...Buffer.from(meant));
    } else bytes.push(...Buffer.from(token));
  }
  if (bytes.length === 0 || bytes.length > DELIMITER_BYTES_MAX) {
    throw new BridgeError('CODEC_MALFORMED', `delimiter: ${bytes.length} bytes; 1 to ${DELIMITER_BYTES_MAX} are taken`);
  }
  return Uint8Array.from(bytes);
}

/** @throws CODEC_MALFORMED for a delimiter that cannot be */
export function framingOf(config: {
  delimiter?: string;
  frameBytes?: number;
  idleMs?: number;
  lineBytesMax: number;
}): Framing {
  const { delimiter, frameBytes, idleMs, lineBytesMax } = config;
  if (frameBytes !== undefined) return { kind: 'fixed', frameBytes, idleMs: idleMs ?? FRAME_PAUSE_MS };
  if (idleMs !== undefined) return { kind: 'idle', idleMs, lineBytesMax };
  if (delimiter === undefined) return { kind: 'line', delimiter: Uint8Array.of(10), cutsReturn: true, lineBytesMax };
  const bytes = parseDelimiter(delimiter);
  return { kind: 'line', delimiter: bytes, cutsReturn: bytes.length === 1 && bytes[0] === 10, lineBytesMax };
}

/**
 * Cuts a stream into frames, whatever pieces it comes in. Holds at most one frame. Empty lines are nothing.
 * A port may be opened in the middle of a line, and the end of `NOGO` is `GO`: where the first byte comes within CUT_MS of the
 * opening, all is dropped up to the first end of a frame, or to a pause of CUT_MS. `dropped` counts what was thrown away,
 * by reason.
 */
export class Framer {
  readonly dropped = { oversize: 0, partial: 0 };
  readonly #framing: Framing;
  readonly #held: Uint8Array;
  #length = 0;
  #isOversize = false;
  #lastAtMs = 0;
  /** Up to when a first byte may be in the middle of a frame; undefined once the first byte came. */
  #cutUntilMs: number | undefined;
  #isCut = false;
  /** When the first byte of the line's text came. */
  #textSinceMs: number | undefined;
  #hasReturn = false;

  /** @param openedAtMs  left out: the stream begins with a frame. */
  constructor(framing: Framing, openedAtMs = Number.NEGATIVE_INFINITY) {
    this.#framing = framing;
    this.#cutUntilMs = openedAtMs + CUT_MS;
    const most = framing.kind === 'fixed' ? framing.frameBytes : framing.lineBytesMax;
    this.#held = new Uint8Array(most + (framing.kind === 'line' ? framing.delimiter.length + 1 : 0));
  }

  /** When `endIdle` wants to be called if nothing comes until then, in milliseconds; undefined: not at all. */
  get idleAtMs(): number | undefined {
    const waits = this.#framing.kind === 'idle' && (this.#length > 0 || this.#isOversize);
    return waits && this.#framing.kind === 'idle' ? this.#lastAtMs + this.#framing.idleMs : undefined;
  }

  /** When a line counts as one without an end, if none comes until then, in milliseconds; undefined: none waits for it. */
  get unendedAtMs(): number | undefined {
    const sinceMs = this.#textSinceMs;
    if (this.#framing.kind !== 'line' || sinceMs === undefined) return undefined;
    return Math.min(this.#lastAtMs + UNENDED_MS, sinceMs + ENDLESS_MS);
  }

  /** Whether the line that waits has had a return in it, which some boxes end their lines with. */
  get hasReturn(): boolean {
    return this.#hasReturn;
  }

  /** @returns the frames that are complete now, in order. */
  push(bytes: Uint8Array, nowMs: number): Uint8Array[] {
    const frames = this.endIdle(nowMs);
    if (this.#cutUntilMs !== undefined) this.#isCut = nowMs < this.#cutUntilMs;
    else if (this.#isCut && nowMs - this.#lastAtMs >= CUT_MS) this.#finish(0);
    this.#cutUntilMs = undefined;
    if (this.#framing.kind === 'fixed' && this.#length > 0 && nowMs - this.#lastAtMs >= this.#framing.idleMs) {
      this.dropped.partial += 1;
      this.#length = 0;
    }
    this.#lastAtMs = nowMs;
    for (const byte of bytes) {
      const frame = this.#take(byte);
      if (frame) frames.push(frame);
    }
    return frames;
  }

  /** Ends a frame that a silence ends. */
  endIdle(nowMs: number): Uint8Array[] {
    const at = this.idleAtMs;
    if (at === undefined || nowMs < at) return [];
    const frame = this.#finish(this.#length);
    return frame ? [frame] : [];
  }

  #take(byte: number): Uint8Array | undefined {
    const framing = this.#framing;
    if (byte === RETURN) this.#hasReturn = true;
    if (isText(byte)) this.#textSinceMs ??= this.#lastAtMs;
    if (this.#length === this.#held.length) {
      this.#isOversize = true;
      if (framing.kind !== 'line') return undefined;
      // Only what could be the beginning of a delimiter is still of interest.
      const kept = framing.delimiter.length - 1;
      this.#held.copyWithin(0, this.#length - kept, this.#length);
      this.#length = kept;
    }
    this.#held[this.#length] = byte;
    this.#length += 1;
    if (framing.kind === 'fixed') {
      // Where the next frame begins is only told by a pause.
      if (this.#isCut) this.#length = 0;
      return this.#length === framing.frameBytes ? this.#finish(this.#length) : undefined;
    }
    if (framing.kind === 'idle' || !this.#endsWith(framing.delimiter)) return undefined;
    let end = this.#length - framing.delimiter.length;
    if (framing.cutsReturn && end > 0 && this.#held[end - 1] === RETURN) end -= 1;
    if (end > framing.lineBytesMax) this.#isOversize = true;
    return this.#finish(end);
  }

  #endsWith(delimiter: Uint8Array): boolean {
    const from = this.#length - delimiter.length;
    return from >= 0 && delimiter.every((byte, n) => this.#held[from + n] === byte);
  }

  #finish(end: number): Uint8Array | undefined {
    const frame = this.#isOversize || this.#isCut || end === 0 ? undefined : this.#held.slice(0, end);
    if (this.#isCut) this.dropped.partial += 1;
    else if (this.#isOversize) this.dropped.oversize += 1;
    this.#isCut = false;
    this.#isOversize = false;
    this.#textSinceMs = undefined;
    this.#hasReturn = false;
    this.#length = 0;
    return frame;
  }
}

export const toHex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

const isText = (byte: number): boolean => byte !== RETURN && byte !== 10 && byte !== 32 && !isNoise(byte, 'utf8');

/**
 * A frame as text: without spaces and noise around it; in hex as it is. Noise is NUL, XON and XOFF, and in UTF-8 0xFF. What stands
 * inside stays: a line that is torn is another line. Bytes that are no UTF-8 become U+FFFD.
 */
export function decodeLine(frame: Uint8Array, encoding: Encoding): string {
  if (encoding === 'hex') return toHex(frame);
  const isBeside = (byte = 0) => isNoise(byte, encoding) || byte === 32 || (byte >= 9 && byte <= 13);
  let from = 0;
  let end = frame.length;
  while (from < end && isBeside(frame[from])) from += 1;
  while (end > from && isBeside(frame[end - 1])) end -= 1;
  return Buffer.from(frame.subarray(from, end)).toString(encoding).trim();
}

/** Hex digits in pairs, with spaces between as one likes; upper and lower case are the same. */
export const normaliseHex = (hex: string): string => hex.replaceAll(/\s/g, '').toLowerCase();

/**
 * Why no device could be sent this line, or these bytes, in the technician's words; undefined when one could.
 * What depends on the device's encoding is only seen by `encodeText`.
 */
export function problemOfText(command: Readonly<Record<string, unknown>>): string | undefined {
  const { line, bytes } = command;
  if ((line === undefined) === (bytes === undefined)) return 'send either line or bytes';
  if (line !== undefined)
    return typeof line === 'string' ? undefined : `line must be text, not ${JSON.stringify(line)}`;
  if (typeof bytes !== 'string') return `bytes must be text, not ${JSON.stringify(bytes)}`;
  return /^([0-9a-f]{2})+$/.test(normaliseHex(bytes))
    ? undefined
    : `bytes: "${bytes}" is not hex in pairs, such as 02 4f`;
}

/**
 * The bytes of a line or of bytes in hex.
 * @throws CODEC_MALFORMED when it has both line and bytes or neither, is no hex, does not fit the encoding, or has the
 *   delimiter inside
 */
export function encodeText(command: Readonly<Record<string, unknown>>, options: Coding): Buffer {
  const problem = problemOfText(command);
  if (problem !== undefined) throw new BridgeError('CODEC_MALFORMED', problem);
  const { encoding, framing } = options;
  if (typeof command.bytes === 'string') return Buffer.from(normaliseHex(command.bytes), 'hex');
  const line = String(command.line);
  if (encoding === 'hex' && !/^([0-9a-f]{2})*$/.test(normaliseHex(line))) {
    throw new BridgeError('CODEC_MALFORMED', `line: "${line}" is not hex, as this device's encoding wants`);
  }
  const body = Buffer.from(encoding === 'hex' ? normaliseHex(line) : line, encoding);
  if (encoding === 'latin1' && body.toString('latin1') !== line) {
    throw new BridgeError('CODEC_MALFORMED', `line: "${line}" has a character that latin1 has not`);
  }
  if (framing.kind !== 'line') return body;
  if (body.includes(Buffer.from(framing.delimiter))) {
    throw new BridgeError('CODEC_MALFORMED', `line: "${line}" has the delimiter inside: it would be two lines`);
  }
  return Buffer.concat([body, framing.delimiter]);
}
