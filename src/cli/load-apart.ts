import { Worker } from 'node:worker_threads';
import type { LoadResult } from '../app/bridge.js';
import type { Clock } from '../kit/clock.js';
import { BridgeError, toBridgeError } from '../kit/errors.js';
import { LATE, within } from '../kit/within.js';

/** Reading and checking a large show takes about half a second; a thread that takes so long hangs. */
const LOAD_LIMIT_MS = 30_000;
/** What the thread may hold, in MiB. A show of 1,000 cues takes about 60. */
const HEAP_MIB_MAX = 512;

/**
 * The same as loadChecked, in a thread of its own: a reload during the show holds up no GO. Its environment is the
 * process's as it is now.
 * @throws INTERNAL when the thread fails or does not end; nothing was loaded then.
 */
export async function loadApart(file: string, clock: Clock): Promise<LoadResult> {
  const worker = new Worker(new URL('./load-worker.js', import.meta.url), {
    workerData: file,
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MIB_MAX },
  });
  const loading = new Promise<LoadResult>((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', () => reject(new BridgeError('INTERNAL', 'the thread that reads the bridge file ended early')));
  });
  try {
    const loaded = await within(clock, LOAD_LIMIT_MS, loading);
    if (loaded !== LATE) return loaded;
    throw new BridgeError('INTERNAL', `the bridge file was not read within ${LOAD_LIMIT_MS / 1000} s`);
  } catch (error) {
    throw toBridgeError(error);
  } finally {
    await worker.terminate();
  }
}
