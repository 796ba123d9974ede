import { isDeepStrictEqual } from 'node:util';
import type { AppendResult, Followed, Journal, Stretch } from '../journal/journal.js';
import type { MonoMs, WallMs } from '../kit/clock.js';
import { BridgeError, type ErrorCode, isBridgeError, wordsOf } from '../kit/errors.js';
import { type Outcome, type Refusal, type RefusalCode, refused } from '../protocol/decision.js';
import { type Draft, EVENT_TYPES, type ShowEvent } from '../protocol/envelope.js';
import type { ShowState } from '../show/state.js';
import type { SavedStanding, SequencerParts } from './contract.js';
import { Pressers } from './pressers.js';
import { OTHER_MESSAGE, RecentRefusals } from './recent-refusals.js';
import { ShowTime } from './show-time.js';
import { adopt, type Press, type StampSettings, type Standing, type Step, stamp } from './stamp.js';

/** How many proposals may wait to be stored. */
const IN_FLIGHT_MAX = 10_000;
/** How often a message that is not stored yet may be repeated. */
const REPEATS_MAX = 100;
/** How many refusals are remembered by messageId. */
const REFUSALS_MAX = 10_000;
/** How often a proposal is decided again because another writer of a shared log was first. */
const ROUNDS_MAX = 5;
/** The pause before a shared log is followed anew. */
const FOLLOW_AGAIN_MS = 100;
/** A clock that is so far behind the log is worth a line. */
const CLOCK_BEHIND_MS = 1000;
/** After so many events, or a twentieth of the log if that is more, the state is saved beside the log. */
const SAVE_EVERY_EVENTS = 5000;
const SAVE_EVERY_SHARE = 20;

/** Failures of the log that refuse a client's wish before anything is tried, and the codes they are told by. */
const CLOSED: Readonly<Partial<Record<ErrorCode, RefusalCode>>> = {
  JOURNAL_STALLED: 'JOURNAL_UNAVAILABLE',
  JOURNAL_FENCED: 'JOURNAL_FENCED',
  JOURNAL_NO_QUORUM: 'JOURNAL_NO_QUORUM',
};

interface Pending {
  readonly key: string;
  readonly draft: Draft;
  readonly isWhole: boolean;
  readonly done: ((outcome: Outcome) => void)[];
  readonly startedAt: MonoMs;
  readonly press: Press;
  /** How often it was made an event. */
  rounds: number;
}

/** What is on its way to the disk, or came from another writer: then nobody here waits for it. */
interface Stamped extends Step {
  readonly pending?: Pending;
}

/** What an append came to. */
type Answer = AppendResult | { result: 'failed'; error: unknown };

/**
 * The one writer of a show: takes wishes one at a time, decides each against the show as it will be once everything
 * before it is stored, and lets effects begin only when an event is durable. What is not yet durable is in nobody's
 * sight: when the disk fails, it is as if it had never been asked for.
 */
export class Sequencer {
  readonly showId: string;
  readonly #journal: Journal;
  readonly #parts: Omit<SequencerParts, keyof StampSettings>;
  readonly #time: ShowTime;
  readonly #refusals = new RecentRefusals(REFUSALS_MAX);
  readonly #pressers = new Pressers();
  #settings: StampSettings;
  /** What everybody may see. */
  #durable: Standing;
  /** What proposals are decided against: the durable show and all that is on its way to the disk. */
  #head: Standing;
  /** Counts the times that what was on its way was given up; an answer from before means nothing any more. */
  #epoch = 0;
  #inFlight = new Map<string, Pending>();
  #gathering: Stamped[] = [];
  /** The batch of the last append; it may come back by `follow` before its answer does, or instead of it. */
  #sent: readonly Stamped[] = [];
  /** How many appends wait for their answers. */
  #appends = 0;
  /** While answers go out: whoever is answered may ask again at once, and the others are about to. */
  #committing = false;
  /** Another writer was first: what is in flight, and what comes, is decided once the show is at `seq`. */
  #behind: { seq: number; mayBeOurs: boolean } | undefined;
  readonly #following = new AbortController();
  /** The log has no other writer, or is followed no more. */
  #isAloneOnLog = false;
  #failing = false;
  #savedSeq: number;
  #saving = false;
  #idlers: (() => void)[] = [];
  #closing: Promise<void> | undefined;

  constructor(parts: SequencerParts) {
    this.#parts = parts;
    this.#journal = parts.journal;
    this.showId = parts.showId;
    this.#settings = { goGuardMs: parts.goGuardMs, patches: parts.patches };
    this.#durable = parts.recovered;
    this.#head = parts.recovered;
    this.#savedSeq = parts.savedSeq;
    this.#time = new ShowTime(parts.clock);
    this.now();
    const behindMs = this.#time.aheadMs;
    // From the first moment on, the next start can tell whether the show file was another.
    if (parts.savedSeq < 0) void this.#save();
    if (behindMs >= CLOCK_BEHIND_MS) parts.log.warn({ code: 'CLOCK_BEHIND', behindMs }, 'clock.behind');
    void this.#follow();
  }

  /** The show after event `lastEventSeq`, durable. */
  get state(): ShowState {
    return this.#durable.state;
  }

  /** The number of the last durable event; 0 before the first. */
  get lastEventSeq(): number {
    return this.#durable.seq;
  }

  /** A client that stands here or before has a show of another show file: it needs a snapshot, not events. */
  get showSinceSeq(): number {
    return this.#parts.showSinceSeq;
  }

  /** The bridge before this one was stopped on purpose: all that its last events were to send was told. */
  get wasStopped(): boolean {
    return this.#parts.wasStopped;
  }

  /** Why the log cannot be written now, if so. */
  get failure(): Error | undefined {
    return this.#journal.failure;
  }

  /** The show's time, by which events are stamped and timers run. */
  now(): WallMs {
    return this.#time.now(this.#durable.recordedMs);
  }

  /**
   * Takes a wish. `done` is called exactly once, possibly before this returns: with the event's number once it is
   * durable, or with the refusal. A message that was sent before gets the first one's answer. Never throws.
   * @param isWhole  the draft is a proposal that was checked against the schema, and nobody changes it any more.
   * @param pressedAt  when somebody pressed at a device, on the process's own clock; left out: now.
   */
  propose(draft: Draft, done: (outcome: Outcome) => void, isWhole = false, pressedAt?: MonoMs): void {
    const key = String(draft.messageId).toLowerCase();
    if (this.#isRepeat(key, draft, done)) return;
    const startedAt = this.#parts.clock.mono();
    const press = this.#pressers.press(draft, pressedAt ?? startedAt);
    const pending: Pending = { key, draft, isWhole, done: [done], startedAt, press, rounds: 0 };
    const turnedAway = this.#turnAway(draft);
    if (turnedAway) {
      this.#refuse(pending, turnedAway);
    } else if (this.#behind) {
      this.#inFlight.set(key, pending);
    } else {
      this.#take(pending);
    }
  }

  /** Durable events from `fromSeq` on, as bytes. @throws JOURNAL_CORRUPT, JOURNAL_UNAVAILABLE */
  read(fromSeq: number, signal?: AbortSignal): AsyncIterable<Stretch> {
    return this.#journal.read(fromSeq, signal);
  }

  /** Holds from the next proposal on. */
  reconfigure({ goGuardMs, patches }: StampSettings): void {
    this.#settings = { goGuardMs, patches };
  }

  /** Resolves when nothing is on its way to the disk. */
  idle(): Promise<void> {
    if (this.#inFlight.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idlers.push(resolve));
  }

  /** Takes nothing more, waits for what is on its way, saves the state, releases the log. Idempotent, never rejects. */
  close(): Promise<void> {
    this.#closing ??= this.idle().then(async () => {
      this.#following.abort();
      await this.#save(true);
      await this.#journal.close();
    });
    return this.#closing;
  }

  /**
   * A message that was sent before gets the first one's answer: at once, or with the first where that is on its way.
   * Another message under its id, or somebody else's, is refused.
   */
  #isRepeat(key: string, draft: Draft, done: (outcome: Outcome) => void): boolean {
    const same = this.#inFlight.get(key);
    const eventSeq = same ? undefined : this.#journal.seqOf(key);
    if (eventSeq !== undefined) {
      void this.#answerStored(eventSeq, draft, done);
      return true;
    }
    const refusal = same ? otherThan(same.draft, draft) : this.#refusals.get(key, draft);
    if (refusal) this.#call(() => done(refusal));
    else if (!same) return false;
    else if (same.done.length < REPEATS_MAX) same.done.push(done);
    else this.#call(() => done(refused('SEQUENCER_BUSY', 'this message already waits to be stored')));
    return true;
  }

  /** Looks into the log what the message was that is event `eventSeq`. */
  async #answerStored(eventSeq: number, draft: Draft, done: (outcome: Outcome) => void): Promise<void> {
    let answer: Outcome;
    try {
      const stored = await this.#readOne(eventSeq);
      answer = otherThan(stored, draft) ?? { ok: true, eventSeq };
    } catch (error) {
      answer = refused('JOURNAL_UNAVAILABLE', `event ${eventSeq} cannot be read: ${wordsOf(error)}`);
    }
    this.#call(() => done(answer));
  }

  async #readOne(eventSeq: number): Promise<ShowEvent> {
    for await (const { lines } of this.#journal.read(eventSeq)) {
      const end = lines.indexOf('\n');
      return JSON.parse(lines.toString('utf8', 0, end < 0 ? lines.length : end)) as ShowEvent;
    }
    throw new Error('it is not there');
  }

  #turnAway({ showId, eventType }: Draft): Refusal | undefined {
    if (this.#closing) return refused('JOURNAL_UNAVAILABLE', 'the bridge is stopping');
    const { failure } = this.#journal;
    const closed = isBridgeError(failure) && EVENT_TYPES[eventType]?.by === 'client' ? CLOSED[failure.code] : undefined;
    // What waits behind a disk that hangs would move the show much later, and each press of an impatient hand once more.
    if (failure && closed) return refused(closed, failure.message);
    if (this.#inFlight.size >= IN_FLIGHT_MAX) {
      return refused('SEQUENCER_BUSY', `${IN_FLIGHT_MAX} proposals wait to be stored`);
    }
    if (showId !== this.showId) {
      return refused('UNKNOWN_SHOW', `this bridge runs the show ${this.showId}, not ${showId}`, '/showId');
    }
    if (EVENT_TYPES[eventType]?.stored === false) {
      return refused('VALIDATION_FAILED', `${eventType} is no part of the log`, '/eventType');
    }
    return undefined;
  }

  #take(pending: Pending): void {
    const step = this.#stamp(pending);
    if (!('entry' in step)) {
      this.#refuse(pending, step);
      return;
    }
    const { length } = step.entry.json;
    if (length > this.#journal.limits.bytesMax) {
      this.#refuse(pending, refused('FRAME_TOO_LARGE', `the log takes no event of ${length} bytes`));
      return;
    }
    pending.rounds += 1;
    const isAlone = this.#inFlight.size === 0 && !this.#committing;
    this.#head = step;
    this.#inFlight.set(pending.key, pending);
    this.#gathering.push({ ...step, pending });
    // A press that nothing is before goes to the disk at once; what comes in one go behind others goes in one go.
    if (isAlone) {
      this.#append();
      this.#call(() => this.#parts.effects.prepare?.(step.entry.event, step.state));
    } else if (this.#gathering.length === 1) queueMicrotask(() => this.#append());
  }

  #stamp({ draft, isWhole, press }: Pending): Step | Refusal {
    const before = this.#head;
    try {
      const now = this.#time.now(before.recordedMs);
      return tooLate(draft, now) ?? stamp(before, draft, now, this.#settings, press, isWhole);
    } catch (error) {
      this.#fault('event.failed', error);
      return refused('INTERNAL', 'the bridge could not decide this');
    }
  }

  #append(): void {
    while (this.#gathering.length > 0 && this.#appends < this.#journal.limits.appendsMax && !this.#behind) {
      const batch = this.#nextBatch();
      const epoch = this.#epoch;
      this.#sent = batch;
      this.#appends += 1;
      this.#journal
        .append(
          batch.map(({ entry }) => entry),
          (batch[0] as Stamped).seq - 1,
        )
        .then(
          (answer) => {
            if (epoch === this.#epoch) this.#settle(batch, answer);
          },
          (error: unknown) => {
            if (epoch === this.#epoch) this.#settle(batch, { result: 'failed', error });
          },
        );
    }
  }

  /** As much of what waits as the log takes at once. */
  #nextBatch(): Stamped[] {
    const all = this.#gathering;
    const { eventsMax, bytesMax } = this.#journal.limits;
    let count = 0;
    for (let bytes = 0; count < Math.min(all.length, eventsMax); count += 1) {
      bytes += (all[count] as Stamped).entry.json.length;
      if (bytes > bytesMax) break;
    }
    this.#gathering = all.slice(count);
    return count === all.length ? all : all.slice(0, count);
  }

  #settle(batch: readonly Stamped[], answer: Answer): void {
    const wasFull = this.#appends >= this.#journal.limits.appendsMax;
    this.#appends -= 1;
    const first = batch[0] as Stamped;
    const cameBack = first.pending !== undefined && !this.#inFlight.has(first.pending.key);
    if (answer.result === 'stored' || cameBack) {
      // A batch is stored whole: what of it has come back already tells of the rest.
      this.#commit(cameBack ? batch.filter(({ seq }) => seq > this.#durable.seq) : batch);
      this.#whenThere();
      if (wasFull) this.#append();
      return;
    }
    switch (answer.result) {
      case 'behind':
        this.#fallBehind(answer.lastEventSeq, false);
        break;
      case 'duplicate':
        this.#fallBehind(answer.eventSeq, true);
        break;
      case 'fenced':
        this.#giveUp(new BridgeError('JOURNAL_FENCED', answer.detail));
        break;
      case 'noQuorum':
        this.#giveUp(new BridgeError('JOURNAL_NO_QUORUM', answer.detail));
        break;
      case 'failed':
        this.#giveUp(answer.error);
    }
    this.#whenThere();
  }

  /** The batch is durable: now, and only now, it is the show. */
  #commit(batch: readonly Stamped[]): void {
    const last = batch[batch.length - 1];
    if (!last) return;
    const { effects, clock, log } = this.#parts;
    this.#durable = last;
    this.#committing = true;
    const storedAt = clock.mono();
    for (const { pending } of batch) if (pending) this.#inFlight.delete(pending.key);
    if (this.#inFlight.size === 0) this.#head = last;
    // What another node wrote, that node performs.
    for (const { entry, state, pending } of batch) if (pending) this.#call(() => effects.perform(entry.event, state));
    for (const { pending, seq: eventSeq } of batch) {
      for (const done of pending?.done ?? []) this.#call(() => done({ ok: true, eventSeq }));
    }
    const entries = batch.map(({ entry }) => entry);
    this.#call(() => effects.publish(entries, last.state));
    this.#committing = false;
    if (this.#failing && last.pending) {
      log.info({ seq: last.seq }, 'journal.recovered');
      this.#failing = false;
    }
    for (const { entry, pending, seq } of batch) {
      const { messageId, eventType, actor } = entry.event;
      const tookMs = pending ? { tookMs: Math.round((storedAt - pending.startedAt) * 1000) / 1000 } : {};
      log.info(
        { seq, messageId, eventType, from: actor.deviceId, ...tookMs },
        pending ? 'event.accepted' : 'event.adopted',
      );
    }
    this.#saveWhenDue();
    this.#tellIdlers();
  }

  #refuse({ key, draft, press, done: waiting }: Pending, refusal: Refusal): void {
    this.#pressers.refused(draft, press, refusal);
    const { messageId, eventType, actor } = draft;
    const { code, message: detail } = refusal;
    this.#inFlight.delete(key);
    this.#refusals.keep(key, draft, refusal);
    for (const done of waiting) this.#call(() => done(refusal));
    this.#parts.log.warn({ messageId, eventType, from: actor?.deviceId, code, detail }, 'event.rejected');
  }

  /** Takes everything back that is not durable. @returns who had asked for it, in order */
  #rollBack(): Pending[] {
    const given = [...this.#inFlight.values()];
    this.#epoch += 1;
    this.#head = this.#durable;
    this.#gathering = [];
    this.#sent = [];
    this.#appends = 0;
    this.#behind = undefined;
    return given;
  }

  /** The log failed: nothing of what was on its way is stored, nothing of it fires. The next proposal tries again. */
  #giveUp(error: unknown): void {
    const detail = wordsOf(error);
    const code = (isBridgeError(error) && CLOSED[error.code]) || 'JOURNAL_UNAVAILABLE';
    const given = this.#rollBack();
    this.#inFlight.clear();
    if (!this.#failing) {
      this.#parts.log.error({ code, detail, waiting: given.length, err: error }, 'journal.unavailable');
    }
    for (const pending of given) this.#refuse(pending, refused(code, detail));
    if (!this.#failing) this.#call(() => this.#parts.effects.unavailable?.());
    this.#failing = true;
    this.#tellIdlers();
  }

  /** Takes over what other writers of the log store, for as long as there can be any. */
  async #follow(): Promise<void> {
    const { signal } = this.#following;
    let isHeard = true;
    while (!signal.aborted) {
      try {
        for await (const stretch of this.#journal.follow(this.#durable.seq + 1, signal)) {
          this.#adopt(stretch);
          isHeard = true;
        }
        break;
      } catch (error) {
        if (isHeard) this.#parts.log.warn({ code: 'JOURNAL_UNAVAILABLE', detail: wordsOf(error) }, 'journal.unheard');
        isHeard = false;
        // Nobody waits for what cannot be heard, but for what may be stored: that is found out first.
        if (this.#behind && this.#appends === 0 && !this.#behind.mayBeOurs) this.#giveUp(error);
        await this.#parts.clock.sleep(FOLLOW_AGAIN_MS, signal);
      }
    }
    this.#isAloneOnLog = true;
    this.#whenThere();
  }

  #adopt({ lines, lastSeq, isOwn }: Followed): void {
    if (isOwn) {
      const isBack = ({ seq, pending, entry }: Stamped) =>
        seq > this.#durable.seq && pending && this.#inFlight.has(pending.key) && lines.includes(entry.json);
      this.#commit(this.#sent.filter(isBack));
    }
    if (lastSeq > this.#durable.seq) {
      const others = adopt(this.#durable, lines);
      if (this.#inFlight.size > 0) this.#fallBehind(lastSeq, false);
      this.#commit(others);
    }
    this.#whenThere();
  }

  #fallBehind(seq: number, mayBeOurs: boolean): void {
    const before = this.#behind;
    this.#behind = {
      seq: Math.max(seq, before?.seq ?? 0),
      mayBeOurs: mayBeOurs || (before?.mayBeOurs ?? false),
    };
  }

  /** Decides again what another writer was before, once the show is where that one left it and no append is open. */
  #whenThere(): void {
    if (!this.#behind || this.#appends > 0) return;
    if (this.#durable.seq < this.#behind.seq) {
      if (this.#isAloneOnLog) this.#giveUp(new Error('others write to this log, and it cannot be followed'));
      return;
    }
    for (const pending of this.#rollBack()) {
      const { key, draft, done: waiting, rounds } = pending;
      const eventSeq = this.#journal.seqOf(key);
      if (eventSeq !== undefined) {
        this.#inFlight.delete(key);
        for (const done of waiting) void this.#answerStored(eventSeq, draft, done);
      } else if (rounds >= ROUNDS_MAX) {
        this.#refuse(pending, refused('SEQUENCER_BUSY', `others were first ${ROUNDS_MAX} times; press again`));
      } else this.#take(pending);
    }
    this.#tellIdlers();
  }

  /** Saves after a batch that left nothing waiting; under a load without a pause, at the latest after twice as many. */
  #saveWhenDue(): void {
    const { seq } = this.#durable;
    const every = Math.max(SAVE_EVERY_EVENTS, Math.floor(seq / SAVE_EVERY_SHARE));
    const due = seq - this.#savedSeq;
    if (this.#saving || due < every || (this.#inFlight.size > 0 && due < 2 * every)) return;
    this.#saving = true;
    setImmediate(() => void this.#save());
  }

  async #save(isEnd = false): Promise<void> {
    const { state, seq: lastEventSeq, recordedMs } = this.#durable;
    this.#saving = true;
    this.#savedSeq = lastEventSeq;
    const { showSinceSeq } = this;
    const saved: SavedStanding = { show: state, recordedMs, showSinceSeq, ...(isEnd ? { isEnd } : {}) };
    await this.#journal.save({ lastEventSeq, fingerprint: this.#parts.fingerprint, state: saved });
    this.#saving = false;
  }

  #tellIdlers(): void {
    if (this.#inFlight.size > 0) return;
    for (const resolve of this.#idlers.splice(0)) resolve();
  }

  #call(effect: () => void): void {
    try {
      effect();
    } catch (error) {
      this.#fault('effect.failed', error);
    }
  }

  #fault(name: string, error: unknown): void {
    this.#parts.log.error({ code: 'INTERNAL', err: error }, name);
  }
}

/** Why `draft` is not the message that was taken under its messageId; undefined when it is. What was left out was filled in. */
function otherThan(taken: Draft | ShowEvent, { eventType, actor, payload }: Draft): Refusal | undefined {
  if (taken.actor?.userId !== actor?.userId || taken.actor?.role !== actor?.role) {
    return refused('FORBIDDEN', 'this messageId is that of somebody else’s message', '/messageId');
  }
  const known: Readonly<Record<string, unknown>> = { ...taken.payload };
  const isSame =
    taken.eventType === eventType &&
    Object.entries(payload ?? {}).every(([name, value]) => isDeepStrictEqual(value, known[name]));
  return isSame ? undefined : OTHER_MESSAGE;
}

/** A proposal's deadline; one that is no time says nothing. */
function tooLate({ notAfter }: Draft, now: WallMs): Refusal | undefined {
  if (notAfter === undefined) return undefined;
  const lateMs = now - Date.parse(notAfter);
  if (!(lateMs > 0)) return undefined;
  return refused('INPUT_LATE', `it was on its way for ${lateMs} ms too long, and fired nothing`, '/notAfter');
}
