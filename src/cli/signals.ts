/** What a service manager and a terminal tell a process. */
import { EXIT } from './exit.js';

interface Signals {
  stopped: Promise<void>;
  onReload(reload: () => void): void;
}

let heard: Signals | undefined;

/**
 * Listens from its first call on. `stopped` resolves at the first SIGTERM or SIGINT; a second one ends the process at once.
 * A SIGHUP that comes before somebody wants it is kept for them.
 */
export function hearSignals(): Signals {
  if (heard) return heard;
  const stopped = stopSignal();
  let askedEarly = false;
  let onReload = (): void => {
    askedEarly = true;
  };
  process.on('SIGHUP', () => onReload());
  heard = {
    stopped,
    onReload: (reload) => {
      onReload = reload;
      if (askedEarly) reload();
    },
  };
  return heard;
}

/** Resolves at the first SIGTERM or SIGINT. A second one ends the process at once. */
export function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.once(signal, () => {
        process.once(signal, () => process.exit(EXIT.refused));
        resolve();
      });
    }
  });
}
