/** The system's word that something was plugged in or out, where it gives one: a nudge to look, never the whole truth. */
import { type FSWatcher, watch } from 'node:fs';

/** Linux: a device that comes or goes is a file here that comes or goes. */
const DEVICE_FOLDERS: readonly string[] = ['/dev', '/dev/snd'];

export interface Plugging {
  /** Whether the system tells; where it does not, only looking finds what comes and goes. */
  readonly isHeard: boolean;
  /** Folders that were not there before, such as that of the first sound device, are watched from now on as well. */
  refresh(): void;
  close(): void;
}

/**
 * Calls back when devices may have come or gone: several times for one plug, and for others than those that are meant.
 * Holds no process alive.
 */
export function watchPlugging(onNudge: () => void, folders: readonly string[] = DEVICE_FOLDERS): Plugging {
  const watchers = new Map<string, FSWatcher>();
  const listen = (folder: string): void => {
    try {
      // Not `change`: whatever is written to a terminal or to /dev/null is one.
      const watcher = watch(folder, { persistent: false }, (event) => event === 'rename' && onNudge());
      watcher.on('error', () => {
        watcher.close();
        watchers.delete(folder);
      });
      watchers.set(folder, watcher);
    } catch {
      // Not Linux, or no device of that kind yet.
    }
  };
  const refresh = () => {
    for (const folder of folders) if (!watchers.has(folder)) listen(folder);
  };
  refresh();
  return {
    get isHeard() {
      return watchers.size > 0;
    },
    refresh,
    close: () => {
      for (const watcher of watchers.values()) watcher.close();
      watchers.clear();
    },
  };
}
