import type { AdapterIo, Command, Health, Input, Receipt } from '../../src/devices/adapter.js';
import { BaseConnection } from '../../src/devices/base-connection.js';
import type { QlabDevice } from '../../src/generated/types.js';
import { BridgeError, toBridgeError } from '../../src/kit/errors.js';
import { Again } from './again.js';
import {
  type CueRef,
  inOtherWords,
  messageOf,
  problemOfCommand,
  type QlabCommand,
  readCommand,
  summarise,
} from './commands.js';
import { Evidence, type Expectation } from './evidence.js';
import { Guards } from './guards.js';
import { eventsOf, login, readGoWindow, readMinGoTimeMs, readOpen, type Session, subscribe } from './handshake.js';
import { healthOf, type Trouble } from './health.js';
import { Hearing } from './hearing.js';
import type { Link } from './link.js';
import { Playhead } from './playhead.js';
import { CueWatch } from './watch.js';

/** QLab is asked whether it lives so often, in milliseconds; a miss is asked again at once. @see QLab's OSC dictionary, thump */
const THUMP_MS = 5000;
const THUMPS_MISSED_MAX = 2;
/** What may pass between the end of a doubt and the end of the connection, in milliseconds. */
const DOUBT_MARGIN_MS = 250;

/** Inputs that are held until the first listener comes. */
const HELD_MAX = 64;

/** A workspace that is connected. Single-use. */
export class QlabConnection extends BaseConnection {
  readonly #link: Link;
  readonly #config: QlabDevice;
  readonly #io: AdapterIo;
  /** What QLab was asked to tell besides GO, cue starts and panic. */
  #events: readonly string[];
  readonly #evidence = new Evidence();
  readonly #guards: Guards;
  readonly #watch: CueWatch;
  readonly #playhead: Playhead;
  readonly #life = new AbortController();
  readonly #access: Again;
  readonly #goSetting: Again;
  readonly #goWindow: Again;
  /** What came in before anybody listened. */
  #held: Input[] | undefined = [];
  #session: Session;
  /** What went wrong last, until QLab does as it is told again. */
  #trouble: Trouble | undefined;

  constructor(link: Link, session: Session, config: QlabDevice, io: AdapterIo) {
    super(io.log);
    const { clock } = io;
    const { signal } = this.#life;
    this.#link = link;
    this.#session = session;
    this.#events = eventsOf(io.patterns);
    this.#config = config;
    this.#io = io;
    this.#guards = new Guards(session.minGoTimeMs, session.hearsEvents);
    if (session.goWindow) this.#guards.goWindow(session.goWindow.leftMs, session.goWindow.askedMs, clock.mono());
    this.#watch = new CueWatch(link, session.workspaceId, clock, signal);
    this.#playhead = new Playhead({
      ask: (path, options) => link.ask(`/workspace/${session.workspaceId}${path}`, [], options),
      ...{ clock, signal, major: session.major, cueList: config.cueList },
      onMove: () => this.#refresh(),
    });
    this.tellHealth(this.#observe());
    this.#access = new Again(clock, signal, () => this.#loginAgain());
    this.#goSetting = new Again(clock, signal, () => this.#readMinGoTime());
    this.#goWindow = new Again(clock, signal, () => this.#readGoWindow());
    const hearing = new Hearing({
      ...{ link, clock, evidence: this.#evidence, guards: this.#guards, playhead: this.#playhead, watch: this.#watch },
      session: () => this.#session,
      tell: (input) => this.#heard(input),
      onClosed: () => this.#endClosed(),
      onAccess: () => this.#access.please(),
      onGoWindow: (what) => {
        if (what === 'setting') this.#goSetting.please();
        else if (this.#guards.minGoTimeMs > 0) this.#goWindow.please();
      },
    });
    for (const message of session.early) hearing.take(message);
    link.onPush = (message) => hearing.take(message);
    void link.closed.then((why) => {
      this.#life.abort();
      this.tellEnd(why);
    });
    const { status, code, detail } = this.health();
    if (status !== 'up') io.log.warn({ code, detail }, 'qlab.limited');
    if (session.permissions.view) this.#playhead.read();
    void this.#beat();
  }

  override onInput(listener: (input: Input) => void): () => void {
    const off = super.onInput(listener);
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const input of held) this.#heard(input);
    return off;
  }

  counters(): Readonly<Record<string, number>> {
    return this.#link.counters;
  }

  close(): Promise<void> {
    return this.#link.close(`/workspace/${this.#session.workspaceId}/disconnect`);
  }

  /** The bytes leave before this returns its promise. */
  async send(command: Command, signal: AbortSignal): Promise<Receipt> {
    if (signal.aborted || this.#link.ended) throw new BridgeError('DEVICE_CLOSED', 'the connection to QLab is gone');
    const problem = problemOfCommand(command);
    if (problem) throw new BridgeError('CODEC_MALFORMED', problem);
    const read = readCommand(command);
    const { workspaceId, major } = this.#session;
    const nowMs = this.#io.clock.mono();
    const usual = messageOf(read, workspaceId, major);
    const message = this.#guards.isRepeat(usual, nowMs) ? inOtherWords(usual) : usual;
    const refusal = this.#guards.refusal(read, message, nowMs);
    if (refusal) throw new BridgeError('DEVICE_REFUSED', refusal);
    const cue = read.verb === 'go' ? this.#playhead.cueAtGo(read.target) : 'cue' in read ? read.cue : undefined;
    const { heard } = this.#link;
    const answer = this.#link.ask(message.address, message.args, { urgent: true });
    const sentAt = this.#io.clock.mono();
    const unguard = this.#guards.sent(read, message, sentAt);
    const { seen, takeBack } = this.#expect(read, cue, sentAt);
    const stopped = new AbortController();
    try {
      const reply = await Promise.race([answer, seen, aborted(AbortSignal.any([signal, stopped.signal]))]);
      if (reply && reply.status !== 'ok') {
        takeBack();
        unguard();
        const how = reply.status === 'denied' ? 'denied' : 'could not do';
        // Perhaps QLab has forgotten us, or the passcode may no longer do what it could.
        if (reply.status === 'denied') this.#access.please();
        throw new BridgeError('DEVICE_REFUSED', `QLab ${how}: ${summarise(command)}`);
      }
    } catch (error) {
      const why = this.#explained(toBridgeError(error, 'DEVICE_CLOSED'), read);
      // Whether it fades out is not known: the next panic must not be held back.
      if (read.verb === 'panic') unguard();
      if (why.code === 'DEVICE_REFUSED' || why.code === 'DEVICE_TIMEOUT') this.#troubled(why);
      if (why.code === 'DEVICE_TIMEOUT') {
        if (this.#link.heard === heard) void this.#doubt(why);
        void seen.then(() => this.#seenLate(why, summarise(command), sentAt));
      }
      throw why;
    } finally {
      answer.catch(() => {});
      stopped.abort();
    }
    this.#troubled(undefined);
    const confirmed = this.#confirmation(read, cue, seen, sentAt, summarise(command));
    return confirmed ? { reached: 'acknowledged', sentAt, confirmed } : { reached: 'acknowledged', sentAt };
  }

  /** QLab says nothing at all to a cue that does not exist. */
  #explained(why: BridgeError, read: QlabCommand): BridgeError {
    if (why.code !== 'DEVICE_TIMEOUT' || !('cue' in read) || !('number' in read.cue)) return why;
    const { number } = read.cue;
    if (read.verb === 'playhead' && ['next', 'previous', 'none'].includes(number)) return why;
    if (this.#playhead.hasCue(number) !== false) return why;
    return new BridgeError('DEVICE_TIMEOUT', `QLab did not answer: it knows no cue ${number}`, { cause: why });
  }

  #expect(
    read: QlabCommand,
    cue: CueRef | undefined,
    sentAt: number,
  ): { seen: Promise<undefined>; takeBack: () => void } {
    let seen = () => {};
    const promise = new Promise<undefined>((resolve) => {
      seen = () => resolve(undefined);
    });
    // A QLab that has stalled does what it was told once it goes on: as long as #doubt leaves it, that is no press.
    const { confirmTimeoutMs, replyTimeoutMs } = this.#config;
    const untilMs = sentAt + Math.max(confirmTimeoutMs, 2 * replyTimeoutMs + DOUBT_MARGIN_MS);
    const expect = (what: Expectation['what'], orAny = false) =>
      this.#evidence.expect({ what, cue, orAny, untilMs, seen });
    const takeBacks: (() => void)[] = [];
    if (read.verb === 'go') {
      takeBacks.push(expect('go', read.target === undefined || this.#playhead.isList(read.target) !== false));
    } else if (read.verb === 'start' || read.verb === 'stop' || read.verb === 'playhead') {
      takeBacks.push(expect(read.verb));
    } else if (read.verb === 'panic' || read.verb === 'stopAll' || read.verb === 'reset') {
      // That cues stop is their doing, but no proof: there may have been none to stop.
      takeBacks.push(this.#evidence.expect({ what: 'stop', cue: undefined, untilMs, seen: () => {} }));
      if (read.verb === 'panic') takeBacks.push(expect('panic'));
    }
    return { seen: promise, takeBack: () => takeBacks.forEach((back) => void back()) };
  }

  /** Only a start, and a GO of a cue that is known, can be seen to fire; the promise never goes unhandled. */
  #confirmation(
    read: QlabCommand,
    cue: CueRef | undefined,
    seen: Promise<unknown>,
    sentAt: number,
    what: string,
  ): Promise<void> | undefined {
    const { hearsEvents, permissions } = this.#session;
    if ((read.verb !== 'start' && read.verb !== 'go') || !permissions.view || !cue) return undefined;
    const limitMs = this.#config.confirmTimeoutMs - (this.#io.clock.mono() - sentAt);
    const asked = new AbortController();
    const signal = AbortSignal.any([this.#life.signal, asked.signal]);
    const sight = hearsEvents ? seen : this.#watch.started(cue, sentAt, signal);
    const tooLate = this.#io.clock.sleep(Math.max(0, limitMs), signal).then(() => {
      if (asked.signal.aborted) return;
      if (this.#life.signal.aborted) throw new BridgeError('DEVICE_CLOSED', `QLab was lost before ${what} was seen`);
      throw new BridgeError(
        'DEVICE_TIMEOUT',
        `QLab took ${what}, but it was not seen to fire within ${this.#config.confirmTimeoutMs} ms`,
      );
    });
    const confirmed = Promise.race([sight, tooLate]).then(
      () => asked.abort(),
      (error) => {
        asked.abort();
        throw error;
      },
    );
    confirmed.catch(() => {});
    return confirmed;
  }

  #heard(input: Input): void {
    if (!this.#held) this.tellInput(input);
    else if (this.#held.length < HELD_MAX) this.#held.push(input);
  }

  /** What QLab is asked to tell grows with the rules; what no rule waits for any more, none fits. */
  rulesChanged(): void {
    const events = [...new Set([...this.#events, ...eventsOf(this.#io.patterns)])];
    const isMore = events.length > this.#events.length;
    this.#events = events;
    if (isMore) subscribe(this.#link, this.#session, events);
  }

  async #loginAgain(): Promise<void> {
    const { workspaceId: id, workspaceName: name, major } = this.#session;
    try {
      const permissions = await login(this.#link, { id, name, major }, this.#config.passcode);
      const hearsEvents = subscribe(this.#link, { ...this.#session, permissions }, this.#events);
      // What was denied for want of it is so no longer.
      if (permissions.control && !this.#session.permissions.control) this.#trouble = undefined;
      this.#session = { ...this.#session, permissions, hearsEvents };
      this.#guards.hearsEvents = hearsEvents;
      if (permissions.view) this.#playhead.retry();
      this.#refresh();
    } catch (error) {
      this.#link.end(toBridgeError(error, 'DEVICE_REFUSED'));
    }
  }

  async #readMinGoTime(): Promise<void> {
    const minGoTimeMs = await readMinGoTimeMs(this.#link, this.#session.workspaceId).catch(() => undefined);
    if (minGoTimeMs === undefined) return;
    this.#guards.minGoTimeMs = minGoTimeMs;
    this.#goWindow.please();
  }

  async #readGoWindow(): Promise<void> {
    const { workspaceId } = this.#session;
    const found = await readGoWindow(this.#link, workspaceId, this.#io.clock).catch(() => undefined);
    if (found) this.#guards.goWindow(found.leftMs, found.askedMs, this.#io.clock.mono());
  }

  async #beat(): Promise<void> {
    const { signal } = this.#life;
    const address = `/workspace/${this.#session.workspaceId}/thump`;
    for (let missed = 0; missed < THUMPS_MISSED_MAX; ) {
      if (missed === 0) await this.#io.clock.sleep(THUMP_MS, signal);
      if (signal.aborted) return;
      const { heard } = this.#link;
      try {
        await this.#link.ask(address, [], { urgent: true, interchangeable: true });
        missed = 0;
      } catch {
        if (signal.aborted || this.#link.ended) return;
        missed = this.#link.heard > heard ? 0 : missed + 1;
      }
      // A workspace that is closed answers no thump either.
      void this.#lookAround();
    }
    this.#link.end(new BridgeError('DEVICE_TIMEOUT', `QLab left ${THUMPS_MISSED_MAX} thumps unanswered`));
  }

  /** What QLab does not tell by itself: which workspaces are open. */
  async #lookAround(): Promise<void> {
    if (this.#session.permissions.view) this.#playhead.retry();
    const open = await readOpen(this.#link).catch(() => undefined);
    if (!open || this.#link.ended) return;
    const { workspaceId } = this.#session;
    if (!open.some(({ uniqueID }) => uniqueID === workspaceId)) return this.#endClosed();
    const others = open.filter(({ uniqueID }) => uniqueID !== workspaceId).map(({ displayName }) => displayName);
    if (others.join('\n') === this.#session.others.join('\n')) return;
    this.#session = { ...this.#session, others };
    this.#refresh();
  }

  #endClosed(): void {
    const why = `QLab closed the workspace "${this.#session.workspaceName}"`;
    this.#link.end(new BridgeError('DEVICE_CLOSED', why));
  }

  /**
   * A command was left unanswered, and nothing else was heard: is QLab still there? If not, the connection is ended at
   * once, so that the command cannot reach QLab late when the network is back.
   */
  async #doubt(why: BridgeError): Promise<void> {
    const { heard } = this.#link;
    try {
      const address = `/workspace/${this.#session.workspaceId}/thump`;
      await this.#link.ask(address, [], { urgent: true, interchangeable: true });
    } catch {
      if (this.#link.heard === heard) this.#link.end(new BridgeError('DEVICE_TIMEOUT', why.message, { cause: why }));
    }
  }

  #troubled(why: BridgeError | undefined): void {
    this.#trouble = why && { code: why.code, detail: why.message };
    this.#refresh();
  }

  /** It was told as failed, and QLab did it all the same: whoever looks at the device is told so. */
  #seenLate(why: BridgeError, what: string, sentAt: number): void {
    const tookMs = Math.round(this.#io.clock.mono() - sentAt);
    const detail = `${what} was told as failed, but QLab did it after ${tookMs} ms`;
    this.#io.log.warn({ code: why.code, detail, tookMs }, 'qlab.late');
    if (this.#trouble?.code === why.code) this.#troubled(new BridgeError('DEVICE_TIMEOUT', detail));
  }

  #refresh(): void {
    if (!this.#link.ended) this.tellHealth(this.#observe());
  }

  #observe(): Health {
    const { workspace, cueList } = this.#config;
    const seen = { session: this.#session, trouble: this.#trouble, playhead: this.#playhead };
    return healthOf({ ...seen, workspace, cueList, hasPasscode: this.#config.passcode !== undefined });
  }
}

/** Never resolves; rejects when the signal aborts. */
function aborted(signal: AbortSignal): Promise<never> {
  const promise = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(new BridgeError('DEVICE_CLOSED', 'stopped')), { once: true });
  });
  promise.catch(() => {});
  return promise;
}
