import type { AdapterIo, Connection, Health, Input, Receipt } from '../../src/devices/adapter.js';
import { ConnectionVoice } from '../../src/devices/connection-voice.js';
import type { HidDevice, HidProfile } from '../../src/generated/types.js';
import { BridgeError, wordsOf } from '../../src/kit/errors.js';
import { decodeReport } from './codec.js';
import type { HidHandle } from './driver.js';
import { type Gesture, GestureMachine } from './gestures.js';

/** How long the system may take to give a device back. */
const CLOSE_LIMIT_MS = 1000;

/** One open device, from connect() to its end. */
export class HidConnection implements Connection {
  readonly #handle: HidHandle;
  readonly #config: HidDevice;
  readonly #profile: HidProfile;
  readonly #io: AdapterIo;
  readonly #machine: GestureMachine;
  readonly #voice: ConnectionVoice;
  readonly #counters = { 'in.reports': 0, 'in.gestures': 0, 'ignored.reports': 0 };
  #ending: Promise<void> | undefined;
  #alarm: { atMs: number; stop: AbortController } | undefined;

  /** @param found  which device it is, for people. */
  constructor(
    handle: HidHandle,
    found: { name: string; note?: string },
    config: HidDevice,
    profile: HidProfile,
    io: AdapterIo,
  ) {
    this.#handle = handle;
    this.#config = config;
    this.#profile = profile;
    this.#io = io;
    const { debounceMs, doubleMs } = config;
    this.#machine = new GestureMachine({ debounceMs, doubleMs, holdsMs: this.#holdsAsked() }, io.clock.mono());
    this.#voice = new ConnectionVoice(io.log, this.#firstHealth(found));
    handle.on('error', (error) => {
      void this.#end(new BridgeError('DEVICE_CLOSED', `${found.name} is gone: ${wordsOf(error)}`, { cause: error }));
    });
    handle.on('data', (report) => this.#take(report));
  }

  get closed(): Promise<BridgeError | undefined> {
    return this.#voice.closed;
  }

  health(): Health {
    return this.#voice.health;
  }

  onHealth(listener: (health: Health) => void): () => void {
    return this.#voice.onHealth(listener);
  }

  onInput(listener: (input: Input) => void): () => void {
    return this.#voice.onInput(listener);
  }

  counters(): Readonly<Record<string, number>> {
    return { ...this.#counters };
  }

  async send(): Promise<Receipt> {
    if (this.#ending) throw new BridgeError('DEVICE_CLOSED', 'the device is closed');
    throw new BridgeError('DEVICE_REFUSED', 'a HID device cannot be sent anything');
  }

  async close(): Promise<void> {
    await this.#end(undefined);
  }

  #take(report: Uint8Array): void {
    if (this.#ending) return;
    this.#counters['in.reports'] += 1;
    const down = decodeReport(this.#profile, report);
    if (!down) {
      this.#counters['ignored.reports'] += 1;
      return;
    }
    this.#tell(this.#machine.report(this.#io.clock.mono(), down));
    this.#setAlarm();
  }

  #tell(gestures: readonly Gesture[]): void {
    for (const gesture of gestures) {
      if (this.#ending) return;
      this.#counters['in.gestures'] += 1;
      const isUsual = gesture.gesture === 'hold' && gesture.holdMs === this.#config.holdMs;
      this.#voice.input(isUsual ? { ...gesture, isUsualHold: true } : gesture);
    }
  }

  /** Wakes the machine when time alone will bring something: a hold, or what a bounce hid. */
  #setAlarm(): void {
    const atMs = this.#machine.nextAtMs;
    if (atMs === this.#alarm?.atMs) return;
    this.#alarm?.stop.abort();
    this.#alarm = undefined;
    if (atMs === undefined || this.#ending) return;
    const { clock } = this.#io;
    const alarm = { atMs, stop: new AbortController() };
    this.#alarm = alarm;
    void clock.sleep(Math.max(0, atMs - clock.mono()), alarm.stop.signal).then(() => {
      if (this.#alarm !== alarm || this.#ending) return;
      this.#alarm = undefined;
      // A timer may ring a little early; it is then set again.
      this.#tell(this.#machine.tick(clock.mono()));
      this.#setAlarm();
    });
  }

  /** For each button the lengths of hold that the rules name. */
  #holdsAsked(): Map<string, number[]> {
    const holds = new Map<string, number[]>();
    for (const { button, gesture, holdMs = this.#config.holdMs } of this.#io.patterns) {
      if (gesture !== 'hold' || typeof button !== 'string' || typeof holdMs !== 'number') continue;
      holds.set(button, [...(holds.get(button) ?? []), holdMs]);
    }
    return holds;
  }

  /** The system lists the device and gave it to us: that is evidence. */
  #firstHealth({ name, note }: { name: string; note?: string }): Health {
    const known = Object.keys(this.#profile.buttons);
    const unknown = this.#io.patterns.find(({ button }) => !known.includes(String(button)));
    if (unknown) {
      const detail = `the profile ${this.#profile.name} has no button "${unknown.button}", only ${known.join(', ')}; its rule never fires`;
      this.#io.log.warn({ code: 'CONFIG_UNKNOWN_NAME', detail }, 'rule.unusable');
      return { status: 'degraded', code: 'CONFIG_UNKNOWN_NAME', detail };
    }
    return { status: 'up', detail: note === undefined ? name : `${name}; ${note}` };
  }

  /** Idempotent. */
  #end(why: BridgeError | undefined): Promise<void> {
    this.#ending ??= this.#release().then(() => this.#voice.end(why));
    return this.#ending;
  }

  async #release(): Promise<void> {
    this.#alarm?.stop.abort();
    const timer = new AbortController();
    const late = this.#io.clock.sleep(CLOSE_LIMIT_MS, timer.signal);
    const release = this.#handle
      .close()
      .catch((error: unknown) => this.#io.log.debug({ err: error }, 'device.close-failed'));
    await Promise.race([release, late]);
    timer.abort();
  }
}
