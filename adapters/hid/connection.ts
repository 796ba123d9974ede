import type { AdapterIo, Health, Receipt } from '../../src/adapter-sdk/adapter.js';
import { BaseConnection } from '../../src/adapter-sdk/base-connection.js';
import { Buttons, problemOfButton } from '../../src/adapter-sdk/buttons.js';
import { BridgeError, wordsOf } from '../../src/kit/errors.js';
import { within } from '../../src/kit/within.js';
import type { Strange } from './codec.js';
import type { HidHandle } from './driver.js';
import type { HidDevice, HidProfile } from './generated/types.js';
import { ReportReader } from './reader.js';

/** How long the system may take to give a device back. */
const CLOSE_LIMIT_MS = 1000;

/** For people; which keys is not told: they may be a password. */
const STRANGE: Readonly<Record<Strange, string>> = {
  id: 'reports of a number that',
  shape: 'reports of a shape that',
  keys: 'keys (a text, the wrong keys, or a keyboard or a scanner that is no pedal) that',
};

/** One open device, from connect() to its end. */
export class HidConnection extends BaseConnection {
  readonly #handle: HidHandle;
  readonly #profile: HidProfile;
  readonly #io: AdapterIo;
  readonly #found: { name: string; note?: string };
  readonly #buttons: Buttons;
  readonly #reader: ReportReader;
  /** What the reports were last that the profile does not describe; undefined once a button was pressed after it. */
  #strange: Strange | undefined;
  readonly #counters = { 'in.reports': 0, 'in.gestures': 0, 'ignored.reports': 0, 'ignored.typed': 0 };
  #ending: Promise<void> | undefined;

  /** @param found  which device it is, for people. */
  constructor(
    handle: HidHandle,
    found: { name: string; note?: string },
    config: HidDevice,
    profile: HidProfile,
    io: AdapterIo,
  ) {
    super(io.log);
    this.#handle = handle;
    this.#profile = profile;
    this.#io = io;
    this.#found = found;
    this.#buttons = new Buttons(config, io.patterns, io.clock, (input) => {
      this.#counters['in.gestures'] += 1;
      this.tellInput(input);
    });
    this.#reader = new ReportReader(profile);
    this.tellHealth(this.#healthOf());
    handle.on('error', (error) => {
      void this.#end(new BridgeError('DEVICE_CLOSED', `${found.name} is gone: ${wordsOf(error)}`, { cause: error }));
    });
    handle.on('data', (report) => this.#take(report));
  }

  counters(): Readonly<Record<string, number>> {
    return { ...this.#counters };
  }

  async send(): Promise<Receipt> {
    if (this.#ending) throw new BridgeError('DEVICE_CLOSED', 'the device is closed');
    throw new BridgeError('DEVICE_REFUSED', 'a HID device cannot be sent anything');
  }

  rulesChanged(): void {
    if (this.#ending) return;
    this.#buttons.follow(this.#io.patterns);
    this.tellHealth(this.#healthOf());
  }

  async close(): Promise<void> {
    await this.#end(undefined);
  }

  #take(report: Uint8Array): void {
    if (this.#ending) return;
    this.#counters['in.reports'] += 1;
    const { down, strange, isTyped } = this.#reader.read(report, this.#io.clock.mono());
    if (isTyped) this.#counters['ignored.typed'] += 1;
    if (strange !== undefined || down === undefined) this.#counters['ignored.reports'] += 1;
    if (down) this.#buttons.report(down);
    if (strange !== undefined) this.#observe(strange);
    else if (down && down.size > 0 && !isTyped) this.#observe(undefined);
  }

  #observe(strange: Strange | undefined): void {
    if (this.#strange === strange) return;
    this.#strange = strange;
    const health = this.#healthOf();
    this.tellHealth(health);
    if (strange !== undefined) this.#io.log.warn({ code: health.code, detail: health.detail }, 'report.strange');
  }

  /** The system lists the device and gave it to us: that is evidence, until it says what the profile does not know. */
  #healthOf(): Health {
    const { name, note } = this.#found;
    const known = Object.keys(this.#profile.buttons);
    const problem = this.#io.patterns
      .map((pattern) => problemOfButton(pattern, known))
      .find((why) => why !== undefined);
    if (problem !== undefined) {
      const detail = `profile ${this.#profile.name}: ${problem}; a rule for it never fires`;
      this.#io.log.warn({ code: 'CONFIG_UNKNOWN_NAME', detail }, 'rule.unusable');
      return { status: 'degraded', code: 'CONFIG_UNKNOWN_NAME', detail };
    }
    if (this.#strange !== undefined) {
      const detail = `${name} sends ${STRANGE[this.#strange]} profile ${this.#profile.name} does not know; they press nothing`;
      return { status: 'degraded', code: 'CODEC_MALFORMED', detail };
    }
    return { status: 'up', detail: note === undefined ? name : `${name}; ${note}` };
  }

  /** Idempotent. */
  #end(why: BridgeError | undefined): Promise<void> {
    this.#ending ??= this.#release().then(() => this.tellEnd(why));
    return this.#ending;
  }

  async #release(): Promise<void> {
    this.#buttons.stop();
    const release = this.#handle
      .close()
      .catch((error: unknown) => this.#io.log.debug({ err: error }, 'device.close-failed'));
    await within(this.#io.clock, CLOSE_LIMIT_MS, release);
  }
}
