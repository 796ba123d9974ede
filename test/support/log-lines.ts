import { createLog, type Log } from '../../src/kit/log.js';

export type LogLine = Record<string, unknown> & { msg: string; level: string };

/** A log that keeps its lines, to be looked at. */
export function keptLog(): { log: Log; lines: LogLine[]; named: (msg: string) => LogLine[] } {
  const lines: LogLine[] = [];
  const destination = { write: (line: string) => void lines.push(JSON.parse(line) as LogLine) };
  return {
    log: createLog({ level: 'debug', destination }),
    lines,
    named: (name) => lines.filter(({ msg }) => msg === name),
  };
}
