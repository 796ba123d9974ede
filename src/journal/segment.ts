import { crc32 } from 'node:zlib';

/** A run of whole lines that is read and verified at once: its CRC-32 is over the bytes as they lie in the file. */
export interface Block {
  firstSeq: number;
  lastSeq: number;
  /** Where in the segment's file it begins, and how long it is, in bytes. */
  offset: number;
  bytes: number;
  crc: number;
}

/** How many bytes a block has before the next one begins. */
const BLOCK_BYTES = 64 * 1024;

const NAME = /^(\d{12})\.jsonl$/;

/** The file of a segment is named by the number of its first event: `000000000001.jsonl`. */
export const segmentName = (firstSeq: number): string => `${String(firstSeq).padStart(12, '0')}.jsonl`;

/** The segments among the files of a folder, by the number of their first event, in order. */
export function segmentsAmong(names: readonly string[]): number[] {
  return names
    .map((name) => Number(NAME.exec(name)?.[1] ?? 0))
    .filter((firstSeq) => firstSeq > 0)
    .sort((a, b) => a - b);
}

/** One file of the log, as far as it is durable, and where in it which events are. */
export class Segment {
  readonly firstSeq: number;
  readonly blocks: Block[] = [];
  #bytes = 0;
  #lastSeq: number;

  constructor(firstSeq: number) {
    this.firstSeq = firstSeq;
    this.#lastSeq = firstSeq - 1;
  }

  get name(): string {
    return segmentName(this.firstSeq);
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** The number of its last event; one less than `firstSeq` when it is empty. */
  get lastSeq(): number {
    return this.#lastSeq;
  }

  /** Takes in whole lines at its end. `lines` is how many; best no more than fit into one block. */
  add(bytes: Uint8Array, lines: number): void {
    let block = this.blocks[this.blocks.length - 1];
    if (!block || block.bytes >= BLOCK_BYTES) {
      block = { firstSeq: this.#lastSeq + 1, lastSeq: this.#lastSeq, offset: this.#bytes, bytes: 0, crc: 0 };
      this.blocks.push(block);
    }
    block.crc = crc32(bytes, block.crc);
    block.bytes += bytes.length;
    this.#bytes += bytes.length;
    this.#lastSeq += lines;
    block.lastSeq = this.#lastSeq;
  }

  /** How many bytes still fit into the block that is being filled; at least 1. */
  get room(): number {
    const block = this.blocks[this.blocks.length - 1];
    return !block || block.bytes >= BLOCK_BYTES ? BLOCK_BYTES : BLOCK_BYTES - block.bytes;
  }

  /** Takes in a block that a snapshot knew. */
  restore(block: Block): void {
    this.blocks.push(block);
    this.#bytes = block.offset + block.bytes;
    this.#lastSeq = block.lastSeq;
  }

  /** The blocks from the one that holds event `seq` on, each as it is when it is asked for: the last one may grow. */
  *blocksFrom(seq: number): Generator<Block> {
    for (let i = this.#indexOf(seq); i < this.blocks.length; i += 1) yield { ...(this.blocks[i] as Block) };
  }

  #indexOf(seq: number): number {
    let low = 0;
    let high = this.blocks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.blocks[middle] as Block).firstSeq <= seq) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** In which line of its file event `seq` is, from 1. */
  lineOf(seq: number): number {
    return seq - this.firstSeq + 1;
  }
}
