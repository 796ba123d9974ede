/** A Stream Deck for processes of their own: see virtual-streamdeck.mjs. The test holds its plug and its buttons, and sees it. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { streamdeckAdapter } from '../../adapters/streamdeck/adapter.js';
import { SimulatedDeck, type Taken } from '../../adapters/streamdeck/simulator.js';
import { SETTLE_MS } from '../../src/adapter-sdk/gestures.js';
import type { Rig } from '../../src/adapter-sdk/testing/rig.js';
import { systemClock } from '../../src/kit/clock.js';
import { checkedDevice } from './checked-device.js';
import { type Seen, seen } from './streamdeck-pictures.js';
import { type Caller, isolatedWith, VirtualHub } from './virtual-hub.js';
import { eventually } from './waiting.js';

const clock = systemClock();

export class VirtualStreamdeck {
  readonly #hub: VirtualHub;
  readonly #folder: string;
  readonly #callers = new Set<Caller>();
  /** What all processes together have done to it. */
  readonly glass: SimulatedDeck;

  private constructor(model: string, hub: VirtualHub, folder: string) {
    this.glass = new SimulatedDeck(model);
    this.#hub = hub;
    this.#folder = folder;
  }

  /** Plugged in when made. */
  static async make(model: string): Promise<VirtualStreamdeck> {
    const hub = await VirtualHub.open('streamdeck', (caller) => {
      deck.#callers.add(caller);
      caller.onGone(() => deck.#callers.delete(caller));
      caller.onMessage((taken: Taken & { image?: string }) => deck.#take(taken));
    });
    const deck = new VirtualStreamdeck(model, hub, await mkdtemp(join(tmpdir(), 'streamdeck-')));
    await deck.replug();
    return deck;
  }

  /** For the process that is to find it, and those that it starts. */
  get env(): Record<string, string> {
    const { model } = this.glass.info;
    return this.#hub.env({ VIRTUAL_STREAMDECK_MODEL: model, VIRTUAL_STREAMDECK_PLUG: this.#plug });
  }

  /** How many processes hold it. */
  get holders(): number {
    return this.#hub.callers;
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
    await this.#hub.close();
    await rm(this.#folder, { recursive: true, force: true });
  }

  get #plug(): string {
    return join(this.#folder, 'plug');
  }

  #tell(message: object): void {
    for (const caller of this.#callers) caller.tell(message);
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
  return {
    adapter: isolatedWith(() => deck.env, streamdeckAdapter),
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
    close: () => deck.close(),
  };
}
