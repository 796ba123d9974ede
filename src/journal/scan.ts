import type { ShowEvent } from '../protocol/envelope.js';
import type { DiskFile } from './disk.js';
import { LINE_BYTES_MAX, readLine } from './line.js';
import type { Segment } from './segment.js';

/** The first line of a segment that is not what it should be. */
export interface BadLine {
  /** From 1. */
  line: number;
  /** Where in the file it begins, in bytes. */
  offset: number;
  /** In plain words. */
  why: string;
  /**
   * Whether a crash can have left it: no good line follows, and it is not itself whole. Anything else is damage.
   */
  torn: boolean;
}

const NEWLINE = 0x0a;
const CHUNK_BYTES = 1024 * 1024;
/** Room before each chunk for the line that the chunk before it began. */
const HEAD_BYTES = 64 * 1024;

/** Reads a file from `offset` to its end in large chunks, one ahead, so that the disk works while a chunk is worked on. */
async function* chunksOf(file: DiskFile, offset: number): AsyncGenerator<{ buffer: Buffer; end: number }> {
  const buffers = [Buffer.allocUnsafeSlow(HEAD_BYTES + CHUNK_BYTES), Buffer.allocUnsafeSlow(HEAD_BYTES + CHUNK_BYTES)];
  let position = offset;
  const fetch = (buffer: Buffer) => file.read(buffer.subarray(HEAD_BYTES), position);
  let [buffer, spare] = buffers as [Buffer, Buffer];
  let reading = fetch(buffer);
  try {
    for (;;) {
      const count = await reading;
      if (count === 0) return;
      position += count;
      reading = fetch(spare);
      yield { buffer, end: HEAD_BYTES + count };
      [buffer, spare] = [spare, buffer];
    }
  } finally {
    await reading.catch(() => undefined);
  }
}

/** What is wrong with a line whose crc is right, if anything: then no crash made it. */
function faultOf(event: ShowEvent, seq: number, showId: string): string | undefined {
  if (event.eventSeq !== seq) return `eventSeq is ${event.eventSeq}, not ${seq}`;
  if (event.showId !== showId) return `it belongs to the show ${event.showId}, not ${showId}`;
  return undefined;
}

/**
 * Reads a segment's lines after those it knows, checks each (crc, eventSeq, showId), and hands each event over once.
 * The segment grows by what is good, up to the first bad line.
 * @param showId  undefined takes the first event's.
 * @throws the disk's own error, and what `onEvent` throws
 */
export async function scanSegment(
  file: DiskFile,
  segment: Segment,
  showId: string | undefined,
  onEvent: (event: ShowEvent, jsonBytes: number) => void,
): Promise<BadLine | undefined> {
  let show = showId;
  let bad: BadLine | undefined;
  let rest = Buffer.alloc(0);

  const judge = (text: string): string | undefined => {
    let event: ShowEvent;
    try {
      event = JSON.parse(text) as ShowEvent;
    } catch {
      return 'its crc is right, but it is not JSON';
    }
    show ??= event.showId;
    const fault = faultOf(event, segment.lastSeq + pendingLines + 1, show);
    if (fault === undefined) onEvent(event, text.length);
    return fault;
  };

  let pendingLines = 0;
  for await (const chunk of chunksOf(file, segment.bytes)) {
    let bytes = chunk.buffer;
    let at = HEAD_BYTES - rest.length;
    let { end } = chunk;
    if (at >= 0) {
      rest.copy(bytes, at);
      bytes = bytes.subarray(0, end);
    } else {
      bytes = Buffer.concat([rest, bytes.subarray(HEAD_BYTES, end)]);
      at = 0;
      end = bytes.length;
    }
    let from = at;
    const keep = (to: number) => {
      if (to > from) segment.add(bytes.subarray(from, to), pendingLines);
      pendingLines = 0;
      from = to;
    };
    for (;;) {
      const newline = bytes.indexOf(NEWLINE, at);
      if (newline < 0) break;
      const text = readLine(bytes, at, newline);
      if (bad) {
        // Only a crash leaves a bad end; with a good line behind it, it is damage.
        if (text !== undefined) return { ...bad, torn: false };
      } else {
        const why = text === undefined ? 'its crc does not fit' : judge(text);
        if (why !== undefined) {
          keep(at);
          bad = { line: segment.lineOf(segment.lastSeq + 1), offset: segment.bytes, why, torn: text === undefined };
          if (!bad.torn) return bad;
        } else {
          pendingLines += 1;
          if (newline + 1 - from >= segment.room) keep(newline + 1);
        }
      }
      at = newline + 1;
    }
    if (!bad) keep(at);
    if (end - at <= LINE_BYTES_MAX) {
      rest = Buffer.from(bytes.subarray(at, end));
    } else {
      bad ??= {
        line: segment.lineOf(segment.lastSeq + 1),
        offset: segment.bytes,
        why: `it is longer than ${LINE_BYTES_MAX} bytes`,
        torn: true,
      };
      rest = Buffer.alloc(0);
    }
  }
  if (bad || rest.length === 0) return bad;
  return {
    line: segment.lineOf(segment.lastSeq + 1),
    offset: segment.bytes,
    why: 'it has no end',
    torn: true,
  };
}
