/** The sockets that the simulator listens on: bytes in, messages out of them, and clients to answer to. */
import { createSocket } from 'node:dgram';
import { type EventEmitter, once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { BridgeError, wordsOf } from '../../src/kit/errors.js';
import { frameReader } from '../../src/wire/osc/framing.js';
import { decodePacket, type OscArgument, type OscMessage } from './codec.js';
import { SimulatorClient } from './simulator-client.js';

/** The longest frame that is taken, in bytes. QLab names no limit. */
const FRAME_BYTES_MAX = 5 * 1024 * 1024;
/** Bytes that a client has not read; above it, it is cut off. */
const UNREAD_BYTES_MAX = 16 * 1024 * 1024;
const CLIENTS_MAX = 64;

interface Heard {
  message(client: SimulatorClient, message: OscMessage): void;
  dropped(reason: string): void;
}

export interface TcpDoor {
  readonly port: number;
  /** Nobody new comes in; those inside stay. Idempotent. */
  shut(): Promise<void>;
  /** Listens again, on the same port. Idempotent. */
  open(): Promise<void>;
}

export interface UdpDoor {
  readonly port: number;
  close(): Promise<void>;
}

async function listening(socket: EventEmitter, where: string): Promise<void> {
  try {
    await once(socket, 'listening');
  } catch (cause) {
    const why = wordsOf(cause);
    throw new BridgeError('LISTEN_FAILED', `the simulated QLab cannot listen on ${where}: ${why}`, { cause });
  }
}

const take = (client: SimulatorClient, packet: Uint8Array, heard: Heard): void => {
  const { messages, fault } = decodePacket(packet);
  if (fault) heard.dropped(fault);
  for (const message of messages) heard.message(client, message);
};

/** TCP with SLIP. A client that frames by length is never understood: no END comes. */
export async function listenTcp(
  host: string,
  port: number,
  heard: Heard & { opened(client: SimulatorClient): void; closed(client: SimulatorClient): void },
): Promise<TcpDoor> {
  let server: Server | undefined;
  let boundPort = port;
  let count = 0;
  const open = async (): Promise<void> => {
    if (server) return;
    const fresh = createServer((socket) => {
      count += 1;
      socket.setNoDelay(true);
      const client: SimulatorClient = new SimulatorClient(
        `tcp ${count}`,
        socket.remoteAddress ?? '',
        (bytes) => {
          if (socket.writableLength > UNREAD_BYTES_MAX) socket.destroy();
          else if (socket.writable) socket.write(bytes);
        },
        () => socket.destroy(),
      );
      const frames = frameReader('slip', FRAME_BYTES_MAX, {
        frame: (frame) => take(client, frame, heard),
        fault: (fault) => heard.dropped(fault),
      });
      socket.on('data', (chunk) => frames.push(chunk));
      socket.on('error', () => {});
      socket.once('close', () => heard.closed(client));
      heard.opened(client);
    });
    fresh.maxConnections = CLIENTS_MAX;
    fresh.listen(boundPort, host);
    await listening(fresh, `tcp ${host}:${boundPort}`);
    server = fresh;
    boundPort = (fresh.address() as AddressInfo).port;
  };
  await open();
  return {
    get port() {
      return boundPort;
    },
    open,
    shut: async () => {
      server?.close();
      server = undefined;
    },
  };
}

/** UDP, one packet a message; or, as QLab's port 53535, one line of text a message. */
export async function listenUdp(
  host: string,
  port: number,
  what: 'osc' | 'text',
  heard: Heard & { heard(ip: string): SimulatorClient },
): Promise<UdpDoor> {
  const socket = createSocket('udp4');
  socket.on('message', (bytes, from) => {
    const client = heard.heard(from.address);
    if (what === 'osc') return take(client, bytes, heard);
    const message = readPlainText(bytes.toString('utf8'));
    if (message) heard.message(client, message);
    else heard.dropped('text');
  });
  socket.bind(port, host);
  await listening(socket, `udp ${host}:${port}`);
  socket.on('error', () => heard.dropped('socket'));
  return {
    port: socket.address().port,
    close: () => new Promise((resolve) => socket.close(() => resolve())),
  };
}

/** `/cue/1/start`, `/go "53"`, `/settings/general/minGoTime 0.5`: an address and its arguments, texts in quotes. */
function readPlainText(text: string): OscMessage | undefined {
  const [address, ...rest] = text.trim().match(/"(?:[^"\\]|\\.)*"|\S+/g) ?? [];
  if (!address?.startsWith('/')) return undefined;
  const args = rest.map((word): OscArgument => {
    if (word.startsWith('"')) return word.slice(1, -1).replace(/\\(.)/g, '$1');
    return word !== '' && Number.isFinite(Number(word)) ? Number(word) : word;
  });
  return { address, args };
}
