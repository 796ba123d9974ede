/** OSC over TCP: to a device that listens, or from devices that connect to the bridge. */
import { connect, createServer, type Server } from 'node:net';
import type { AdapterIo, Health, Receipt } from '../../src/adapter-sdk/adapter.js';
import { BridgeError } from '../../src/kit/errors.js';
import { allowedFrom } from './allowed.js';
import type { Wire, WireEvents } from './connection.js';
import { joinAddress, listenFailed, opening, splitListen } from './opening.js';
import type { Settled } from './settings.js';
import { type PeerOptions, SOCKET_OPTIONS, TcpPeer } from './tcp-peer.js';

const peerOptions = (config: Settled, io: AdapterIo): PeerOptions => ({
  framing: config.framing,
  frameBytesMax: config.frameBytesMax,
  sendTimeoutMs: config.sendTimeoutMs,
  clock: io.clock,
});

/** Connects to the device. @throws DEVICE_UNREACHABLE, DEVICE_TIMEOUT */
export async function openTcpClient(
  config: Settled,
  io: AdapterIo,
  signal: AbortSignal,
  events: WireEvents,
): Promise<Wire> {
  const { host = '', port = 0, connectTimeoutMs } = config;
  const where = joinAddress(host, port);
  const limit = { clock: io.clock, signal, limitMs: connectTimeoutMs };
  const socket = connect({ host, port, ...SOCKET_OPTIONS });
  await opening<void>(
    limit,
    `connecting to ${where}`,
    (done, fail) => {
      socket.once('connect', () => done());
      socket.on('error', (cause) => {
        fail(new BridgeError('DEVICE_UNREACHABLE', `${where} does not answer: ${cause.message}`, { cause }));
      });
    },
    () => socket.destroy(),
  );
  const peer = new TcpPeer(socket, peerOptions(config, io), {
    packet: (bytes, from) => events.packet(bytes, from),
    count: (name, from) => events.count(name, from),
    gone: (reason) => events.lost(reason),
  });
  events.observed({ status: 'up', detail: `connected to ${peer.name}` });
  return {
    send: async (packet, sending) => ({ reached: 'sent', sentAt: await peer.send(packet, sending) }),
    close: () => peer.close(),
  };
}

/** Waits for devices. @throws LISTEN_FAILED */
export async function openTcpServer(
  config: Settled,
  io: AdapterIo,
  signal: AbortSignal,
  events: WireEvents,
): Promise<Wire> {
  const listen = config.listen ?? '';
  const { host, port } = splitListen(listen);
  const server = createServer(SOCKET_OPTIONS);
  await opening<void>(
    { clock: io.clock, signal, limitMs: config.connectTimeoutMs },
    `listening on ${listen}`,
    (done, fail) => {
      server.once('error', (cause) => fail(listenFailed(listen, cause)));
      server.listen({ host, port }, () => done());
    },
    () => server.close(),
  );
  server.removeAllListeners('error');
  return new TcpServerWire(server, listen, config, io, events);
}

/** A device that has said nothing for so long makes room for another, in milliseconds. */
const IDLE_MS = 30_000;

/** All connected devices are one: their inputs come together, and a command goes to each of them. */
class TcpServerWire implements Wire {
  readonly #server: Server;
  readonly #listen: string;
  readonly #events: WireEvents;
  readonly #io: AdapterIo;
  readonly #peers = new Set<TcpPeer>();
  #hadPeers = false;
  #closing: Promise<void> | undefined;

  constructor(server: Server, listen: string, config: Settled, io: AdapterIo, events: WireEvents) {
    this.#server = server;
    this.#listen = listen;
    this.#events = events;
    this.#io = io;
    const isAllowed = allowedFrom(config.from);
    server.on('error', (cause) => {
      events.lost(new BridgeError('DEVICE_CLOSED', `no longer listening on ${listen}: ${cause.message}`, { cause }));
    });
    server.on('connection', (socket) => {
      // Gone again before it could be looked at.
      if (socket.remoteAddress === undefined) return void socket.destroy();
      if (!isAllowed(socket.remoteAddress)) {
        events.count('refused.strangers', socket.remoteAddress);
        return void socket.destroy();
      }
      if (this.#peers.size >= config.peersMax && !this.#makeRoom(config.peersMax)) {
        events.count('refused.peers');
        io.log.warn({ code: 'RATE_LIMITED', peersMax: config.peersMax }, 'peer.refused');
        return void socket.destroy();
      }
      const peer: TcpPeer = new TcpPeer(
        socket,
        { ...peerOptions(config, io), isCaller: true },
        {
          packet: (bytes, from) => events.packet(bytes, from),
          count: (name, from) => events.count(name, from),
          gone: (reason) => {
            this.#peers.delete(peer);
            io.log.info({ peer: peer.name, detail: reason.message }, 'peer.left');
            events.observed(this.#health());
          },
        },
      );
      this.#peers.add(peer);
      this.#hadPeers = true;
      io.log.info({ peer: peer.name }, 'peer.joined');
      events.observed(this.#health());
    });
    events.observed(this.#health());
  }

  /** One that has said nothing yet, or nothing for long, goes. @returns false when all of them are in use */
  #makeRoom(peersMax: number): boolean {
    const nowMs = this.#io.clock.mono();
    const since = ({ heardAtMs }: TcpPeer) => heardAtMs ?? Number.NEGATIVE_INFINITY;
    const [quietest] = [...this.#peers].sort((a, b) => since(a) - since(b));
    if (!quietest || nowMs - since(quietest) < IDLE_MS) return false;
    this.#peers.delete(quietest);
    this.#events.count('dropped.peers', quietest.name);
    this.#io.log.warn({ code: 'RATE_LIMITED', peersMax, peer: quietest.name }, 'peer.made-room');
    void quietest.close();
    return true;
  }

  /** Sent means that at least one device was sent it; one that takes nothing is cut off and shows in the health. */
  async send(packet: Uint8Array, signal: AbortSignal): Promise<Receipt> {
    if (this.#peers.size === 0) {
      throw new BridgeError('DEVICE_CLOSED', `no device is connected to ${this.#listen}`);
    }
    const sends = [...this.#peers].map((peer) => peer.send(packet, signal));
    for (const sending of sends) {
      sending.catch((error: unknown) => {
        this.#events.count('failed.sends');
        const { code = 'INTERNAL', message } = error instanceof BridgeError ? error : { message: String(error) };
        this.#io.log.warn({ code, detail: message }, 'peer.missed');
      });
    }
    try {
      return { reached: 'sent', sentAt: await Promise.any(sends) };
    } catch (error) {
      throw (error as AggregateError).errors[0];
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const stopped = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    await Promise.all([...this.#peers].map((peer) => peer.close()));
    this.#peers.clear();
    await stopped;
  }

  #health(): Health {
    const names = [...this.#peers].slice(0, 3).map((peer) => peer.name);
    const more = this.#peers.size - names.length;
    if (names.length > 0) {
      return { status: 'up', detail: `connected: ${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}` };
    }
    return this.#hadPeers
      ? { status: 'degraded', code: 'DEVICE_CLOSED', detail: `the last device left; listening on ${this.#listen}` }
      : { status: 'unverified', detail: `listening on ${this.#listen}; no device has connected yet` };
  }
}
