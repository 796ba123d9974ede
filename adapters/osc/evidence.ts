/**
 * Whose doing was it? What the device says is an echo when a command of ours was waiting for it, and somebody at the device
 * did it when none was. Pure but for its own list; time is handed in.
 */
import { isSame } from './console.js';

export type Attribution = 'echo' | 'operator';

/** A command that the device has not reported yet. Times are milliseconds of the monotonic clock. */
export interface Expectation {
  readonly event: string;
  /** Fields that the event must have. */
  readonly where: Readonly<Record<string, unknown>>;
  /** A report up to then counts as seen. */
  readonly untilMs: number;
  /** A report up to then is still our own doing, although it came too late to confirm anything. */
  readonly echoUntilMs: number;
  /** Called once, when it was seen. */
  readonly seen: () => void;
}

const EXPECTATIONS_MAX = 512;

export class Evidence {
  #expected: Expectation[] = [];

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
    this.#expected = this.#expected.filter(({ echoUntilMs }) => echoUntilMs >= nowMs);
    const ours = this.#expected.filter(
      (one) => one.event === event && Object.entries(one.where).every(([name, value]) => isSame(value, fields[name])),
    );
    const inTime = ours.filter(({ untilMs }) => untilMs >= nowMs);
    const asked = ({ where }: Expectation) => Object.keys(where).length;
    const [settled] = (inTime.length > 0 ? inTime : ours).sort((a, b) => asked(b) - asked(a));
    if (!settled) return 'operator';
    this.#expected = this.#expected.filter((other) => other !== settled);
    if (settled.untilMs >= nowMs) settled.seen();
    return 'echo';
  }
}
