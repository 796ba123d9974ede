import type { AdapterIo, Command, Health, Pattern, Receipt } from '../../src/adapter-sdk/adapter.js';
import { BaseConnection } from '../../src/adapter-sdk/base-connection.js';
import { Alarm } from '../../src/kit/alarm.js';
import { BridgeError, type ErrorCode, wordsOf } from '../../src/kit/errors.js';
import { within } from '../../src/kit/within.js';
import { Afterwards } from './afterwards.js';
import { decodeLine, Framer, type Framing, toHex } from './codec.js';
import { encodeWords, type Out, planOf } from './command.js';
import { watchContacts } from './contact-watch.js';
import type { Edge } from './contacts.js';
import { Departures } from './departures.js';
import type { SerialDevice } from './generated/types.js';
import { contactsOf, openingLevels } from './handshake.js';
import { INPUTS_PER_SECOND_MAX, InputGuard } from './input-guard.js';
import { type CompiledMatch, compileMatch, groupsOf } from './patterns.js';
import { type Levels, type Port, setLevels } from './safe-binding.js';
import { Writer } from './writer.js';

/** Read at once, at most. */
const READ_BYTES_MAX = 4096;
/** At the end, how long what was already sent, and at close() the last words, may take to leave the machine. */
const GOODBYE_LIMIT_MS = 200;
/** How long the system may take to give a port back. */
const CLOSE_LIMIT_MS = 1000;
/** What the system raises when it opens a port. */
const RAISED: Levels = { rts: true, dtr: true };

/** What a device of the bridge file says without being asked, as bytes. */
export interface Greetings {
  framing: Framing;
  onConnect: readonly Buffer[];
  onClose: readonly Buffer[];
  keepAlive?: { bytes: Buffer; everyMs: number };
}

/** @throws CODEC_MALFORMED what cannot be written to this device */
export function greetingsOf(config: SerialDevice, framing: Framing): Greetings {
  const coding = { encoding: config.encoding, framing };
  const { onConnect = [], onClose = [], keepAlive } = config;
  return {
    framing,
    onConnect: onConnect.map((words) => encodeWords(words, coding)),
    onClose: onClose.map((words) => encodeWords(words, coding)),
    ...(keepAlive && { keepAlive: { bytes: encodeWords(keepAlive, coding), everyMs: keepAlive.everyMs } }),
  };
}

/** What one connection leaves to the next at the same port. */
export interface Inheritance {
  /** The device may have got the beginning of a line and not its end. */
  isCut: boolean;
}

/** One open port, from connect() to its end. */
export class SerialConnection extends BaseConnection {
  readonly #port: Port;
  readonly #path: string;
  readonly #config: SerialDevice;
  readonly #io: AdapterIo;
  readonly #greetings: Greetings;
  readonly #framer: Framer;
  #matches: readonly CompiledMatch[];
  readonly #writer: Writer;
  readonly #afterwards: Afterwards<Out>;
  readonly #departures: Departures;
  readonly #inheritance: Inheritance;
  /** Aborts when the port is given up: what the system has not taken by then it never gets. */
  readonly #giveUp = new AbortController();
  readonly #life = new AbortController();
  readonly #counters = {
    'in.bytes': 0,
    'in.lines': 0,
    'in.edges': 0,
    'in.unended': 0,
    'out.commands': 0,
  };
  readonly #guard: InputGuard;
  #ending: Promise<void> | undefined;
  /** As they were set last; undefined: as the system has them. */
  #levels: Levels | undefined;
  #isHeard = false;
  #handshakeFault: string | undefined;
  /** For frames that a silence ends. */
  readonly #idle: Alarm;
  /** For a line that does not end. */
  readonly #endless: Alarm;
  /** What is wrong with a line that has no end; undefined since the last line that had one. */
  #unended: string | undefined;

  constructor(
    port: Port,
    path: string,
    config: SerialDevice,
    greetings: Greetings,
    io: AdapterIo,
    inheritance: Inheritance = { isCut: false },
  ) {
    super(io.log);
    this.#port = port;
    this.#path = path;
    this.#config = config;
    this.#io = io;
    this.#greetings = greetings;
    this.#framer = new Framer(greetings.framing, io.clock.mono());
    this.#guard = new InputGuard(config.debounceMs);
    this.#writer = new Writer({ path, clock: io.clock, onFailure: (why) => void this.#end(why) });
    this.#afterwards = new Afterwards(io.clock);
    this.#idle = new Alarm(io.clock, () => this.#endFrame());
    this.#endless = new Alarm(io.clock, () => this.#tellUnended());
    this.#departures = new Departures(() => port.drain());
    this.#inheritance = inheritance;
    this.#matches = matchesOf(io.patterns);
    this.tellHealth(this.#healthOf());
    void this.#read();
    void this.#begin();
  }

  counters(): Readonly<Record<string, number>> {
    const { oversize, partial } = this.#framer.dropped;
    const { debounced, flood } = this.#guard.dropped;
    return {
      ...this.#counters,
      'dropped.debounced': debounced,
      'dropped.flood': flood,
      'dropped.oversize': oversize,
      'dropped.partial': partial,
    };
  }

  async send(command: Command, signal: AbortSignal): Promise<Receipt> {
    if (this.#ending) throw this.#gone();
    signal.throwIfAborted();
    const plan = planOf(command, { ...this.#config, framing: this.#greetings.framing });
    if (plan.later.length > 0) this.#afterwards.assertRoom();
    const act = async () => {
      const departure = await this.#put(plan.now);
      this.#afterwards.replace(plan.names);
      for (const { afterMs, out, names } of plan.later) {
        this.#afterwards.start(afterMs, out, names, (isWanted) => this.#putLater(out, isWanted));
      }
      return departure;
    };
    const bytes = 'bytes' in plan.now ? plan.now.bytes.length : 0;
    const departure = await this.#writer.putCommand(bytes, act, signal);
    this.#counters['out.commands'] += 1;
    return { reached: 'sent', ...departure };
  }

  rulesChanged(): void {
    if (this.#ending) return;
    this.#matches = matchesOf(this.#io.patterns);
    this.tellHealth(this.#healthOf());
  }

  async close(): Promise<void> {
    await this.#end(undefined);
  }

  /** What goes out by itself: the levels and the lines of the beginning, then the sign of life. */
  async #begin(): Promise<void> {
    const { onConnect, keepAlive } = this.#greetings;
    const levels = openingLevels(this.#config);
    const words = [...this.#endOfCutLine(), ...onConnect];
    const beginning: Out[] = [...(levels ? [{ levels }] : []), ...words.map((bytes) => ({ bytes }))];
    const begun = beginning.map((out) => this.#putUnasked(out));
    const contacts = contactsOf(this.#config);
    if (contacts.length > 0) {
      void begun[0]?.then(() =>
        watchContacts({
          port: this.#port,
          contacts,
          clock: this.#io.clock,
          signal: this.#life.signal,
          onEdge: (contact, edge) => this.#takeEdge(contact, edge),
          onReadable: (error) => this.#observeHandshake(error),
        }),
      );
    }
    while (keepAlive && !this.#ending) {
      await this.#putUnasked({ bytes: keepAlive.bytes });
      await this.#io.clock.sleep(keepAlive.everyMs, this.#life.signal);
    }
  }

  /** Half a line of the last connection must not become one line with the first of this. */
  #endOfCutLine(): Buffer[] {
    const { framing } = this.#greetings;
    return this.#inheritance.isCut && framing.kind === 'line' ? [Buffer.from(framing.delimiter)] : [];
  }

  /** What no rule sent. A port that does not take it has ended, and says so itself. */
  async #putUnasked(out: Out): Promise<void> {
    try {
      await this.#writer.put(() => this.#put(out));
    } catch (error) {
      if ('levels' in out) this.#observeHandshake(error instanceof BridgeError ? (error.cause ?? error) : error);
    }
  }

  #putLater(out: Out, isWanted: () => boolean): void {
    const act = async () => {
      if (isWanted()) await this.#put(out);
    };
    this.#writer.put(act).catch((error: unknown) => this.#io.log.debug({ err: error }, 'later.not-sent'));
  }

  /** @returns of bytes, when they have left. @throws DEVICE_REFUSED when the port has no handshake lines */
  async #put(out: Out): Promise<{ left: Promise<void> } | undefined> {
    if ('bytes' in out) {
      const { bytes } = out;
      return this.#departures.give(bytes, () => this.#port.write(bytes, this.#giveUp.signal));
    }
    const levels = { ...(this.#levels ?? RAISED), ...out.levels };
    try {
      await this.#port.set(setLevels(levels));
    } catch (cause) {
      throw new BridgeError('DEVICE_REFUSED', `${this.#path} has no handshake lines to set: ${wordsOf(cause)}`, {
        cause,
      });
    }
    this.#levels = levels;
    return undefined;
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
      this.#hear();
      const { partial } = this.#framer.dropped;
      this.#take(this.#framer.push(buffer.subarray(0, bytesRead), this.#io.clock.mono()));
      if (this.#framer.dropped.partial > partial) {
        const detail = `${this.#path}: the rest of a line that began before the port was opened, or a frame with a pause in it`;
        this.#io.log.warn({ code: 'CODEC_MALFORMED', detail }, 'input.dropped');
      }
      this.#idle.set(this.#framer.idleAtMs);
      this.#endless.set(this.#framer.unendedAtMs);
    }
  }

  /** Tells of a line that does not end: the box may end its lines in another way. */
  #tellUnended(): void {
    if (this.#ending) return;
    if (this.#unended === undefined) this.#counters['in.unended'] += 1;
    const advice = this.#framer.hasReturn ? String.raw`; its lines may end in \r: say delimiter: '\r'` : '';
    this.#unended = `${this.#path} was heard, but no line came to its end${advice}; nothing of it is understood`;
    this.tellHealth(this.#healthOf());
  }

  #endFrame(): void {
    if (this.#ending) return;
    this.#take(this.#framer.endIdle(this.#io.clock.mono()));
    this.#idle.set(this.#framer.idleAtMs);
  }

  #take(frames: readonly Uint8Array[]): void {
    for (const frame of frames) {
      if (this.#ending) return;
      const line = decodeLine(frame, this.#config.encoding);
      if (line === '') continue;
      this.#counters['in.lines'] += 1;
      if (this.#unended !== undefined) {
        this.#unended = undefined;
        this.tellHealth(this.#healthOf());
      }
      const bytes = toHex(frame);
      const nowMs = this.#io.clock.mono();
      if (this.#guard.isRepeat(line, nowMs) || this.#isFlood(nowMs)) continue;
      this.tellInput({ line, bytes, ...groupsOf(line, this.#matches) });
    }
  }

  #takeEdge(contact: string, edge: Edge): void {
    if (this.#ending) return;
    this.#hear();
    this.#counters['in.edges'] += 1;
    if (!this.#isFlood(this.#io.clock.mono())) this.tellInput({ contact, ...edge });
  }

  /** The device was heard: it lives. */
  #hear(): void {
    this.#isHeard = true;
    if (this.health().status === 'unverified') this.tellHealth(this.#healthOf());
  }

  /** The handshake lines could not be read or driven; undefined: they can be read. */
  #observeHandshake(error: unknown): void {
    if (this.#ending) return;
    const names = contactsOf(this.#config).map(({ name }) => name);
    const lost = names.length > 0 ? `contacts (${names.join(', ')}) are not seen` : 'rts and dtr are not driven';
    this.#handshakeFault =
      error === undefined
        ? undefined
        : `${this.#path} has no handshake lines (${wordsOf(error)}): ${lost}; lines of text still work`;
    this.tellHealth(this.#healthOf());
  }

  #isFlood(nowMs: number): boolean {
    const wasFlooded = this.#guard.isFlooded;
    const isFlood = this.#guard.isFlood(nowMs);
    if (wasFlooded === this.#guard.isFlooded) return isFlood;
    const health = this.#healthOf();
    if (isFlood) this.#io.log.warn({ code: health.code, detail: health.detail }, 'input.dropped');
    this.tellHealth(health);
    return isFlood;
  }

  #healthOf(): Health {
    if (this.#guard.isFlooded) {
      const detail = `more than ${INPUTS_PER_SECOND_MAX} inputs a second; the rest is dropped`;
      return { status: 'degraded', code: 'RATE_LIMITED', detail };
    }
    for (const match of this.#matches) {
      if (!('problem' in match)) continue;
      const detail = `match ${match.source}: ${match.problem}; its rules never fire`;
      return { status: 'degraded', code: 'CONFIG_INVALID', detail };
    }
    if (this.#handshakeFault !== undefined) {
      return { status: 'degraded', code: 'DEVICE_REFUSED', detail: this.#handshakeFault };
    }
    if (this.#unended !== undefined) return { status: 'degraded', code: 'CODEC_MALFORMED', detail: this.#unended };
    if (this.#isHeard) return { status: 'up', detail: `${this.#path} was heard` };
    return { status: 'unverified', detail: `${this.#path} is open; heard nothing yet` };
  }

  #gone(): BridgeError {
    return new BridgeError('DEVICE_CLOSED', `${this.#path} is closed`);
  }

  /** Idempotent. The port is given back before `closed` resolves, so that the next connect finds it free. */
  #end(why: BridgeError | undefined): Promise<void> {
    this.#ending ??= this.#release(why).then(() => this.tellEnd(why));
    return this.#ending;
  }

  async #release(why: BridgeError | undefined): Promise<void> {
    this.#life.abort();
    this.#idle.clear();
    this.#endless.clear();
    this.#writer.stop();
    if (why) {
      this.#giveUp.abort();
      this.#afterwards.end();
    }
    const isThere = why === undefined || why.code === 'DEVICE_TIMEOUT';
    const leaving = () => (why === undefined ? this.#sayGoodbye() : this.#port.drain());
    const hasLeft = isThere && (await this.#atMost(GOODBYE_LIMIT_MS, leaving()));
    this.#giveUp.abort();
    this.#afterwards.end();
    this.#endDepartures(hasLeft, why?.code ?? 'DEVICE_CLOSED');
    // What has not left by now must not leave later; a port that is gone answers with an error, which is as good. Where all
    // has left, nothing is flushed: a pty would take back what its other end has not read yet, and a lamp would stay lit.
    const emptied = hasLeft ? Promise.resolve() : this.#port.flush().catch(() => undefined);
    await this.#atMost(
      CLOSE_LIMIT_MS,
      emptied.then(() => this.#port.close()),
    );
  }

  /** What was told as sent and is thrown away now is told as such; the box may have got a part of it. */
  #endDepartures(hasLeft: boolean, code: ErrorCode): void {
    const detail = `${this.#path}: it was sent, but is not known to have left this machine before the port was given back`;
    const stuck = this.#departures.end(hasLeft, new BridgeError(code, detail));
    const { framing } = this.#greetings;
    if (framing.kind !== 'line') return;
    const end = Buffer.from(framing.delimiter);
    this.#inheritance.isCut = stuck.some((bytes) => end.equals(bytes.subarray(-end.length)));
  }

  /** What was still to be turned off is turned off now: nobody else will. */
  async #sayGoodbye(): Promise<void> {
    // A lamp that is being lit has its end pending only when it is lit.
    await this.#writer.ended();
    const levels = openingLevels(this.#config) ?? RAISED;
    const outs: Out[] = [
      ...this.#afterwards.end().filter((out) => 'bytes' in out),
      ...this.#greetings.onClose.map((bytes) => ({ bytes })),
      ...(this.#levels ? [{ levels }] : []),
    ];
    for (const out of outs) await this.#put(out);
    await this.#port.drain();
  }

  /** @returns whether it was done in time, and without a fault. */
  async #atMost(limitMs: number, work: Promise<unknown>): Promise<boolean> {
    const done = work.then(
      () => true,
      (error: unknown) => {
        this.#io.log.debug({ err: error }, 'port.release-failed');
        return false;
      },
    );
    return (await within(this.#io.clock, limitMs, done)) === true;
  }
}

/** Each `match` of the rules once. */
function matchesOf(patterns: readonly Pattern[]): CompiledMatch[] {
  const sources = new Set(patterns.map(({ match }) => match).filter((match) => typeof match === 'string'));
  return [...sources].map(compileMatch);
}
