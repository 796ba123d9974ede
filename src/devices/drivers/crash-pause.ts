import type { Clock } from '../../kit/clock.js';
import type { BridgeError } from '../../kit/errors.js';
import { type Plugging, watchPlugging } from '../plugging.js';

/** So many crashes in a row are tried again at once: a driver may stumble over a device that is just being plugged in. */
export const CRASHES_MAX = 5;
/** How long a driver that crashes at every try is left alone, unless something is plugged in or out. */
const PAUSE_MS = 5000;

interface Row {
  crashes: number;
  why: BridgeError;
  /** Set while the driver is left alone. */
  plugging?: Plugging;
}

/**
 * Keeps a driver that crashes at every try from costing a process a try. Where the system does not tell of plugging
 * (elsewhere than on Linux), nothing is left alone: a device that is back must be found within a second.
 */
export class CrashPause {
  readonly #clock: Clock;
  readonly #folders: readonly string[] | undefined;
  readonly #rows = new Map<string, Row>();

  /** @param folders  whose files come and go with devices; a test's own. */
  constructor(clock: Clock, folders?: readonly string[]) {
    this.#clock = clock;
    this.#folders = folders;
  }

  /** Why the device's driver is left alone now, or undefined. */
  reason(device: string): BridgeError | undefined {
    const row = this.#rows.get(device);
    return row?.plugging && row.why;
  }

  /** It connected, or said why not: it runs. */
  answered(device: string): void {
    this.#rows.delete(device);
  }

  /**
   * A process of the device's driver ended before it had answered, and nobody had asked for that.
   * @returns whether this is where the pauses begin.
   */
  crashed(device: string, why: BridgeError): boolean {
    const row: Row = { crashes: (this.#rows.get(device)?.crashes ?? 0) + 1, why };
    this.#rows.set(device, row);
    if (row.crashes < CRASHES_MAX) return false;
    const over = new AbortController();
    const plugging = watchPlugging(() => {
      // Whatever was plugged, it may be what the driver stumbled over.
      this.#rows.delete(device);
      over.abort();
    }, this.#folders);
    if (!plugging.isHeard) return false;
    row.plugging = plugging;
    void this.#clock.sleep(PAUSE_MS, over.signal).then(() => {
      plugging.close();
      delete row.plugging;
    });
    return row.crashes === CRASHES_MAX;
  }
}
