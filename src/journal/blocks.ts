import { crc32 } from 'node:zlib';
import type { DiskFile } from './disk.js';
import type { Block } from './segment.js';

/** Some blocks that lie one behind the other, with their bytes. */
export interface BlockGroup {
  blocks: readonly Block[];
  bytes: Buffer;
  /** The first block whose bytes are not those that were stored, if any. */
  bad: Block | undefined;
}

/** Joins neighbouring blocks until a group has about `groupBytes`. */
function* groupsOf(blocks: Iterable<Block>, groupBytes: number): Generator<Block[]> {
  let group: Block[] = [];
  let bytes = 0;
  for (const block of blocks) {
    if (group.length > 0 && bytes + block.bytes > groupBytes) {
      yield group;
      group = [];
      bytes = 0;
    }
    group.push(block);
    bytes += block.bytes;
  }
  if (group.length > 0) yield group;
}

/**
 * Reads blocks of one file in groups, one group ahead, and checks each block's crc. Nothing is split into lines.
 * @param blocks  neighbours, in order; read lazily, and not changed while they are read.
 * @param reuse  true lends the same memory again and again: valid until the next group is asked for.
 */
export async function* readBlocks(
  file: DiskFile,
  blocks: Iterable<Block>,
  groupBytes: number,
  reuse: boolean,
): AsyncGenerator<BlockGroup> {
  const kept: (Buffer | undefined)[] = [undefined, undefined];
  let turn = 0;
  const memory = (bytes: number): Buffer => {
    if (!reuse) return Buffer.allocUnsafeSlow(bytes);
    turn = 1 - turn;
    let buffer = kept[turn];
    if (!buffer || buffer.length < bytes) {
      buffer = Buffer.allocUnsafeSlow(Math.max(bytes, groupBytes));
      kept[turn] = buffer;
    }
    return buffer.subarray(0, bytes);
  };
  const fetch = (group: Block[]) => {
    const first = group[0] as Block;
    const last = group[group.length - 1] as Block;
    const bytes = memory(last.offset + last.bytes - first.offset);
    const count = file.read(bytes, first.offset);
    // Looked at when its turn comes.
    count.catch(() => undefined);
    return { group, bytes, count };
  };
  const groups = groupsOf(blocks, groupBytes);
  const next = () => {
    const group = groups.next().value;
    return group ? fetch(group) : undefined;
  };
  let reading = next();
  try {
    while (reading) {
      const { group, bytes, count } = reading;
      const there = await count;
      reading = next();
      const start = (group[0] as Block).offset;
      const bad = group.find((block) => {
        const at = block.offset - start;
        return at + block.bytes > there || crc32(bytes.subarray(at, at + block.bytes)) !== block.crc;
      });
      yield { blocks: group, bytes, bad };
    }
  } finally {
    await reading?.count.catch(() => undefined);
  }
}
