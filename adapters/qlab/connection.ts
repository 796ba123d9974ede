import type { AdapterIo, Command, Connection, Health, Input, Receipt } from '../../src/devices/adapter.js';
import { ConnectionVoice } from '../../src/devices/connection-voice.js';
import type { QlabDevice } from '../../src/generated/types.js';
import { BridgeError, toBridgeError } from '../../src/kit/errors.js';
import type { OscMessage } from './codec.js';
import { type CueRef, messageOf, problemOf, type QlabCommand, readCommand, summarise } from './commands.js';
import { Evidence, type Expectation, type ReportedCue } from './evidence.js';
import { login, readMinGoTimeMs, type Session } from './handshake.js';
import type { Link } from './link.js';
import { CueWatch } from './watch.js';

/** QLab is asked whether it lives so often, in milliseconds; a miss is asked again at once. @see QLab's OSC dictionary, thump */
const THUMP_MS = 5000;
const THUMPS_MISSED_MAX = 2;
/** What may pass between the end of a doubt and the end of the connection, in milliseconds. */
const DOUBT_MARGIN_MS = 250;

/** Inputs that are held until the first listener comes. */
const HELD_MAX = 64;

/** A workspace that is connected. Single-use. */
export class QlabConnection implements Connection {
  readonly closed: Promise<BridgeError | undefined>;
  readonly #link: Link;
  readonly #config: QlabDevice;
  readonly #io: AdapterIo;
  readonly #evidence = new Evidence();
  readonly #watch: CueWatch;
  readonly #life = new AbortController();
  readonly #voice: ConnectionVoice;
  /** What came in before anybody listened. */
  #held: Input[] | undefined = [];
  #session: Session;
  /** What went wrong last, until QLab does as it is told again. */
  #trouble: { code: BridgeError['code']; detail: string } | undefined;
  /** When the last GO was seen or sent, on the monotonic clock. */
  #lastGoMs = Number.NEGATIVE_INFINITY;

  constructor(link: Link, session: Session, config: QlabDevice, io: AdapterIo) {
    this.#link = link;
    this.#session = session;
    this.#config = config;
    this.#io = io;
    this.#voice = new ConnectionVoice(io.log, this.#observe());
    this.#watch = new CueWatch(link, session.workspaceId, io.clock, this.#life.signal);
    for (const message of session.early) this.#onPush(message);
    link.onPush = (message) => this.#onPush(message);
    this.closed = link.closed.then((why) => {
      this.#life.abort();
      this.#refresh();
      return why;
    });
    const { status, code, detail } = this.health();
    if (status !== 'up') io.log.warn({ code, detail }, 'qlab.limited');
    void this.#beat();
  }

  health(): Health {
    return this.#voice.health;
  }

  onHealth(listener: (health: Health) => void): () => void {
    return this.#voice.onHealth(listener);
  }

  onInput(listener: (input: Input) => void): () => void {
    const off = this.#voice.onInput(listener);
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const input of held) this.#tellInput(input);
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
    const problem = problemOf(command);
    if (problem) throw new BridgeError('CODEC_MALFORMED', problem);
    const read = readCommand(command);
    const lastGoMs = this.#lastGoMs;
    if (read.verb === 'go') this.#guardGo();
    const { workspaceId, major } = this.#session;
    const { address, args } = messageOf(read, workspaceId, major);
    const { heard } = this.#link;
    const answer = this.#link.ask(address, args, { urgent: true });
    const sentAt = this.#io.clock.mono();
    if (read.verb === 'go') this.#lastGoMs = sentAt;
    const { seen, takeBack } = this.#expect(read, sentAt);
    const stopped = new AbortController();
    try {
      const reply = await Promise.race([answer, seen, aborted(AbortSignal.any([signal, stopped.signal]))]);
      if (reply && reply.status !== 'ok') {
        takeBack();
        if (read.verb === 'go') this.#lastGoMs = lastGoMs;
        const how = reply.status === 'denied' ? 'denied' : 'could not do';
        throw new BridgeError('DEVICE_REFUSED', `QLab ${how}: ${summarise(command)}`);
      }
    } catch (error) {
      const why = toBridgeError(error, 'DEVICE_CLOSED');
      if (why.code === 'DEVICE_REFUSED' || why.code === 'DEVICE_TIMEOUT') this.#troubled(why);
      if (why.code === 'DEVICE_TIMEOUT' && this.#link.heard === heard) void this.#doubt(why);
      throw why;
    } finally {
      answer.catch(() => {});
      stopped.abort();
    }
    this.#troubled(undefined);
    const confirmed = this.#confirmation(read, seen, sentAt, summarise(command));
    return confirmed ? { reached: 'acknowledged', sentAt, confirmed } : { reached: 'acknowledged', sentAt };
  }

  /** QLab swallows a GO that comes too soon and still answers ok: better to say so than to lose it. */
  #guardGo(): void {
    const leftMs = Math.ceil(this.#lastGoMs + this.#session.minGoTimeMs - this.#io.clock.mono());
    if (leftMs <= 0) return;
    throw new BridgeError('DEVICE_REFUSED', `QLab's double-GO window still runs for ${leftMs} ms`);
  }

  #expect(read: QlabCommand, sentAt: number): { seen: Promise<undefined>; takeBack: () => void } {
    let seen = () => {};
    const promise = new Promise<undefined>((resolve) => {
      seen = () => resolve(undefined);
    });
    // A QLab that has stalled does what it was told once it goes on: as long as #doubt leaves it, that is no press.
    const { confirmTimeoutMs, replyTimeoutMs } = this.#config;
    const untilMs = sentAt + Math.max(confirmTimeoutMs, 2 * replyTimeoutMs + DOUBT_MARGIN_MS);
    const expect = (what: Expectation['what'], cue?: CueRef) => this.#evidence.expect({ what, cue, untilMs, seen });
    const takeBacks: (() => void)[] = [];
    if (read.verb === 'go') {
      takeBacks.push(expect('go', read.target === undefined ? undefined : { number: read.target }));
    } else if (read.verb === 'start' || read.verb === 'stop' || read.verb === 'playhead') {
      takeBacks.push(expect(read.verb, read.cue));
    } else if (read.verb === 'panic' || read.verb === 'stopAll' || read.verb === 'reset') {
      // That cues stop is their doing, but no proof: there may have been none to stop.
      takeBacks.push(this.#evidence.expect({ what: 'stop', cue: undefined, untilMs, seen: () => {} }));
      if (read.verb === 'panic') takeBacks.push(expect('panic'));
    }
    return { seen: promise, takeBack: () => takeBacks.forEach((back) => void back()) };
  }

  /** Only a start and a GO can be seen to fire; the promise never goes unhandled. */
  #confirmation(read: QlabCommand, seen: Promise<unknown>, sentAt: number, what: string): Promise<void> | undefined {
    const { hearsEvents, permissions } = this.#session;
    if ((read.verb !== 'start' && read.verb !== 'go') || !permissions.view) return undefined;
    const limitMs = this.#config.confirmTimeoutMs - (this.#io.clock.mono() - sentAt);
    const asked = new AbortController();
    const signal = AbortSignal.any([this.#life.signal, asked.signal]);
    const sights: Promise<unknown>[] = [seen];
    if (!hearsEvents && read.verb === 'start') sights.push(this.#watch.running(read.cue, sentAt, signal));
    const tooLate = this.#io.clock.sleep(Math.max(0, limitMs), signal).then(() => {
      if (asked.signal.aborted) return;
      if (this.#life.signal.aborted) throw new BridgeError('DEVICE_CLOSED', `QLab was lost before ${what} was seen`);
      throw new BridgeError(
        'DEVICE_TIMEOUT',
        `QLab took ${what}, but it was not seen to fire within ${this.#config.confirmTimeoutMs} ms`,
      );
    });
    const confirmed = Promise.race([...sights, tooLate]).then(
      () => asked.abort(),
      (error) => {
        asked.abort();
        throw error;
      },
    );
    confirmed.catch(() => {});
    return confirmed;
  }

  #onPush({ address, args }: OscMessage): void {
    const event = /^\/qlab\/event\/workspace\/(.+)$/.exec(address)?.[1];
    if (event !== undefined) this.#onEvent(event, args);
    const update = /^\/update\/workspace\/([^/]+)\/(.+)$/.exec(address);
    if (!update || update[1] !== this.#session.workspaceId) return;
    const what = update[2] ?? '';
    if (what === 'disconnect') {
      const why = `QLab closed the workspace "${this.#session.workspaceName}"`;
      this.#link.end(new BridgeError('DEVICE_CLOSED', why));
    } else if (what.startsWith('cue_id/')) this.#watch.changed(what.slice('cue_id/'.length));
    else if (what === 'settings/network.access.osc') void this.#loginAgain();
    else if (what.startsWith('settings/general')) void this.#readMinGoTime();
    else if (/^cueList\/[^/]+\/playbackPosition$/.test(what) && !this.#session.hearsEvents) {
      const attribution = this.#evidence.seePlayheadOnly(this.#io.clock.mono());
      const cueId = typeof args[0] === 'string' ? args[0] : '';
      this.#tellInput({ event: 'playhead', cueId, attribution });
    }
  }

  /** Of the four messages that QLab sends for one event, only the one that names no single member counts. */
  #onEvent(event: string, args: OscMessage['args']): void {
    const nowMs = this.#io.clock.mono();
    if (event === 'panicAll') {
      this.#tellInput({ event: 'panic', attribution: this.#evidence.see('panic', undefined, nowMs) });
    }
    if (event !== 'go' && event !== 'cue/start' && event !== 'cue/stop' && event !== 'playhead') return;
    const [cueNumber, name, cueId, type] = args;
    if (typeof cueNumber !== 'string' || typeof name !== 'string' || typeof cueId !== 'string') return;
    const cue: ReportedCue = { cueNumber, name, cueId, type: typeof type === 'string' ? type : '' };
    if (event === 'go') {
      this.#lastGoMs = nowMs;
      this.#tellOurs({ event: 'go', ...cue, attribution: this.#evidence.seeGo(cue, nowMs) });
    } else if (event === 'cue/start') {
      this.#tellOurs({ event: 'cueStarted', ...cue, ...this.#evidence.seeStart(cue, nowMs) });
    } else {
      const what = event === 'playhead' ? 'playhead' : 'stop';
      const told = event === 'playhead' ? 'playhead' : 'cueStopped';
      this.#tellOurs({ event: told, ...cue, attribution: this.#evidence.see(what, cue, nowMs) });
    }
  }

  /**
   * QLab's broadcast does not say which workspace it is about. Where several are open, a cue that ours does not know is
   * somebody else's press.
   */
  #tellOurs(input: Input & ReportedCue & { attribution: string }): void {
    if (this.#session.others.length === 0 || input.attribution === 'echo') {
      this.#tellInput(input);
      return;
    }
    void this.#link.ask(`/workspace/${this.#session.workspaceId}/cue_id/${input.cueId}/uniqueID`).then(
      ({ status }) => (status === 'ok' ? this.#tellInput(input) : this.#link.count('inputs.otherWorkspace')),
      () => this.#link.count('inputs.otherWorkspace'),
    );
  }

  #tellInput(input: Input): void {
    if (!this.#held) this.#voice.input(input);
    else if (this.#held.length < HELD_MAX) this.#held.push(input);
  }

  async #loginAgain(): Promise<void> {
    const { workspaceId: id, workspaceName: name, major } = this.#session;
    try {
      const permissions = await login(this.#link, { id, name, major }, this.#config.passcode);
      this.#session = { ...this.#session, permissions };
      this.#refresh();
    } catch (error) {
      this.#link.end(toBridgeError(error, 'DEVICE_REFUSED'));
    }
  }

  async #readMinGoTime(): Promise<void> {
    try {
      const minGoTimeMs = await readMinGoTimeMs(this.#link, this.#session.workspaceId);
      this.#session = { ...this.#session, minGoTimeMs };
    } catch (error) {
      this.#io.log.debug({ detail: toBridgeError(error).message }, 'qlab.unread');
    }
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
    }
    this.#link.end(new BridgeError('DEVICE_TIMEOUT', `QLab left ${THUMPS_MISSED_MAX} thumps unanswered`));
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

  #refresh(): void {
    this.#voice.observe(this.#observe());
  }

  #observe(): Health {
    if (this.#link.ended) return { status: 'down', code: 'DEVICE_CLOSED' };
    const { permissions, others, workspaceName } = this.#session;
    const degraded = (code: BridgeError['code'], detail: string): Health => ({ status: 'degraded', code, detail });
    const missing = (['view', 'control'] as const).filter((permission) => !permissions[permission]);
    if (missing.length > 0) {
      return degraded('DEVICE_REFUSED', `the passcode for "${workspaceName}" does not allow ${missing.join(' and ')}`);
    }
    if (this.#trouble) return degraded(this.#trouble.code, this.#trouble.detail);
    if (others.length > 0 && this.#config.workspace === undefined) {
      const open = [workspaceName, ...others].join(', ');
      return degraded(
        'CONFLICT',
        `several workspaces are open (${open}); the bridge took "${workspaceName}": name one`,
      );
    }
    return { status: 'up' };
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
