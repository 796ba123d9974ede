/** Opening sockets with a limit, so that a signal or a dead name server never leaves one behind. */

import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { Clock } from '../../src/kit/clock.js';
import { BridgeError } from '../../src/kit/errors.js';
import { LATE, within } from '../../src/kit/within.js';

export interface OpeningLimit {
  clock: Clock;
  signal: AbortSignal;
  limitMs: number;
}

/**
 * `start` with two ways to end it, of which the first counts; an abort or the limit ends it as a failure. On any
 * failure `undo` closes what was opened.
 * @throws the signal's reason; DEVICE_TIMEOUT with `what`; what `start` failed with
 */
export async function opening<T>(
  { clock, signal, limitMs }: OpeningLimit,
  what: string,
  start: (done: (value: T) => void, fail: (error: Error) => void) => void,
  undo: () => void = () => undefined,
): Promise<T> {
  signal.throwIfAborted();
  try {
    const opened = await within(clock, limitMs, new Promise<T>(start), signal);
    if (opened !== LATE) return opened;
    signal.throwIfAborted();
    throw new BridgeError('DEVICE_TIMEOUT', `${what} took longer than ${limitMs} ms`);
  } catch (error) {
    undo();
    throw error;
  }
}

/**
 * A host's numeric address, looked up once. IPv4 goes first: most show devices know nothing else, and over UDP nobody
 * would say so.
 * @throws DEVICE_UNREACHABLE, DEVICE_TIMEOUT
 */
export async function resolveHost(host: string, limit: OpeningLimit): Promise<{ address: string; family: 4 | 6 }> {
  const family = isIP(host);
  if (family === 4 || family === 6) return { address: host, family };
  const found = await opening<{ address: string; family: number }[]>(limit, `looking up ${host}`, (done, fail) => {
    lookup(host, { all: true }).then(done, (cause: unknown) => {
      fail(new BridgeError('DEVICE_UNREACHABLE', `the name ${host} cannot be found`, { cause }));
    });
  });
  const best = found.find((entry) => entry.family === 4) ?? found[0];
  if (!best) throw new BridgeError('DEVICE_UNREACHABLE', `the name ${host} has no address`);
  return { address: best.address, family: best.family === 6 ? 6 : 4 };
}

/** `address:port` or `[address]:port`, as `listen` in the bridge file. */
export function splitListen(listen: string): { host: string; port: number } {
  const colon = listen.lastIndexOf(':');
  return { host: listen.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(listen.slice(colon + 1)) };
}

export const joinAddress = (address: string | undefined, port: number | undefined): string =>
  address?.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;

/** The system's word for an error, such as ECONNREFUSED. */
export const codeOf = (error: Error): string => (error as NodeJS.ErrnoException).code ?? '';

/** A failure to listen. EADDRINUSE and its like are for the technician, not for patience. */
export const listenFailed = (listen: string, cause: Error): BridgeError =>
  new BridgeError(
    'LISTEN_FAILED',
    codeOf(cause) === 'EADDRINUSE'
      ? `another program, or another device of the bridge file, has ${listen} already`
      : `cannot listen on ${listen}: ${cause.message}`,
    { cause },
  );
