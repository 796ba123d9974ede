import type { Ack, ErrorMessage, Heartbeat, Snapshot, SnapshotRequested } from '../generated/types.js';
import type { ReceivedEvent } from '../protocol/envelope.js';
import { PROTOCOL_VERSION } from '../protocol/version.js';
import { follow, type View, viewOf } from './follow.js';
import { type Frame, readFrame } from './frames.js';
import type { Line } from './line.js';
import { refusal } from './refusal.js';
import type { ServerClock } from './server-clock.js';
import type { ClientClock, ClientProblem, ClientRefusal, Trouble } from './types.js';

/** How often missing events are asked for again, in milliseconds. */
const GAP_ASK_MS = 2000;
/** How many of our heartbeats are remembered for their answer. */
const BEATS_MAX = 16;
/** Refusals of a connection after which trying again would change nothing. */
const FINAL: readonly string[] = [
  'UNAUTHENTICATED',
  'UNSUPPORTED_VERSION',
  'UNKNOWN_SHOW',
  'FORBIDDEN',
  'VALIDATION_FAILED',
];

/** Of those, what an `error` says about the connection, and not about one frame. */
const ABOUT_US: readonly string[] = ['UNAUTHENTICATED', 'UNSUPPORTED_VERSION', 'UNKNOWN_SHOW'];

export interface FollowerOptions {
  clock: ClientClock;
  serverClock: ServerClock;
  showId: string;
  /** Makes and sends a SnapshotRequested. @returns its messageId */
  request(payload: SnapshotRequested): string;
  /** Makes and sends a heartbeat. @returns its messageId */
  heartbeat(): string;
  onView(view: View): void;
  onEvent(event: ReceivedEvent): void;
  onPresence(event: ReceivedEvent): void;
  /** The view has caught up with the bridge. */
  onLive(): void;
  /** What the bridge says is wrong with itself. */
  onTroubles(troubles: readonly Trouble[]): void;
  onTaken(messageId: string, eventSeq?: number): void;
  onRefused(messageId: string, why: ClientRefusal): void;
  /** The bridge will not have this client, and trying again would change nothing. */
  onFinal(why: ClientRefusal): void;
  onProblem(problem: ClientProblem): void;
}

/** What concerns connections only, such as presence, has no number. */
const isNumbered = (event: ReceivedEvent): boolean => typeof event.eventSeq === 'number';

/** What one line says, from its opening to its end: brings the view up to date, and keeps it so. */
export class Follower {
  readonly #options: FollowerOptions;
  readonly #line: Line;
  #view: View | undefined;
  #live = false;
  /** Our requests for the show, by messageId. */
  readonly #requests = new Map<string, SnapshotRequested['reason']>();
  readonly #beats = new Map<string, number>();
  /** The bridge has sent all there was: it says so by its ack, which comes after the last missed event. */
  #answered = false;
  /** Running while something is missing. `whole`: only a snapshot mends it. */
  #recovery: { whole: boolean; done: AbortController } | undefined;

  constructor(line: Line, view: View | undefined, options: FollowerOptions) {
    this.#line = line;
    this.#view = view;
    this.#options = options;
  }

  /** The line is open: asks for the show, or for what was missed. */
  begin(): void {
    this.#ask('connect', this.#view?.lastEventSeq);
    this.beat();
  }

  beat(): void {
    this.#beats.set(this.#options.heartbeat(), this.#options.clock.mono());
    const [oldest] = this.#beats.keys();
    if (this.#beats.size > BEATS_MAX && oldest !== undefined) this.#beats.delete(oldest);
  }

  hear(text: string): void {
    const read = readFrame(text);
    switch (read.as) {
      case 'frame':
        this.#onFrame(read.frame);
        break;
      case 'unreadable': {
        const message = `the bridge speaks version ${read.version} of the messages, this client ${PROTOCOL_VERSION}`;
        this.#options.onFinal(refusal('UNSUPPORTED_VERSION', message));
        break;
      }
      case 'bad':
        this.#options.onProblem({ code: 'VALIDATION_FAILED', message: `a frame was not understood: ${read.message}` });
        // What it would have changed is lost: only a whole snapshot mends that.
        if (read.lostSeq !== undefined && read.lostSeq > (this.#view?.lastEventSeq ?? 0)) void this.#recover(true);
        break;
      case 'unknown':
        break;
    }
  }

  #onFrame(frame: Frame): void {
    const showId = 'showId' in frame ? frame.showId : undefined;
    if (showId !== undefined && showId !== this.#options.showId) {
      const message = `the bridge runs ${showId}, not ${this.#options.showId}`;
      this.#options.onFinal(refusal('UNKNOWN_SHOW', message));
    } else if (frame.kind === 'event') this.#onEvent(frame);
    else if (frame.kind === 'ack') this.#onAck(frame);
    else if (frame.kind === 'snapshot') this.#onSnapshot(frame);
    else if (frame.kind === 'heartbeat') this.#onHeartbeat(frame);
    else this.#onError(frame);
  }

  #onEvent(event: ReceivedEvent): void {
    if (!isNumbered(event)) {
      if (event.eventType === 'ClientPresenceUpdated' && !event.withheld) this.#options.onPresence(event);
      return;
    }
    // Without a view there is nothing to apply to; the snapshot that was asked for holds it.
    if (!this.#view) return;
    const { view, how } = follow(this.#view, event);
    if (how === 'gap') void this.#recover(false);
    else {
      if (how !== 'duplicate') this.#see(view, event);
      this.#options.onTaken(event.messageId, event.eventSeq);
      this.#tryLive();
    }
  }

  #onSnapshot(snapshot: Snapshot): void {
    this.#options.serverClock.hint(Date.parse(snapshot.createdAt), this.#options.clock.mono());
    this.#recovered();
    this.#answered = true;
    this.#hearTroubles(snapshot);
    this.#see(viewOf(snapshot));
    this.#tryLive();
  }

  #onAck(ack: Ack): void {
    const reason = this.#requests.get(ack.ackOf);
    if (ack.status === 'error') {
      if (reason === undefined) this.#options.onRefused(ack.ackOf, this.#refusalOf(ack));
      else this.#onNoShow(reason, this.#refusalOf(ack));
    } else if (reason === undefined) {
      this.#options.onTaken(ack.ackOf, ack.eventSeq);
    } else {
      this.#answered = true;
      this.#tryLive();
    }
  }

  /** The bridge does not show us the show. What is missing is asked for again anyway. */
  #onNoShow(reason: SnapshotRequested['reason'], why: ClientRefusal): void {
    if (FINAL.includes(why.code)) this.#options.onFinal(why);
    else if (reason === 'connect') this.#line.end(why.message);
  }

  /** A frame that does not name them, as of an older bridge, says nothing of them. */
  #hearTroubles({ troubles }: Heartbeat | Snapshot): void {
    if (troubles !== undefined) this.#options.onTroubles(troubles);
  }

  #onHeartbeat(heartbeat: Heartbeat): void {
    this.#hearTroubles(heartbeat);
    const { clock, serverClock } = this.#options;
    const serverMs = Date.parse(heartbeat.createdAt);
    const sentMono = heartbeat.correlationId === undefined ? undefined : this.#beats.get(heartbeat.correlationId);
    if (sentMono === undefined) serverClock.hint(serverMs, clock.mono());
    else serverClock.sample(sentMono, clock.mono(), serverMs);
  }

  #onError(error: ErrorMessage): void {
    const why = this.#refusalOf(error);
    this.#options.onProblem({ code: error.code, message: error.message });
    if (error.correlationId === undefined && ABOUT_US.includes(error.code)) this.#options.onFinal(why);
    else if (error.correlationId !== undefined) this.#options.onRefused(error.correlationId, why);
  }

  #refusalOf({ code = 'INTERNAL', message, hint, pointer }: Ack | ErrorMessage): ClientRefusal {
    return {
      ...refusal(code, message ?? code),
      ...(hint === undefined ? {} : { hint }),
      ...(pointer === undefined ? {} : { pointer }),
    };
  }

  #see(view: View, event?: ReceivedEvent): void {
    if (!this.#recovery?.whole) this.#recovered();
    this.#view = view;
    this.#options.onView(view);
    if (event) this.#options.onEvent(event);
  }

  #tryLive(): void {
    if (this.#live || !this.#answered || !this.#view || this.#recovery) return;
    this.#live = true;
    this.#options.onLive();
  }

  #ask(reason: SnapshotRequested['reason'], lastEventSeq: number | undefined): void {
    const payload = { reason, ...(lastEventSeq === undefined ? {} : { lastEventSeq }) };
    this.#requests.set(this.#options.request(payload), reason);
  }

  /**
   * Asks for what is missing; when that brings nothing, for everything, again and again.
   * @param whole  a snapshot, since an event that cannot be read would come again.
   */
  async #recover(whole: boolean): Promise<void> {
    if (this.#recovery && (this.#recovery.whole || !whole)) return;
    this.#recovered();
    const done = new AbortController();
    const recovery = { whole, done };
    this.#recovery = recovery;
    const stop = () => done.abort();
    this.#line.signal.addEventListener('abort', stop);
    for (let full = whole; !done.signal.aborted; full = true) {
      recovery.whole = full;
      this.#ask('gap', full ? undefined : this.#view?.lastEventSeq);
      await this.#options.clock.sleep(GAP_ASK_MS, done.signal);
    }
    this.#line.signal.removeEventListener('abort', stop);
  }

  #recovered(): void {
    this.#recovery?.done.abort();
    this.#recovery = undefined;
  }
}
