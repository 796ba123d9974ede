import type { Disk } from './disk.js';
import { segmentName, segmentsAmong } from './segment.js';

const PIECE_BYTES = 1024 * 1024;

/**
 * Gives the last segment a file of its own, with the same bytes and the same name. A writer that stood still and lost
 * its lock has the old one open: what it writes there when it wakes is in no folder, and it sees so before anybody else
 * sees an event of it.
 * @throws the disk's own error
 */
export async function fenceLast(disk: Disk, folder: string): Promise<void> {
  const last = segmentsAmong(await disk.list(folder)).at(-1);
  if (last === undefined) return;
  const path = `${folder}/${segmentName(last)}`;
  const old = await disk.open(path, 'read');
  try {
    const copy = await disk.open(`${path}.new`, 'replace');
    try {
      const piece = Buffer.allocUnsafeSlow(PIECE_BYTES);
      let at = 0;
      const copyOn = async () => {
        for (let count = await old.read(piece, at); count > 0; count = await old.read(piece, at)) {
          await copy.write(piece.subarray(0, count));
          at += count;
        }
        await copy.sync();
      };
      await copyOn();
      await disk.rename(`${path}.new`, path);
      await disk.syncFolder(folder);
      // What was stored between the copy and the rename, its writer may have acknowledged.
      await copyOn();
    } finally {
      await copy.close();
    }
  } finally {
    await old.close();
  }
}
