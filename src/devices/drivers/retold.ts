/** What a driver's process says besides its messages: log lines, and whatever native code prints. */
import type { Readable } from 'node:stream';
import type { Clock } from '../../kit/clock.js';
import type { Log } from '../../kit/log.js';
import { RateLimiter } from '../../kit/rate.js';

/** Log lines from one process within a second; more are counted. */
const LOG_LINES_PER_SECOND_MAX = 100;
/** Printed lines within a second; more are counted. */
const SAID_LINES_PER_SECOND_MAX = 20;
/** A printed line, in characters; the rest of it is cut off. */
const SAID_CHARS_MAX = 500;
/** Printed lines that are kept for the day the process dies. */
const SAID_LINES_KEPT = 10;

const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;

/** The log lines of a driver's process, told again with the fields of the bridge's own. */
export class RetoldLog {
  readonly #rate: RateLimiter;
  readonly #log: () => Log;
  #dropped = 0;

  constructor(clock: Clock, log: () => Log) {
    this.#rate = new RateLimiter(clock);
    this.#log = log;
  }

  /** @param line  as pino writes it; one that is none is dropped. */
  tell(line: string): void {
    if (!this.#rate.take(LOG_LINES_PER_SECOND_MAX)) {
      this.#dropped += 1;
      return;
    }
    let fields: Record<string, unknown>;
    try {
      fields = JSON.parse(line);
    } catch {
      return;
    }
    const { level, time: _time, msg, ...facts } = fields;
    const known = LEVELS.find((name) => name === level) ?? 'debug';
    const dropped = this.#dropped > 0 ? { linesDropped: this.#dropped } : {};
    this.#dropped = 0;
    this.#log()[known]({ ...facts, ...dropped }, String(msg));
  }
}

/** What native code prints, line by line, at `debug`: ALSA and its like have much to say and little of it matters. */
export class Said {
  /** The last lines, for `driver.lost`. */
  readonly last: string[] = [];
  readonly #rate: RateLimiter;
  readonly #log: () => Log;
  #dropped = 0;

  constructor(clock: Clock, log: () => Log) {
    this.#rate = new RateLimiter(clock);
    this.#log = log;
  }

  listen(stream: Readable, where: 'stdout' | 'stderr'): void {
    let rest = '';
    stream.setEncoding('utf8');
    stream.on('error', () => undefined);
    stream.on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = (lines.pop() ?? '').slice(0, SAID_CHARS_MAX);
      for (const line of lines) this.#take(line, where);
    });
    stream.on('end', () => this.#take(rest, where));
  }

  #take(line: string, where: string): void {
    const said = line.slice(0, SAID_CHARS_MAX).trimEnd();
    if (said === '') return;
    this.last.push(said);
    if (this.last.length > SAID_LINES_KEPT) this.last.shift();
    if (!this.#rate.take(SAID_LINES_PER_SECOND_MAX)) {
      this.#dropped += 1;
      return;
    }
    const dropped = this.#dropped > 0 ? { linesDropped: this.#dropped } : {};
    this.#dropped = 0;
    this.#log().debug({ said, where, ...dropped }, 'driver.said');
  }
}
