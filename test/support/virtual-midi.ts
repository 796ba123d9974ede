/** MIDI ports for the built bridge, whose drivers' processes load virtual-midi.mjs in the place of the native library. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const HOOK = new URL('./virtual-midi-hook.mjs', import.meta.url).href;

/** One message that came out of a port, and when: on the machine's own clock, see machineMs(). */
export interface Sent {
  port: string;
  bytes: Uint8Array;
  atMs: number;
}

export class VirtualMidi {
  /** What came out of the ports, in order. */
  readonly sent: Sent[] = [];
  readonly #folder: string;
  readonly #server: Server;
  readonly #inputs = new Map<string, Set<Socket>>();
  readonly #sockets = new Set<Socket>();

  private constructor(folder: string, server: Server) {
    this.#folder = folder;
    this.#server = server;
  }

  static async open(...ports: string[]): Promise<VirtualMidi> {
    const folder = await mkdtemp(join(tmpdir(), 'pacebuddy-midi-'));
    const server = createServer();
    const midi = new VirtualMidi(folder, server);
    server.on('connection', (socket) => midi.#take(socket));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    for (const port of ports) await midi.plug(port);
    return midi;
  }

  /** For the bridge that is to have these ports. */
  get env(): Record<string, string> {
    const address = this.#server.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    return {
      NODE_OPTIONS: `--import=${HOOK}`,
      VIRTUAL_MIDI_PORTS: this.#folder,
      VIRTUAL_MIDI_HUB: String(port),
    };
  }

  async plug(port: string): Promise<void> {
    await writeFile(join(this.#folder, port), '');
  }

  /** Tells nobody; whoever has it open has a dead port. */
  async unplug(port: string): Promise<void> {
    await rm(join(this.#folder, port));
  }

  /** Whether somebody hears this port. */
  isHeard(port: string): boolean {
    return (this.#inputs.get(port)?.size ?? 0) > 0;
  }

  /** The device plays these bytes. */
  play(port: string, bytes: Uint8Array): void {
    for (const socket of this.#inputs.get(port) ?? []) socket.write(`${Buffer.from(bytes).toString('hex')}\n`);
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
    await rm(this.#folder, { recursive: true });
  }

  #take(socket: Socket): void {
    let port = '';
    socket.setNoDelay();
    this.#sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#sockets.delete(socket);
      this.#inputs.get(port)?.delete(socket);
    });
    createInterface({ input: socket }).on('line', (line) => {
      const message: { open?: string; port?: string; hex?: string; atMs?: number } = JSON.parse(line);
      if (message.port !== undefined) port = message.port;
      if (message.open === 'input') {
        const heard = this.#inputs.get(port) ?? new Set();
        this.#inputs.set(port, heard.add(socket));
      }
      if (message.hex === undefined || message.atMs === undefined) return;
      this.sent.push({ port, bytes: Buffer.from(message.hex, 'hex'), atMs: message.atMs });
    });
  }
}
