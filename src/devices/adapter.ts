/**
 * What an adapter is. An adapter speaks for one kind of device: it turns bytes into inputs and commands into bytes, and
 * says what it has seen of the device. Everything that crosses this contract is plain JSON data, so that an adapter can
 * live in another process.
 */
import type { Clock } from '../kit/clock.js';
import type { BridgeError } from '../kit/errors.js';
import type { Log } from '../kit/log.js';

export type HealthStatus = 'up' | 'unverified' | 'degraded' | 'down';

/** What was observed, not what is hoped. */
export interface Health {
  status: HealthStatus;
  code?: string;
  detail?: string;
  /** The number of the cue at the device's own playhead, null when it is at none; left out where that is not known. */
  playhead?: string | null;
}

/** What the show looks like now, for a device with a display. Whoever paints it needs to know nothing else. */
export interface Face {
  title: string;
  /** ready: a GO would go. ended: that was the last cue. hold, stop, evacuate: an emergency. failed: the log cannot be written. */
  state: 'ready' | 'ended' | 'hold' | 'stop' | 'evacuate' | 'failed';
  current?: FaceCue;
  /** What the next GO means. */
  next?: FaceCue & { standingBy: boolean };
}

export interface FaceCue {
  number: string;
  label: string;
}

/** Something the device did, as a flat record whose members `when` names and `$input.NAME` reads. */
export type Input = Readonly<Record<string, unknown>>;

/** What an output rule sends, its placeholders filled in; the adapter's config.schema.json, $defs send, less `device`. */
export type Command = Readonly<Record<string, unknown>>;

/** A `when` of an input rule; the adapter's config.schema.json, $defs when, less `device`. */
export type Pattern = Readonly<Record<string, unknown>>;

/** How far a command is known to have come. */
export interface Receipt {
  /** sent: the bytes left this machine. acknowledged: the device answered. */
  reached: 'sent' | 'acknowledged';
  /** When the bytes left, on `io.clock.mono()`, where that was before `reached`. */
  sentAt?: number;
  /** For a device that can be seen to fire: resolves when it was, rejects with DEVICE_TIMEOUT or DEVICE_CLOSED. */
  confirmed?: Promise<void>;
}

export interface AdapterIo {
  /** The device's name in the bridge file. */
  readonly device: string;
  readonly clock: Clock;
  readonly log: Log;
  /** The patterns of all input rules for this device, so that an adapter can watch for no more than is asked. */
  readonly patterns: readonly Pattern[];
  /** The folder of the bridge file, for paths in a device's configuration. */
  readonly baseDir: string;
}

/** Single-use. When it is gone, a new one is made; no adapter contains reconnect code. */
export interface Connection {
  /** Synchronous, never throws. */
  health(): Health;
  /** Tells of every change of `health()`. */
  onHealth(listener: (health: Health) => void): () => void;
  onInput(listener: (input: Input) => void): () => void;
  /** Counts by name, such as `dropped.oversize`, for /metrics and `devices`. Only ever grow. */
  counters?(): Readonly<Record<string, number>>;
  /**
   * At most once, never retried, never queued for later: a late GO is worse than a missing one.
   * Calls may overlap; the bytes leave in the order of the calls.
   * @throws DEVICE_CLOSED, DEVICE_TIMEOUT, DEVICE_REFUSED, CODEC_MALFORMED
   */
  send(command: Command, signal: AbortSignal): Promise<Receipt>;
  /**
   * For a device with a display: paints what the show looks like now. Called once when connected and at every change,
   * with the newest only; what is painted late is painted over. Synchronous, never throws.
   */
  display?(face: Face): void;
  /** Says goodbye where the protocol has one. Idempotent, never rejects. */
  close(): Promise<void>;
  /** Resolves once, when it is gone: with why, or with undefined after close(). Never rejects. */
  readonly closed: Promise<BridgeError | undefined>;
}

export interface Adapter<Config = Readonly<Record<string, unknown>>> {
  /** The name of its folder, and of `adapter:` in the bridge file. */
  readonly kind: string;
  /** Its driver is native code, which may crash, spin or leak: the bridge runs it in a process of its own. */
  readonly native?: true;
  /**
   * Resolves once the device has answered (a write-only device, or a server that waits for peers: once open).
   * @throws DEVICE_UNREACHABLE, DEVICE_TIMEOUT, DEVICE_DRIVER_MISSING; DEVICE_REFUSED when trying again would do harm:
   *   the supervisor then waits for a new bridge file.
   */
  connect(config: Config, io: AdapterIo, signal: AbortSignal): Promise<Connection>;
  /** Whether an input fits a pattern. Pure. Left out: every member of the pattern equals the input's. */
  matches?(pattern: Pattern, input: Input): boolean;
  /** A command in a few words for logs and pages, such as `start 12.5`. Pure. */
  summarise(command: Command): string;
  /**
   * Why this command could never be sent, in the technician's words, for `check`. Pure.
   * @param config  the device in the bridge file, checked; without it only what is wrong for every device is said.
   */
  problemOf?(command: Command, config?: Readonly<Record<string, unknown>>): string | undefined;
  /** Why no input of this device could ever fit the pattern, in the technician's words, for `check`. Pure. */
  problemOfPattern?(pattern: Pattern, config: Readonly<Record<string, unknown>>): string | undefined;
}
