import type { Input } from '../adapter-sdk/adapter.js';
import { type Clock, toUtc } from '../kit/clock.js';
import type { ErrorCode } from '../kit/errors.js';
import type { Log } from '../kit/log.js';
import { RateLimiter } from '../kit/rate.js';

/** What a device said without effect since the start of the bridge. */
export interface Unused {
  count: number;
  /** The newest: when (UTC, ISO 8601), and what became of it, in the presser's words. */
  last: { at: string; code: ErrorCode; words: string };
}

/** Why an input did nothing: no rule fits it, its rules find no cue, what they proposed was refused, or nobody knows whose it is. */
export type WhyUnused = 'no-rule' | 'no-cue' | 'refused' | 'doubtful';

const LINES: Readonly<Record<WhyUnused, string>> = {
  'no-rule': 'input.unused',
  'no-cue': 'input.unused',
  refused: 'input.refused',
  doubtful: 'input.doubtful',
};

/** Log lines of one device within a second; more are counted and told with the next one. */
const LINES_PER_SECOND_MAX = 5;
/** How many devices are remembered; a bridge file holds at most 200. */
const DEVICES_MAX = 256;
/** What an input is shown as, in characters. */
const WORDS_MAX = 160;

interface Entry extends Unused {
  readonly rate: RateLimiter;
  unsaid: number;
}

/** Inputs that did nothing, counted a device: silence is the one answer that nobody gets. */
export class UnusedInputs {
  readonly #clock: Pick<Clock, 'wall' | 'mono'>;
  readonly #log: Log;
  readonly #onCount: (device: string, why: WhyUnused) => void;
  readonly #byDevice = new Map<string, Entry>();

  /** @param onCount  told of each, also of those that are not logged. */
  constructor(clock: Clock, log: Log, onCount: (device: string, why: WhyUnused) => void = () => undefined) {
    this.#clock = clock;
    this.#log = log;
    this.#onCount = onCount;
  }

  /** @returns undefined when everything that the device said had an effect. */
  of(device: string): Unused | undefined {
    const entry = this.#byDevice.get(device);
    return entry && { count: entry.count, last: entry.last };
  }

  /**
   * @param words  what became of it, in the presser's words.
   * @param more  for the log line only, such as the rule.
   */
  note(
    device: string,
    input: Input,
    { why, code, words, ...more }: { why: WhyUnused; code: ErrorCode; words: string } & Record<string, unknown>,
  ): void {
    const entry = this.#entry(device);
    if (!entry) return;
    const said = inputWords(input);
    entry.count += 1;
    entry.last = { at: toUtc(this.#clock.wall()), code, words: `${said}: ${words}` };
    this.#onCount(device, why);
    if (!entry.rate.take(LINES_PER_SECOND_MAX)) {
      entry.unsaid += 1;
      return;
    }
    const unsaid = entry.unsaid > 0 ? { unsaid: entry.unsaid } : {};
    entry.unsaid = 0;
    this.#log.warn({ device, input: said, code, detail: words, ...more, ...unsaid }, LINES[why]);
  }

  #entry(device: string): Entry | undefined {
    const known = this.#byDevice.get(device);
    if (known || this.#byDevice.size >= DEVICES_MAX) return known;
    const rate = new RateLimiter(this.#clock);
    const entry: Entry = { count: 0, last: { at: '', code: 'INPUT_UNUSED', words: '' }, rate, unsaid: 0 };
    this.#byDevice.set(device, entry);
    return entry;
  }
}

/** An input in a few words, such as `line "GO"`. */
export function inputWords({ bytes, types: _types, ...input }: Input): string {
  const shown = 'line' in input || bytes === undefined ? input : { bytes, ...input };
  const words = Object.entries(shown)
    .map(([name, value]) => `${name} ${JSON.stringify(value)}`)
    .join(', ');
  return words.length > WORDS_MAX ? `${words.slice(0, WORDS_MAX)}…` : words;
}
