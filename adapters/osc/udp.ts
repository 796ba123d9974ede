/** OSC over UDP: a packet a datagram. One socket connected to the device, one bound to what it sends to, or both. */
import { createSocket, type Socket } from 'node:dgram';
import type { AdapterIo, Health, Receipt } from '../../src/adapter-sdk/adapter.js';
import { BridgeError } from '../../src/kit/errors.js';
import { allowedFrom } from './allowed.js';
import type { Wire, WireEvents } from './connection.js';
import { codeOf, joinAddress, listenFailed, type OpeningLimit, opening, resolveHost, splitListen } from './opening.js';
import type { Settled } from './settings.js';

/** What the network says of a device that is not there (ICMP). The socket lives on: the device may come back. */
const REFUSALS = new Set(['ECONNREFUSED', 'EHOSTUNREACH', 'EHOSTDOWN', 'ENETUNREACH', 'ECONNRESET']);

/** How many such answers to earlier packets may stand before a packet. */
const REPEATS_MAX = 8;

/** After a packet that drew no refusal for so long, an earlier refusal no longer counts, in milliseconds. */
const REFUSAL_MS = 250;

/** @throws DEVICE_UNREACHABLE, DEVICE_TIMEOUT, LISTEN_FAILED */
export async function openUdp(config: Settled, io: AdapterIo, signal: AbortSignal, events: WireEvents): Promise<Wire> {
  const limit = { clock: io.clock, signal, limitMs: config.connectTimeoutMs };
  const out = config.host === undefined ? undefined : await connectSocket(config.host, config.port ?? 0, limit);
  let heard: BoundSocket | undefined;
  try {
    heard = config.listen === undefined ? undefined : await bindSocket(config.listen, limit);
  } catch (error) {
    out?.socket.close();
    throw error;
  }
  return new UdpWire(config, io, events, out, heard);
}

interface BoundSocket {
  socket: Socket;
  /** address:port of the far end, or the near one of a socket that listens. */
  name: string;
}

/** Connected once to a numeric address: a send then reaches the kernel in its own tick, without a look-up. */
async function connectSocket(host: string, port: number, limit: OpeningLimit): Promise<BoundSocket> {
  const { address, family } = await resolveHost(host, limit);
  const socket = createSocket(family === 6 ? 'udp6' : 'udp4');
  const name = joinAddress(address, port);
  await opening<void>(
    limit,
    `opening a socket to ${name}`,
    (done, fail) => {
      socket.once('error', (cause) => {
        fail(new BridgeError('DEVICE_UNREACHABLE', `no way to ${name}: ${cause.message}`, { cause }));
      });
      socket.bind(0, () => {
        // Some devices are fed by broadcast; without this the kernel refuses to connect to such an address.
        socket.setBroadcast(true);
        // Without a callback: with one, a failure would come through it as well.
        socket.once('connect', done);
        socket.connect(port, address);
      });
    },
    () => socket.close(),
  );
  socket.removeAllListeners('error');
  return { socket, name };
}

async function bindSocket(listen: string, limit: OpeningLimit): Promise<BoundSocket> {
  const { host, port } = splitListen(listen);
  const { address, family } = await resolveHost(host, limit);
  const socket = createSocket(family === 6 ? 'udp6' : 'udp4');
  await opening<void>(
    limit,
    `listening on ${listen}`,
    (done, fail) => {
      socket.once('error', (cause) => fail(listenFailed(listen, cause)));
      socket.bind(port, address, () => done());
    },
    () => socket.close(),
  );
  socket.removeAllListeners('error');
  return { socket, name: joinAddress(socket.address().address, socket.address().port) };
}

class UdpWire implements Wire {
  readonly #io: AdapterIo;
  readonly #events: WireEvents;
  readonly #out: BoundSocket | undefined;
  readonly #sockets: Socket[];
  readonly #listening: string | undefined;
  readonly #ended = new AbortController();
  #heardFrom: string | undefined;
  #refusals = 0;
  #isRefused = false;
  #isWatching = false;
  #closing: Promise<void> | undefined;

  constructor(
    config: Settled,
    io: AdapterIo,
    events: WireEvents,
    out: BoundSocket | undefined,
    heard: BoundSocket | undefined,
  ) {
    this.#io = io;
    this.#events = events;
    this.#out = out;
    this.#listening = heard?.name;
    this.#sockets = [out, heard].flatMap((bound) => (bound ? [bound.socket] : []));
    const isAllowed = allowedFrom(config.from);
    for (const socket of this.#sockets) {
      socket.on('error', (error) => this.#failed(error));
      socket.on('message', (bytes, { address, port }) => {
        const from = joinAddress(address, port);
        if (socket === heard?.socket && !isAllowed(address)) return events.count('refused.strangers', from);
        this.#heard(from, socket === out?.socket);
        if (bytes.length > config.frameBytesMax) events.count('dropped.oversize', from);
        else events.packet(bytes, from);
      });
    }
    events.observed(this.#health());
  }

  send(packet: Uint8Array): Promise<Receipt> {
    const out = this.#out;
    if (!out) {
      return Promise.reject(new BridgeError('DEVICE_REFUSED', 'the device has no host and port to send to'));
    }
    return new Promise((resolve, reject) => {
      const give = (repeats: number): void => {
        out.socket.send(packet, (error) => {
          if (!error) resolve({ reached: 'sent', sentAt });
          // The kernel reports the fate of an earlier packet and has not taken this one: giving it again is no repeat.
          else if (REFUSALS.has(codeOf(error)) && repeats > 0) {
            this.#refused(error);
            give(repeats - 1);
          } else reject(this.#sendFailed(error, packet));
        });
        const sentAt = this.#io.clock.mono();
      };
      give(REPEATS_MAX);
      if (this.#isRefused) void this.#watchForRefusal();
    });
  }

  close(): Promise<void> {
    this.#ended.abort();
    this.#closing ??= Promise.all(
      this.#sockets.map((socket) => new Promise<void>((resolve) => socket.close(() => resolve()))),
    ).then(() => undefined);
    return this.#closing;
  }

  #heard(from: string, isDevice: boolean): void {
    if (this.#heardFrom !== undefined && !(isDevice && this.#isRefused)) return;
    this.#heardFrom ??= from;
    if (isDevice) this.#isRefused = false;
    this.#events.observed(this.#health());
  }

  /** A datagram is evidence of its own moment only: never 'up'. */
  #health(): Health {
    const { name } = this.#out ?? {};
    if (this.#isRefused) {
      return { status: 'degraded', code: 'DEVICE_UNREACHABLE', detail: `the network says that nothing is at ${name}` };
    }
    const parts = [
      ...(name ? [`sending to ${name} (over UDP nothing tells whether it arrives)`] : []),
      ...(this.#listening ? [`listening on ${this.#listening}`] : []),
      this.#heardFrom ? `heard from ${this.#heardFrom}` : 'nothing heard yet',
    ];
    return { status: 'unverified', detail: parts.join('; ') };
  }

  #failed(error: Error): void {
    if (REFUSALS.has(codeOf(error))) this.#refused(error);
    else this.#events.lost(new BridgeError('DEVICE_CLOSED', `the socket failed: ${error.message}`, { cause: error }));
  }

  #refused(error: Error): void {
    this.#refusals += 1;
    this.#isRefused = true;
    this.#io.log.debug({ code: 'DEVICE_UNREACHABLE', detail: error.message }, 'packet.refused');
    this.#events.count('refused.packets');
    this.#events.observed(this.#health());
  }

  async #watchForRefusal(): Promise<void> {
    if (this.#isWatching) return;
    this.#isWatching = true;
    const before = this.#refusals;
    await this.#io.clock.sleep(REFUSAL_MS, this.#ended.signal);
    this.#isWatching = false;
    if (this.#refusals !== before) return;
    this.#isRefused = false;
    this.#events.observed(this.#health());
  }

  /** A socket that the kernel no longer sends from (its network is gone) is given up, so that a new one is made. */
  #sendFailed(error: Error, packet: Uint8Array): BridgeError {
    const options = { cause: error };
    switch (codeOf(error)) {
      case 'EMSGSIZE':
        return new BridgeError('CODEC_MALFORMED', `${packet.length} bytes do not fit a datagram here`, options);
      case 'ECONNREFUSED':
        return new BridgeError('DEVICE_UNREACHABLE', `nothing is at ${this.#out?.name}`, options);
      case 'ENOBUFS':
      case 'EAGAIN':
      case 'ENOMEM':
        return new BridgeError('DEVICE_TIMEOUT', 'the network card takes nothing at the moment', options);
      default: {
        const reason = new BridgeError('DEVICE_UNREACHABLE', `no way to ${this.#out?.name}: ${error.message}`, options);
        this.#events.lost(reason);
        return new BridgeError('DEVICE_CLOSED', reason.message, options);
      }
    }
  }
}
