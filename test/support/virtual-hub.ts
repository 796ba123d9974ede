/**
 * What stands in the place of a native library in other processes (virtual-KIND.mjs), seen from the test: the processes
 * dial in, and a line of JSON goes each way.
 */
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import type { Adapter } from '../../src/adapter-sdk/adapter.js';
import { isolated } from './isolated-rig.js';

/** One process's way to the test. */
export interface Caller {
  tell(message: object): void;
  onMessage(listener: (message: never) => void): void;
  onGone(listener: () => void): void;
}

export class VirtualHub {
  readonly #kind: string;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(kind: string, server: Server) {
    this.#kind = kind;
    this.#server = server;
  }

  /** @param kind  as in virtual-KIND.mjs. */
  static async open(kind: 'hid' | 'midi' | 'streamdeck', onCaller: (caller: Caller) => void): Promise<VirtualHub> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const hub = new VirtualHub(kind, server);
    server.on('connection', (socket) => {
      socket.setNoDelay();
      hub.#sockets.add(socket);
      socket.on('close', () => hub.#sockets.delete(socket)).on('error', () => undefined);
      onCaller(callerOn(socket));
    });
    return hub;
  }

  /** How many have dialled in. */
  get callers(): number {
    return this.#sockets.size;
  }

  /**
   * For the process that is to load what stands in, and those that it starts: a driver's process is given no variable that
   * the bridge does not know, so all goes with NODE_OPTIONS.
   * @param more  what virtual-KIND.mjs reads besides.
   */
  env(more: Record<string, string> = {}): Record<string, string> {
    const { port } = this.#server.address() as AddressInfo;
    const hook = new URL('./virtual-hook.mjs', import.meta.url);
    const told = { kind: this.#kind, [`VIRTUAL_${this.#kind.toUpperCase()}_HUB`]: String(port), ...more };
    for (const [name, value] of Object.entries(told)) hook.searchParams.set(name, value);
    return { NODE_OPTIONS: `--import=${hook.href}` };
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** The adapter in a process of its own that is started with `env`. */
export function isolatedWith(env: () => Record<string, string>, adapter: Adapter): Adapter {
  const apart = isolated(adapter);
  return {
    ...apart,
    // A driver's process gets the environment of the moment in which it is started.
    connect: (config, io, signal) => {
      const added = env();
      Object.assign(process.env, added);
      try {
        return apart.connect(config, io, signal);
      } finally {
        for (const name of Object.keys(added)) delete process.env[name];
      }
    },
  };
}

function callerOn(socket: Socket): Caller {
  const lines = createInterface({ input: socket });
  lines.on('error', () => undefined);
  return {
    tell: (message) => socket.writable && void socket.write(`${JSON.stringify(message)}\n`),
    onMessage: (listener) => void lines.on('line', (line) => listener(JSON.parse(line) as never)),
    onGone: (listener) => void socket.on('close', listener),
  };
}
