/** A device that speaks OSC on a real socket: it records what it gets, and sends what it is told to. */
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { decodePacket, encodePacket, type OscPacket, type ReceivedMessage } from '../../src/wire/osc/codec.js';
import { encodeFrame, type FramingName, frameReader } from '../../src/wire/osc/framing.js';
import { splitListen } from './opening.js';

export interface OscSimulatorOptions {
  transport: 'udp' | 'tcp';
  /** Over TCP, for what it sends; what it gets is told by its first byte. Left out: length-prefix. */
  framing?: FramingName;
  /** address:port to be reached at; port 0 takes any free one. Left out, with `to`, over UDP: any. */
  listen?: string;
  /** The bridge: over TCP it connects there, over UDP it sends there. Left out over UDP: to whoever it heard last. */
  to?: { host: string; port: number };
  onMessage?: (message: ReceivedMessage) => void;
}

/** Messages that are kept to be looked at. */
const RECORDED_MAX = 10_000;

const FRAME_BYTES_MAX = 65536;

export abstract class OscSimulator {
  /** What it got, oldest first; the last RECORDED_MAX of them. */
  readonly received: ReceivedMessage[] = [];
  /** Bytes that were no OSC. */
  faults = 0;
  readonly #onMessage: ((message: ReceivedMessage) => void) | undefined;

  constructor(options: OscSimulatorOptions) {
    this.#onMessage = options.onMessage;
  }

  /** Its own port, of this machine. */
  abstract readonly port: number;
  /** How many bridges are connected to it (TCP), or have been heard (UDP). */
  abstract links(): number;
  /** @returns once the packet has left */
  send(packet: OscPacket): Promise<void> {
    return this.sendPacket(encodePacket(packet));
  }
  /** A packet's bytes, sound or not, framed as the transport frames. */
  abstract sendPacket(bytes: Uint8Array): Promise<void>;
  /** Bytes as they are, without a frame. */
  abstract sendBytes(bytes: Uint8Array): Promise<void>;
  /** Goes away in the hardest way: connections are reset, what was on its way is lost. Idempotent. */
  abstract cut(): Promise<void>;
  /** Goes away politely. Idempotent. */
  abstract close(): Promise<void>;

  protected take(bytes: Uint8Array): void {
    const { messages, fault } = decodePacket(bytes);
    if (fault) this.faults += 1;
    for (const message of messages) {
      this.received.push(message);
      if (this.received.length > RECORDED_MAX) this.received.shift();
      this.#onMessage?.(message);
    }
  }
}

/** Opens one. @throws the system's error when the port is taken, or nothing listens at `to` (TCP) */
export async function openOscSimulator(options: OscSimulatorOptions): Promise<OscSimulator> {
  const { host, port } = splitListen(options.listen ?? '127.0.0.1:0');
  if (options.transport === 'udp') {
    const socket = createSocket('udp4');
    socket.bind(port, host);
    await once(socket, 'listening');
    return new UdpSimulator(options, socket);
  }
  if (options.to) {
    const socket = connect({ ...options.to, noDelay: true });
    await once(socket, 'connect');
    const simulator = new TcpSimulator(options, undefined);
    simulator.join(socket);
    return simulator;
  }
  const server = createServer({ noDelay: true });
  server.listen(port, host);
  await once(server, 'listening');
  return new TcpSimulator(options, server);
}

class UdpSimulator extends OscSimulator {
  readonly port: number;
  readonly #socket: UdpSocket;
  readonly #heard = new Set<string>();
  #to: { host: string; port: number } | undefined;
  #isOpen = true;

  constructor(options: OscSimulatorOptions, socket: UdpSocket) {
    super(options);
    this.#socket = socket;
    this.#to = options.to;
    this.port = socket.address().port;
    socket.on('error', () => undefined);
    socket.on('message', (bytes, { address, port }) => {
      this.#heard.add(`${address}:${port}`);
      if (!options.to) this.#to = { host: address, port };
      this.take(bytes);
    });
  }

  links = (): number => (this.#isOpen ? this.#heard.size : 0);

  sendPacket(bytes: Uint8Array): Promise<void> {
    const to = this.#to;
    if (!to) return Promise.reject(new Error('nobody has been heard yet'));
    return new Promise((resolve, reject) => {
      this.#socket.send(bytes, to.port, to.host, (error) => (error ? reject(error) : resolve()));
    });
  }

  sendBytes(bytes: Uint8Array): Promise<void> {
    return this.sendPacket(bytes);
  }

  cut(): Promise<void> {
    return this.close();
  }

  close(): Promise<void> {
    if (!this.#isOpen) return Promise.resolve();
    this.#isOpen = false;
    return new Promise((resolve) => this.#socket.close(() => resolve()));
  }
}

class TcpSimulator extends OscSimulator {
  readonly #server: Server | undefined;
  readonly #framing: FramingName;
  readonly #sockets = new Set<Socket>();
  #ownPort = 0;

  constructor(options: OscSimulatorOptions, server: Server | undefined) {
    super(options);
    this.#server = server;
    this.#framing = options.framing ?? 'length-prefix';
    const address = server?.address();
    if (typeof address === 'object' && address) this.#ownPort = address.port;
    server?.on('connection', (socket) => this.join(socket));
  }

  get port(): number {
    return this.#ownPort;
  }

  links = (): number => this.#sockets.size;

  join(socket: Socket): void {
    if (!this.#server) this.#ownPort = socket.localPort ?? 0;
    const fault = () => {
      this.faults += 1;
    };
    const reader = frameReader('auto', FRAME_BYTES_MAX, { frame: (bytes) => this.take(bytes), fault });
    this.#sockets.add(socket);
    socket.on('data', (chunk: Buffer) => {
      if (!reader.push(chunk)) socket.destroy();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => this.#sockets.delete(socket));
  }

  sendPacket(bytes: Uint8Array): Promise<void> {
    return this.sendBytes(encodeFrame(this.#framing, bytes));
  }

  async sendBytes(bytes: Uint8Array): Promise<void> {
    if (this.#sockets.size === 0) throw new Error('no bridge is connected');
    await Promise.all(
      [...this.#sockets].map(
        (socket) =>
          new Promise<void>((resolve, reject) => {
            socket.write(bytes, (error) => (error ? reject(error) : resolve()));
          }),
      ),
    );
  }

  cut(): Promise<void> {
    return this.#end((socket) => socket.resetAndDestroy());
  }

  close(): Promise<void> {
    return this.#end((socket) => socket.destroySoon());
  }

  async #end(how: (socket: Socket) => void): Promise<void> {
    const sockets = [...this.#sockets];
    const gone = sockets.map((socket) => (socket.closed ? undefined : once(socket, 'close').catch(() => undefined)));
    const stopped = new Promise<void>((resolve) => {
      if (this.#server?.listening) this.#server.close(() => resolve());
      else resolve();
    });
    for (const socket of sockets) how(socket);
    await Promise.all([...gone, stopped]);
  }
}
