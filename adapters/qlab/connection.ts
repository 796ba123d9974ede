import type { AdapterIo, Command, Health, Input, Receipt } from '../../src/adapter-sdk/adapter.js';
import { BaseConnection } from '../../src/adapter-sdk/base-connection.js';
import { BridgeError, toBridgeError } from '../../src/kit/errors.js';
import { Again } from './again.js';
import { inOtherWords, messageOf, problemOfCommand, type QlabCommand, readCommand, summarise } from './commands.js';
import type { QlabDevice } from './generated/types.js';
import { Guards } from './guards.js';
import { eventsOf, login, readGoWindow, readMinGoTimeMs, readOpen, type Session, subscribe } from './handshake.js';
import { healthOf, type Trouble } from './health.js';
import { Hearing } from './hearing.js';
import type { Link } from './link.js';
import { type Memory, memoryOf } from './memory.js';
import { Playhead } from './playhead.js';
import { Tracker } from './tracker.js';
import { CueWatch } from './watch.js';

/** QLab is asked whether it lives so often, in milliseconds; a miss is asked again at once. @see QLab's OSC dictionary, thump */
const THUMP_MS = 5000;
const THUMPS_MISSED_MAX = 2;
/** Inputs that are held until the first listener comes. */
const HELD_MAX = 64;

/** A workspace that is connected. Single-use. */
export class QlabConnection extends BaseConnection {
  readonly #link: Link;
  readonly #config: QlabDevice;
  readonly #io: AdapterIo;
  /** What QLab was asked to tell besides GO, cue starts and panic. */
  #events: readonly string[];
  readonly #memory: Memory;
  readonly #guards: Guards;
  readonly #watch: CueWatch;
  readonly #playhead: Playhead;
  readonly #tracker: Tracker;
  readonly #life = new AbortController();
  readonly #access: Again;
  readonly #goSetting: Again;
  readonly #goWindow: Again;
  /** What came in before anybody listened. */
  #held: Input[] | undefined = [];
  #session: Session;
  /** What went wrong last, until QLab does as it is told again. */
  #trouble: Trouble | undefined;
  /** QLab sent more than is read in one message. */
  #isOversize = false;

  constructor(link: Link, session: Session, config: QlabDevice, io: AdapterIo) {
    super(io.log);
    const { clock } = io;
    const { signal } = this.#life;
    this.#link = link;
    this.#session = session;
    this.#events = eventsOf(io.patterns);
    this.#config = config;
    this.#io = io;
    this.#memory = memoryOf(config);
    this.#memory.evidence.reconnected();
    this.#guards = new Guards(session.minGoTimeMs, session.hearsEvents);
    if (session.goWindow) this.#guards.goWindow(session.goWindow.leftMs, session.goWindow.askedMs, clock.mono());
    this.#watch = new CueWatch(link, session.workspaceId, clock);
    this.#playhead = new Playhead({
      ask: (path, options) => link.ask(`/workspace/${session.workspaceId}${path}`, [], options),
      ...{ clock, signal, major: session.major, cueList: config.cueList },
      onMove: () => this.#refresh(),
      onRead: () => this.#oversized(false),
    });
    link.onOversize = () => {
      this.#oversized(true);
      this.#playhead.giveUp();
    };
    if ((link.counters['dropped.oversize'] ?? 0) > 0) this.#isOversize = true;
    this.#tracker = new Tracker({
      ...{ clock, signal, limitMs: config.confirmTimeoutMs, playhead: this.#playhead, watch: this.#watch },
      evidence: this.#memory.evidence,
      session: () => this.#session,
      troubled: (why) => this.#troubled(why),
    });
    this.tellHealth(this.#observe());
    this.#access = new Again(clock, signal, () => this.#loginAgain());
    this.#goSetting = new Again(clock, signal, () => this.#readMinGoTime());
    this.#goWindow = new Again(clock, signal, () => this.#readGoWindow());
    const hearing = new Hearing({
      ...{
        link,
        clock,
        evidence: this.#memory.evidence,
        guards: this.#guards,
        playhead: this.#playhead,
        watch: this.#watch,
      },
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
    if (this.#guards.isDone(read, nowMs)) {
      this.#io.log.info({ command: summarise(command) }, 'qlab.done-already');
      return { reached: 'acknowledged', sentAt: nowMs };
    }
    const refusal = this.#guards.refusal(read, message, nowMs) ?? this.#playhead.refusal(read);
    if (refusal) throw new BridgeError('DEVICE_REFUSED', refusal);
    const cue = read.verb === 'go' ? this.#playhead.cueAtGo(read.target) : 'cue' in read ? read.cue : undefined;
    const { heard } = this.#link;
    const answer = this.#link.ask(message.address, message.args, { urgent: true });
    const sentAt = this.#io.clock.mono();
    const unguard = this.#guards.sent(read, message, sentAt);
    const sent = this.#tracker.sent(read, summarise(command), cue, sentAt);
    const stopped = new AbortController();
    try {
      const reply = await Promise.race([answer, sent.seen, aborted(AbortSignal.any([signal, stopped.signal]))]);
      if ('status' in reply && reply.status !== 'ok') {
        for (const { takeBack } of sent.open) takeBack();
        unguard();
        const how = reply.status === 'denied' ? 'denied' : 'could not do';
        // Perhaps QLab has forgotten us, or the passcode may no longer do what it could.
        if (reply.status === 'denied') this.#access.please();
        const why = reply.status === 'error' ? this.#unknownCue(read) : undefined;
        throw new BridgeError('DEVICE_REFUSED', `QLab ${how}: ${sent.what}${why ? `: ${why}` : ''}`);
      }
    } catch (error) {
      const why = this.#explained(toBridgeError(error, 'DEVICE_CLOSED'), read);
      // Whether it fades out is not known: the next panic must not be held back.
      if (read.verb === 'panic') unguard();
      if (why.code === 'DEVICE_REFUSED' || why.code === 'DEVICE_TIMEOUT') this.#troubled(why);
      if (why.code !== 'DEVICE_TIMEOUT') throw why;
      if (this.#link.heard === heard) void this.#doubt(why);
      throw this.#tracker.overdue(why, sent);
    } finally {
      answer.catch(() => {});
      stopped.abort();
    }
    this.#troubled(undefined);
    if (read.verb === 'panic') this.#guards.panicTaken();
    const confirmed = this.#tracker.confirmation(sent);
    return confirmed ? { reached: 'acknowledged', sentAt, confirmed } : { reached: 'acknowledged', sentAt };
  }

  #explained(why: BridgeError, read: QlabCommand): BridgeError {
    const unknown = why.code === 'DEVICE_TIMEOUT' ? this.#unknownCue(read) : undefined;
    return unknown ? new BridgeError('DEVICE_TIMEOUT', `QLab did not answer: ${unknown}`, { cause: why }) : why;
  }

  /** QLab says `error` to a cue that does not exist, and before 5.3 nothing at all. @returns undefined where it may exist. */
  #unknownCue(read: QlabCommand): string | undefined {
    if (!('cue' in read) || !('number' in read.cue)) return undefined;
    const { number } = read.cue;
    if (read.verb === 'playhead' && ['next', 'previous', 'none'].includes(number)) return undefined;
    return this.#playhead.hasCue(number) === false ? `it knows no cue ${number}` : undefined;
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
      // What was asked for while nothing could be heard may have been done long ago.
      if (hearsEvents && !this.#session.hearsEvents) this.#memory.evidence.reconnected();
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
      // Whether the workspace is still open, the answer to a thump does not say for sure.
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
    const ours = open.find(({ uniqueID }) => uniqueID === workspaceId);
    if (!ours) return this.#endClosed();
    const others = open.filter((other) => other !== ours).map(({ displayName }) => displayName);
    if (ours.displayName !== this.#session.workspaceName) this.#renamed(ours.displayName);
    this.#session = { ...this.#session, others };
    this.#refresh();
  }

  #renamed(name: string): void {
    const detail = `the workspace "${this.#session.workspaceName}" is now called "${name}"`;
    this.#io.log.warn({ code: 'NOT_FOUND', detail }, 'qlab.renamed');
    this.#session = { ...this.#session, workspaceName: name };
    this.#memory.workspace = { id: this.#session.workspaceId, name };
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

  #oversized(isOversize: boolean): void {
    if (isOversize && !this.#isOversize) this.#io.log.warn({ code: 'FRAME_TOO_LARGE' }, 'qlab.oversize');
    this.#isOversize = isOversize;
    this.#refresh();
  }

  #refresh(): void {
    if (!this.#link.ended) this.tellHealth(this.#observe());
  }

  #observe(): Health {
    const { workspace, cueList } = this.#config;
    const [session, trouble, playhead] = [this.#session, this.#trouble, this.#playhead];
    const seen = { session, trouble, playhead, isOversize: this.#isOversize };
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
