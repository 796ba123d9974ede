/** A show in memory, with the real rules: what the sequencer is to the gateway, without a disk. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Entry, GatewayShow, Stretch } from '../../src/gateway/contract.js';
import type { Actor, PayloadByType, ShowFile } from '../../src/generated/types.js';
import { type Clock, systemClock, toUtc } from '../../src/kit/clock.js';
import { newId } from '../../src/kit/ids.js';
import type { Outcome } from '../../src/protocol/decision.js';
import type { Draft, EventType, Proposal, ShowEvent } from '../../src/protocol/envelope.js';
import { PROTOCOL_VERSION } from '../../src/protocol/version.js';
import { apply } from '../../src/show/apply.js';
import { complete } from '../../src/show/complete.js';
import { decide } from '../../src/show/decide.js';
import { diff } from '../../src/show/patch.js';
import { initialState, type ShowState } from '../../src/show/state.js';

export const BRIDGE: Actor = { userId: 'bridge', role: 'bridge', deviceId: 'bridge' };

/** One act of `cues` cues, one performer, one mic, one timer. */
const smallShow = (cues = 50): ShowFile => ({
  version: 1,
  title: 'A small show',
  acts: [
    {
      id: 'act-1',
      segments: [
        {
          id: 'seg-1',
          cues: Array.from({ length: cues }, (_, i) => ({ id: `cue-${i + 1}`, number: String(i + 1), calls: [] })),
        },
      ],
    },
  ],
  performers: [{ id: 'p-1', name: 'Ada' }],
  mics: [{ id: 'mic-1' }],
  timers: [{ id: 'timer-1', mode: 'up' }],
});

export class MemoryShow implements GatewayShow {
  readonly showId: string;
  state: ShowState;
  failure: Error | undefined;
  /** Where events go once they are stored. */
  publish: (entries: readonly Entry[], state: ShowState) => void = () => undefined;
  /** How many events one stretch of the log holds. */
  stretchEvents = 100;
  readonly events: ShowEvent[] = [];
  readonly #lines: Buffer[] = [];
  readonly #clock: Clock;
  readonly #seqs = new Map<string, number>();
  #waiting: { draft: Draft; done: (outcome: Outcome) => void }[] = [];

  constructor(options: { showId?: string; file?: ShowFile; clock?: Clock } = {}) {
    const { showId = 'pb_test', file = smallShow(), clock = systemClock() } = options;
    this.showId = showId;
    this.#clock = clock;
    this.state = initialState(file);
  }

  get lastEventSeq(): number {
    return this.events.length;
  }

  /** Everything proposed in one turn is one batch, stored a turn later. */
  propose(draft: Draft, done: (outcome: Outcome) => void): void {
    this.#waiting.push({ draft, done });
    if (this.#waiting.length === 1) setImmediate(() => this.#commit());
  }

  #commit(): void {
    const batch = this.#waiting;
    this.#waiting = [];
    const entries: Entry[] = [];
    const dones: (() => void)[] = [];
    for (const { draft, done } of batch) {
      const outcome = this.#take(draft, entries);
      dones.push(() => done(outcome));
    }
    for (const done of dones) done();
    if (entries.length > 0) this.publish(entries, this.state);
  }

  #take(draft: Draft, entries: Entry[]): Outcome {
    if (this.failure) return { ok: false, code: 'JOURNAL_UNAVAILABLE', message: this.failure.message };
    const known = this.#seqs.get(draft.messageId);
    if (known !== undefined) return { ok: true, eventSeq: known };
    const completed = complete(this.state, draft, this.#clock.wall());
    if (!completed.ok) return completed;
    const decision = decide(this.state, completed.proposal, { nowMs: this.#clock.wall(), goGuardMs: 0 });
    if (!decision.ok) return decision;
    entries.push(this.#store(completed.proposal));
    return { ok: true, eventSeq: this.lastEventSeq };
  }

  /** Stores without asking whether it may be. */
  #store(proposal: Proposal): Entry {
    const eventSeq = this.events.length + 1;
    const event = { ...proposal, eventSeq, recordedAt: toUtc(this.#clock.wall()) } as ShowEvent;
    const before = this.state;
    this.state = apply(before, event);
    const patched = { ...event, patch: diff(before, this.state) };
    const json = Buffer.from(JSON.stringify(patched));
    this.events.push(patched);
    this.#lines.push(Buffer.concat([json, Buffer.from('\n')]));
    this.#seqs.set(event.messageId, eventSeq);
    return { event: patched, json };
  }

  /** One or several events of the bridge's own, stored and published as one batch. */
  add<T extends EventType>(
    ...events: { eventType: T; payload: PayloadByType[T]; actor?: Actor; causationId?: string }[]
  ): void {
    const entries = events.map(({ actor = BRIDGE, ...rest }) => {
      const envelope = { kind: 'event', version: PROTOCOL_VERSION, messageId: newId(), showId: this.showId } as const;
      return this.#store({ ...envelope, createdAt: toUtc(this.#clock.wall()), actor, ...rest } as unknown as Proposal);
    });
    this.publish(entries, this.state);
  }

  /** `count` events that mean little. */
  fill(count: number): void {
    const payload = { timerId: 'timer-1', value: '00:00:01.000' };
    this.add(...Array.from({ length: count }, () => ({ eventType: 'TimerSetOverride' as const, payload })));
  }

  async *read(fromSeq: number, signal?: AbortSignal): AsyncGenerator<Stretch> {
    let at = fromSeq - 1;
    while (at < this.#lines.length) {
      await nextTurn();
      if (signal?.aborted) return;
      const lines = this.#lines.slice(at, at + this.stretchEvents);
      at += lines.length;
      yield { fromSeq: at - lines.length + 1, lastSeq: at, lines: Buffer.concat(lines) };
    }
  }
}
