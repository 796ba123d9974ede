/** What is seen of a console while it is connected: whether it answers, what it says, and whose doing that was. */

import type { Fired, Health } from '../../src/adapter-sdk/adapter.js';
import { Overdue } from '../../src/adapter-sdk/overdue.js';
import type { Clock } from '../../src/kit/clock.js';
import { deferred } from '../../src/kit/deferred.js';
import { BridgeError } from '../../src/kit/errors.js';
import { LATE, within } from '../../src/kit/within.js';
import type { Awaited, Console, PlainMessage, Renewal } from './console.js';
import { Evidence } from './evidence.js';

/** Pings in a row that a device which has answered before may miss. */
const PINGS_MISSED_MAX = 2;
/** Addresses whose last arguments are remembered, for events that count on change only. */
const ADDRESSES_MAX = 4096;

export interface ConsoleWatchOptions {
  clock: Clock;
  /** What the connections before this one still wait for; left out: nothing. */
  evidence?: Evidence;
  /** Whether anything that the device says reaches us. */
  hears: boolean;
  /** Hands a message to the wire; its failure is the wire's to tell. */
  send: (message: PlainMessage) => void;
  /** The health has changed. */
  changed: () => void;
}

/** A command that is on its way. */
export interface Waiting {
  /** Resolves when the device said that it has done it; left out where that proves nothing or cannot be heard. */
  confirmed?: Promise<void>;
  /** The command was not sent after all. */
  takeBack(): void;
}

/** What an input says besides the message itself. */
export type Meaning = Readonly<Record<string, unknown>> | 'answer' | undefined;

export class ConsoleWatch {
  readonly #console: Console;
  readonly #options: ConsoleWatchOptions;
  readonly #evidence: Evidence;
  readonly #life = new AbortController();
  /** What was said last on an address, for events that count on change only. */
  readonly #last = new Map<string, { said: string; event: string }>();
  #answers = 0;
  #isSilent = false;
  /** What was not confirmed, until something is. */
  #trouble: string | undefined;

  constructor(console: Console, options: ConsoleWatchOptions) {
    this.#console = console;
    this.#options = options;
    this.#evidence = options.evidence ?? new Evidence();
    this.#evidence.reconnected(options.clock.mono());
  }

  /** Begins to ask, and to keep the device talking. Call it once the wire is open. */
  begin(): void {
    for (const renewal of this.#console.renewals) void this.#renew(renewal);
    if (this.#console.ping && this.#options.hears) void this.#ask(this.#console.ping);
  }

  end(): void {
    this.#life.abort();
  }

  /** What is known beyond the wire. @param wire  what the wire says of itself. */
  health(wire: Health): Health {
    const { ping } = this.#console;
    if (wire.status === 'down' || wire.status === 'degraded') return wire;
    if (this.#isSilent && ping) {
      const how = this.#answers > 0 ? 'no longer answers' : 'does not answer';
      return {
        status: 'degraded',
        code: 'DEVICE_TIMEOUT',
        detail: `it ${how} ${ping.message.address}; ${wire.detail}`,
      };
    }
    if (this.#trouble !== undefined) return { status: 'degraded', code: 'DEVICE_TIMEOUT', detail: this.#trouble };
    if (!ping || !this.#options.hears) return wire;
    if (this.#answers > 0) return { status: 'up', detail: `it answers ${ping.message.address}` };
    return { ...wire, status: 'unverified' };
  }

  /**
   * Call it before the bytes leave: an answer may come in the same tick.
   * @param awaited  what the device will say of the command. @param what  the command, for people.
   */
  expect(awaited: readonly Awaited[], what: string): Waiting {
    const nowMs = this.#options.clock.mono();
    const takeBacks: (() => void)[] = [];
    let confirmed: Promise<void> | undefined;
    for (const { event, where, withinMs, isProof, maybe, unlessLast } of this.#options.hears ? awaited : []) {
      if (unlessLast && [...this.#last.values()].some((last) => last.event === event)) continue;
      const confirmation = isProof ? this.#confirmation(withinMs, what) : undefined;
      confirmed ??= confirmation?.promise;
      const forget = this.#evidence.expect({
        event,
        where,
        untilMs: nowMs + withinMs,
        isProof,
        maybe,
        seen: (isLate) => (isLate ? confirmation?.seenLate() : confirmation?.seen()),
      });
      takeBacks.push(forget, () => confirmation?.cancel());
    }
    const takeBack = () => takeBacks.forEach((back) => void back());
    return { takeBack, ...(confirmed && { confirmed }) };
  }

  #confirmation(
    withinMs: number,
    what: string,
  ): { promise: Promise<void>; seen(): void; seenLate(): void; cancel(): void } {
    const seen = deferred<void>();
    const late = deferred<Fired>();
    const over = new AbortController();
    const promise = this.#inTime(withinMs, what, seen.promise, late.promise, over.signal);
    promise.catch(() => undefined);
    return {
      promise,
      seen: () => {
        this.#setTrouble(undefined);
        seen.resolve();
      },
      seenLate: () => {
        this.#setTrouble(undefined);
        late.resolve({});
      },
      cancel: () => over.abort(),
    };
  }

  /** What a message means, in the words of the profile. @param args  as plain values. */
  see(address: string, args: readonly unknown[]): Meaning {
    const isAnswer = this.#console.isAnswer(address, args);
    if (isAnswer) {
      this.#answers += 1;
      this.#isSilent = false;
      this.#options.changed();
    }
    const found = this.#console.eventOf(address, args);
    if (!found || (isAnswer && !found.onChange)) return isAnswer ? 'answer' : undefined;
    const { event, fields, onChange } = found;
    // The first answer tells where the device stands: nobody has done that just now.
    const isFirstAnswer = isAnswer && !this.#last.has(address);
    if (onChange && !this.#isNews(address, args, event)) return isAnswer ? 'answer' : undefined;
    if (isFirstAnswer) return 'answer';
    return { event, ...fields, attribution: this.#evidence.see(event, fields, this.#options.clock.mono()) };
  }

  #isNews(address: string, args: readonly unknown[], event: string): boolean {
    const said = JSON.stringify(args);
    const isNews = this.#last.get(address)?.said !== said;
    this.#last.delete(address);
    this.#last.set(address, { said, event });
    if (this.#last.size > ADDRESSES_MAX) this.#last.delete(this.#last.keys().next().value ?? '');
    return isNews;
  }

  /** Never settles once it is over. @throws DEVICE_TIMEOUT after `withinMs`, DEVICE_CLOSED when the device is lost before */
  async #inTime(
    withinMs: number,
    what: string,
    seen: Promise<void>,
    late: Promise<Fired>,
    over: AbortSignal,
  ): Promise<void> {
    const signal = AbortSignal.any([over, this.#life.signal]);
    if ((await within(this.#options.clock, withinMs, seen, signal)) !== LATE) return;
    if (over.aborted) return new Promise<never>(() => undefined);
    if (this.#life.signal.aborted) {
      throw new BridgeError('DEVICE_CLOSED', `the device was lost before ${what} was seen to be done`);
    }
    const why = `${what} was sent, but the device did not say within ${withinMs} ms that it did it`;
    this.#setTrouble(why);
    throw new Overdue('DEVICE_TIMEOUT', why, late);
  }

  #setTrouble(trouble: string | undefined): void {
    this.#trouble = trouble;
    this.#options.changed();
  }

  async #renew({ message, everyMs }: Renewal): Promise<void> {
    const { signal } = this.#life;
    while (!signal.aborted) {
      this.#options.send(message);
      if (everyMs === undefined) return;
      await this.#options.clock.sleep(everyMs, signal);
    }
  }

  async #ask({ message, everyMs, withinMs }: NonNullable<Console['ping']>): Promise<void> {
    const { clock, send } = this.#options;
    const { signal } = this.#life;
    let missed = 0;
    while (!signal.aborted) {
      const before = this.#answers;
      send(message);
      await clock.sleep(withinMs, signal);
      if (signal.aborted) return;
      missed = this.#answers === before ? missed + 1 : 0;
      const isSilent = missed >= (this.#answers > 0 ? PINGS_MISSED_MAX : 1);
      if (isSilent !== this.#isSilent) {
        this.#isSilent = isSilent;
        this.#options.changed();
      }
      // A first miss is asked again at once.
      if (missed !== 1) await clock.sleep(Math.max(0, everyMs - withinMs), signal);
    }
  }
}
