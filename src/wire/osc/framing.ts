/**
 * Packets in a TCP stream. Both framings that theatre uses, as state machines that take the stream in any pieces, never
 * throw, and find the next good packet after a bad one.
 * @see Open Sound Control 1.0, "OSC Packets" (int32 length prefix); 1.1 (SLIP, RFC 1055, END before and after)
 */

export type FramingName = 'slip' | 'length-prefix';

/** Why bytes of a stream were given up; the counters carry these names. */
export type StreamFault = 'oversize' | 'halfFrame' | 'badEscape' | 'lostFraming';

export interface FrameSink {
  /** One packet, a copy; never empty. */
  frame(bytes: Uint8Array): void;
  fault(fault: StreamFault): void;
}

export interface FrameReader {
  /** Known from the first byte on. */
  readonly framing: FramingName | undefined;
  /** @returns false when the stream can no longer be cut into packets: the connection is of no more use. */
  push(chunk: Uint8Array): boolean;
  /** The stream has ended; half a frame left over is told as such. */
  end(): void;
}

const END = 0xc0;
const ESC = 0xdb;
const ESC_END = 0xdc;
const ESC_ESC = 0xdd;
const ESCAPED_END = Uint8Array.of(END);
const ESCAPED_ESC = Uint8Array.of(ESC);

/**
 * Bytes of an oversize length-prefixed frame that are read past to reach the next one. A length above that (or below
 * zero) is no length: the two sides have lost each other.
 */
export const SKIPPED_BYTES_MAX = 64 * 1024 * 1024;

/** What a stream keeps for its next frame, in bytes; the room of a longer one is given back. */
const KEPT_BYTES_MAX = 65536;

/** @param frameBytesMax  a larger frame is dropped, in bytes */
export function frameReader(framing: FramingName | 'auto', frameBytesMax: number, sink: FrameSink): FrameReader {
  if (framing === 'slip') return new SlipReader(frameBytesMax, sink);
  if (framing === 'length-prefix') return new LengthPrefixReader(frameBytesMax, sink);
  return new AutoReader(frameBytesMax, sink);
}

/** The packet as it goes on the wire. */
export function encodeFrame(framing: FramingName, packet: Uint8Array): Uint8Array {
  return framing === 'slip' ? encodeSlip(packet) : encodeLengthPrefix(packet);
}

function encodeLengthPrefix(packet: Uint8Array): Uint8Array {
  const frame = new Uint8Array(packet.length + 4);
  new DataView(frame.buffer).setInt32(0, packet.length);
  frame.set(packet, 4);
  return frame;
}

function encodeSlip(packet: Uint8Array): Uint8Array {
  const frame = Buffer.allocUnsafe(packet.length * 2 + 2);
  let at = 0;
  frame[at++] = END;
  for (const byte of packet) {
    if (byte === END || byte === ESC) {
      frame[at++] = ESC;
      frame[at++] = byte === END ? ESC_END : ESC_ESC;
    } else frame[at++] = byte;
  }
  frame[at++] = END;
  return frame.subarray(0, at);
}

/**
 * SLIP. Empty frames (END END) are nothing; a missing leading END is as good; an END always ends the frame, even after
 * an ESC; an ESC before any other byte is left out and the byte kept, as F53OSC does.
 */
class SlipReader implements FrameReader {
  readonly framing = 'slip';
  readonly #sink: FrameSink;
  readonly #limit: number;
  #frame: Uint8Array;
  #length = 0;
  #isEscaped = false;
  #isOversize = false;

  constructor(frameBytesMax: number, sink: FrameSink) {
    this.#limit = frameBytesMax;
    this.#sink = sink;
    this.#frame = this.#room();
  }

  push(chunk: Uint8Array): boolean {
    for (let at = 0; at < chunk.length; ) {
      const byte = chunk[at];
      if (byte === END) this.#finish();
      else if (this.#isEscaped) this.#put(this.#unescape(byte, chunk, at));
      else if (byte === ESC) this.#isEscaped = true;
      else {
        const from = at;
        while (at + 1 < chunk.length && chunk[at + 1] !== END && chunk[at + 1] !== ESC) at += 1;
        this.#put(chunk.subarray(from, at + 1));
      }
      at += 1;
    }
    return true;
  }

  #unescape(byte: number | undefined, chunk: Uint8Array, at: number): Uint8Array {
    this.#isEscaped = false;
    if (byte === ESC_END) return ESCAPED_END;
    if (byte === ESC_ESC) return ESCAPED_ESC;
    this.#sink.fault('badEscape');
    return chunk.subarray(at, at + 1);
  }

  end(): void {
    if (this.#length > 0 || this.#isEscaped || this.#isOversize) this.#sink.fault('halfFrame');
    this.#reset();
  }

  #put(bytes: Uint8Array): void {
    if (this.#isOversize) return;
    const length = this.#length + bytes.length;
    if (length > this.#limit) {
      this.#isOversize = true;
      this.#sink.fault('oversize');
      return;
    }
    if (length > this.#frame.length) {
      const larger = new Uint8Array(Math.min(this.#limit, Math.max(length, this.#frame.length * 2)));
      larger.set(this.#frame.subarray(0, this.#length));
      this.#frame = larger;
    }
    this.#frame.set(bytes, this.#length);
    this.#length = length;
  }

  #finish(): void {
    if (this.#isEscaped) this.#sink.fault('badEscape');
    const frame =
      this.#length > 0 && !this.#isOversize ? Buffer.from(this.#frame.subarray(0, this.#length)) : undefined;
    this.#reset();
    if (frame) this.#sink.frame(frame);
  }

  #room(): Uint8Array {
    return new Uint8Array(Math.min(1024, this.#limit));
  }

  #reset(): void {
    this.#length = 0;
    this.#isEscaped = false;
    this.#isOversize = false;
    if (this.#frame.length > KEPT_BYTES_MAX) this.#frame = this.#room();
  }
}

/** An int32 length before each packet. A length of 0 is nothing; an oversize frame is read past to the next one. */
class LengthPrefixReader implements FrameReader {
  readonly framing = 'length-prefix';
  readonly #sink: FrameSink;
  readonly #limit: number;
  readonly #prefix = new Uint8Array(4);
  #prefixLength = 0;
  #frame: Uint8Array | undefined;
  #length = 0;
  #skipping = 0;
  #isLost = false;

  constructor(frameBytesMax: number, sink: FrameSink) {
    this.#limit = frameBytesMax;
    this.#sink = sink;
  }

  push(chunk: Uint8Array): boolean {
    let at = 0;
    while (at < chunk.length && !this.#isLost) {
      if (this.#skipping > 0) {
        const skipped = Math.min(this.#skipping, chunk.length - at);
        this.#skipping -= skipped;
        at += skipped;
      } else if (this.#frame) {
        const taken = Math.min(this.#frame.length - this.#length, chunk.length - at);
        this.#frame.set(chunk.subarray(at, at + taken), this.#length);
        this.#length += taken;
        at += taken;
        if (this.#length === this.#frame.length) {
          const frame = this.#frame;
          this.#frame = undefined;
          this.#sink.frame(frame);
        }
      } else {
        this.#prefix[this.#prefixLength++] = chunk[at++] as number;
        if (this.#prefixLength === 4) this.#begin();
      }
    }
    return !this.#isLost;
  }

  end(): void {
    if (this.#prefixLength > 0 || this.#frame || this.#skipping > 0) this.#sink.fault('halfFrame');
    this.#prefixLength = 0;
    this.#frame = undefined;
    this.#skipping = 0;
  }

  #begin(): void {
    this.#prefixLength = 0;
    const length = new DataView(this.#prefix.buffer).getInt32(0);
    if (length < 0 || length > SKIPPED_BYTES_MAX) {
      this.#isLost = true;
      this.#sink.fault('lostFraming');
    } else if (length > this.#limit) {
      this.#skipping = length;
      this.#sink.fault('oversize');
    } else if (length > 0) {
      this.#frame = new Uint8Array(length);
      this.#length = 0;
    }
  }
}

/** 00 begins a length (of less than 16 MiB); all else is SLIP: its END, or a packet's / or # without one. */
class AutoReader implements FrameReader {
  readonly #sink: FrameSink;
  readonly #limit: number;
  #reader: FrameReader | undefined;

  constructor(frameBytesMax: number, sink: FrameSink) {
    this.#limit = frameBytesMax;
    this.#sink = sink;
  }

  get framing(): FramingName | undefined {
    return this.#reader?.framing;
  }

  push(chunk: Uint8Array): boolean {
    if (chunk.length === 0) return true;
    this.#reader ??= frameReader(chunk[0] === 0 ? 'length-prefix' : 'slip', this.#limit, this.#sink);
    return this.#reader.push(chunk);
  }

  end(): void {
    this.#reader?.end();
  }
}
