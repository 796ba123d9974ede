/**
 * Whose doing was it? What the device says is an echo when a command of ours was waiting for it, however late it comes, and
 * somebody at the device did it when none was. Pure but for its own list; time is handed in.
 */
import { isSame } from './console.js';

/** `doubtful`: it may be either. */
export type Attribution = 'echo' | 'operator' | 'doubtful';

/** A command that the device has not reported yet. Times are milliseconds of the monotonic clock. */
export interface Expectation {
  readonly event: string;
  /** Fields that the event must have. */
  readonly where: Readonly<Record<string, unknown>>;
  /** A report up to then counts as seen. */
  readonly untilMs: number;
  /**
   * The device always reports it: a report is ours until it has come, whenever that is. Else a late one may be anybody's, up to
   * DOUBT_MS after `untilMs`; later nobody waits for it any more.
   */
  readonly isProof: boolean;
  /** A report may be another's even in time. */
  readonly maybe: boolean;
  /** Called once, when it was seen, in time or late. */
  readonly seen: (isLate: boolean) => void;
}

/** What is not always reported is forgotten so long after its time. */
const DOUBT_MS = 30_000;
const EXPECTATIONS_MAX = 512;

const memories = new WeakMap<object, Evidence>();

/** What outlives a connection. @param config  the device's part of the bridge file: the same object for each of its connections. */
export function evidenceOf(config: object): Evidence {
  const known = memories.get(config) ?? new Evidence();
  memories.set(config, known);
  return known;
}

export class Evidence {
  #expected: Expectation[] = [];

  /** A new connection: a report of what the last one was asked for may still come, and may be anybody's. */
  reconnected(nowMs: number): void {
    this.#expected = this.#expected.map((one) => ({
      ...one,
      isProof: false,
      untilMs: Math.min(one.untilMs, nowMs - 1),
    }));
  }

  /** Awaits the report of a command. @returns takes it back, when the command was not sent. */
  expect(expectation: Expectation): () => void {
    this.#expected.push(expectation);
    if (this.#expected.length > EXPECTATIONS_MAX) this.#expected.shift();
    return () => {
      this.#expected = this.#expected.filter((other) => other !== expectation);
    };
  }

  /**
   * The device said something. Each report answers one command: one that still counts before one that is overdue, the
   * one that asked for the most before one that any report would do for, the oldest of those alike.
   */
  see(event: string, fields: Readonly<Record<string, unknown>>, nowMs: number): Attribution {
    this.#expected = this.#expected.filter(({ isProof, untilMs }) => isProof || untilMs + DOUBT_MS >= nowMs);
    const ours = this.#expected.filter(
      (one) => one.event === event && Object.entries(one.where).every(([name, value]) => isSame(value, fields[name])),
    );
    const inTime = ours.filter(({ untilMs }) => untilMs >= nowMs);
    const asked = ({ where }: Expectation) => Object.keys(where).length;
    const [settled] = (inTime.length > 0 ? inTime : ours).sort((a, b) => asked(b) - asked(a));
    if (!settled) return 'operator';
    this.#expected = this.#expected.filter((other) => other !== settled);
    const isLate = settled.untilMs < nowMs;
    settled.seen(isLate);
    return settled.maybe || (isLate && !settled.isProof) ? 'doubtful' : 'echo';
  }
}
