import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';
import type { Clock } from '../kit/clock.js';
import { type ErrorCode, toBridgeError } from '../kit/errors.js';
import type { Log } from '../kit/log.js';
import { type RareLog, RateLimiter, WindowCount } from '../kit/rate.js';
import type { Outcome } from '../protocol/decision.js';
import type { Proposal, ProposalOf } from '../protocol/envelope.js';
import type { Identity } from './access.js';
import { ackText, errorText, heartbeatText, offlineText, presenceText, type Stamp, snapshotText } from './answers.js';
import { catchUp, type Follower } from './catch-up.js';
import type { GatewaySettings, GatewayShow, Viewer } from './contract.js';
import type { FanOut, Receiver } from './fan-out.js';
import { frameText, PING } from './frame.js';
import { type FrameFault, foreignness, readFrame, tooFast } from './incoming.js';
import { FAULT_WINDOW_MS, FAULTS_MAX, RESUME_CHUNK_BYTES, SILENT_BEATS_MAX } from './limits.js';
import type { GatewayMetrics } from './metrics.js';
import { Outlet } from './outlet.js';
import type { Presences } from './presences.js';
import type { Trouble } from './troubles.js';

/** What all sessions of one gateway share. */
export interface Hub {
  readonly show: GatewayShow;
  readonly settings: GatewaySettings;
  readonly fanOut: FanOut;
  readonly presences: Presences;
  readonly metrics: GatewayMetrics;
  readonly clock: Clock;
  readonly log: Log;
  readonly rareLog: RareLog;
  deviceIds(): ReadonlySet<string>;
  /** What is wrong with the bridge itself now. */
  readonly troubles: readonly Trouble[];
  /** The show as it stands and as this viewer may see it, as JSON text. */
  stateText(viewer: Viewer): string;
  stamp: () => Stamp;
  /**
   * A client that stands here or before gets a snapshot whatever it asks for: what it has was made from another show
   * file. Below 0: there is none.
   */
  readonly snapshotUpToSeq: number;
}

/** One client's connection. What it writes is in the order in which it was written; what it reads is answered in order. */
export class Session implements Receiver, Follower {
  readonly #outlet: Outlet;
  readonly #hub: Hub;
  readonly #rate: RateLimiter;
  readonly #faults: WindowCount;
  /** Whom its token stands for, or who its first event said it is. */
  identity: Identity | undefined;
  #deviceId: string | undefined;
  #phase: 'new' | 'catchingUp' | 'live' | 'gone' = 'new';
  #sentSeq = 0;
  #owesSnapshot = false;
  /** The messageId of the SnapshotRequested that is being answered. */
  #request: string | undefined;
  #reading: AbortController | undefined;
  #silentBeats = 0;
  /** The address at the other end. */
  readonly peer: string | undefined;

  /**
   * @param socket  the socket beneath `ws`: events are framed once and written to it as they are.
   * @param identity  undefined in the open mode.
   */
  constructor(ws: WebSocket, socket: Socket, identity: Identity | undefined, hub: Hub) {
    this.#outlet = new Outlet(ws, socket, (bufferedBytes) => this.#dropAsSlow(bufferedBytes));
    this.#hub = hub;
    this.#rate = new RateLimiter(hub.clock);
    this.#faults = new WindowCount(hub.clock, FAULT_WINDOW_MS);
    this.peer = socket.remoteAddress;
    this.identity = identity;
    ws.on('message', (data, isBinary) => this.#guard(() => this.#onFrame(data as Buffer, isBinary)));
    ws.on('pong', () => this.#heard());
    ws.on('ping', () => this.#guard(() => this.#onPing()));
    // Frames against RFC 6455: the socket closes itself with the code that the RFC names.
    ws.on('error', (error) =>
      hub.log.info({ code: 'VALIDATION_FAILED', ...this.#facts(), err: error }, 'client.broken'),
    );
    ws.on('close', () => this.#guard(() => this.#onClose()));
  }

  get viewer(): Viewer {
    return this.identity ?? 'everyone';
  }

  get sentSeq(): number {
    return this.#sentSeq;
  }

  get owesSnapshot(): boolean {
    return this.#owesSnapshot;
  }

  // What comes in

  /** Whatever a client sends, what fails over it ends its session and nothing else. */
  #guard(take: () => unknown): void {
    try {
      take();
    } catch (error) {
      this.fail(error);
    }
  }

  #onPing(): void {
    this.#heard();
    if (!this.#isInTime()) this.#count('RATE_LIMITED');
  }

  #isInTime(): boolean {
    const { messagesPerSecond, messagesBurst } = this.#hub.settings.limits;
    return this.#rate.take(messagesPerSecond, messagesBurst);
  }

  #onFrame(data: Buffer, isBinary: boolean): void {
    if (!this.#outlet.isOpen) return;
    this.#heard();
    const { metrics, settings, log } = this.#hub;
    const inTime = this.#isInTime();
    const read = readFrame(data, isBinary, settings.limits.frameBytesMax);
    const incoming = inTime ? read : tooFast(read, settings.limits.messagesPerSecond);
    if (!incoming.ok) this.#onFault(incoming.fault);
    else if (incoming.kind === 'event') this.#onEvent(incoming.event);
    else if (incoming.kind === 'heartbeat') this.#send(this.#heartbeat(incoming.messageId));
    else log.info({ code: incoming.code, ...this.#facts(), detail: incoming.message }, 'client.complained');
    // Counted last: a press waits for nothing that can be done while the disk works.
    metrics.framesReceived.inc();
  }

  #onEvent(event: Proposal): void {
    const { show, settings } = this.#hub;
    const fault = foreignness(event, show.showId, this.identity, this.#hub.deviceIds());
    if (fault) {
      this.#onFault(fault);
      return;
    }
    const { userId, role, deviceId, displayName } = event.actor;
    const owner = this.#hub.presences.ownerOf(deviceId);
    if (owner !== undefined && owner !== userId) {
      const message = `${deviceId} is ${owner}’s device, who is connected with it; this one needs a name of its own`;
      this.#onFault({
        code: 'FORBIDDEN',
        message,
        pointer: '/actor/deviceId',
        messageId: event.messageId,
        isEvent: true,
      });
      return;
    }
    this.identity ??= { userId, role, ...(displayName === undefined ? {} : { displayName }) };
    if (this.#deviceId === undefined) {
      this.#deviceId = deviceId;
      this.#hub.presences.enter(deviceId, this, userId);
    }

    // Who it is comes from the token; without an access list there is none to know better.
    const named = settings.access === undefined ? displayName : this.identity.displayName;
    // Written into the event, which was read from a frame for this session alone: a press is copied no more than it must.
    event.actor = { userId, role, deviceId, ...(named === undefined ? {} : { displayName: named }) };
    if (event.eventType === 'SnapshotRequested') this.#onRequest(event);
    else if (event.eventType === 'ClientPresenceUpdated') this.#onPresence(event);
    else this.#propose(event);
  }

  #propose(proposal: Proposal): void {
    const { show, metrics, log } = this.#hub;
    const done = (outcome: Outcome) => {
      if (outcome.ok) metrics.accepted.inc();
      else metrics.refused.inc({ code: outcome.code });
      this.#ack(proposal.messageId, outcome);
    };
    try {
      show.propose(proposal, done, true);
    } catch (error) {
      log.error({ code: 'INTERNAL', messageId: proposal.messageId, err: error }, 'proposal.failed');
      done({ ok: false, code: 'INTERNAL', message: 'the bridge could not take it' });
    }
  }

  #onPresence(event: ProposalOf<'ClientPresenceUpdated'>): void {
    const { presences, fanOut } = this.#hub;
    const { deviceId } = event.payload;
    if (deviceId !== this.#deviceId) {
      const message = `this session is that of ${this.#deviceId}`;
      const { messageId } = event;
      this.#onFault({ code: 'FORBIDDEN', message, pointer: '/payload/deviceId', messageId, isEvent: true });
      return;
    }
    const frame = frameText(presenceText(event));
    presences.set(deviceId, this, frame);
    fanOut.tell(deviceId, frame, this);
    this.#ack(event.messageId, { ok: true });
  }

  #onRequest({ messageId, payload }: ProposalOf<'SnapshotRequested'>): void {
    const { show, fanOut } = this.#hub;
    if (this.#phase === 'catchingUp') {
      const message = 'the last SnapshotRequested is still being answered';
      this.#onFault({ code: 'CONFLICT', message, messageId, isEvent: true });
      return;
    }
    const { lastEventSeq } = payload;
    fanOut.leave(this);
    const canResume =
      lastEventSeq !== undefined && lastEventSeq <= show.lastEventSeq && lastEventSeq > this.#hub.snapshotUpToSeq;
    if (canResume) this.#sentSeq = lastEventSeq;
    else this.#owesSnapshot = true;
    this.#request = messageId;
    this.#catchUp();
  }

  #onFault(fault: FrameFault): void {
    const { messageId, isEvent, code, message, pointer } = fault;
    this.#hub.log.debug({ ...this.#facts(), messageId, code, detail: message }, 'frame.refused');
    if (isEvent && messageId !== undefined) {
      this.#ack(messageId, { ok: false, code, message, ...(pointer === undefined ? {} : { pointer }) });
    } else {
      this.#say(fault);
    }
    this.#count(code);
  }

  #count(code: ErrorCode): void {
    const { metrics, rareLog } = this.#hub;
    metrics.refused.inc({ code });
    if (this.#faults.add() < FAULTS_MAX) return;
    rareLog.warn({ code, ...this.#facts() }, 'client.abusive');
    metrics.dropped.inc({ reason: 'abuse' });
    this.close(1008, 'too many bad frames');
  }

  // What goes out

  /** One heartbeat, with a ping that the other side's WebSocket answers by itself. */
  beat(): void {
    this.#guard(() => this.#beat());
  }

  #beat(): void {
    const { metrics, log } = this.#hub;
    if (this.#silentBeats >= SILENT_BEATS_MAX) {
      log.info(this.#facts(), 'client.silent');
      metrics.dropped.inc({ reason: 'silent' });
      this.terminate();
      return;
    }
    this.#silentBeats += 1;
    this.#send(Buffer.concat([PING, this.#heartbeat()]));
  }

  /** What is wrong with the bridge itself is told at once, by a heartbeat that no client asked for. */
  tellTroubles(): void {
    this.#guard(() => this.#phase !== 'new' && this.#send(this.#heartbeat()));
  }

  deliver(frames: Buffer, lastSeq: number): void {
    this.#send(frames);
    this.#sentSeq = lastSeq;
  }

  fallBehind(): void {
    this.#hub.fanOut.leave(this);
    this.#catchUp();
  }

  fail(error: unknown): void {
    const { code, message } = toBridgeError(error);
    this.#hub.rareLog.error({ code, ...this.#facts(), err: error }, 'client.failed');
    this.#say({ code, message });
    this.close(1011, 'please connect again');
  }

  async sendSnapshot(): Promise<void> {
    const { show } = this.#hub;
    this.#owesSnapshot = false;
    this.#sentSeq = show.lastEventSeq;
    const state = this.#hub.stateText(this.viewer);
    await this.#sendAndDrain(
      frameText(snapshotText(this.#hub.stamp(), show.showId, show.lastEventSeq, state, this.#hub.troubles)),
    );
  }

  async sendFrames(frames: Buffer, lastSeq: number): Promise<void> {
    this.#sentSeq = lastSeq;
    await this.#sendAndDrain(frames);
  }

  join(): void {
    const { fanOut, presences } = this.#hub;
    this.#phase = 'live';
    this.#reading = undefined;
    fanOut.join(this);
    const request = this.#request;
    if (request === undefined) return;
    this.#request = undefined;
    this.#send(presences.framesFor(this));
    this.#ack(request, { ok: true });
  }

  #catchUp(): void {
    const { show, fanOut, settings } = this.#hub;
    this.#phase = 'catchingUp';
    const reading = new AbortController();
    this.#reading = reading;
    const chunkBytes = Math.min(RESUME_CHUNK_BYTES, settings.limits.bufferedBytesMax / 2);
    catchUp(show, fanOut.tail, this, chunkBytes, reading.signal).catch((error) => {
      if (!reading.signal.aborted) this.fail(error);
    });
  }

  #ack(ackOf: string, outcome: Outcome): void {
    this.#send(frameText(ackText(this.#hub.stamp(), this.#hub.show.showId, ackOf, outcome)));
  }

  #say(fault: { code: ErrorCode; message: string; pointer?: string; messageId?: string }): void {
    this.#send(frameText(errorText(this.#hub.stamp(), fault)));
  }

  /** It tells where this client is, so that what is still on its way to it does not look like a gap. */
  #heartbeat(answered?: string): Buffer {
    const { show } = this.#hub;
    const seq = this.#phase === 'new' ? show.lastEventSeq : this.#sentSeq;
    return frameText(heartbeatText(this.#hub.stamp(), show.showId, seq, this.#hub.troubles, answered));
  }

  #send(frames: Buffer): void {
    this.#outlet.send(frames, this.#hub.settings.limits.bufferedBytesMax);
  }

  async #sendAndDrain(frames: Buffer): Promise<void> {
    await this.#outlet.sendAndDrain(frames);
    this.#heard();
  }

  // Its end

  /** Says goodbye; the other side has a moment to answer before the socket goes. */
  close(code: number, reason: string, lastWords?: Buffer): void {
    this.#end();
    this.#outlet.close(code, reason, lastWords);
  }

  terminate(): void {
    this.#end();
    this.#outlet.terminate();
  }

  #dropAsSlow(bufferedBytes: number): void {
    const { rareLog, metrics, settings, stamp } = this.#hub;
    rareLog.warn(
      { code: 'CLIENT_TOO_SLOW', ...this.#facts(), bufferedBytes, sentSeq: this.#sentSeq },
      'client.dropped',
    );
    metrics.dropped.inc({ reason: 'slow' });
    const message = `more than ${settings.limits.bufferedBytesMax} bytes were not read`;
    const lastWords = frameText(errorText(stamp(), { code: 'CLIENT_TOO_SLOW', message }));
    this.close(1013, 'too slow; connect again and resume', lastWords);
  }

  #onClose(): void {
    this.#end();
    const { presences, fanOut, show, stamp } = this.#hub;
    if (this.#deviceId === undefined) return;
    presences.leave(this.#deviceId, this);
    if (!presences.forget(this.#deviceId, this)) return;
    fanOut.tell(this.#deviceId, frameText(offlineText(stamp(), show.showId, this.#deviceId)), undefined);
  }

  #end(): void {
    this.#phase = 'gone';
    this.#hub.fanOut.leave(this);
    this.#reading?.abort();
    this.#reading = undefined;
  }

  #heard(): void {
    this.#silentBeats = 0;
  }

  #facts(): { userId?: string; deviceId?: string; peer?: string } {
    return {
      ...(this.identity === undefined ? {} : { userId: this.identity.userId }),
      ...(this.#deviceId === undefined ? {} : { deviceId: this.#deviceId }),
      ...(this.peer === undefined ? {} : { peer: this.peer }),
    };
  }
}
