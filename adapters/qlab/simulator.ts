/**
 * A QLab to try a show against without a Mac: it answers on the real wire, and it can be told to fail.
 * Written from documents and other people's clients; never compared with a real QLab. @see README.md
 */
import { createSocket } from 'node:dgram';
import { setMaxListeners } from 'node:events';
import { type Clock, systemClock } from '../../src/kit/clock.js';
import type { OscArgument, OscMessage } from './codec.js';
import { SimulatorClient } from './simulator-client.js';
import { listenTcp, listenUdp, type TcpDoor, type UdpDoor } from './simulator-doors.js';
import { isAtLeast, Messages, type QlabFaults } from './simulator-messages.js';
import { type Fired, SimulatedWorkspace, type WorkspaceOptions } from './simulator-workspace.js';

export interface QlabSimulatorOptions extends WorkspaceOptions {
  /** The numeric address to listen on; default 127.0.0.1. */
  host?: string;
  /** For TCP and UDP; default 53000, 0 takes any free one. */
  port?: number;
  /** UDP port for plain text (QLab's is 53535); default: none. 0 takes any free one. */
  plainTextPort?: number;
  /** Default 5.5.10. Before 5: v4's ways. Before 5.3: no broadcast. */
  version?: string;
  /** Further workspaces that are open, behind the first. */
  otherWorkspaces?: readonly WorkspaceOptions[];
  /** Drops a message that equals the last one within this time, in milliseconds; default 0: off (unconfirmed). */
  duplicateFilterMs?: number;
  faults?: QlabFaults;
  /** What a message brought about that this simulator cannot do; left out: it is thrown, and ends the process. */
  onFault?: (fault: unknown, from: string) => void;
  clock?: Clock;
}

export interface Received {
  from: string;
  address: string;
  args: OscArgument[];
  /** On the simulator's monotonic clock. */
  at: number;
}

export interface QlabSimulator {
  readonly host: string;
  readonly port: number;
  readonly plainTextPort: number | undefined;
  /** Every cue that fired, in order; the oldest go after 10,000. */
  readonly fired: readonly Fired[];
  /** Every message that was understood as OSC, in order; the oldest go after 10,000. */
  readonly received: readonly Received[];
  /** Counts by name: packets dropped and why, replies, events. */
  readonly counters: Readonly<Record<string, number>>;
  /** TCP connections now. */
  readonly clients: number;
  readonly workspace: SimulatedWorkspace;
  /** All of them, open or closed; `workspace` is the first. */
  readonly workspaces: readonly SimulatedWorkspace[];
  /** @returns takes the listener off. */
  onFired(listener: (fired: Fired) => void): () => void;
  /** The operator presses GO, after moving the playhead to a cue if one is named. @returns whether a cue went. */
  operatorGo(number?: string): boolean;
  /** The operator starts a cue by itself. @returns whether there is such a cue. */
  operatorStart(number: string): boolean;
  operatorPanic(): void;
  /** The operator clicks a cue's place in the list: the playhead goes there; to none without a number. */
  operatorPlayhead(number: string | undefined): void;
  /** The operator closes the workspace; clients are told to disconnect. */
  closeWorkspace(): void;
  /** A workspace closes, and nobody is told. */
  forgetWorkspace(workspace: SimulatedWorkspace): void;
  openWorkspace(): void;
  /** Cuts every TCP connection. */
  dropClients(): void;
  /** Replaces all faults. Resolves once they hold. */
  setFaults(faults: QlabFaults): Promise<void>;
  /** Sends bytes as they are to every TCP client. */
  sendRaw(bytes: Uint8Array): void;
  /** Sends a message to every client that asked for updates. */
  sendUpdate(path: string, ...args: string[]): void;
  close(): Promise<void>;
}

/** What is never held back: QLab's answer to a GO or a start. */
const COMMAND_REPLY = /^\/reply\/(?:.*\/)?(?:go(?:\/[^/]+)?|start)$/;
const KEPT_MAX = 10_000;
const FREE_PORT_TRIES = 10;
/** QLab forgets a UDP client that was silent so long, in milliseconds: 61 s from version 5, 31 s before. */
const UDP_IDLE_MS = { v5: 61_000, v4: 31_000 };
const keep = <T>(list: T[], item: T): void => {
  list.push(item);
  if (list.length > KEPT_MAX) list.shift();
};

/** Starts a simulator; it is listening when this resolves. @throws LISTEN_FAILED when a port is taken */
export async function startQlabSimulator(options: QlabSimulatorOptions = {}): Promise<QlabSimulator> {
  const simulator = new Simulator(options);
  await simulator.open();
  return simulator;
}

class Simulator implements QlabSimulator {
  readonly host: string;
  readonly fired: Fired[] = [];
  readonly received: Received[] = [];
  readonly counters: Record<string, number> = {};
  readonly #options: QlabSimulatorOptions;
  readonly #clock: Clock;
  readonly #version: string;
  readonly #messages: Messages;
  readonly #all: SimulatedWorkspace[];
  readonly #clients = new Set<SimulatorClient>();
  readonly #udpClients = new Map<string, SimulatorClient>();
  readonly #life = new AbortController();
  readonly #listeners = new Set<(fired: Fired) => void>();
  #open: SimulatedWorkspace[];
  #faults: QlabFaults;
  #tcp: TcpDoor | undefined;
  #udp: UdpDoor | undefined;
  #text: UdpDoor | undefined;

  constructor(options: QlabSimulatorOptions) {
    this.#options = options;
    // Whatever is on its way listens for the end.
    setMaxListeners(0, this.#life.signal);
    this.host = options.host ?? '127.0.0.1';
    this.#clock = options.clock ?? systemClock();
    this.#faults = options.faults ?? {};
    this.#version = options.version ?? '5.5.10';
    this.#all = [options, ...(options.otherWorkspaces ?? [])].map((workspace, index) => {
      const made: SimulatedWorkspace = new SimulatedWorkspace(workspace, index, this.#clock, {
        fired: (fired) => this.#onFired(fired),
        event: (event, cue) => this.#broadcast(made, event, cue),
        update: (path, ...args) => this.#update(made, path, args),
      });
      made.rootID = isAtLeast(this.#version, 5, 5) ? '__root__' : '[root group of cue lists]';
      return made;
    });
    this.#open = [...this.#all];
    this.#messages = new Messages({
      version: this.#version,
      clock: this.#clock,
      signal: this.#life.signal,
      duplicateFilterMs: options.duplicateFilterMs ?? 0,
      faults: () => this.#faults,
      port: () => this.port,
      open: () => this.#open,
      count: (name) => this.#count(name),
      broadcast: (workspace, event) => this.#broadcast(workspace, event),
      update: (path) => {
        for (const client of this.#everyone())
          if (client.updates.size > 0) client.send(`/update/preferences/${path}`, []);
      },
    });
  }

  get port(): number {
    return this.#tcp?.port ?? 0;
  }

  get plainTextPort(): number | undefined {
    return this.#text?.port;
  }

  get clients(): number {
    return this.#clients.size;
  }

  get workspaces(): readonly SimulatedWorkspace[] {
    return this.#all;
  }

  get workspace(): SimulatedWorkspace {
    return this.#all[0] as SimulatedWorkspace;
  }

  async open(): Promise<void> {
    const { port = 53000, plainTextPort } = this.#options;
    const onMessage = (client: SimulatorClient, { address, args }: OscMessage) => {
      client.failed = (fault) => this.#failed(fault, client);
      try {
        keep(this.received, { from: client.name, address, args, at: this.#clock.mono() });
        this.#messages.take(client, { address, args });
      } catch (fault) {
        this.#failed(fault, client);
      }
    };
    const onDrop = (reason: string) => this.#count(`dropped.${reason}`);
    const heard = (ip: string) => this.#udpClient(ip);
    const udp = { heard, message: onMessage, dropped: onDrop };
    for (let tries = 1; !this.#udp; tries++) {
      this.#tcp = await listenTcp(this.host, port, {
        opened: (client) => {
          const lanes = new Map<string, Promise<void>>();
          client.post = (send, address) => this.#post(send, address, lanes);
          this.#clients.add(client);
        },
        closed: (client) => this.#clients.delete(client),
        message: onMessage,
        dropped: onDrop,
      });
      try {
        this.#udp = await listenUdp(this.host, this.#tcp.port, 'osc', udp);
      } catch (error) {
        // A free TCP port need not be free for UDP.
        await this.#tcp.shut();
        if (port !== 0 || tries === FREE_PORT_TRIES) throw error;
      }
    }
    try {
      if (plainTextPort !== undefined) this.#text = await listenUdp(this.host, plainTextPort, 'text', udp);
    } catch (error) {
      await this.close();
      throw error;
    }
    if (this.#faults.refuseConnections) await this.#tcp?.shut();
  }

  onFired(listener: (fired: Fired) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  operatorGo(number?: string): boolean {
    return this.workspace.go('operator', number);
  }

  operatorStart(number: string): boolean {
    const cue = this.workspace.all().find((other) => other.number === number);
    if (cue) this.workspace.start(cue, 'operator');
    return cue !== undefined;
  }

  operatorPanic(): void {
    this.workspace.panic();
  }

  operatorPlayhead(number: string | undefined): void {
    this.workspace.movePlayhead(this.workspace.all().find((cue) => cue.number === number && number !== undefined));
  }

  closeWorkspace(): void {
    if (!this.#open.includes(this.workspace)) return;
    this.#update(this.workspace, 'disconnect', []);
    this.forgetWorkspace(this.workspace);
  }

  forgetWorkspace(workspace: SimulatedWorkspace): void {
    workspace.close();
    this.#open = this.#open.filter((other) => other !== workspace);
    for (const client of [...this.#clients, ...this.#udpClients.values()]) client.rights.delete(workspace);
  }

  openWorkspace(): void {
    this.#open = [...this.#all];
  }

  dropClients(): void {
    for (const client of this.#clients) client.cut();
  }

  async setFaults(faults: QlabFaults): Promise<void> {
    this.#faults = faults;
    if (faults.refuseConnections) await this.#tcp?.shut();
    else await this.#tcp?.open();
  }

  sendRaw(bytes: Uint8Array): void {
    for (const client of this.#clients) client.sendRaw(bytes);
  }

  sendUpdate(path: string, ...args: string[]): void {
    this.#update(this.workspace, path, args);
  }

  async close(): Promise<void> {
    this.#life.abort();
    for (const workspace of this.#all) workspace.close();
    this.dropClients();
    await Promise.all([this.#tcp?.shut(), this.#udp?.close(), this.#text?.close()]);
  }

  /** One event is four messages: the whole, and its number, name and unique ID apart. */
  #broadcast(
    workspace: SimulatedWorkspace,
    event: string,
    cue?: { number: string; name: string; uniqueID: string; type: string },
  ): void {
    if (!isAtLeast(this.#version, 5, 3) || !this.#open.includes(workspace)) return;
    if (this.#faults.dropEvents?.(event)) {
      this.#count('events.lost');
      return;
    }
    const { number = '', name = '', uniqueID = '', type = '' } = cue ?? {};
    const whole: [string, string[]] = [event, cue ? [number, name, uniqueID, type] : []];
    const apart: [string, string[]][] = [
      [`${event}/number`, [number]],
      [`${event}/name`, [name]],
      [`${event}/uniqueID`, [uniqueID]],
    ];
    for (const client of this.#everyone()) {
      if (!client.permissions(workspace).includes('view')) continue;
      for (const [path, args] of event.endsWith('All') ? [whole] : [whole, ...apart]) {
        if (client.hears(path)) client.send(`/qlab/event/workspace/${path}`, args);
      }
    }
  }

  /** @param path  '' is about the workspace as a whole. */
  #update(workspace: SimulatedWorkspace, path: string, args: string[]): void {
    const address = `/update/workspace/${workspace.uniqueID}${path === '' ? '' : `/${path}`}`;
    for (const client of this.#everyone()) if (client.updates.has(workspace)) client.send(address, args);
  }

  /** Replies, updates and reports overtake each other; none overtakes its like. */
  #post(send: () => void, address: string, lanes: Map<string, Promise<void>>): void {
    const { jitterMs, holdMs = 0 } = this.#faults;
    const isHeld = holdMs > 0 && !COMMAND_REPLY.test(address);
    const waitMs = (isHeld ? holdMs : 0) + (jitterMs?.() ?? 0);
    const lane = isHeld || holdMs === 0 ? (address.split('/')[1] ?? '') : 'commands';
    const before = lanes.get(lane);
    if (waitMs <= 0 && !before) {
      send();
      return;
    }
    const mine = Promise.all([before, this.#clock.sleep(waitMs, this.#life.signal)]).then(() => {
      if (!this.#life.signal.aborted) send();
      if (lanes.get(lane) === mine) lanes.delete(lane);
    });
    lanes.set(lane, mine);
  }

  #onFired(fired: Fired): void {
    keep(this.fired, fired);
    for (const listener of this.#listeners) listener(fired);
  }

  #everyone(): SimulatorClient[] {
    for (const [ip, client] of this.#udpClients) if (this.#isForgotten(client)) this.#udpClients.delete(ip);
    return [...this.#clients, ...this.#udpClients.values()];
  }

  /** A UDP client is an address that was heard lately. */
  #udpClient(ip: string): SimulatorClient {
    const known = this.#udpClients.get(ip);
    if (known && !this.#isForgotten(known)) return known;
    const client: SimulatorClient = new SimulatorClient(`udp ${ip}`, ip, (bytes) => {
      // A fresh socket for each reply, as QLab does: its source port tells nothing.
      const socket = createSocket('udp4');
      // No socket is left: too many replies are on their way.
      socket.on('error', () => this.#count('replies.failed'));
      // A cue list may be longer than a datagram.
      socket.send(bytes, client.replyPort, ip, (error) => {
        if (error) this.#count('replies.failed');
        socket.close();
      });
    });
    client.lastHeardMs = this.#clock.mono();
    this.#udpClients.set(ip, client);
    return client;
  }

  #failed(fault: unknown, client: SimulatorClient): void {
    this.#count('faults');
    if (!this.#options.onFault) throw fault;
    this.#options.onFault(fault, client.name);
  }

  #isForgotten(client: SimulatorClient): boolean {
    const limitMs = this.#version >= '5' ? UDP_IDLE_MS.v5 : UDP_IDLE_MS.v4;
    return !client.keptAlive && this.#clock.mono() - client.lastHeardMs > limitMs;
  }

  #count(name: string): void {
    this.counters[name] = (this.counters[name] ?? 0) + 1;
  }
}
