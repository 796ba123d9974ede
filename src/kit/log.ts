import { type DestinationStream, type Logger, pino } from 'pino';
import type { Clock } from './clock.js';

export type Log = Logger;

/**
 * Log lines as JSON: `msg` is a stable name (noun.past-tense), facts are fields, and anything at `warn` or above
 * carries `code`. Tokens and passcodes never reach a line.
 */
export function createLog(options: { level?: string; destination?: DestinationStream } = {}): Log {
  const { level = 'info', destination } = options;
  const settings = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: ['token', 'passcode', '*.token', '*.passcode'],
  };
  return destination ? pino(settings, destination) : pino(settings);
}

export const silentLog: Log = pino({ level: 'silent' });

/** Log text that waits for whoever reads it, in bytes; what comes above it is lost. */
const WAITING_BYTES_MAX = 4 * 1024 * 1024;
/** How often it is looked whether the last lines have gone, in milliseconds. */
const SETTLE_LOOK_MS = 10;

/** Where the lines of a daemon go. */
export interface LogOutput {
  readonly destination: DestinationStream;
  /** Resolves once the lines are written, or after `limitMs`. Nothing is written after it. */
  settle(clock: Clock, limitMs: number): Promise<void>;
}

/**
 * The log on standard output, written off the event loop: whoever reads it may stop reading, its disk may be full, its
 * terminal may be held with Ctrl-S. Lines are then lost; the show goes on.
 */
export function standardOutput(): LogOutput {
  let waiting = 0;
  const stream = pino.destination({ dest: 1, sync: false, maxLength: WAITING_BYTES_MAX });
  stream.on('error', () => {});
  stream.on('drain', () => {
    waiting = 0;
  });
  return {
    destination: {
      write: (line) => {
        waiting += 1;
        stream.write(line);
      },
    },
    async settle(clock, limitMs) {
      const end = clock.mono() + limitMs;
      while (waiting > 0 && clock.mono() < end) await clock.sleep(SETTLE_LOOK_MS);
      stream.destroy();
    },
  };
}
