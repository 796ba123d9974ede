import type { EventType, Proposal } from '../protocol/envelope.js';
import type { ClientOutcome } from './types.js';

/** How many proposals may wait for an answer; the next one is refused at once. */
export const PENDING_MAX = 1000;

/**
 * How long, in milliseconds, a wish that is only right at its moment may wait for the line. One that is not listed
 * (notes, mics, the order of segments) waits as long as it takes. An emergency waits longer than a GO: it only stops.
 */
export const MOMENT_MS: Readonly<Partial<Record<EventType, number>>> = {
  CueAdvanced: 2000,
  CueReverted: 2000,
  CallFired: 2000,
  CueStandbySet: 2000,
  CueStandbyAcknowledged: 2000,
  TimerStarted: 2000,
  TimerPaused: 2000,
  TimerReset: 2000,
  TimerSetOverride: 2000,
  EmergencyTriggered: 10_000,
  EmergencyResolved: 2000,
};

/** Not sent yet; sent on the line that is up now; or sent on a line that broke, so that nobody knows. */
type Sent = 'never' | 'now' | 'before';

export interface Waiting {
  readonly proposal: Proposal;
  readonly order: number;
  readonly bornMono: number;
  readonly answer: (outcome: ClientOutcome) => void;
  /** Kept in the storage, or given up on that: it may leave. */
  ready: boolean;
  sent: Sent;
}

const isMomentary = ({ proposal }: Waiting): boolean => MOMENT_MS[proposal.eventType] !== undefined;

/** Proposals that wait, in the order in which they were made. No clock and no socket in here. */
export class Outbox {
  readonly #waiting = new Map<string, Waiting>();
  #slow = false;

  get proposals(): Proposal[] {
    return [...this.#waiting.values()].map(({ proposal }) => proposal);
  }

  /** @returns false when it is full. */
  add(waiting: Waiting): boolean {
    if (this.#waiting.size >= PENDING_MAX) return false;
    this.#waiting.set(waiting.proposal.messageId, waiting);
    return true;
  }

  peek(messageId: string): Waiting | undefined {
    return this.#waiting.get(messageId);
  }

  /** Takes one out, because it was answered or dropped. */
  take(messageId: string): Waiting | undefined {
    const waiting = this.#waiting.get(messageId);
    this.#waiting.delete(messageId);
    if (this.#waiting.size === 0) this.#slow = false;
    return waiting;
  }

  takeAll(): Waiting[] {
    return this.#takeOut(() => true);
  }

  takeWhere(unfit: (proposal: Proposal) => boolean): Waiting[] {
    return this.#takeOut(({ proposal }) => unfit(proposal));
  }

  /**
   * What may leave now, in the order in which it was made; it counts as sent. After `slowDown`, one at a time, but what
   * is only right at its moment goes past, since waiting there would make it late.
   */
  departing(): Proposal[] {
    const leaving: Proposal[] = [];
    let blocked = false;
    for (const waiting of this.#waiting.values()) {
      const waits = blocked && !(this.#slow && isMomentary(waiting));
      if (!waits && waiting.ready && waiting.sent !== 'now') {
        waiting.sent = 'now';
        leaving.push(waiting.proposal);
      }
      // Nobody goes past one that is still being stored, nor, when slow, past one that is not answered.
      if (!waiting.ready || (this.#slow && !isMomentary(waiting))) blocked = true;
    }
    return leaving;
  }

  /** The bridge asked for time: from here on one at a time, until all is answered or the line is new. */
  slowDown(): void {
    this.#slow = true;
  }

  /** It leaves again with the next `departing`. */
  postpone(messageId: string): void {
    const waiting = this.#waiting.get(messageId);
    if (waiting) waiting.sent = 'never';
  }

  /** The line broke: whether what was sent on it arrived is not known. */
  lineLost(): void {
    for (const waiting of this.#waiting.values()) if (waiting.sent === 'now') waiting.sent = 'before';
    this.#slow = false;
  }

  /** When the next one that was never sent becomes too old, on the monotonic clock; undefined when none will. */
  get nextLateMono(): number | undefined {
    let next: number | undefined;
    for (const { proposal, bornMono, sent } of this.#waiting.values()) {
      const momentMs = MOMENT_MS[proposal.eventType];
      if (momentMs !== undefined && sent === 'never')
        next = Math.min(next ?? Number.POSITIVE_INFINITY, bornMono + momentMs);
    }
    return next;
  }

  /**
   * Takes out what is too old to be sent. What was sent on a line that broke may be in the log: it can only be judged
   * once the client has caught up.
   */
  takeLate(nowMono: number, caughtUp: boolean): Waiting[] {
    return this.#takeOut((waiting) => {
      const momentMs = MOMENT_MS[waiting.proposal.eventType];
      if (momentMs === undefined || waiting.sent === 'now') return false;
      return nowMono - waiting.bornMono >= momentMs && (waiting.sent === 'never' || caughtUp);
    });
  }

  #takeOut(which: (waiting: Waiting) => boolean): Waiting[] {
    const out = [...this.#waiting.values()].filter(which);
    for (const { proposal } of out) this.#waiting.delete(proposal.messageId);
    return out;
  }
}
