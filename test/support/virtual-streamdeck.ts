/** A Stream Deck for processes of their own: see virtual-streamdeck.mjs. The test holds its plug and its buttons, and sees it. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { streamdeckAdapter } from '../../adapters/streamdeck/adapter.js';
import { SimulatedDeck, type Taken } from '../../adapters/streamdeck/simulator.js';
import { SETTLE_MS } from '../../src/devices/gestures.js';
import { systemClock } from '../../src/kit/clock.js';
import { packageRoot } from '../../src/kit/package.js';
import { checkedDevice } from './checked-device.js';
import { isolated } from './isolated-rig.js';
import type { Rig } from './rig.js';
import { type Seen, seen } from './streamdeck-pictures.js';
import { eventually } from './waiting.js';

const clock = systemClock();

export class VirtualStreamdeck {
  readonly #server: Server;
  readonly #folder: string;
  readonly #sockets = new Set<Socket>();
  /** What all processes together have done to it. */
  readonly glass: SimulatedDeck;

  private constructor(model: string, server: Server, folder: string) {
    this.glass = new SimulatedDeck(model);
    this.#server = server;
    this.#folder = folder;
    server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket)).on('error', () => undefined);
      const lines = createInterface({ input: socket });
      lines.on('line', (line) => this.#take(JSON.parse(line))).on('error', () => undefined);
    });
  }

  /** Plugged in when made. */
  static async make(model: string): Promise<VirtualStreamdeck> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const deck = new VirtualStreamdeck(model, server, await mkdtemp(join(tmpdir(), 'streamdeck-')));
    await deck.replug();
    return deck;
  }

  /** For the process that is to find it, and those that it starts. */
  get env(): Record<string, string> {
    const hook = pathToFileURL(join(packageRoot, 'test/support/virtual-streamdeck-hook.mjs')).href;
    return {
      NODE_OPTIONS: `--import ${hook}`,
      VIRTUAL_STREAMDECK_MODEL: this.glass.info.model,
      VIRTUAL_STREAMDECK_PLUG: this.#plug,
      VIRTUAL_STREAMDECK_HUB: String((this.#server.address() as AddressInfo).port),
    };
  }

  /** How many processes hold it. */
  get holders(): number {
    return this.#sockets.size;
  }

  /** What a button shows now; undefined: it is dark. */
  button(place: number): Seen | undefined {
    const image = this.glass.shown.get(place);
    return image && seen(image, this.glass.info.model);
  }

  press(...down: number[]): void {
    this.#tell({ buttons: down });
    this.#tell({ buttons: [] });
  }

  async unplug(): Promise<void> {
    await rm(this.#plug, { force: true });
    this.#tell({ pull: true });
  }

  async replug(): Promise<void> {
    await writeFile(this.#plug, '');
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
    await rm(this.#folder, { recursive: true, force: true });
  }

  get #plug(): string {
    return join(this.#folder, 'plug');
  }

  #tell(message: object): void {
    for (const socket of this.#sockets) socket.write(`${JSON.stringify(message)}\n`);
  }

  #take(taken: Taken & { image?: string }): void {
    this.glass.take(
      taken.image === undefined ? taken : ({ ...taken, image: Buffer.from(taken.image, 'base64') } as Taken),
    );
  }
}

/** The real adapter in a process of its own, with a virtual deck, for the adapter contract. */
export async function virtualStreamdeckRig(model: string): Promise<Rig> {
  const deck = await VirtualStreamdeck.make(model);
  const adapter = isolated(streamdeckAdapter);
  return {
    adapter: {
      ...adapter,
      // A driver's process gets the environment of the moment in which it is started.
      connect: (config, io, signal) => {
        Object.assign(process.env, deck.env);
        return adapter.connect(config, io, signal);
      },
    },
    config: checkedDevice('streamdeck', { debounceMs: 0, brightness: 60, buttons: { 0: { text: 'GO' } } }),
    patterns: [{ button: 1, gesture: 'press' }],
    press: async () => deck.press(1),
    pressedInput: { button: 1, gesture: 'press' },
    command: (n) => ({ brightness: n + 1 }),
    // What the connection itself does with the light is no command.
    got: () =>
      deck.glass.brightnesses.filter((percent) => percent !== 0 && percent !== 60).map((percent) => percent - 1),
    joined: async () => {
      const settledAt = clock.mono() + 2 * SETTLE_MS;
      await eventually(() => clock.mono() > settledAt, 'the deck has settled');
    },
    links: () => deck.holders,
    unplug: () => deck.unplug(),
    replug: () => deck.replug(),
    close: async () => {
      delete process.env.NODE_OPTIONS;
      await deck.close();
    },
  };
}
