import { type ChildProcess, spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import type { Face } from '../../adapter-sdk/adapter.js';
import type { Clock } from '../../kit/clock.js';
import { deferred } from '../../kit/deferred.js';
import { BridgeError, wordsOf } from '../../kit/errors.js';
import type { Log } from '../../kit/log.js';
import { RateLimiter } from '../../kit/rate.js';
import { LATE, within } from '../../kit/within.js';
import { driverEnvironment } from './driver-environment.js';
import { type FromHost, MessageReader, type ToHost } from './host-messages.js';
import { RetoldLog, Said } from './retold.js';

/** How often the process is asked whether it lives. */
const PING_EVERY_MS = 500;
/**
 * Silence after which it counts as hanging: while Node starts, while a driver opens a device, and at any other time.
 * Starting is mere work: a small machine that starts a driver for each of its devices at once takes many seconds.
 */
export const PATIENCE_MS = { starting: 20_000, connecting: 4000, running: 1500 } as const;
/** How long it may take to say goodbye to its device before it is killed. */
const GOODBYE_LIMIT_MS = 500;
/** What it wrote before it died is read for so long; a process of the driver's own may hold the pipe open for ever. */
const LAST_WORDS_LIMIT_MS = 100;
/** What it may hold in memory, all counted; more is a leak. Without a leak it is about 60 MB. */
const RESIDENT_BYTES_MAX = 256 * 1024 * 1024;
/** JavaScript's part of it, in MiB. */
const HEAP_MIB_MAX = 64;
/** Messages from it within one second. MIDI time code and a fader together make a few hundred. */
const MESSAGES_PER_SECOND_MAX = 5000;
/** What it has not read yet, in bytes. */
const UNREAD_BYTES_MAX = 1_048_576;

/** What a driver's process runs. */
export interface DriverProgram {
  /** The adapter's `kind`. */
  kind: string;
  /** The built host, adapter-host.js. */
  host: string;
  /** The built module that exports the adapter, or its definition. */
  module: string;
}

/**
 * A process that runs one device's driver. It is watched from its first to its last moment: a crash, a hang, a leak or
 * a word that is no message ends it, aloud, and `ended` says why. Single-use.
 */
export class DriverProcess {
  /** Resolves once, when the process is gone and its last words were heard. Never rejects. */
  readonly ended: Promise<BridgeError>;
  /** Resolves once its adapter is loaded; never, when it ends before that. */
  readonly ready: Promise<void>;
  /** Whose lines its log lines join: those of the connection that it serves. */
  log: Log;
  /** Hears every message of the driver's. */
  onMessage: (message: FromHost) => void = () => undefined;
  readonly #clock: Clock;
  readonly #child: ChildProcess;
  readonly #failed: Promise<Error>;
  readonly #pipe: Socket;
  readonly #reader = new MessageReader();
  readonly #rate: RateLimiter;
  readonly #said: Said;
  readonly #retold: RetoldLog;
  readonly #life = new AbortController();
  #heardAtMs: number;
  #patience: keyof typeof PATIENCE_MS = 'starting';
  #isReady = false;
  readonly #readied = deferred<void>();
  #waiting: FromHost[] = [];
  #isHeldBack = false;
  #lastId = 0;
  #isShowing = false;
  #nextFace: Face | undefined;
  #why: BridgeError | undefined;
  #ending: Promise<void> | undefined;

  /** @throws what spawn throws when there is no process to be had */
  constructor({ kind, host, module }: DriverProgram, device: string, clock: Clock, log: Log) {
    this.#clock = clock;
    this.log = log;
    this.#heardAtMs = clock.mono();
    this.#rate = new RateLimiter(clock);
    this.#said = new Said(clock, () => this.log);
    this.#retold = new RetoldLog(clock, () => this.log);
    this.#child = spawn(process.execPath, [`--max-old-space-size=${HEAP_MIB_MAX}`, host, kind, module, device], {
      stdio: ['ignore', 'pipe', 'pipe', 'overlapped'],
      windowsHide: true,
      env: driverEnvironment(process.env),
    });
    // Heard before anything else can throw: an error that nobody hears would end the bridge.
    this.#failed = new Promise((resolve) => this.#child.on('error', resolve));
    // Without free file descriptors there are no pipes, whatever the types say.
    const [, stdout, stderr, pipe] = this.#child.stdio ?? [];
    if (!stdout || !stderr || !pipe) throw new Error('no file descriptors are left');
    this.#said.listen(stdout as Readable, 'stdout');
    this.#said.listen(stderr as Readable, 'stderr');
    this.#pipe = pipe as Socket;
    this.ready = this.#readied.promise;
    this.ended = this.#live();
    void this.#watch();
    log.debug({ pid: this.pid }, 'driver.started');
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** What it printed last, a line each. */
  get lastWords(): readonly string[] {
    return this.#said.last;
  }

  /** It ends, or has ended, whoever wanted it. */
  get isEnding(): boolean {
    return this.#ending !== undefined || this.#life.signal.aborted;
  }

  /** It has ended, and nobody had asked for that. */
  get isLost(): boolean {
    return this.#life.signal.aborted && this.#ending === undefined;
  }

  /** What it is busy with: how long it may be silent depends on it. */
  set busy(what: 'connecting' | 'running') {
    this.#patience = this.#isReady ? what : 'starting';
    this.#heardAtMs = this.#clock.mono();
  }

  /** A number for a send, used once in the life of the process: a late word on an old one finds nobody. */
  nextId(): number {
    this.#lastId += 1;
    return this.#lastId;
  }

  tell(message: ToHost): void {
    if (this.#life.signal.aborted || !this.#pipe.writable) return;
    this.#pipe.write(`${JSON.stringify(message)}\n`);
    if (this.#pipe.writableLength > UNREAD_BYTES_MAX) {
      this.#kill(`the driver process did not read ${UNREAD_BYTES_MAX} bytes of commands`);
    }
  }

  /** Tells what the show looks like. While one is on its way, only the newest waits behind it. */
  show(face: Face): void {
    if (this.#isShowing) {
      this.#nextFace = face;
      return;
    }
    if (this.#life.signal.aborted || !this.#pipe.writable) return;
    this.#isShowing = true;
    this.#pipe.write(`${JSON.stringify({ type: 'face', face } satisfies ToHost)}\n`, () => {
      this.#isShowing = false;
      const next = this.#nextFace;
      this.#nextFace = undefined;
      if (next) this.show(next);
    });
  }

  /** Lets it say goodbye, then makes sure that it is gone. Idempotent, never rejects. */
  end(): Promise<void> {
    this.#ending ??= this.#end();
    return this.#ending;
  }

  async #end(): Promise<void> {
    this.tell({ type: 'end' });
    if ((await within(this.#clock, GOODBYE_LIMIT_MS, this.ended)) === LATE) this.#child.kill('SIGKILL');
    await this.ended;
  }

  /** From the start to the end. @returns why it ended */
  async #live(): Promise<BridgeError> {
    // A broken pipe is the end of the process, which says more by itself.
    this.#pipe.on('error', () => undefined);
    this.#pipe.setEncoding('utf8');
    this.#pipe.on('data', (text: string) => this.#read(text));
    const exited = new Promise<string>((resolve) => {
      this.#child.once('exit', (code, signal) =>
        resolve(`the driver process ended (${signal ?? `exit code ${code}`})`),
      );
      void this.#failed.then(({ message }) => resolve(`the driver process cannot be started: ${message}`));
    });
    const silent = new Promise<void>((resolve) => this.#child.once('close', () => resolve()));
    this.#pipe.once('close', () => void this.#outlived(exited));
    const how = await exited;
    await within(this.#clock, LAST_WORDS_LIMIT_MS, silent);
    this.#isHeldBack = false;
    this.#handOver();
    for (const stream of this.#child.stdio) stream?.destroy();
    this.#life.abort();
    const why = this.#why ?? new BridgeError('DEVICE_CLOSED', how);
    if (!this.#ending) {
      this.log.error({ code: why.code, detail: why.message, pid: this.pid, said: this.#said.last }, 'driver.lost');
    }
    return why;
  }

  /** A process that lives on without its pipe is of no use. */
  async #outlived(exited: Promise<unknown>): Promise<void> {
    let isGone = false;
    await within(
      this.#clock,
      LAST_WORDS_LIMIT_MS,
      exited.then(() => {
        isGone = true;
      }),
    );
    if (!isGone) this.#kill('the driver process closed its line to the bridge');
  }

  #kill(why: string, cause?: unknown): void {
    this.#why ??= new BridgeError('DEVICE_CLOSED', why, cause === undefined ? undefined : { cause });
    this.#child.kill('SIGKILL');
  }

  #read(text: string): void {
    if (this.#why) return;
    this.#heardAtMs = this.#clock.mono();
    try {
      for (const message of this.#reader.push(text)) {
        if (!this.#rate.take(MESSAGES_PER_SECOND_MAX)) {
          this.#kill(`the driver process sent more than ${MESSAGES_PER_SECOND_MAX} messages a second`);
          return;
        }
        this.#waiting.push(message as FromHost);
      }
    } catch (error) {
      this.#kill(`the driver process wrote what is no message: ${wordsOf(error)}`, error);
      return;
    }
    this.#handOver();
  }

  /** What follows `connected` waits one turn, until whoever connected has had the time to listen. */
  #handOver(): void {
    for (let message = this.#waiting[0]; message && !this.#isHeldBack; message = this.#waiting[0]) {
      this.#waiting.shift();
      this.#take(message);
      if (message.type !== 'connected') continue;
      this.#isHeldBack = true;
      setImmediate(() => {
        this.#isHeldBack = false;
        this.#handOver();
      });
    }
  }

  #take(message: FromHost): void {
    switch (message.type) {
      case 'ready':
        this.#isReady = true;
        this.busy = 'connecting';
        this.#readied.resolve();
        return;
      case 'pong':
        if (message.residentBytes > RESIDENT_BYTES_MAX) {
          const held = Math.round(message.residentBytes / 1024 / 1024);
          this.#kill(`the driver process held ${held} MiB; the limit is ${RESIDENT_BYTES_MAX / 1024 / 1024} MiB`);
        }
        return;
      case 'log':
        this.#retold.tell(message.line);
        return;
      default:
        this.onMessage(message);
    }
  }

  async #watch(): Promise<void> {
    const { signal } = this.#life;
    while (!signal.aborted) {
      const beganMs = this.#clock.mono();
      this.tell({ type: 'ping' });
      await this.#clock.sleep(PING_EVERY_MS, signal);
      const nowMs = this.#clock.mono();
      // When the bridge itself stood still, what the process said meanwhile has not been read yet.
      if (nowMs - beganMs > 2 * PING_EVERY_MS) this.#heardAtMs = nowMs;
      const limitMs = PATIENCE_MS[this.#patience];
      if (nowMs - this.#heardAtMs >= limitMs) this.#kill(`the driver process hung: silent for ${limitMs} ms`);
    }
  }
}
