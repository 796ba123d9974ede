import { isDeepStrictEqual } from 'node:util';
import type {
  Adapter,
  AdapterIo,
  Command,
  Connection,
  Face,
  Health,
  Input,
  Pattern,
  Receipt,
} from '../adapter-sdk/adapter.js';
import type { Clock, MonoMs } from '../kit/clock.js';
import { BridgeError, type ErrorCode, toBridgeError } from '../kit/errors.js';
import type { Log } from '../kit/log.js';
import type { Unused } from './unused-inputs.js';

/** A device of the bridge file. */
export interface DeviceSpec {
  name: string;
  adapter: Adapter;
  config: Readonly<Record<string, unknown>>;
  patterns: readonly Pattern[];
  baseDir: string;
}

export type DeviceStatus = Health['status'] | 'connecting';

/** What is known of a device now, for pages and `/v1/devices`. */
export interface DeviceReport {
  device: string;
  adapter: string;
  status: DeviceStatus;
  code?: string;
  detail?: string;
  /** As in Health. */
  playhead?: string | null;
  /** How often it was connected since the start. */
  connects: number;
  /** What it said that had no effect; left out where there was none. */
  unused?: Unused;
  counters: Readonly<Record<string, number>>;
}

type Observed = Omit<Health, 'status'> & { status: DeviceStatus };

export interface DeviceListener {
  onStatus(report: DeviceReport): void;
  /** @param at  when it was seen, on the clock of this process; left out: now. */
  onInput(device: string, input: Input, at?: MonoMs): void;
  /** The device's own playhead moved, or is no longer known. */
  onPlayhead?(device: string): void;
}

/** What somebody else than the device has seen to be wrong with it. */
export interface Alarm {
  code: ErrorCode;
  detail: string;
}

export interface SupervisionOptions {
  clock: Clock;
  log: Log;
  listener: DeviceListener;
  /** What the show looks like now, for a device with a display that was just connected. */
  face?: () => Face;
}

/** One try may take so long. A device that hangs is tried again rather than waited for. */
const CONNECT_LIMIT_MS = 5000;
/** The first wait after a loss, and the longest one: with it a device is found within a second of being back. */
const BACKOFF_FIRST_MS = 50;
const BACKOFF_MOST_MS = 700;
/** A connection that lived shorter counts as one more failed try, so that a device that hangs up at once is not hammered. */
const SETTLED_MS = 2000;
/** Commands to one device that may be under way at once; more are refused, aloud. */
const SENDS_UNDER_WAY_MAX = 256;

/**
 * Keeps one device connected: a new connection whenever the last one is gone, with jittered waits between. Nothing is
 * queued while it is down. A device that said no (DEVICE_REFUSED) is left alone until the bridge file is loaded anew.
 */
export class SupervisedDevice {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #listener: DeviceListener;
  readonly #random: () => number;
  #spec: DeviceSpec;
  readonly #life = new AbortController();
  readonly #running: Promise<void>;
  #connection: Connection | undefined;
  readonly #face: () => Face | undefined;
  #painted: Face | undefined;
  #health: Observed = { status: 'connecting' };
  #alarm: Alarm | undefined;
  #connects = 0;
  #underWay = 0;
  #lastCounters: Readonly<Record<string, number>> = {};

  constructor(spec: DeviceSpec, options: SupervisionOptions & { random?: () => number }) {
    this.#spec = spec;
    this.#clock = options.clock;
    this.#log = options.log.child({ device: spec.name });
    this.#listener = options.listener;
    this.#face = options.face ?? (() => undefined);
    this.#random = options.random ?? Math.random;
    this.#listener.onStatus(this.report());
    this.#running = this.#run();
  }

  get spec(): DeviceSpec {
    return this.#spec;
  }

  /** New rules reach the living connection: nothing of the device is interrupted. */
  follow(patterns: readonly Pattern[]): void {
    if (isDeepStrictEqual(patterns, this.#spec.patterns)) return;
    this.#spec = { ...this.#spec, patterns };
    this.#tellRules();
  }

  #tellRules(): void {
    try {
      this.#connection?.rulesChanged?.();
    } catch (error) {
      this.#log.error({ code: 'INTERNAL', err: error }, 'rules.not-followed');
    }
  }

  report(): DeviceReport {
    return {
      device: this.#spec.name,
      adapter: this.#spec.adapter.kind,
      ...this.#shown(),
      connects: this.#connects,
      counters: this.#connection?.counters?.() ?? this.#lastCounters,
    };
  }

  /**
   * Hands a command to the connection in the same tick, or refuses it: nothing waits for a device.
   * @throws DEVICE_CLOSED when it is not connected, and what the adapter throws
   */
  async send(command: Command): Promise<Receipt> {
    const connection = this.#connection;
    if (!connection)
      throw new BridgeError('DEVICE_CLOSED', this.#health.detail ?? `${this.#spec.name} is not connected`);
    if (this.#underWay >= SENDS_UNDER_WAY_MAX) {
      throw new BridgeError(
        'DEVICE_TIMEOUT',
        `${SENDS_UNDER_WAY_MAX} commands to ${this.#spec.name} are still unanswered`,
      );
    }
    this.#underWay += 1;
    try {
      return await connection.send(command, this.#life.signal);
    } finally {
      this.#underWay -= 1;
    }
  }

  /** A device that works otherwise is shown as degraded while there is an alarm. @param alarm  undefined: all is well again. */
  raise(alarm: Alarm | undefined): void {
    const before = this.#shown();
    this.#alarm = alarm;
    this.#retell(before);
  }

  /** As in Health. */
  get playhead(): string | null | undefined {
    return this.#health.playhead;
  }

  get hasDisplay(): boolean {
    return this.#connection?.display !== undefined;
  }

  /** A face that looks the same as the last one is not painted again. */
  display(face: Face): void {
    const { display } = this.#connection ?? {};
    if (!display || isDeepStrictEqual(this.#painted, face)) return;
    this.#painted = face;
    try {
      this.#connection?.display?.(face);
    } catch (error) {
      this.#log.error({ code: 'INTERNAL', err: error }, 'display.failed');
    }
  }

  /** Says goodbye and stops. Idempotent, never rejects. */
  async close(): Promise<void> {
    this.#life.abort();
    await this.#connection?.close();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#life;
    let failures = 0;
    while (!signal.aborted) {
      const { why, livedMs } = await this.#connectOnce(signal);
      if (signal.aborted) return;
      this.#tell({ status: 'down', code: why.code, detail: why.message });
      if (why.code === 'DEVICE_REFUSED') {
        this.#log.error({ code: why.code, detail: why.message, hint: why.hint }, 'device.parked');
        return;
      }
      failures = livedMs > SETTLED_MS ? 0 : failures + 1;
      const most = Math.min(BACKOFF_FIRST_MS * 2 ** Math.min(failures, 10), BACKOFF_MOST_MS);
      await this.#clock.sleep(most * (0.5 + this.#random() / 2), signal);
    }
  }

  /** One connection, from its first try to its end. @returns why it ended, and how long it was connected. */
  async #connectOnce(signal: AbortSignal): Promise<{ why: BridgeError; livedMs: number }> {
    const never = (why: BridgeError) => ({ why, livedMs: 0 });
    const { adapter, config, patterns, baseDir, name } = this.#spec;
    const spec = () => this.#spec;
    const io: AdapterIo = {
      device: name,
      clock: this.#clock,
      log: this.#log,
      get patterns() {
        return spec().patterns;
      },
      baseDir,
    };
    try {
      await adapter.prepare?.(io, signal);
    } catch (error) {
      return never(toBridgeError(error, 'DEVICE_UNREACHABLE'));
    }
    const tooLong = new AbortController();
    const timer = new AbortController();
    void this.#clock.sleep(CONNECT_LIMIT_MS, timer.signal).then(() => {
      if (!timer.signal.aborted) tooLong.abort();
    });
    let connection: Connection;
    try {
      connection = await adapter.connect(config, io, AbortSignal.any([signal, tooLong.signal]));
    } catch (error) {
      if (tooLong.signal.aborted) {
        return never(new BridgeError('DEVICE_TIMEOUT', `no answer within ${CONNECT_LIMIT_MS} ms`, { cause: error }));
      }
      return never(toBridgeError(error, 'DEVICE_UNREACHABLE'));
    } finally {
      timer.abort();
    }
    if (signal.aborted) {
      await connection.close();
      return never(new BridgeError('DEVICE_CLOSED', 'stopped'));
    }
    const since = this.#clock.mono();
    this.#connection = connection;
    this.#connects += 1;
    const stopHealth = connection.onHealth((health) => {
      if (this.#connection === connection && health.status !== 'down') this.#tell(health);
    });
    const stopInput = connection.onInput((input, at) => {
      if (this.#connection === connection) this.#listener.onInput(this.#spec.name, input, at);
    });
    this.#tell(connection.health());
    // The bridge file was loaded anew while it connected.
    if (this.#spec.patterns !== patterns) this.#tellRules();
    this.#painted = undefined;
    const face = connection.display && this.#face();
    if (face) this.display(face);
    const why = await connection.closed;
    stopHealth();
    stopInput();
    this.#lastCounters = connection.counters?.() ?? this.#lastCounters;
    this.#connection = undefined;
    return {
      why: why ?? new BridgeError('DEVICE_CLOSED', 'the connection was closed'),
      livedMs: this.#clock.mono() - since,
    };
  }

  #tell(health: Observed): void {
    const before = this.#shown();
    this.#health = health;
    this.#retell(before);
    if (before.playhead !== health.playhead) this.#listener.onPlayhead?.(this.#spec.name);
  }

  /** The device's own health, unless it claims to be well and there is an alarm. */
  #shown(): Observed {
    const { status } = this.#health;
    return this.#alarm && (status === 'up' || status === 'unverified')
      ? { ...this.#health, status: 'degraded', ...this.#alarm }
      : this.#health;
  }

  #retell(before: Observed): void {
    const { status, code, detail } = this.#shown();
    const isSaidAnew = this.#alarm !== undefined && code === this.#alarm.code && detail !== before.detail;
    if (status === before.status && code === before.code && !isSaidAnew) return;
    if (status === 'down') this.#log.warn({ status, code, detail }, 'device.lost');
    else this.#log[status === 'degraded' ? 'warn' : 'info']({ status, code, detail }, 'device.changed');
    this.#listener.onStatus(this.report());
  }
}
