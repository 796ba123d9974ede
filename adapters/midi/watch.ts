/**
 * Whether open ports are still there. No MIDI system tells that a port has gone, and a dead one takes every byte
 * (HARDWARE 3.1), so the list is asked: at every nudge, and slowly as a net.
 */
import type { AdapterIo } from '../../src/devices/adapter.js';
import { type MidiDriver, wordsOf } from './driver.js';
import { foreignPorts } from './ports.js';

/** How often the list is asked when nothing happens. */
const LIST_EVERY_MS = 2500;
/** So long after a nudge the list is asked: out of the way of what is being sent, and again as ports may go late. */
const AFTER_NUDGE_MS: readonly number[] = [5, 100, 500];
/** Nudges that come faster than this are one. */
const NUDGE_EVERY_MS = 50;

/**
 * @param names  full names of the open ports, numbers included: a port that came back under another number is another.
 * @param onGone  called once, with the name of the port that is missing.
 * @returns a nudge: look soon.
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
  let nudgedMs = Number.NEGATIVE_INFINITY;
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

  const nudge = () => {
    if (signal.aborted || clock.mono() - nudgedMs < NUDGE_EVERY_MS) return;
    nudgedMs = clock.mono();
    pending = [...AFTER_NUDGE_MS];
    wake.abort();
  };

  const stop = driver.watch(nudge);
  const run = async () => {
    while (!signal.aborted) {
      if (wake.signal.aborted) wake = new AbortController();
      await sleep(pending.shift() ?? LIST_EVERY_MS);
      if (signal.aborted) break;
      if (wake.signal.aborted) continue;
      const gone = missing();
      if (gone === undefined) continue;
      onGone(gone);
      break;
    }
    stop();
  };

  /** Ends at a nudge and at the end of all. */
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
  return nudge;
}
