import { Readable } from 'node:stream';
import { toBridgeError } from '../kit/errors.js';
import type { Log } from '../kit/log.js';
import type { GatewayShow, Viewer } from './contract.js';
import { LOG_READERS_MAX, RESUME_CHUNK_BYTES } from './limits.js';
import { linesFor } from './shown.js';

/** Those who read the log as JSON Lines over HTTP, each as fast as it takes the bytes. */
export class LogReaders {
  readonly #show: GatewayShow;
  readonly #log: Log;
  #open = 0;

  constructor(show: GatewayShow, log: Log) {
    this.#show = show;
    this.#log = log;
  }

  /**
   * The events from number `fromSeq` up to where the show is now, as this viewer may see them.
   * @returns undefined when too many are reading already.
   */
  open(fromSeq: number, viewer: Viewer): Readable | undefined {
    if (this.#open >= LOG_READERS_MAX) return undefined;
    this.#open += 1;
    const gone = new AbortController();
    const lines = Readable.from(this.#lines(fromSeq, viewer, gone.signal), {
      objectMode: false,
      highWaterMark: RESUME_CHUNK_BYTES,
    });
    return lines
      .on('error', (error) => this.#log.error({ code: toBridgeError(error).code, err: error }, 'log.read-failed'))
      .once('close', () => {
        this.#open -= 1;
        gone.abort();
      });
  }

  async *#lines(fromSeq: number, viewer: Viewer, signal: AbortSignal): AsyncGenerator<Buffer> {
    const show = this.#show;
    const lastSeq = show.lastEventSeq;
    if (fromSeq > lastSeq) return;
    for await (const stretch of show.read(fromSeq, signal)) {
      const lines = linesFor(stretch, fromSeq, lastSeq, viewer, show.state);
      if (lines.length > 0) yield lines;
      if (stretch.lastSeq >= lastSeq) return;
    }
  }
}
