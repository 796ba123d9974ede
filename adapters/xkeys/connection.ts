import type { XKeys } from 'xkeys';
import type { AdapterIo, Command, Health, Input, Pattern, Receipt } from '../../src/adapter-sdk/adapter.js';
import { BaseConnection } from '../../src/adapter-sdk/base-connection.js';
import { Buttons, buttonsOf, problemOfButton } from '../../src/adapter-sdk/buttons.js';
import { BridgeError } from '../../src/kit/errors.js';
import { RateLimiter } from '../../src/kit/rate.js';
import { within } from '../../src/kit/within.js';
import { isLit, OFF, problemOfWish, type Rgb, readCommand, type Wish } from './codec.js';
import { Controls, problemOfControl } from './controls.js';
import type { XkeysDevice } from './generated/types.js';
import { Lamps } from './lamps.js';
import type { PanelKind } from './products.js';
import type { PanelWire } from './wire.js';

/** Inputs of wheels and levers within one second; a hand makes a few dozen. */
const CONTROL_INPUTS_PER_SECOND_MAX = 200;
/** How long the goodbye (all lamps dark) may take; the driver's process has 400 ms in all. */
const GOODBYE_LIMIT_MS = 250;
const INDICATORS = { green: 1, red: 2 } as const;

/** A panel that has answered. */
export interface OpenPanel {
  panel: XKeys;
  wire: PanelWire;
  kind: PanelKind;
  /** Which one it is, for people. */
  name: string;
  /** How its controls stood when it answered. */
  stood: readonly Standing[];
}

/** Where a control stands: what `Controls.move` takes. */
export type Standing = Parameters<Controls['move']>;

/** Hears where a panel's controls stand, from the first report on. */
export function hearControls(panel: XKeys, listener: (...standing: Standing) => void): void {
  panel.on('shuttle', (index, value) => listener('shuttle', index, value));
  panel.on('tbar', (index, value) => listener('tbar', index, value));
  panel.on('rotary', (index, value) => listener('rotary', index, value));
  panel.on('joystick', (index, { x, y }) => {
    listener('joystick', index, x, 'x');
    listener('joystick', index, y, 'y');
  });
}

/** One panel, from connect() to its end. Its lamps are dark at both. */
export class XkeysConnection extends BaseConnection {
  readonly #panel: XKeys;
  readonly #wire: PanelWire;
  readonly #kind: PanelKind;
  readonly #io: AdapterIo;
  readonly #name: string;
  readonly #note: string | undefined;
  readonly #buttons: Buttons;
  readonly #controls: Controls;
  readonly #lamps: Lamps;
  /** Told to flash one by one: whether all at once ends that is not known of every panel. */
  readonly #flashing = new Set<number>();
  readonly #rate: RateLimiter;
  readonly #counters = {
    'in.reports': 0,
    'in.gestures': 0,
    'in.controls': 0,
    'ignored.reports': 0,
    'dropped.flood': 0,
    'out.lamps': 0,
  };
  #closing: Promise<void> | undefined;
  #isOver = false;

  constructor({ panel, wire, kind, name, stood }: OpenPanel, config: XkeysDevice, io: AdapterIo, note?: string) {
    super(io.log);
    this.#panel = panel;
    this.#wire = wire;
    this.#kind = kind;
    this.#io = io;
    this.#name = name;
    this.#note = note;
    this.#lamps = new Lamps(io.clock);
    this.#rate = new RateLimiter(io.clock);
    this.#controls = new Controls(io.patterns);
    this.#buttons = new Buttons(config, io.patterns, io.clock, (input) => {
      this.#counters['in.gestures'] += 1;
      this.tellInput(numbered(input));
    });
    this.tellHealth(this.#firstHealth());
    void wire.ended.then((why) => this.#over(why));
    // What was down when the panel came is its state, and no press.
    this.#buttons.report(this.#down());
    for (const standing of stood) this.#controls.move(...standing);
    wire.onReport = (isRead) => this.#reported(isRead);
    this.#listen();
    this.#darken();
  }

  counters(): Readonly<Record<string, number>> {
    return { ...this.#counters };
  }

  async send(command: Command, signal: AbortSignal): Promise<Receipt> {
    if (this.#isOver || this.#closing) throw new BridgeError('DEVICE_CLOSED', 'the panel is closed');
    signal.throwIfAborted();
    const wish = readCommand(command);
    if ('problem' in wish) throw new BridgeError('CODEC_MALFORMED', wish.problem);
    const problem = problemOfWish(wish, this.#kind);
    if (problem !== undefined) throw new BridgeError('DEVICE_REFUSED', problem);
    if (wish.forMs !== undefined) this.#lamps.assertRoom();
    this.#wire.assertRoom();
    const owner = this.#lamps.take(this.#namesOf(wish));
    this.#show(wish);
    await this.#wire.flush();
    // It went away meanwhile; of what was to be written nobody knows.
    this.#wire.assertRoom();
    this.#counters['out.lamps'] += 1;
    const sentAt = this.#io.clock.mono();
    if (wish.forMs !== undefined) this.#lamps.fade(owner, wish.forMs, (names) => this.#fade(names));
    return { reached: 'sent', sentAt };
  }

  rulesChanged(): void {
    if (this.#isOver || this.#closing) return;
    this.#controls.follow(this.#io.patterns);
    this.#buttons.follow(this.#io.patterns);
    this.tellHealth(this.#firstHealth());
  }

  async close(): Promise<void> {
    this.#closing ??= this.#sayGoodbye();
    await this.#closing;
    await this.closed;
  }

  async #sayGoodbye(): Promise<void> {
    this.#buttons.stop();
    this.#lamps.end();
    if (!this.#isOver) {
      this.#darken();
      await within(this.#io.clock, GOODBYE_LIMIT_MS, this.#wire.flush());
    }
    await this.#wire.close();
  }

  #over(why: BridgeError | undefined): void {
    this.#isOver = true;
    this.#buttons.stop();
    this.#lamps.end();
    this.#panel.removeAllListeners();
    // The library may still say something; nobody is to die of it.
    this.#panel.on('error', () => undefined);
    void this.#wire.close().then(() => this.tellEnd(this.#closing ? undefined : why));
  }

  #reported(isRead: boolean): void {
    this.#counters['in.reports'] += 1;
    if (!isRead) this.#counters['ignored.reports'] += 1;
    else if (!this.#isOver) this.#buttons.report(this.#down());
  }

  /** The buttons that are down, by number as text. The matrix of a panel has places without a key, which press nothing. */
  #down(): Set<string> {
    const { buttons } = this.#kind;
    const down = [...this.#panel.getButtons()].filter(([number, isDown]) => isDown && buttons.includes(number));
    return new Set(down.map(([number]) => String(number)));
  }

  #listen(): void {
    const panel = this.#panel;
    panel.on('error', (error) => this.#io.log.debug({ err: error }, 'panel.error'));
    panel.on('jog', (index, value) => this.#tell(this.#controls.turn(index, value)));
    hearControls(panel, (...standing) => this.#tell(this.#controls.move(...standing)));
  }

  #tell(inputs: readonly Input[]): void {
    for (const input of inputs) {
      if (this.#isOver || this.#closing) return;
      if (!this.#rate.take(CONTROL_INPUTS_PER_SECOND_MAX)) {
        this.#counters['dropped.flood'] += 1;
        continue;
      }
      this.#counters['in.controls'] += 1;
      this.tellInput(input);
    }
  }

  #namesOf({ lamp }: Wish): string[] {
    return lamp === 'all' ? this.#kind.lamps.map(String) : [String(lamp)];
  }

  #show(wish: Wish): void {
    if (!('colour' in wish)) {
      this.#panel.setIndicatorLED(INDICATORS[wish.lamp], wish.on, wish.flash);
      return;
    }
    const { lamp, colour } = wish;
    const flash = wish.flash && isLit(colour);
    if (lamp !== 'all') {
      this.#light(lamp, colour, flash);
    } else if (flash || this.#kind.light === 'anyOneByOne') {
      // All at once cannot flash, and some panels know no colour for all.
      for (const each of this.#kind.lamps) this.#light(each, colour, flash);
    } else {
      for (const each of [...this.#flashing]) this.#light(each, colour, false);
      this.#panel.setAllBacklights(colour);
    }
  }

  #light(button: number, colour: Rgb, flash: boolean): void {
    if (flash) this.#flashing.add(button);
    else this.#flashing.delete(button);
    this.#panel.setBacklight(button, colour, flash);
  }

  #fade(names: readonly string[]): void {
    if (this.#isOver || this.#closing) return;
    for (const name of names) {
      if (name === 'green' || name === 'red') this.#panel.setIndicatorLED(INDICATORS[name], false, false);
      else this.#light(Number(name), OFF, false);
    }
  }

  /** Everything off, as far as the bridge could have lit it. */
  #darken(): void {
    for (const name of ['green', 'red'] as const) this.#show({ lamp: name, on: false, flash: false });
    const wish: Wish = { lamp: 'all', colour: OFF, flash: false };
    if (problemOfWish(wish, this.#kind) === undefined) this.#show(wish);
  }

  /** The panel answered with its version and its state: that is evidence. */
  #firstHealth(): Health {
    const [name, note] = [this.#name, this.#note];
    const known = this.#kind.buttons.map(String);
    const problem = this.#io.patterns
      .map((pattern) => this.#problemOf(pattern, known))
      .find((why) => why !== undefined);
    if (problem === undefined) return { status: 'up', detail: note === undefined ? name : `${name}; ${note}` };
    const detail = `${name}: ${problem}; a rule for it never fires`;
    this.#io.log.warn({ code: 'CONFIG_UNKNOWN_NAME', detail }, 'rule.unusable');
    return { status: 'degraded', code: 'CONFIG_UNKNOWN_NAME', detail };
  }

  #problemOf(pattern: Pattern, known: readonly string[]): string | undefined {
    return pattern.control === undefined
      ? problemOfButton(pattern, known)
      : problemOfControl(pattern, this.#kind.controls);
  }
}

/** The gestures' names are texts; an X-keys button is a number. */
function numbered(input: Input): Input {
  const numbers = buttonsOf(input).map(Number);
  return 'chord' in input ? { ...input, chord: numbers } : { ...input, button: numbers[0] };
}
