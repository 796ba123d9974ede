/** A Stream Deck for processes of their own: see virtual-streamdeck.mjs. The test holds its plug and its buttons, and sees it. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { SimulatedDeck, type Taken } from '../../adapters/streamdeck/simulator.js';
import { packageRoot } from '../../src/kit/package.js';
import { type Seen, seen } from './streamdeck-pictures.js';

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
      createInterface({ input: socket }).on('line', (line) => this.#take(JSON.parse(line)));
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
