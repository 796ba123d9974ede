import type { AdapterIo, Command, Connection, Health, Input, Receipt } from '../../src/devices/adapter.js';
import { ConnectionVoice } from '../../src/devices/connection-voice.js';
import type { SerialDevice } from '../../src/generated/types.js';
import { BridgeError } from '../../src/kit/errors.js';
import { decodeLine, encodeCommand, Framer, type Framing, toHex } from './codec.js';
import { type CompiledMatch, compileMatch, groupsOf } from './patterns.js';
import type { Port } from './safe-binding.js';

/** Read at once, at most. */
const READ_BYTES_MAX = 4096;
/** A write that the system has not taken by then is given up, and the port with it: it must not go out later. */
const WRITE_LIMIT_MS = 1000;
/** Commands that wait for the port, together; more are refused. */
const WAITING_BYTES_MAX = 65_536;
/** Of what comes in within one second; more is dropped: a loose wire is no stage manager. */
const INPUTS_PER_SECOND_MAX = 200;
/** Equal lines are told apart for so many different lines. */
const DEBOUNCED_LINES_MAX = 64;
/** At close(), how long what was already sent may take to leave the machine. */
const GOODBYE_LIMIT_MS = 200;
/** How long the system may take to give a port back. */
const CLOSE_LIMIT_MS = 1000;

/** One open port, from connect() to its end. */
export class SerialConnection implements Connection {
  readonly #port: Port;
  readonly #path: string;
  readonly #config: SerialDevice;
  readonly #io: AdapterIo;
  readonly #framing: Framing;
  readonly #framer: Framer;
  readonly #matches: readonly CompiledMatch[];
  readonly #voice: ConnectionVoice;
  readonly #life = new AbortController();
  readonly #counters = { 'in.bytes': 0, 'in.lines': 0, 'out.commands': 0, 'dropped.debounced': 0, 'dropped.flood': 0 };
  readonly #lastSeenMs = new Map<string, number>();
  #ending: Promise<void> | undefined;
  #writing: Promise<unknown> = Promise.resolve();
  #writeTimer: AbortController | undefined;
  #waitingBytes = 0;
  #isIdleWatched = false;
  #second = { startMs: Number.NEGATIVE_INFINITY, inputs: 0 };

  constructor(port: Port, path: string, config: SerialDevice, framing: Framing, io: AdapterIo) {
    this.#port = port;
    this.#path = path;
    this.#config = config;
    this.#io = io;
    this.#framing = framing;
    this.#framer = new Framer(framing);
    const sources = new Set(io.patterns.map(({ match }) => match).filter((match) => typeof match === 'string'));
    this.#matches = [...sources].map(compileMatch);
    this.#voice = new ConnectionVoice(io.log, this.#healthOf(false));
    void this.#read();
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
    const { oversize, partial } = this.#framer.dropped;
    return { ...this.#counters, 'dropped.oversize': oversize, 'dropped.partial': partial };
  }

  async send(command: Command, signal: AbortSignal): Promise<Receipt> {
    if (this.#ending) throw this.#gone();
    signal.throwIfAborted();
    const bytes = encodeCommand(command, { encoding: this.#config.encoding, framing: this.#framing });
    if (this.#waitingBytes + bytes.length > WAITING_BYTES_MAX) {
      throw new BridgeError('DEVICE_TIMEOUT', `${this.#path} takes no more: ${this.#waitingBytes} bytes wait for it`);
    }
    this.#waitingBytes += bytes.length;
    const turn = this.#writing.then(() => this.#write(bytes, signal));
    this.#writing = turn.catch(() => undefined);
    try {
      await turn;
    } finally {
      this.#waitingBytes -= bytes.length;
    }
    this.#counters['out.commands'] += 1;
    return { reached: 'sent' };
  }

  async close(): Promise<void> {
    await this.#end(undefined);
  }

  async #write(bytes: Buffer, signal: AbortSignal): Promise<void> {
    if (this.#ending) throw this.#gone();
    signal.throwIfAborted();
    const timer = new AbortController();
    this.#writeTimer = timer;
    const late = this.#io.clock.sleep(WRITE_LIMIT_MS, timer.signal).then(() => 'late' as const);
    try {
      const how = await Promise.race([this.#port.write(bytes).then(() => 'written' as const), late]);
      if (how === 'written') return;
    } catch (cause) {
      const why = new BridgeError('DEVICE_CLOSED', `${this.#path}: ${wordsOf(cause)}`, { cause });
      void this.#end(why);
      throw why;
    } finally {
      timer.abort();
    }
    if (this.#ending) throw this.#gone();
    const why = new BridgeError('DEVICE_TIMEOUT', `${this.#path} did not take the bytes within ${WRITE_LIMIT_MS} ms`);
    void this.#end(why);
    throw why;
  }

  /** Always one read under way: without it an unplug would not be noticed. */
  async #read(): Promise<void> {
    const buffer = Buffer.allocUnsafe(READ_BYTES_MAX);
    while (!this.#ending) {
      let bytesRead: number;
      try {
        ({ bytesRead } = await this.#port.read(buffer, 0, buffer.length));
      } catch (cause) {
        void this.#end(new BridgeError('DEVICE_CLOSED', `${this.#path} is gone: ${wordsOf(cause)}`, { cause }));
        return;
      }
      if (this.#ending) return;
      this.#counters['in.bytes'] += bytesRead;
      if (this.#voice.health.status === 'unverified') this.#voice.observe(this.#healthOf(true));
      this.#take(this.#framer.push(buffer.subarray(0, bytesRead), this.#io.clock.mono()));
      void this.#watchIdle();
    }
  }

  /** Ends frames that a silence ends. */
  async #watchIdle(): Promise<void> {
    if (this.#isIdleWatched) return;
    this.#isIdleWatched = true;
    const { clock } = this.#io;
    for (let at = this.#framer.idleAtMs; at !== undefined && !this.#ending; at = this.#framer.idleAtMs) {
      await clock.sleep(Math.max(1, at - clock.mono()), this.#life.signal);
      if (!this.#ending) this.#take(this.#framer.endIdle(clock.mono()));
    }
    this.#isIdleWatched = false;
  }

  #take(frames: readonly Uint8Array[]): void {
    for (const frame of frames) {
      if (this.#ending) return;
      const line = decodeLine(frame, this.#config.encoding);
      if (line === '') continue;
      this.#counters['in.lines'] += 1;
      const bytes = toHex(frame);
      const nowMs = this.#io.clock.mono();
      if (this.#isRepeat(bytes, nowMs) || this.#isFlood(nowMs)) continue;
      this.#voice.input({ line, bytes, ...groupsOf(line, this.#matches) });
    }
  }

  #isRepeat(bytes: string, nowMs: number): boolean {
    const { debounceMs } = this.#config;
    if (debounceMs === 0) return false;
    const lastMs = this.#lastSeenMs.get(bytes);
    this.#lastSeenMs.delete(bytes);
    this.#lastSeenMs.set(bytes, nowMs);
    if (this.#lastSeenMs.size > DEBOUNCED_LINES_MAX) {
      for (const oldest of this.#lastSeenMs.keys()) {
        this.#lastSeenMs.delete(oldest);
        break;
      }
    }
    if (lastMs === undefined || nowMs - lastMs >= debounceMs) return false;
    this.#counters['dropped.debounced'] += 1;
    return true;
  }

  #isFlood(nowMs: number): boolean {
    const wasFlood = this.#voice.health.code === 'RATE_LIMITED';
    if (nowMs - this.#second.startMs >= 1000) {
      if (wasFlood && this.#second.inputs <= INPUTS_PER_SECOND_MAX) this.#voice.observe(this.#healthOf(true));
      this.#second = { startMs: nowMs, inputs: 0 };
    }
    this.#second.inputs += 1;
    if (this.#second.inputs <= INPUTS_PER_SECOND_MAX) return false;
    this.#counters['dropped.flood'] += 1;
    if (!wasFlood) {
      const detail = `more than ${INPUTS_PER_SECOND_MAX} lines a second; the rest is dropped`;
      this.#io.log.warn({ code: 'RATE_LIMITED', detail }, 'input.dropped');
      this.#voice.observe({ status: 'degraded', code: 'RATE_LIMITED', detail });
    }
    return true;
  }

  #healthOf(isHeard: boolean): Health {
    for (const match of this.#matches) {
      if (!('problem' in match)) continue;
      const detail = `match ${match.source}: ${match.problem}; its rules never fire`;
      return { status: 'degraded', code: 'CONFIG_INVALID', detail };
    }
    if (isHeard) return { status: 'up', detail: `${this.#path} was heard` };
    return { status: 'unverified', detail: `${this.#path} is open; heard nothing yet` };
  }

  #gone(): BridgeError {
    return new BridgeError('DEVICE_CLOSED', `${this.#path} is closed`);
  }

  /** Idempotent. The port is given back before `closed` resolves, so that the next connect finds it free. */
  #end(why: BridgeError | undefined): Promise<void> {
    this.#ending ??= this.#release(why === undefined).then(() => this.#voice.end(why));
    return this.#ending;
  }

  async #release(isGoodbye: boolean): Promise<void> {
    this.#life.abort();
    this.#writeTimer?.abort();
    if (isGoodbye) await this.#atMost(GOODBYE_LIMIT_MS, this.#port.drain());
    // What has not left by now must not leave later; a port that is gone answers with an error, which is as good.
    const flushed = this.#port.flush().catch(() => undefined);
    await this.#atMost(
      CLOSE_LIMIT_MS,
      flushed.then(() => this.#port.close()),
    );
  }

  async #atMost(limitMs: number, work: Promise<unknown>): Promise<void> {
    const timer = new AbortController();
    const done = work.catch((error: unknown) => this.#io.log.debug({ err: error }, 'port.release-failed'));
    await Promise.race([done, this.#io.clock.sleep(limitMs, timer.signal)]);
    timer.abort();
  }
}

const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
