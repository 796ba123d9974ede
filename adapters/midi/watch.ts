/**
 * Whether open ports are still there. No MIDI system tells that a port has gone, and a dead one takes every
 * byte, so the list is asked: at every nudge, and slowly as a net.
 */

import type { AdapterIo } from '../../src/adapter-sdk/adapter.js';
import { wordsOf } from '../../src/kit/errors.js';
import type { MidiDriver } from './driver.js';
import { foreignPorts } from './ports.js';

/** How often the list is asked when nothing happens. */
const LIST_EVERY_MS = 2500;
/** So long after the system told of a change the list is asked: ports may go later than the files of their card. */
const AFTER_CHANGE_MS: readonly number[] = [5, 100, 500];
/** So long after a send: a list takes milliseconds (1.3 with ALSA, 13 with JACK), which the next send shall not wait for. */
const AFTER_SEND_MS = 50;
/** Changes that come faster than this are one: a card is several files. */
const CHANGES_EVERY_MS = 50;

/**
 * @param names  full names of the open ports, numbers included: a port that came back under another number is another.
 * @param onGone  called once, with the name of the port that is missing.
 * @returns tells that something was sent: look soon whether it can have arrived.
 */
export function watchPorts(
  driver: MidiDriver,
  names: { input?: string | undefined; output?: string | undefined },
  io: AdapterIo,
  signal: AbortSignal,
  onGone: (name: string) => void,
): () => void {
  const { clock, log } = io;
  let pending: number[] = [];
  let wake = new AbortController();
  let changedMs = Number.NEGATIVE_INFINITY;
  let nextLookMs = Number.POSITIVE_INFINITY;
  let hasFailed = false;

  const missing = (): string | undefined => {
    const { input, output } = names;
    try {
      if (input !== undefined && !foreignPorts(driver.inputs()).includes(input)) return input;
      if (output !== undefined && !foreignPorts(driver.outputs()).includes(output)) return output;
      hasFailed = false;
    } catch (error) {
      // That the list cannot be had says nothing of the port.
      if (!hasFailed) log.warn({ code: 'DEVICE_UNREACHABLE', detail: wordsOf(error) }, 'ports.unlisted');
      hasFailed = true;
    }
    return undefined;
  };

  const lookAfter = (looksMs: readonly number[]) => {
    if (signal.aborted) return;
    pending = [...looksMs];
    nextLookMs = clock.mono() + (pending[0] ?? LIST_EVERY_MS);
    wake.abort();
  };

  const stop = driver.watch(() => {
    if (clock.mono() - changedMs < CHANGES_EVERY_MS) return;
    changedMs = clock.mono();
    lookAfter(AFTER_CHANGE_MS);
  });

  const run = async () => {
    while (!signal.aborted) {
      if (wake.signal.aborted) wake = new AbortController();
      const waitMs = pending.shift() ?? LIST_EVERY_MS;
      nextLookMs = clock.mono() + waitMs;
      await sleep(waitMs);
      if (signal.aborted) break;
      if (wake.signal.aborted) continue;
      const gone = missing();
      if (gone === undefined) continue;
      onGone(gone);
      break;
    }
    stop();
  };

  /** Ends when there is reason to look sooner, and at the end of all. */
  const sleep = async (ms: number) => {
    const both = new AbortController();
    const end = () => both.abort();
    const { signal: nudged } = wake;
    if (signal.aborted || nudged.aborted) return;
    signal.addEventListener('abort', end);
    nudged.addEventListener('abort', end);
    await clock.sleep(ms, both.signal);
    signal.removeEventListener('abort', end);
    nudged.removeEventListener('abort', end);
  };

  void run();
  return () => {
    // Not put off by the next send: a look that comes soon anyway stays where it is.
    if (nextLookMs > clock.mono() + AFTER_SEND_MS) lookAfter([AFTER_SEND_MS, ...pending]);
  };
}
