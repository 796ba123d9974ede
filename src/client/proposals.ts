import { Alarm } from '../kit/alarm.js';
import { deferred } from '../kit/deferred.js';
import { wordsOf } from '../kit/errors.js';
import type { Proposal } from '../protocol/envelope.js';
import { MOMENT_MS, Outbox, PENDING_MAX, type Waiting } from './outbox.js';
import { refusal } from './refusal.js';
import type {
  ClientClock,
  ClientOutcome,
  ClientProblem,
  ClientRefusal,
  ClientStorage,
  StoredProposal,
} from './types.js';

/** How long a store may delay a proposal, in milliseconds; after that it leaves unkept. */
const STORE_MAX_MS = 100;
/** The pause after the bridge said that it has too much to do, in milliseconds. */
const LATER_MS = 1000;
/** Refusals that mean "later" for what is not bound to its moment. */
const LATER: readonly string[] = [
  'RATE_LIMITED',
  'SEQUENCER_BUSY',
  'JOURNAL_UNAVAILABLE',
  'JOURNAL_FENCED',
  'JOURNAL_NO_QUORUM',
];

export interface ProposalsOptions {
  storage: ClientStorage;
  clock: ClientClock;
  /** Aborts when the client is closed. */
  signal: AbortSignal;
  send(proposal: Proposal): void;
  onDropped(proposal: Proposal, refusal: ClientRefusal): void;
  onProblem(problem: ClientProblem): void;
}

/** What this client wishes, from the wish to its answer: kept before it is sent, sent in order, told what became of it. */
export class Proposals {
  readonly #options: ProposalsOptions;
  readonly #outbox = new Outbox();
  #lastOrder = 0;
  #recalled = false;
  #live = false;
  /** Rings when something gets too old while the line is down. */
  readonly #lateAlarm: Alarm;
  #putOff: string[] = [];

  constructor(options: ProposalsOptions) {
    this.#options = options;
    this.#lateAlarm = new Alarm(options.clock, () => {
      this.#dropLate(this.#live);
      this.#sweep();
    });
    options.signal.addEventListener('abort', () => this.#lateAlarm.clear());
  }

  get pending(): Proposal[] {
    return this.#outbox.proposals;
  }

  /** Takes back what an earlier process left; it goes before everything newer. Only once; never rejects. */
  async recall(): Promise<void> {
    let kept: StoredProposal[] = [];
    try {
      const loaded = this.#options.storage.load();
      kept = Array.isArray(loaded) ? loaded : await loaded;
    } catch (cause) {
      this.#storeFailed('could not be read', cause);
    }
    const newer = this.#outbox.takeAll();
    kept.sort((a, b) => a.order - b.order);
    for (const { proposal, order } of kept) {
      this.#lastOrder = Math.max(this.#lastOrder, order);
      // Its moment, if it had one, went by with the process that made it.
      this.#add({ proposal, order, bornMono: -Infinity, answer: () => {}, ready: true, sent: 'before' });
    }
    for (const waiting of newer) this.#add(waiting);
    this.#recalled = true;
    this.#flush();
  }

  /** @returns what became of it, once that is known. Never rejects. */
  submit(proposal: Proposal): Promise<ClientOutcome> {
    const { clock, storage } = this.#options;
    const { promise, resolve } = deferred<ClientOutcome>();
    this.#lastOrder = Math.max(this.#lastOrder + 1, Math.floor(clock.wall()));
    const order = this.#lastOrder;
    const waiting: Waiting = { proposal, order, bornMono: clock.mono(), answer: resolve, ready: false, sent: 'never' };
    if (!this.#add(waiting)) return promise;
    const goOn = () => {
      waiting.ready = true;
      this.#flush();
    };
    try {
      const storing = storage.set(proposal.messageId, { proposal, order });
      if (storing) {
        const patience = new AbortController();
        void clock.sleep(STORE_MAX_MS, patience.signal).then(goOn);
        storing
          .catch((cause: unknown) => this.#storeFailed('did not take a proposal', cause))
          .finally(() => patience.abort());
      } else goOn();
    } catch (cause) {
      this.#storeFailed('did not take a proposal', cause);
      goOn();
    }
    this.#sweep();
    return promise;
  }

  /** The client has caught up: what is too old is dropped, the rest leaves in its order. */
  lineBack(): void {
    this.#live = true;
    this.#dropLate(true);
    this.#flush();
  }

  lineLost(): void {
    this.#live = false;
    this.#outbox.lineLost();
  }

  /** The bridge took it: it said so, or the event came by. */
  taken(messageId: string, eventSeq?: number): void {
    const waiting = this.#outbox.take(messageId);
    if (!waiting) return;
    this.#forget(messageId);
    waiting.answer({ ok: true, ...(eventSeq === undefined ? {} : { eventSeq }) });
    this.#flush();
  }

  /** The bridge did not take it. What is not bound to its moment waits when the refusal only means "later". */
  refused(messageId: string, why: ClientRefusal): void {
    const waiting = this.#outbox.peek(messageId);
    if (!waiting) return;
    if (LATER.includes(why.code) && MOMENT_MS[waiting.proposal.eventType] === undefined) {
      void this.#later(messageId);
      this.#outbox.slowDown();
      return;
    }
    this.#outbox.take(messageId);
    this.#drop(waiting, why);
    this.#flush();
  }

  /** Drops what is only right at its moment, and whatever `unfit` says cannot be sent. */
  dropAll(why: ClientRefusal, unfit: (proposal: Proposal) => boolean): void {
    for (const waiting of this.#outbox.takeWhere(unfit)) this.#drop(waiting, why);
  }

  /** Ends the waiting; what is kept stays kept. */
  close(why: ClientRefusal): void {
    this.#live = false;
    for (const waiting of this.#outbox.takeAll()) waiting.answer(why);
  }

  #add(waiting: Waiting): boolean {
    if (this.#outbox.add(waiting)) return true;
    this.#drop(
      waiting,
      refusal('SEQUENCER_BUSY', `${PENDING_MAX} proposals wait for an answer on this device already`),
    );
    return false;
  }

  #flush(): void {
    if (!this.#live || !this.#recalled) return;
    for (const proposal of this.#outbox.departing()) this.#options.send(proposal);
  }

  /** Drops what gets too old while the line is down, when it does. One timer, however much waits. */
  #sweep(): void {
    const due = this.#outbox.nextLateMono;
    if (due !== undefined && !this.#options.signal.aborted) this.#lateAlarm.set(due);
  }

  /** Sends it again after a pause, together with what else was put off meanwhile. */
  async #later(messageId: string): Promise<void> {
    this.#putOff.push(messageId);
    if (this.#putOff.length > 1) return;
    await this.#options.clock.sleep(LATER_MS, this.#options.signal);
    for (const id of this.#putOff.splice(0)) this.#outbox.postpone(id);
    this.#flush();
  }

  #dropLate(caughtUp: boolean): void {
    for (const waiting of this.#outbox.takeLate(this.#options.clock.mono(), caughtUp)) {
      const { eventType } = waiting.proposal;
      const what =
        waiting.sent === 'before'
          ? `${eventType} was on its way when the line broke, and no answer came: look where the show is`
          : `${eventType} could not be sent within ${MOMENT_MS[eventType]} ms, so it was not sent at all`;
      this.#drop(waiting, refusal('OUTPUT_LATE', what));
    }
  }

  #drop(waiting: Waiting, why: ClientRefusal): void {
    this.#forget(waiting.proposal.messageId);
    waiting.answer(why);
    this.#options.onDropped(waiting.proposal, why);
  }

  #forget(messageId: string): void {
    try {
      const removing = this.#options.storage.remove(messageId);
      removing?.catch((cause: unknown) => this.#storeFailed('did not forget a proposal', cause));
    } catch (cause) {
      this.#storeFailed('did not forget a proposal', cause);
    }
  }

  #storeFailed(what: string, cause: unknown): void {
    const why = wordsOf(cause);
    this.#options.onProblem({ code: 'INTERNAL', message: `the store of this client ${what}: ${why}`, cause });
  }
}
