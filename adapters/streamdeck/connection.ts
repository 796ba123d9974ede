import type { AdapterIo, Command, Face, Health, Receipt } from '../../src/adapter-sdk/adapter.js';
import { BaseConnection } from '../../src/adapter-sdk/base-connection.js';
import { Buttons } from '../../src/adapter-sdk/buttons.js';
import { Alarm } from '../../src/kit/alarm.js';
import { BridgeError, wordsOf } from '../../src/kit/errors.js';
import { within } from '../../src/kit/within.js';
import { asButton, fromButton, nameOfControl, problemOfSend } from './check.js';
import { changesInMs, lookOf, type Picture } from './codec.js';
import { DARK, type Look } from './draw.js';
import type { StreamDeck } from './driver.js';
import type { StreamdeckDevice } from './generated/types.js';
import { Painter, PICTURE_LIMIT_MS } from './painter.js';
import { surfacesOf } from './surfaces.js';

/** How long the goodbye may take: darkening first, then giving the device back. The host allows 400 ms. */
const GOODBYE_LIMIT_MS = 250;
const CLOSE_LIMIT_MS = 100;

/** One open Stream Deck, from connect() to its end. */
export class StreamdeckConnection extends BaseConnection {
  readonly #deck: StreamDeck;
  readonly #config: StreamdeckDevice;
  readonly #io: AdapterIo;
  readonly #buttons: Buttons;
  readonly #painter: Painter;
  readonly #healthOf: () => Health;
  readonly #counters = { 'in.gestures': 0, 'in.turns': 0, 'in.touches': 0, 'ignored.touches': 0 };
  readonly #down = new Set<string>();
  /** What commands have put on buttons. */
  readonly #sent = new Map<string, Picture>();
  #face: Face | undefined;
  /** Rings when a picture changes by itself. */
  readonly #ticking: Alarm;
  #isBright = false;
  #isStalled = false;
  #ending: Promise<void> | undefined;

  /** @param healthOf  what is known of it: which one it is, and what of the bridge file it has not. */
  constructor(deck: StreamDeck, healthOf: () => Health, config: StreamdeckDevice, io: AdapterIo) {
    super(io.log, healthOf());
    this.#deck = deck;
    this.#config = config;
    this.#io = io;
    this.#healthOf = healthOf;
    this.#buttons = new Buttons(config, io.patterns.map(asButton), io.clock, (input) => {
      this.#counters['in.gestures'] += 1;
      this.tellInput(fromButton(input));
    });
    this.#ticking = new Alarm(io.clock, () => void this.#paint());
    this.#painter = new Painter(surfacesOf(deck), io.clock, {
      onStalled: (isStalled) => this.#observePainting(isStalled),
      onFailed: (error) => this.#lost(error),
    });
    this.#listen();
    void this.#light();
  }

  counters(): Readonly<Record<string, number>> {
    return { ...this.#counters, 'out.pictures': this.#painter.painted };
  }

  /** The bytes leave in the order of the calls; of texts for one button the newest is painted. */
  async send(command: Command, signal: AbortSignal): Promise<Receipt> {
    if (this.#ending) throw gone();
    signal.throwIfAborted();
    const problem = problemOfSend(command, this.#deck.MODEL);
    if (problem !== undefined) throw new BridgeError('DEVICE_REFUSED', problem);
    const { brightness, button, device: _device, ...picture } = command;
    try {
      if (typeof brightness === 'number') {
        this.#isBright = true;
        await this.#deck.setBrightness(brightness);
      }
      if (button !== undefined) {
        if (picture.text) this.#sent.set(String(button), picture);
        else this.#sent.delete(String(button));
        await this.#paint();
      }
    } catch (error) {
      throw new BridgeError('DEVICE_CLOSED', wordsOf(error), { cause: error });
    }
    if (this.#ending) throw gone();
    return { reached: 'sent' };
  }

  display(face: Face): void {
    if (this.#ending) return;
    this.#face = face;
    void this.#paint();
  }

  rulesChanged(): void {
    if (this.#ending) return;
    this.#buttons.follow(this.#io.patterns.map(asButton));
    if (!this.#isStalled) this.tellHealth(this.#healthOf());
  }

  async close(): Promise<void> {
    await this.#end(undefined);
  }

  #listen(): void {
    const deck = this.#deck;
    deck.on('error', (error) => this.#lost(error));
    deck.on('down', (control) => this.#moved(nameOfControl(control), true));
    deck.on('up', (control) => this.#moved(nameOfControl(control), false));
    deck.on('rotate', ({ index }, steps) => {
      if (this.#ending) return;
      this.#counters['in.turns'] += 1;
      this.tellInput({ dial: index, gesture: 'turn', direction: steps < 0 ? 'left' : 'right', steps });
    });
    deck.on('lcdShortPress', ({ pixelSize }, { x }) => this.#touched(x, pixelSize.width, 'press'));
    deck.on('lcdLongPress', ({ pixelSize }, { x }) => this.#touched(x, pixelSize.width, 'hold'));
  }

  #moved(name: string, isDown: boolean): void {
    if (isDown) this.#down.add(name);
    else this.#down.delete(name);
    this.#buttons.report(this.#down);
  }

  /** A strip that shows nothing is one part. */
  #touched(x: number, width: number, gesture: 'press' | 'hold'): void {
    if (this.#ending) return;
    if (x >= width) {
      this.#counters['ignored.touches'] += 1;
      return;
    }
    this.#counters['in.touches'] += 1;
    const parts = Math.max(1, this.#config.strip.length);
    this.tellInput({ touch: Math.floor((x * parts) / width), gesture });
  }

  /** Dark until everything is painted: what a bridge that is gone has left on the buttons is never lit again. */
  async #light(): Promise<void> {
    try {
      await this.#deck.setBrightness(0);
      await this.#paint();
      if (this.#ending || this.#isBright) return;
      this.#isBright = true;
      await this.#deck.setBrightness(this.#config.brightness);
    } catch (error) {
      this.#lost(error);
    }
  }

  /** Wants what the show looks like now, and looks again when a timer's next second comes. */
  #paint(): Promise<void> {
    if (this.#ending) return Promise.resolve();
    const now = this.#io.clock.wall();
    const { strip } = this.#config;
    const look = (picture: Picture): Look => lookOf(picture, this.#face, now);
    const pictures = new Map([...Object.entries(this.#config.buttons), ...this.#sent]);
    // What a command has put on a button that shows nothing else goes with it.
    const looks = new Map<string, Look[]>(
      this.#deck.CONTROLS.flatMap((control) => (control.type === 'button' ? [[String(control.index), []]] : [])),
    );
    for (const [id, picture] of pictures) {
      const shown = look(picture);
      looks.set(id, shown === DARK ? [] : [shown]);
    }
    looks.set('strip', strip.map(look));
    this.#tick(changesInMs([...pictures.values(), ...strip], this.#face, now));
    return this.#painter.want(looks, this.#firstIds());
  }

  /** The GO is what must never be wrong. */
  #firstIds(): ReadonlySet<string> {
    const { buttons, strip } = this.#config;
    const ids = Object.entries(buttons).flatMap(([id, { show }]) => (show === 'go' ? [id] : []));
    return new Set(strip.some(({ show }) => show === 'go') ? [...ids, 'strip'] : ids);
  }

  #tick(inMs: number | undefined): void {
    this.#ticking.set(inMs === undefined ? undefined : this.#io.clock.mono() + inMs);
  }

  #observePainting(isStalled: boolean): void {
    if (this.#ending) return;
    this.#isStalled = isStalled;
    const detail = `it has not taken a picture for ${PICTURE_LIMIT_MS} ms: what it shows is old; its buttons are heard`;
    this.tellHealth(isStalled ? { status: 'degraded', code: 'DEVICE_TIMEOUT', detail } : this.#healthOf());
  }

  #lost(error: unknown): void {
    const why = `the ${this.#deck.PRODUCT_NAME} is gone: ${wordsOf(error)}`;
    void this.#end(new BridgeError('DEVICE_CLOSED', why, { cause: error }));
  }

  /** Idempotent. */
  #end(why: BridgeError | undefined): Promise<void> {
    this.#ending ??= this.#release(why !== undefined).then(() => this.tellEnd(why));
    return this.#ending;
  }

  async #release(isGone: boolean): Promise<void> {
    this.#buttons.stop();
    this.#ticking.clear();
    const stopped = this.#painter.stop();
    if (!isGone) await this.#atMost(GOODBYE_LIMIT_MS, this.#darken(stopped));
    await this.#atMost(CLOSE_LIMIT_MS, this.#deck.close());
  }

  /** The light goes out at once, so that no GO stays green; then the pictures go, for whoever lights it again. */
  async #darken(stopped: Promise<void>): Promise<void> {
    await this.#deck.setBrightness(0);
    await stopped;
    await this.#painter.darken(this.#firstIds());
  }

  /** What the device does not do in time, or fails to do, is left. */
  async #atMost(limitMs: number, work: Promise<void>): Promise<void> {
    const done = work.catch((error: unknown) => this.#io.log.debug({ err: error }, 'device.close-failed'));
    await within(this.#io.clock, limitMs, done);
  }
}

const gone = () => new BridgeError('DEVICE_CLOSED', 'the Stream Deck is closed');
