import { validateShowEvent } from '../generated/messages.js';
import type { ClientPresenceUpdated } from '../generated/types.js';
import { systemClock } from '../kit/clock.js';
import { newId } from '../kit/ids.js';
import { Listeners } from '../kit/listeners.js';
import {
  type Actor,
  EVENT_TYPES,
  type EventType,
  type PayloadByType,
  type Proposal,
  type ReceivedEvent,
} from '../protocol/envelope.js';
import { firstFault } from '../protocol/validate.js';
import { PROTOCOL_VERSION, SUBPROTOCOL } from '../protocol/version.js';
import { completeAdvance, completeRevert } from '../show/cues.js';
import type { ShowState } from '../show/state.js';
import { askSession, doorsOf } from './door.js';
import type { View } from './follow.js';
import { Follower } from './follower.js';
import { type Line, openLine } from './line.js';
import { MOMENT_MS } from './outbox.js';
import { Proposals } from './proposals.js';
import { doorRefusal, refusal } from './refusal.js';
import { ServerClock } from './server-clock.js';
import { memoryStore } from './storage.js';
import type {
  Client,
  ClientClock,
  ClientOptions,
  ClientOutcome,
  ClientProblem,
  ClientRefusal,
  ClientStatus,
  SocketConstructor,
  StatusInfo,
  Trouble,
} from './types.js';

/** The pause before the next attempt to connect: doubled from the first to the last, in milliseconds. */
const BACKOFF_FIRST_MS = 100;
const BACKOFF_LAST_MS = 2000;
const HEARTBEAT_MS = 2000;

/** What a listener threw surfaces on its own. */
const surface = (fault: unknown): void =>
  queueMicrotask(() => {
    throw fault;
  });

export class BridgeClient implements Client {
  readonly #options: ClientOptions;
  readonly #clock: ClientClock;
  readonly #doors: { ws: string; session: string };
  readonly #serverClock = new ServerClock();
  readonly #proposals: Proposals;
  readonly #life = new AbortController();
  readonly #heartbeatMs: number;
  #pause = new AbortController();
  #showId: string | undefined;
  #view: View | undefined;
  #line: Line | undefined;
  #status: StatusInfo;
  #moving = false;
  #waitingFor: { eventSeq: number; reached: () => void }[] = [];
  readonly #running: Promise<void>;

  readonly #stateListeners = new Listeners<[ShowState, number]>(surface);
  readonly #eventListeners = new Listeners<[ReceivedEvent, ShowState]>(surface);
  readonly #statusListeners = new Listeners<[StatusInfo]>(surface);
  readonly #droppedListeners = new Listeners<[Proposal, ClientRefusal]>(surface);
  readonly #presenceListeners = new Listeners<[PayloadByType['ClientPresenceUpdated'], Actor]>(surface);
  readonly #troublesListeners = new Listeners<[readonly Trouble[]]>(surface);
  readonly #problemListeners = new Listeners<[ClientProblem]>(surface);
  readonly onState = this.#stateListeners.add;
  readonly onEvent = this.#eventListeners.add;
  readonly onStatus = this.#statusListeners.add;
  readonly onDropped = this.#droppedListeners.add;
  #troubles: readonly Trouble[] = [];
  readonly onPresence = this.#presenceListeners.add;
  readonly onTroubles = this.#troublesListeners.add;
  readonly onProblem = this.#problemListeners.add;

  /** @throws TypeError when `url` is no address */
  constructor(options: ClientOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock();
    this.#doors = doorsOf(options.url);
    this.#showId = options.showId;
    this.#heartbeatMs = options.heartbeatMs ?? HEARTBEAT_MS;
    this.#status = { status: 'connecting', sinceMs: this.#clock.wall() };
    this.#proposals = new Proposals({
      storage: options.storage ?? memoryStore(),
      clock: this.#clock,
      signal: this.#life.signal,
      send: (proposal) => this.#line?.send(proposal),
      onDropped: (proposal, why) => this.#droppedListeners.tell(proposal, why),
      onProblem: (problem) => this.#problemListeners.tell(problem),
    });
    this.#running = this.#run();
  }

  get state(): ShowState | undefined {
    return this.#view?.state;
  }
  get lastEventSeq(): number {
    return this.#view?.lastEventSeq ?? 0;
  }
  get troubles(): readonly Trouble[] {
    return this.#troubles;
  }
  get showId(): string | undefined {
    return this.#showId;
  }
  get status(): ClientStatus {
    return this.#status.status;
  }
  get statusInfo(): StatusInfo {
    return this.#status;
  }
  get pending(): readonly Proposal[] {
    return this.#proposals.pending;
  }
  get roundTripMs(): number | undefined {
    return this.#serverClock.roundTripMs;
  }

  get silentMs(): number | undefined {
    return this.#line?.silentMs();
  }

  serverNow(): number {
    return this.#serverClock.wallAt(this.#clock.mono()) ?? this.#clock.wall();
  }

  propose<T extends EventType>(
    eventType: T,
    payload: PayloadByType[T],
    links: { correlationId?: string; causationId?: string } = {},
  ): Promise<ClientOutcome> {
    const no = (code: string, message: string) => Promise.resolve(refusal(code, message));
    if (this.#life.signal.aborted) return no('CLIENT_OFFLINE', 'this client is closed');
    const { status, reason } = this.#status;
    if (status === 'refused')
      return Promise.resolve(reason ?? refusal('CLIENT_OFFLINE', 'the bridge refused this client'));
    if (this.#showId === undefined) return no('CLIENT_OFFLINE', 'the bridge has not said yet which show it runs');
    if (!EVENT_TYPES[eventType].stored && status !== 'live')
      return no('CLIENT_OFFLINE', `${eventType} is for those who are connected, and the line is down`);
    const envelope = this.#envelope(this.#showId, eventType, payload);
    const proposal = { ...envelope, ...links, ...this.#deadline(eventType) } as Proposal;
    if (!validateShowEvent(proposal)) {
      const { message, pointer } = firstFault(validateShowEvent) ?? { message: 'it is of a wrong shape', pointer: '' };
      return Promise.resolve({ ...refusal('VALIDATION_FAILED', message), pointer });
    }
    return this.#proposals.submit(proposal);
  }

  /** Until when a wish that is only right at its moment may be taken, by the bridge's clock; none before that is known. */
  #deadline(eventType: EventType): { notAfter?: string } {
    const momentMs = MOMENT_MS[eventType];
    const now = this.#serverClock.wallAt(this.#clock.mono());
    if (momentMs === undefined || now === undefined) return {};
    // What is known of the bridge's clock may be wrong by half a round trip.
    const slackMs = (this.#serverClock.roundTripMs ?? 0) / 2;
    return { notAfter: new Date(now + momentMs + slackMs).toISOString() };
  }

  go(): Promise<ClientOutcome> {
    return this.#move('CueAdvanced', (state) => completeAdvance(state, {}, this.serverNow()));
  }

  back(reason?: string): Promise<ClientOutcome> {
    return this.#move('CueReverted', (state) =>
      completeRevert(state, reason === undefined ? {} : { reason }, this.serverNow()),
    );
  }

  reconnect(): void {
    this.#pause.abort();
  }

  async close(): Promise<void> {
    if (!this.#life.signal.aborted) {
      this.#life.abort();
      this.#pause.abort();
      this.#proposals.close(refusal('CLIENT_OFFLINE', 'this client was closed before the bridge answered'));
      this.#line?.end('closed');
    }
    await this.#running;
  }

  /** One press at a time: a second one before the answer would be made from what the presser cannot see yet. */
  async #move<T extends 'CueAdvanced' | 'CueReverted'>(
    eventType: T,
    complete: (state: ShowState) => { ok: true; payload: PayloadByType[T] } | ClientRefusal,
  ): Promise<ClientOutcome> {
    if (!this.#view) return refusal('CLIENT_OFFLINE', 'the bridge has not said yet where the show is');
    if (this.#moving) return refusal('GO_GUARD', 'the last press is still on its way');
    const wish = complete(this.#view.state);
    if (!wish.ok) return wish;
    this.#moving = true;
    try {
      const outcome = await this.propose(eventType, wish.payload);
      if (outcome.ok && outcome.eventSeq !== undefined) await this.#reached(outcome.eventSeq);
      return outcome;
    } finally {
      this.#moving = false;
    }
  }

  /** Resolves when the state holds event `eventSeq`, or when the line is gone. */
  async #reached(eventSeq: number): Promise<void> {
    if (this.lastEventSeq >= eventSeq || !this.#line) return;
    await new Promise<void>((reached) => this.#waitingFor.push({ eventSeq, reached }));
  }

  #head<Kind extends string>(kind: Kind) {
    const messageId = (this.#options.newId ?? newId)();
    return { kind, version: PROTOCOL_VERSION, messageId, createdAt: new Date(this.#clock.wall()).toISOString() };
  }

  #envelope(showId: string, eventType: EventType, payload: object) {
    return { ...this.#head('event'), showId, eventType, actor: this.#options.actor, payload };
  }

  /** Connects, again and again, one line at a time, until closed or refused for good. */
  async #run(): Promise<void> {
    await this.#proposals.recall();
    let failures = 0;
    while (!this.#life.signal.aborted) {
      const reason = await this.#connectOnce();
      if (this.#life.signal.aborted || reason === 'final') return;
      if (reason.wasLive) failures = 0;
      this.#setStatus('offline', refusal('CLIENT_OFFLINE', reason.detail));
      const pauseMs = Math.min(BACKOFF_LAST_MS, BACKOFF_FIRST_MS * 2 ** Math.min(failures, 16));
      failures += 1;
      this.#pause = new AbortController();
      const random = this.#options.random ?? Math.random;
      await this.#clock.sleep(pauseMs * (0.5 + random() / 2), this.#pause.signal);
    }
  }

  async #connectOnce(): Promise<'final' | { detail: string; wasLive: boolean }> {
    if (this.#showId === undefined) {
      const refused = await this.#askDoor();
      if (refused) return this.#refuse(refused);
      if (this.#showId === undefined) return { detail: 'the bridge does not answer', wasLive: false };
    }
    if (this.#life.signal.aborted) return 'final';
    const line = openLine({
      url: this.#doors.ws,
      protocols: [SUBPROTOCOL, ...(this.#options.token === undefined ? [] : [`bearer.${this.#options.token}`])],
      WebSocket: this.#options.WebSocket ?? (globalThis.WebSocket as unknown as SocketConstructor),
      clock: this.#clock,
      heartbeatMs: this.#heartbeatMs,
      onOpen: () => follower.begin(),
      onText: (text) => follower.hear(text),
      onBeat: () => follower.beat(),
    });
    const follower = this.#follow(line, this.#showId);
    this.#line = line;
    this.#serverClock.forget();
    const end = await line.ended;
    this.#line = undefined;
    const wasLive = this.status === 'live';
    this.#proposals.lineLost();
    for (const { reached } of this.#waitingFor.splice(0)) reached();
    if (this.#life.signal.aborted) await line.gone;
    if (this.status === 'refused') return 'final';
    if (!end.opened && !this.#life.signal.aborted) {
      const refused = end.httpStatus === undefined ? await this.#askDoor() : doorRefusal(end.httpStatus);
      if (refused) return this.#refuse(refused);
    }
    return { detail: end.detail, wasLive };
  }

  #follow(line: Line, showId: string): Follower {
    const send = <Frame extends { messageId: string }>(frame: Frame) => {
      line.send(frame);
      return frame.messageId;
    };
    return new Follower(line, this.#view, {
      clock: this.#clock,
      serverClock: this.#serverClock,
      showId,
      request: (payload) => send(this.#envelope(showId, 'SnapshotRequested', payload)),
      heartbeat: () => send({ ...this.#head('heartbeat'), showId, lastEventSeq: this.lastEventSeq }),
      onView: (view) => this.#see(view),
      onEvent: (event) => this.#view && this.#eventListeners.tell(event, this.#view.state),
      onPresence: (event) => this.#presenceListeners.tell(event.payload as ClientPresenceUpdated, event.actor),
      onLive: () => {
        this.#setStatus('live');
        this.#proposals.lineBack();
        const { view, actor } = this.#options;
        const presence = { deviceId: actor.deviceId, status: 'online', view };
        if (view !== undefined) send(this.#envelope(showId, 'ClientPresenceUpdated', presence));
      },
      onTroubles: (troubles) => this.#setTroubles(troubles),
      onTaken: (messageId, eventSeq) => this.#proposals.taken(messageId, eventSeq),
      onRefused: (messageId, why) => this.#proposals.refused(messageId, why),
      onFinal: (why) => this.#refuse(why),
      onProblem: (problem) => this.#problemListeners.tell(problem),
    });
  }

  #setTroubles(troubles: readonly Trouble[]): void {
    if (JSON.stringify(troubles) === JSON.stringify(this.#troubles)) return;
    this.#troubles = troubles;
    this.#troublesListeners.tell(troubles);
  }

  #see(view: View): void {
    this.#view = view;
    this.#stateListeners.tell(view.state, view.lastEventSeq);
    const reached = this.#waitingFor.filter(({ eventSeq }) => eventSeq <= view.lastEventSeq);
    this.#waitingFor = this.#waitingFor.filter(({ eventSeq }) => eventSeq > view.lastEventSeq);
    for (const waiting of reached) waiting.reached();
  }

  /** Learns which show the bridge runs. @returns why it does not let this client in, if so. */
  async #askDoor(): Promise<ClientRefusal | undefined> {
    const ask = this.#options.fetch ?? ((url, init) => globalThis.fetch(url, init));
    const answer = await askSession(this.#doors.session, this.#options.token, ask, this.#clock, this.#life.signal);
    if (!answer.ok) return answer;
    this.#showId ??= answer.showId;
    return undefined;
  }

  #refuse(why: ClientRefusal): 'final' {
    this.#setStatus('refused', why);
    this.#line?.end(why.message);
    return 'final';
  }

  #setStatus(status: ClientStatus, reason?: ClientRefusal): void {
    if (this.#life.signal.aborted) return;
    const sinceMs = status === this.#status.status ? this.#status.sinceMs : this.#clock.wall();
    this.#status = { status, sinceMs, ...(reason ? { reason } : {}) };
    this.#statusListeners.tell(this.#status);
  }
}
