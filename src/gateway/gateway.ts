import type { Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Registry } from 'prom-client';
import type { WebSocket } from 'ws';
import { type Clock, toUtc } from '../kit/clock.js';
import { BridgeError, wordsOf } from '../kit/errors.js';
import { newId } from '../kit/ids.js';
import type { Log } from '../kit/log.js';
import { isLoopback } from '../kit/loopback.js';
import { RareLog } from '../kit/rate.js';
import { within } from '../kit/within.js';
import { isStageManagement } from '../show/roles.js';
import type { ShowState } from '../show/state.js';
import { Access, type Identity } from './access.js';
import type { Entry, GatewaySettings, GatewayShow, Viewer } from './contract.js';
import { FanOut } from './fan-out.js';
import { Guesses } from './guesses.js';
import { eachInTurn, heartbeats } from './heartbeats.js';
import { type HttpHouse, httpDoors } from './http.js';
import {
  BOOK_PLACES_MAX,
  BOOK_SHARE,
  GOODBYE_MS,
  SPARE_CONNECTIONS,
  USER_PLACES_MIN,
  USER_SHARE,
  WAITING_CONNECTIONS_MAX,
} from './limits.js';
import { gatewayMetrics } from './metrics.js';
import { Presences } from './presences.js';
import { type Hub, Session } from './session.js';
import { stateFor } from './shown.js';
import type { Trouble, Troubles } from './troubles.js';
import { type House, upgrader } from './upgrade.js';
import { WaitingConnections } from './waiting-connections.js';

export interface GatewayOptions extends GatewaySettings {
  /** `address:port`; port 0 takes any free one. */
  listen: string;
  show: GatewayShow;
  /** What `/v1/devices` tells. */
  devices: () => unknown[];
  /** The names of the configured devices, which no client may use as its deviceId. */
  deviceIds: () => ReadonlySet<string>;
  metrics?: Registry;
  /** The pages at `/`. */
  pagesDir?: string;
  /**
   * Clients that stand at this event or before get a snapshot instead of what they missed: the show file was another one
   * then. Left out: none was.
   */
  snapshotUpToSeq?: number;
  /** What is wrong with the bridge itself, told to every client. Left out: nobody tells. */
  troubles?: Troubles;
  clock: Clock;
  log: Log;
}

/** The doors of the bridge: WebSocket sessions and plain HTTP. */
export interface Gateway {
  /** Where it listens, such as `http://127.0.0.1:8420`. */
  readonly url: string;
  /** Passes on what has become durable. Returns at once. @param state  the show after the last of `entries`. */
  publish(entries: readonly Entry[], state: ShowState): void;
  /** Takes new settings over; who is no longer in the access list is let go. */
  reconfigure(settings: GatewaySettings): void;
  /** Counts a bridge file that was loaded anew. */
  countReload(outcome: 'taken' | 'refused'): void;
  /** Says goodbye to everyone; who does not answer within a second is cut off. Idempotent, never rejects. */
  close(): Promise<void>;
}

/** @throws LISTEN_FAILED */
export async function openGateway(options: GatewayOptions): Promise<Gateway> {
  const house = new OpenHouse(options);
  const app = await httpDoors(house, options.pagesDir);
  app.server.on('upgrade', upgrader(house));
  const { host, port } = addressOf(options.listen);
  try {
    await app.listen({ host, port });
  } catch (error) {
    await app.close();
    throw listenFailed(error, host, port);
  }
  house.start(app.server, () => app.close());
  return house;
}

class OpenHouse implements Gateway, Hub, House, HttpHouse {
  readonly show: GatewayShow;
  readonly clock: Clock;
  readonly log: Log;
  readonly rareLog: RareLog;
  readonly registry: Registry;
  readonly metrics;
  readonly fanOut: FanOut;
  readonly presences = new Presences();
  readonly guesses: Guesses;
  readonly devices: () => unknown[];
  readonly deviceIds: () => ReadonlySet<string>;
  readonly #troubles: Troubles | undefined;
  #isTelling = false;
  readonly #sessions = new Set<Session>();
  readonly #ending = new AbortController();
  /** The text of the state of one moment, which everyone who comes in at that moment gets. */
  readonly #stateTexts = new WeakMap<ShowState, string>();
  settings: GatewaySettings;
  access: Access;
  readonly snapshotUpToSeq: number;
  url = '';
  #server: Server | undefined;
  #closeHttp: () => Promise<void> = async () => undefined;
  #closing: Promise<void> | undefined;
  #allGone: (() => void) | undefined;

  constructor(options: GatewayOptions) {
    const { show, clock, log, metrics = new Registry(), devices, deviceIds, snapshotUpToSeq = -1 } = options;
    this.show = show;
    this.clock = clock;
    this.log = log;
    this.rareLog = new RareLog(log, clock);
    this.registry = metrics;
    this.devices = devices;
    this.deviceIds = deviceIds;
    this.#troubles = options.troubles;
    this.#troubles?.onChange(() => void this.#tellTroubles());
    this.settings = options;
    this.snapshotUpToSeq = snapshotUpToSeq;
    this.access = new Access(options.access, options.allowedOrigins);
    this.guesses = new Guesses(clock, log);
    this.fanOut = new FanOut(show.lastEventSeq, show.state, clock);
    this.metrics = gatewayMetrics(metrics, {
      clients: () => this.#sessions.size,
      lastEventSeq: () => show.lastEventSeq,
      troubles: () => this.troubles,
    });
  }

  start(server: Server, closeHttp: () => Promise<void>): void {
    this.#server = server;
    this.#closeHttp = closeHttp;
    this.url = urlOf(server.address() as AddressInfo);
    this.#limitConnections();
    new WaitingConnections(server, WAITING_CONNECTIONS_MAX, (peer) => {
      const detail = `more than ${WAITING_CONNECTIONS_MAX} connections ask for nothing; the oldest is closed`;
      this.rareLog.warn({ code: 'RATE_LIMITED', peer, detail }, 'connections.crowded');
    });
    void heartbeats(this, () => this.#sessions, this.#ending.signal);
    this.log.info({ url: this.url, open: this.access.open }, 'gateway.opened');
  }

  noPlaceFor(identity: Identity | undefined): string | undefined {
    if (this.#closing) return 'the bridge is stopping';
    const { clientsMax } = this.settings.limits;
    const taken = this.#sessions.size;
    if (taken >= clientsMax) return `the bridge has its ${clientsMax} clients`;
    if (!identity) return undefined;
    const kept = Math.min(BOOK_PLACES_MAX, Math.floor(clientsMax * BOOK_SHARE));
    if (taken >= clientsMax - kept && !isStageManagement(identity.role)) {
      return `the last ${kept} places of ${clientsMax} are kept for stage management`;
    }
    const own = [...this.#sessions].filter((session) => session.identity?.userId === identity.userId).length;
    const share = Math.max(USER_PLACES_MIN, Math.floor(clientsMax * USER_SHARE));
    return own >= share ? `${identity.userId} has ${own} clients already, which is the share of one user` : undefined;
  }

  receive(ws: WebSocket, socket: Socket, identity: Identity | undefined): void {
    const session = new Session(ws, socket, identity, this);
    this.#sessions.add(session);
    ws.on('close', () => {
      this.#sessions.delete(session);
      if (this.#sessions.size === 0) this.#allGone?.();
    });
  }

  stateText(viewer: Viewer): string {
    const state = stateFor(this.show.state, viewer);
    const found = this.#stateTexts.get(state);
    if (found !== undefined) return found;
    const text = JSON.stringify(state);
    this.#stateTexts.set(state, text);
    return text;
  }

  get troubles(): readonly Trouble[] {
    return this.#troubles?.list ?? [];
  }

  /** At the end of the turn, so that several changes are told as one; a few clients each turn. */
  async #tellTroubles(): Promise<void> {
    if (this.#isTelling) return;
    this.#isTelling = true;
    await nextTurn();
    this.#isTelling = false;
    await eachInTurn(this.#sessions, (session) => session.tellTroubles(), this.#ending.signal);
  }

  stamp = () => ({ messageId: newId(), createdAt: toUtc(this.clock.wall()) });

  publish(entries: readonly Entry[], state: ShowState): void {
    this.metrics.published.inc(entries.length);
    this.fanOut.publish(entries, state);
  }

  reconfigure(settings: GatewaySettings): void {
    const before = this.access;
    this.settings = settings;
    this.access = new Access(settings.access, settings.allowedOrigins);
    this.#limitConnections();
    for (const session of this.#sessions) {
      const { identity } = session;
      if (this.access.open) {
        if (!isLoopback(session.peer ?? '')) session.close(1008, 'only the bridge’s own machine is served now');
        continue;
      }
      const successor = identity && this.access.successorOf(before, identity);
      if (successor) session.identity = successor;
      else session.close(1008, 'the access list no longer has this token');
    }
  }

  countReload(outcome: 'taken' | 'refused'): void {
    this.metrics.reloads.inc({ outcome });
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#ending.abort();
    this.#server?.close();
    const gone = new Promise<void>((resolve) => {
      this.#allGone = resolve;
      if (this.#sessions.size === 0) resolve();
    });
    for (const session of this.#sessions) session.close(1001, 'the bridge is stopping');
    await within(this.clock, GOODBYE_MS, gone);
    for (const session of this.#sessions) session.terminate();
    await this.#closeHttp();
    this.log.info({}, 'gateway.closed');
  }

  #limitConnections(): void {
    if (this.#server) this.#server.maxConnections = this.settings.limits.clientsMax + SPARE_CONNECTIONS;
  }
}

function addressOf(listen: string): { host: string; port: number } {
  const at = listen.lastIndexOf(':');
  return { host: listen.slice(0, at).replace(/^\[|\]$/g, ''), port: Number(listen.slice(at + 1)) };
}

/** An address that listens everywhere is named by one that can be called. */
function urlOf({ address, port }: AddressInfo): string {
  const name = address === '0.0.0.0' ? '127.0.0.1' : address === '::' ? '::1' : address;
  return `http://${name.includes(':') ? `[${name}]` : name}:${port}`;
}

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program listens there already',
  EACCES: 'this user may not listen there; ports below 1024 are the administrator’s',
  EADDRNOTAVAIL: 'this machine has no such address',
  ENOTFOUND: 'there is no such name',
};

function listenFailed(error: unknown, host: string, port: number): BridgeError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const why = REASONS[code] ?? wordsOf(error);
  return new BridgeError('LISTEN_FAILED', `cannot listen on ${host}:${port}: ${why}`, { cause: error });
}
