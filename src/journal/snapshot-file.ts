import { crc32 } from 'node:zlib';
import type { Disk, DiskFile } from './disk.js';
import type { SavedState } from './journal.js';
import type { Block } from './segment.js';

/** The file beside the log, and what it is called until it is whole. */
export const SNAPSHOT_FILE = 'snapshot';
const UNFINISHED = 'snapshot.new';

/** A segment as far as a snapshot covers it. */
export interface CoveredSegment {
  firstSeq: number;
  blocks: readonly Block[];
}

export interface Snapshot extends SavedState {
  showId: string;
  segments: readonly CoveredSegment[];
  /** The messageIds of events 1 to lastEventSeq, 16 bytes each. */
  keys: Uint8Array;
}

/** Another layout of the file gets another name here, and is then no longer read. */
const FORMAT = 'pacebuddy-snapshot/1';
const NEWLINE = 0x0a;
const BLOCK_NUMBERS = 5;
const BLOCK_RECORD_BYTES = BLOCK_NUMBERS * 8;
const TRAILER_BYTES = 8;
/** So many bytes are checksummed and written at a time, which keeps each step well below a millisecond. */
const PIECE_BYTES = 512 * 1024;

interface Header {
  format: typeof FORMAT;
  showId: string;
  lastEventSeq: number;
  fingerprint: string;
  segments: { firstSeq: number; blocks: number }[];
  stateBytes: number;
}

function encodeBlocks(segments: readonly CoveredSegment[]): Buffer {
  const blocks = segments.flatMap((segment) => segment.blocks);
  const bytes = Buffer.alloc(blocks.length * BLOCK_RECORD_BYTES);
  let at = 0;
  for (const block of blocks) {
    for (const number of [block.firstSeq, block.lastSeq, block.offset, block.bytes, block.crc]) {
      at = bytes.writeDoubleLE(number, at);
    }
  }
  return bytes;
}

function decodeBlocks(bytes: Buffer, header: Header): CoveredSegment[] {
  let at = 0;
  const number = () => {
    at += 8;
    return bytes.readDoubleLE(at - 8);
  };
  return header.segments.map(({ firstSeq, blocks }) => ({
    firstSeq,
    blocks: Array.from({ length: blocks }, () => ({
      firstSeq: number(),
      lastSeq: number(),
      offset: number(),
      bytes: number(),
      crc: number(),
    })),
  }));
}

/**
 * Writes the snapshot beside the log: to another name first, then renamed, so that there is always a whole one or none.
 * A line of JSON says what follows: the state as JSON and "\n"; for each block of each segment its first and last event,
 * offset, bytes and crc as 64-bit little-endian floats; 16 bytes of messageId for each event; the CRC-32 of all that in eight
 * hexadecimal digits.
 * @throws the disk's own error
 */
export async function writeSnapshot(
  disk: Disk,
  folder: string,
  snapshot: Omit<Snapshot, 'keys'>,
  keys: Iterable<Uint8Array>,
): Promise<void> {
  const state = Buffer.from(JSON.stringify(snapshot.state));
  const header: Header = {
    format: FORMAT,
    showId: snapshot.showId,
    lastEventSeq: snapshot.lastEventSeq,
    fingerprint: snapshot.fingerprint,
    segments: snapshot.segments.map(({ firstSeq, blocks }) => ({ firstSeq, blocks: blocks.length })),
    stateBytes: state.length,
  };
  const file = await disk.open(`${folder}/${UNFINISHED}`, 'replace');
  try {
    let crc = 0;
    const put = async (bytes: Uint8Array) => {
      for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
        const piece = bytes.subarray(at, at + PIECE_BYTES);
        crc = crc32(piece, crc);
        await file.write(piece);
      }
    };
    await put(Buffer.from(`${JSON.stringify(header)}\n`));
    await put(state);
    await put(Buffer.of(NEWLINE));
    await put(encodeBlocks(snapshot.segments));
    for (const piece of keys) await put(piece);
    await file.write(Buffer.from(crc.toString(16).padStart(TRAILER_BYTES, '0')));
    await file.sync();
  } finally {
    await file.close();
  }
  await disk.rename(`${folder}/${UNFINISHED}`, `${folder}/${SNAPSHOT_FILE}`);
  await disk.syncFolder(folder);
}

async function readAll(file: DiskFile): Promise<Buffer> {
  const bytes = Buffer.allocUnsafeSlow(await file.size());
  return bytes.subarray(0, await file.read(bytes, 0));
}

/**
 * Reads the snapshot and checks that it is whole. Whether the log is still what it covers is another question.
 * @returns the snapshot, or in plain words why there is none to use.
 * @throws the disk's own error, also when there is no file
 */
export async function readSnapshot(disk: Disk, folder: string, showId: string): Promise<Snapshot | string> {
  const file = await disk.open(`${folder}/${SNAPSHOT_FILE}`, 'read');
  const bytes = await readAll(file).finally(() => file.close());
  const body = bytes.subarray(0, Math.max(bytes.length - TRAILER_BYTES, 0));
  if (bytes.subarray(body.length).toString() !== crc32(body).toString(16).padStart(TRAILER_BYTES, '0')) {
    return 'its checksum does not fit';
  }
  const line = body.indexOf(NEWLINE);
  const header = JSON.parse(body.toString('utf8', 0, line)) as Header;
  if (header.format !== FORMAT) return `it is of another format, ${header.format}`;
  if (header.showId !== showId) return `it belongs to the show ${header.showId}`;
  const stateAt = line + 1;
  const blocksAt = stateAt + header.stateBytes + 1;
  const blocks = header.segments.reduce((sum, segment) => sum + segment.blocks, 0);
  const keysAt = blocksAt + blocks * BLOCK_RECORD_BYTES;
  return {
    showId,
    lastEventSeq: header.lastEventSeq,
    fingerprint: header.fingerprint,
    state: JSON.parse(body.toString('utf8', stateAt, blocksAt - 1)) as unknown,
    segments: decodeBlocks(body.subarray(blocksAt, keysAt), header),
    keys: body.subarray(keysAt),
  };
}
