import { statfs } from 'node:fs/promises';
import type { Clock } from '../kit/clock.js';

/** How often it is looked how much room the disk of the log has, in milliseconds. */
const LOOK_MS = 5000;
/** With less room than this a disk is low, in bytes: a long show's log has some ten MiB. */
export const LOW_BYTES = 50 * 1024 * 1024;

/** How much of a folder's disk may be written by this user, in bytes; undefined when nobody can say. */
async function freeBytes(folder: string): Promise<number | undefined> {
  const facts = await statfs(folder).catch(() => undefined);
  return facts && facts.bavail * facts.bsize;
}

/**
 * A disk that fills up is told before the press that finds it full.
 * @param tell  called when the disk gets low, with what is left in bytes, and with undefined when it no longer is.
 */
export async function watchSpace(
  folder: string,
  clock: Pick<Clock, 'sleep'>,
  tell: (leftBytes: number | undefined) => void,
  signal: AbortSignal,
  free = freeBytes,
): Promise<void> {
  let isLow = false;
  while (!signal.aborted) {
    const left = await free(folder);
    if (signal.aborted) return;
    const isLowNow = left !== undefined && left < LOW_BYTES;
    if (isLowNow !== isLow) tell(isLowNow ? left : undefined);
    isLow = isLowNow;
    await clock.sleep(LOOK_MS, signal);
  }
}
