import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { systemClock, toUtc } from '../../src/kit/clock.js';
import { newId } from '../../src/kit/ids.js';
import type { Outcome } from '../../src/protocol/decision.js';
import type { Proposal, ShowEvent } from '../../src/protocol/envelope.js';
import { PROTOCOL_VERSION, SUBPROTOCOL } from '../../src/protocol/version.js';
import { apply } from '../../src/show/apply.js';
import { decide } from '../../src/show/decide.js';
import { initialState, type ShowState } from '../../src/show/state.js';

const clock = systemClock();

export const SHOW_ID = 'pb_test';
export const SM = { userId: 'u-sm-01', role: 'stageManager', deviceId: 'ipad-sm-1' } as const;

/** A show of two segments and five cues. */
export const smallShow = (): ShowState =>
  initialState({
    version: 1,
    title: 'The Small Show',
    acts: [
      {
        id: 'act-1',
        title: 'Act One',
        segments: [
          { id: 'seg-1', title: 'Overture', cues: [cue('cue-1', '1'), cue('cue-2', '2')] },
          { id: 'seg-2', title: 'Market', cues: [cue('cue-3', '3'), cue('cue-4', '4'), cue('cue-5', '5')] },
        ],
      },
    ],
    performers: [{ id: 'p-ana', name: 'Ana' }],
    mics: [{ id: 'mic-1', label: 'Pack 1' }],
    timers: [],
  });

const cue = (id: string, number: string) => ({
  id,
  number,
  label: `Cue ${number}`,
  calls: [{ department: 'lighting', number }],
});

/**
 * A bridge for tests of the client alone: decides with the real show, keeps its log in memory, and can be told to
 * misbehave. The rest of the world sees the real gateway.
 */
export class StubBridge {
  /** 0 keeps the guard out of tests that press fast. */
  goGuardMs = 0;
  /** Says nothing at all, as a network that swallows everything. */
  mute = false;
  /** Stores and publishes, but the answer never leaves. */
  withholdAcks = false;
  /** Refuses the upgrade with this HTTP status. */
  refuseWith: number | undefined;
  /** The version that it writes into its frames. */
  version = PROTOCOL_VERSION;
  /** Answers a proposal instead of the show, when it returns something. */
  answer: (proposal: Proposal) => Outcome | undefined = () => undefined;
  state = smallShow();
  log: ShowEvent[] = [];
  /** Every frame that came in, in order. */
  readonly heard: Record<string, unknown>[] = [];
  opened = 0;
  sockets = new Set<WebSocket>();
  #url = '';
  readonly #http = createServer((request, response) => {
    const body = request.url === '/v1/session' ? { showId: SHOW_ID } : { code: 'NOT_FOUND' };
    response.writeHead(this.refuseWith ?? 200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  readonly #wss = new WebSocketServer({ noServer: true, handleProtocols: () => SUBPROTOCOL });

  static async open(port = 0): Promise<StubBridge> {
    const bridge = new StubBridge();
    bridge.#http.on('upgrade', (request, socket, head) => {
      if (bridge.refuseWith !== undefined) {
        socket.end(`HTTP/1.1 ${bridge.refuseWith} No\r\nconnection: close\r\n\r\n`);
        return;
      }
      bridge.#wss.handleUpgrade(request, socket, head, (ws) => bridge.#serve(ws));
    });
    bridge.#http.listen(port, '127.0.0.1');
    await once(bridge.#http, 'listening');
    bridge.#url = `http://127.0.0.1:${(bridge.#http.address() as AddressInfo).port}`;
    return bridge;
  }

  get url(): string {
    return this.#url;
  }

  /** What came in of one event type, as messageIds. */
  heardOf(eventType: string): unknown[] {
    return this.heard.filter((frame) => frame.eventType === eventType).map((frame) => frame.messageId);
  }

  /** Cuts every line without a goodbye. */
  cut(): void {
    for (const socket of this.sockets) socket.terminate();
    this.sockets.clear();
  }

  /** Stores an event as the bridge would, and publishes it unless told otherwise. */
  record(proposal: Proposal, publish = true): ShowEvent {
    const recordedAt = toUtc(clock.wall());
    const event = { ...proposal, eventSeq: this.log.length + 1, recordedAt } as ShowEvent;
    this.log.push(event);
    this.state = apply(this.state, event);
    if (publish) this.publish(event);
    return event;
  }

  publish(frame: object): void {
    for (const socket of this.sockets) this.sendTo(socket, frame);
  }

  /** Text as it is, such as what is no JSON. */
  publishText(text: string): void {
    for (const socket of this.sockets) socket.send(text);
  }

  sendTo(socket: WebSocket, frame: object): void {
    if (!this.mute) socket.send(JSON.stringify(frame));
  }

  frame(kind: string, members: object): object {
    const createdAt = toUtc(clock.wall());
    return { kind, version: this.version, messageId: newId(), createdAt, showId: SHOW_ID, ...members };
  }

  snapshot(): object {
    return this.frame('snapshot', { lastEventSeq: this.log.length, state: this.state });
  }

  /** A proposal of somebody else. */
  proposal(eventType: string, payload: object): Proposal {
    const actor = { ...SM, userId: 'u-other', deviceId: 'elsewhere' };
    return this.frame('event', { eventType, actor, payload }) as Proposal;
  }

  async close(): Promise<void> {
    this.cut();
    this.#http.closeAllConnections();
    this.#http.close();
    await once(this.#http, 'close');
  }

  #serve(socket: WebSocket): void {
    this.opened += 1;
    this.sockets.add(socket);
    socket.on('close', () => this.sockets.delete(socket));
    socket.on('message', (data) => {
      const frame = JSON.parse(String(data)) as Record<string, unknown>;
      this.heard.push(frame);
      if (frame.kind === 'heartbeat') {
        this.sendTo(socket, this.frame('heartbeat', { correlationId: frame.messageId, lastEventSeq: this.log.length }));
      } else if (frame.eventType === 'SnapshotRequested') {
        this.#show(socket, frame.payload as { lastEventSeq?: number });
        this.sendTo(socket, this.frame('ack', { ackOf: frame.messageId, status: 'ok' }));
      } else if (frame.kind === 'event') {
        this.#decide(socket, frame as unknown as Proposal);
      }
    });
  }

  #show(socket: WebSocket, { lastEventSeq }: { lastEventSeq?: number }): void {
    if (lastEventSeq === undefined || lastEventSeq > this.log.length) this.sendTo(socket, this.snapshot());
    else for (const event of this.log.slice(lastEventSeq)) this.sendTo(socket, event);
  }

  #decide(socket: WebSocket, proposal: Proposal): void {
    const known = this.log.find(({ messageId }) => messageId === proposal.messageId);
    let outcome: Outcome | undefined = known ? { ok: true, eventSeq: known.eventSeq } : this.answer(proposal);
    if (!outcome) {
      const decision = decide(this.state, proposal, { nowMs: clock.wall(), goGuardMs: this.goGuardMs });
      outcome = decision.ok ? { ok: true, eventSeq: this.record(proposal).eventSeq } : decision;
    }
    if (this.withholdAcks) return;
    const said = outcome.ok ? { status: 'ok', eventSeq: outcome.eventSeq } : { ...outcome, status: 'error' };
    this.sendTo(socket, this.frame('ack', { ackOf: proposal.messageId, ...said }));
  }
}
