/** Looks at the contacts of an open port, many times a second. */
import type { Clock } from '../../src/kit/clock.js';
import { type ContactState, type Edge, lookAt, UNSEEN } from './contacts.js';
import type { Contact } from './handshake.js';
import type { ModemLines, Port } from './safe-binding.js';

/** From one look to the next. Nobody's press is shorter than 30 ms. */
const LOOK_EVERY_MS = 10;
/** After the feeding lines were raised; until then a closed contact may still look open. */
const FEED_SETTLES_MS = 100;
/** The system answers in microseconds, a USB adapter in a millisecond; later than this is told, at most twice as late. */
const ANSWER_LIMIT_MS = 1000;
/** After the lines could not be read. */
const RETRY_EVERY_MS = 1000;

export interface ContactWatchOptions {
  port: Pick<Port, 'get'>;
  contacts: readonly Contact[];
  clock: Clock;
  /** Ends the watch. */
  signal: AbortSignal;
  onEdge: (contact: string, edge: Edge) => void;
  /** Told at the first look, and when it changes: why the lines cannot be read; undefined when they can. */
  onReadable: (error: unknown) => void;
}

/**
 * Watches until the signal aborts. When the lines could not be read, what was known of the contacts is forgotten: one
 * that is closed when they can be read again gives no press.
 */
export async function watchContacts(options: ContactWatchOptions): Promise<void> {
  const { port, contacts, clock, signal, onEdge, onReadable } = options;
  let states = new Map<string, ContactState>();
  let isReadable: boolean | undefined;
  let askedAtMs: number | undefined;
  const fail = (error: unknown): void => {
    if (isReadable !== false) onReadable(error);
    isReadable = false;
    states = new Map();
  };
  // Beside the looks and not around each of them: a hundred timers a second more would cost more than the looks.
  void (async () => {
    while (!signal.aborted) {
      await clock.sleep(ANSWER_LIMIT_MS, signal);
      const isLate = askedAtMs !== undefined && clock.mono() - askedAtMs >= ANSWER_LIMIT_MS;
      if (isLate && !signal.aborted) fail(new Error(`no answer within ${ANSWER_LIMIT_MS} ms`));
    }
  })();
  await clock.sleep(FEED_SETTLES_MS, signal);
  while (!signal.aborted) {
    askedAtMs = clock.mono();
    let lines: ModemLines | undefined;
    try {
      lines = await port.get();
    } catch (error) {
      if (!signal.aborted) fail(error);
    }
    askedAtMs = undefined;
    if (lines && !signal.aborted) {
      if (!isReadable) onReadable(undefined);
      isReadable = true;
      const nowMs = clock.mono();
      for (const { name, line, activeLow, debounceMs } of contacts) {
        const { state, edge } = lookAt(states.get(name) ?? UNSEEN, lines[line] !== activeLow, nowMs, debounceMs);
        states.set(name, state);
        if (edge) onEdge(name, edge);
      }
    }
    await clock.sleep(lines ? LOOK_EVERY_MS : RETRY_EVERY_MS, signal);
  }
}
