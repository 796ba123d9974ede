import { type DestinationStream, type Logger, pino } from 'pino';

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
