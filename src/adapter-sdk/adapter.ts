/**
 * What an adapter is. An adapter speaks for one kind of device: it turns bytes into inputs and commands into bytes, and
 * says what it has seen of the device. Everything that crosses this contract is plain JSON data, so that an adapter can
 * live in another process.
 */

import type { Clock, MonoMs } from '../kit/clock.js';
import type { BridgeError } from '../kit/errors.js';
import type { Log } from '../kit/log.js';
import type { Fault } from '../kit/pointer.js';

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
  /**
   * ready: a GO would go. ended: that was the last cue. hold, stop, evacuate: an emergency. failed: the log cannot be written.
   * silent: the bridge hangs, and all else in this face may be old; only a driver's process can tell.
   */
  state: 'ready' | 'ended' | 'hold' | 'stop' | 'evacuate' | 'failed' | 'silent';
  emergency?: { code: string; message?: string };
  current?: FaceCue;
  /** What the next GO means. */
  next?: FaceNext;
  /** All of the show, at most 100. */
  timers: readonly FaceTimer[];
  devices: {
    total: number;
    /** Those that are not `up`, the worst first; at most 8 are named. */
    troubled: readonly FaceDevice[];
    /** How many there are of each status, `up` left out. */
    counts: Readonly<Record<string, number>>;
  };
  /** What became of what the last event asked of the devices. */
  outputs?: FaceOutputs;
}

export interface FaceCue {
  number: string;
  label: string;
}

export interface FaceNext extends FaceCue {
  standingBy: boolean;
  /** The departments that go with it, each once. */
  departments: readonly string[];
  /** Those that have answered the standby. */
  acknowledged: readonly string[];
}

/** A timer of the show. What it shows follows from this and the show's time; nobody tells it as it runs. */
export interface FaceTimer {
  id: string;
  label?: string;
  mode: 'up' | 'down';
  status: 'stopped' | 'running' | 'paused';
  /** What it showed at `anchorAt`; one that counts down is below zero when it has run over. */
  valueMs: number;
  /** The show's time, UTC. */
  anchorAt: string | null;
}

export interface FaceDevice {
  device: string;
  status: string;
  code?: string;
}

export interface FaceOutputs {
  sent: number;
  acknowledged: number;
  confirmed: number;
  failed: number;
  /** The devices of those that failed, each once; at most 8. */
  failedAt: readonly string[];
}

/**
 * Something the device did, as a flat record whose members `when` names and `$input.NAME` reads. One whose `attribution` is
 * `doubtful` may be the bridge's own doing: it is recorded and said, and no rule is asked. With `again: true` nothing new has
 * happened: what the device told before is told once more, for timers that were held, and only rules that propose a timer's
 * event are asked.
 */
export type Input = Readonly<Record<string, unknown>>;

/** What an output rule sends, its placeholders filled in; the adapter's config.schema.json, $defs send, less `device`. */
export type Command = Readonly<Record<string, unknown>>;

/** A `when` of an input rule; the adapter's config.schema.json, $defs when, less `device`. */
export type Pattern = Readonly<Record<string, unknown>>;

/** How far a command is known to have come. */
export interface Receipt {
  /** sent: the system has the bytes, and nothing more is known unless `left` tells. acknowledged: the device answered. */
  reached: 'sent' | 'acknowledged';
  /** When the bytes left, on `io.clock.mono()`, where that was before `reached`. */
  sentAt?: number;
  /**
   * For a device that can be seen to fire: resolves when it was, rejects with DEVICE_TIMEOUT or DEVICE_CLOSED; with
   * PLAYHEAD_DIVERGED when it fired something else. An `Overdue` tells when it was seen later.
   */
  // biome-ignore lint/suspicious/noConfusingVoidType: most adapters have nothing to say but that it was done
  confirmed?: Promise<Fired | void>;
  /**
   * Of bytes that were sent and may still be thrown away with a connection that ends: resolves once they are known to have left
   * this machine, rejects with DEVICE_TIMEOUT or DEVICE_CLOSED when they were thrown away: the output is told as failed.
   */
  left?: Promise<void>;
}

/** A cue that a device has fired of its own accord. */
export interface FiredCue {
  cueNumber: string;
  name?: string;
  /** operator: somebody there did it. doubtful: it may have been the bridge. */
  attribution: 'operator' | 'doubtful';
  /** It was the device's own GO: its playhead has gone on, which a start by hand does not move. */
  movedPlayhead?: true;
}

/** What a device was seen to fire. */
export interface Fired {
  /** The number of the cue ('' where it has none), where the command named none. */
  cueNumber?: string;
}

export interface AdapterIo {
  /** The device's name in the bridge file. */
  readonly device: string;
  /** Its wall time is the show's, as in `recordedAt`; also in another process. */
  readonly clock: Clock;
  readonly log: Log;
  /**
   * The patterns of all input rules for this device, so that an adapter can watch for no more than is asked. After a reload
   * they are others: see `Connection.rulesChanged`.
   */
  readonly patterns: readonly Pattern[];
  /** The folder of the bridge file, for paths in a device's configuration. */
  readonly baseDir: string;
}

/** Something that is plugged into this machine now, and how the bridge file would name it. */
export interface PluggedIn {
  /** As the device calls itself. */
  name: string;
  /** What it is, in a few words, with what tells it from its like. */
  what: string;
  /** A name for it in the bridge file; whoever shows it makes it one that is allowed, and unlike the others. */
  nickname: string;
  /** Its entry of the bridge file's `devices`, `adapter` first. Left out where there is none to be had. */
  entry?: Readonly<Record<string, string | number | boolean>>;
  /** What stands in the way, or is to be known before the entry is used, in the technician's words. */
  note?: string;
  /** Another kind of adapter serves it better, where the build has it. */
  betterWith?: string;
}

/** What is plugged in of one kind. */
export interface Listing {
  found: readonly PluggedIn[];
  /** Where was looked, in the technician's words. */
  looked: string;
  /** What may be missing where nothing was found. */
  hint?: string;
}

/** What is wrong with a device's part of the bridge file, seen from the device, beyond what its schema says. */
export interface DeviceProblem extends Fault {
  severity: 'error' | 'warn';
  /** A name that does not exist, and those that do. */
  unknown?: { name: string; among: readonly string[] };
}

/** Single-use. When it is gone, a new one is made; no adapter contains reconnect code. */
export interface Connection {
  /** Synchronous, never throws. */
  health(): Health;
  /** Tells of every change of `health()`. */
  onHealth(listener: (health: Health) => void): () => void;
  /** `at`: when it was seen, on the clock of this process; left out: now. */
  onInput(listener: (input: Input, at?: MonoMs) => void): () => void;
  /** Counts by name, such as `dropped.oversize`, for /metrics and `devices`. Only ever grow. */
  counters?(): Readonly<Record<string, number>>;
  /**
   * At most once, never retried, never queued for later: a late GO is worse than a missing one.
   * Calls may overlap; the bytes leave in the order of the calls.
   * @throws DEVICE_CLOSED, DEVICE_TIMEOUT (as an `Overdue` where it may be seen to fire still), DEVICE_REFUSED, CODEC_MALFORMED
   */
  send(command: Command, signal: AbortSignal): Promise<Receipt>;
  /**
   * For a device with a display: paints what the show looks like now. Called once when connected and at every change,
   * with the newest only; what is painted late is painted over. Synchronous, never throws.
   */
  display?(face: Face): void;
  /**
   * The rules for the device are others: `io.patterns` are theirs from now on. Left out: the connection looks there whenever
   * it wants to know. Nothing that is under way is lost, such as a button that is held. Synchronous, never throws.
   */
  rulesChanged?(): void;
  /** Says goodbye where the protocol has one. Idempotent, never rejects. */
  close(): Promise<void>;
  /** Resolves once, when it is gone: with why, or with undefined after close(). Never rejects. */
  readonly closed: Promise<BridgeError | undefined>;
}

/** A device's part of the bridge file with what its files hold, or what is wrong with one of them. */
export type Resolved<Config = Readonly<Record<string, unknown>>> =
  | { ok: true; config: Config }
  | { ok: false; problem: DeviceProblem };

/**
 * One kind of device. `prepare`, `connect` and `list` touch the machine, `resolve` reads files, and all else is pure: it says
 * what things mean and, for `check`, what can never work.
 */
export interface Adapter<Config = Readonly<Record<string, unknown>>> {
  /** The name of its folder, and of `adapter:` in the bridge file. */
  readonly kind: string;
  /** Its driver is native code, which may crash, spin or leak: the bridge runs it in a process of its own. */
  readonly native?: true;

  /**
   * Reads the files that the device names, such as a profile, and fills in what follows from them; the only member that
   * reads files. Called when the bridge file is read: what is wrong is told with its line, and a file that has changed is
   * a device that has changed. What it gives is the `config` of all other members; it is plain JSON data. Never rejects.
   * @param config  checked by config.schema.json, $defs device, its defaults filled in.
   * @param baseDir  the folder of the bridge file.
   */
  resolve?(config: Config, baseDir: string): Promise<Resolved<Config>>;
  /**
   * Makes ready what a try needs and what has nothing to do with the device, such as a process, or the driver's library.
   * The supervisor waits for it before each try, and does not count it in the try's limit. Whatever it rejects
   * with, connect() would have failed with too.
   */
  prepare?(io: Pick<AdapterIo, 'device' | 'log'>, signal: AbortSignal): Promise<void>;
  /**
   * Resolves once the device has answered (a write-only device, or a server that waits for peers: once open).
   * @throws DEVICE_UNREACHABLE, DEVICE_TIMEOUT, DEVICE_DRIVER_MISSING; DEVICE_REFUSED when trying again would do harm:
   *   the supervisor then waits for a new bridge file.
   */
  connect(config: Config, io: AdapterIo, signal: AbortSignal): Promise<Connection>;
  /**
   * What of this kind is plugged into this machine now. Opens nothing, leaves nothing open. Left out: it is on a network.
   * @throws DEVICE_DRIVER_MISSING, naming what to install; DEVICE_UNREACHABLE when the system does not tell
   */
  list?(signal: AbortSignal): Promise<Listing>;

  /** A command in a few words for logs and pages, such as `start 12.5`. */
  summarise(command: Command): string;
  /** Whether an input fits a pattern. Left out: every member of the pattern equals the input's. */
  matches?(pattern: Pattern, input: Input): boolean;
  /**
   * Whether somebody did something with this input, so that silence is no answer when no rule fits it; left out: always.
   * What is no press is nobody's loss, such as a button let go of, or what a device reports of itself.
   * @param patterns  of all rules for the device.
   */
  isPress?(input: Input, patterns: readonly Pattern[], config: Config): boolean;
  /**
   * The cue that an input says the device has fired already, by an operator's hand or perhaps by one: it is recorded,
   * whatever becomes of the press. Left out: its inputs tell of no cue.
   */
  firedCue?(input: Input): FiredCue | undefined;
  /**
   * Whether an input is a person's hand on the device, and never a program's answer to a cue; left out: no input is known to
   * be. @see docs/decisions/001-a-cue-that-presses.md
   */
  isByHand?(input: Input): boolean;
  /**
   * Whether nobody can do what fits `pattern` without also doing what fits `other`, though most likely the one is meant
   * instead of the other (a hold is a press first): `check` warns of it.
   */
  includes?(pattern: Pattern, other: Pattern, config: Config): boolean;
  /**
   * Where on the network the device is (`host`, `port`), and where it listens for it itself (`listen`, as host:port): for
   * `check`, which looks for a cue that comes back as a press. Left out of what is not on a network.
   */
  placeOf?(config: Config): { host?: string; port?: number; listen?: string };
  /**
   * Whether what the command makes the device do may come back from it as an input that fits the pattern, and nothing tells it
   * from a press. @param command  its placeholders not filled in yet
   */
  comesBack?(command: Command, pattern: Pattern, config: Config): boolean;
  /** Its devices can tell where their own playhead stands (Health.playhead). */
  readonly tellsPlayhead?: true;
  /**
   * The number of the cue that the command fires, as `cueNumber` of the device's own inputs names it; true where it fires
   * whichever stands at the device's playhead; undefined where it fires none, or none that an input would name. An operator
   * who fired it at the device was early: the GO does not send it again. Left out: nothing is known to fire a cue.
   */
  firesCue?(command: Command, config: Config): string | true | undefined;
  /** Whether a command, its placeholders not filled in yet, moves the device's own playhead. */
  movesPlayhead?(command: Command): boolean;

  /**
   * What says which device is meant, in one text. Two entries of the bridge file with the same are one device, whose every
   * press would count twice, or which only one of them gets: `check` refuses the second. Left out, or undefined: two at one do no harm.
   */
  identityOf?(config: Config): string | undefined;
  /** What of the device can never work, or does not fit the show that has these timers at its beginning. */
  problemOfDevice?(config: Config, timers: readonly Pick<FaceTimer, 'id' | 'mode'>[]): DeviceProblem | undefined;
  /** Why no input of the device could ever fit the pattern, in the technician's words. */
  problemOfPattern?(pattern: Pattern, config: Config): string | undefined;
  /** What `$input.NAME` can read of the inputs that fit the pattern. Left out, or undefined: it is not known beforehand. */
  inputNames?(pattern: Pattern, config: Config): readonly string[] | undefined;
  /**
   * Why the command could never be sent, in the technician's words.
   * @param config  left out: only what is wrong for every device is said.
   */
  problemOfCommand?(command: Command, config?: Config): string | undefined;
}
