/** HID devices for drivers in processes of their own: see virtual-hid.mjs. The test holds the simulators, and sees them. */
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import type { Adapter } from '../../src/devices/adapter.js';
import { wordsOf } from '../../src/kit/errors.js';
import { packageRoot } from '../../src/kit/package.js';
import { isolated } from './isolated-rig.js';

/** The simulators' common part, at the level of node-hid. */
export interface HidMachine {
  devices(): Promise<readonly object[]>;
  open(path: string): Promise<HidEnd>;
}

interface HidEnd {
  on(event: 'data', listener: (report: Uint8Array) => void): unknown;
  on(event: 'error', listener: (error: unknown) => void): unknown;
  write?(report: number[]): Promise<unknown>;
  close(): Promise<void>;
}

export class VirtualHid {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(machine: HidMachine, server: Server) {
    this.#server = server;
    server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket)).on('error', () => undefined);
      serve(machine, socket);
    });
  }

  static async make(machine: HidMachine): Promise<VirtualHid> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new VirtualHid(machine, server);
  }

  /** For the process that is to find the devices, and those that it starts. */
  get env(): Record<string, string> {
    const hook = pathToFileURL(join(packageRoot, 'test/support/virtual-hid-hook.mjs')).href;
    return {
      NODE_OPTIONS: `--import ${hook}`,
      VIRTUAL_HID_HUB: String((this.#server.address() as AddressInfo).port),
    };
  }

  /** The adapter in a process of its own, which finds these devices. */
  isolate(adapter: Adapter): Adapter {
    const apart = isolated(adapter);
    return {
      ...apart,
      // A driver's process gets the environment of the moment in which it is started.
      connect: (config, io, signal) => {
        Object.assign(process.env, this.env);
        try {
          return apart.connect(config, io, signal);
        } finally {
          for (const name of Object.keys(this.env)) delete process.env[name];
        }
      },
    };
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

function serve(machine: HidMachine, socket: Socket): void {
  const tell = (message: object) => socket.writable && socket.write(`${JSON.stringify(message)}\n`);
  let end: HidEnd | undefined;
  let isGone = false;
  const take = async ({ list, open, write }: { list?: true; open?: string; write?: string }): Promise<void> => {
    if (list) tell({ devices: await machine.devices() });
    if (open !== undefined) {
      end = await machine.open(open);
      if (isGone) return await end.close();
      end.on('data', (report) => tell({ report: Buffer.from(report).toString('hex') }));
      end.on('error', (error) => tell({ error: wordsOf(error) }));
      tell({ opened: true });
    }
    if (write !== undefined) await end?.write?.([...Buffer.from(write, 'hex')]).catch(() => undefined);
  };
  const lines = createInterface({ input: socket });
  lines.on('error', () => undefined);
  lines.on('line', (line) => void take(JSON.parse(line)).catch((error) => tell({ failed: wordsOf(error) })));
  socket.on('close', () => {
    isGone = true;
    void end?.close().catch(() => undefined);
  });
}
