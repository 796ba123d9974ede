import type { AdapterIo, Command, Face, Health, Input, Receipt } from '../../src/adapter-sdk/adapter.js';
import { BaseConnection } from '../../src/adapter-sdk/base-connection.js';
import { Alarm } from '../../src/kit/alarm.js';
import { BridgeError, wordsOf } from '../../src/kit/errors.js';
import { decodeMessage, encodeMessage, type MidiMessage, type Skip } from '../../src/wire/midi/codec.js';
import { MtcReceiver, type MtcReport } from '../../src/wire/midi/mtc.js';
import type { Mixture } from '../../src/wire/midi/mtc-mixture.js';
import { MidiStream } from '../../src/wire/midi/stream.js';
import { encodeCommand, isMtcCommand, neededMtcOut } from './command.js';
import { type MidiDriver, type MidiOutPort, type MidiPort, whyFailed } from './driver.js';
import type { MidiDevice } from './generated/types.js';
import { ControllerEdges, isForUs, isOurMachine, matches, mtcInput, toInput } from './input.js';
import { readMtcOrder } from './mtc-command.js';
import { MtcTransmitter } from './mtc-transmitter.js';
import { withoutNumber } from './ports.js';
import { watchPorts } from './watch.js';

/** Inputs that fit a rule, within one second; more are dropped: a loose wire is no stage manager. */
const FITTING_PER_SECOND_MAX = 200;
/** Inputs that fit no rule (a fader that is moved), within one second; they do not use up the others' room. */
const OTHERS_PER_SECOND_MAX = 500;
/** What is seen where more than one time code comes. */
const MIXED: Readonly<Record<Mixture, string>> = {
  twice:
    'each quarter frame of the time code comes twice, as from one source that has two ways here; take one of them away',
  two: 'the quarter frames of two time codes come mixed; leave one source',
};

/** Full names of the open ports. */
export interface OpenNames {
  input?: string | undefined;
  output?: string | undefined;
}

/** A pair of open ports, from connect() to their end. */
export class MidiConnection extends BaseConnection {
  readonly #io: AdapterIo;
  readonly #config: MidiDevice;
  readonly #names: OpenNames;
  readonly #stream = new MidiStream();
  readonly #edges = new ControllerEdges();
  readonly #mtc: MtcReceiver;
  readonly #mtcOut: MtcTransmitter | undefined;
  /** Only where a timer makes time code, or may follow it. */
  readonly display?: (face: Face) => void;
  readonly #counters = {
    'in.bytes': 0,
    'in.messages': 0,
    'in.inputs': 0,
    'out.messages': 0,
    'dropped.flood': 0,
    'ignored.other-device': 0,
  };
  readonly #skipped = new Map<Skip, number>();
  readonly #life = new AbortController();
  #in: MidiPort | undefined;
  #out: MidiOutPort | undefined;
  #isHeard = false;
  #ending: Promise<void> | undefined;
  /** Rings when time code stays away. */
  readonly #mtcAlarm: Alarm;
  #isHeld = false;
  /** Why the time code that is asked for is not sent. */
  #mtcTrouble: string | undefined;
  #mixture: Mixture | undefined;
  #second = { startMs: Number.NEGATIVE_INFINITY, fitting: 0, others: 0, isFlood: false };
  #lookSoon: () => void = () => undefined;

  /** Opens the ports at once. @throws DEVICE_UNREACHABLE */
  constructor(driver: MidiDriver, names: OpenNames, config: MidiDevice, io: AdapterIo) {
    super(io.log);
    this.#io = io;
    this.#config = config;
    this.#names = names;
    this.#mtc = new MtcReceiver({ freewheelMs: config.mtcFreewheelMs });
    this.#mtcAlarm = new Alarm(io.clock, () => {
      this.#tellMtc(this.#mtc.tick(io.clock.mono()));
      this.#watchMtc();
    });
    const { mtcOut } = config;
    this.#mtcOut = mtcOut && new MtcTransmitter(mtcOut, io, (message) => this.#sendClock(encodeMessage(message)));
    // Also for rules of a later bridge file: time code that is heard has to know of holds.
    if (mtcOut?.timer !== undefined || config.input !== undefined) {
      this.display = (face) => this.#paint(face);
    }
    this.#open(driver);
    this.tellHealth(this.#healthNow());
    // Ports of our own making are there as long as we are.
    if (!config.virtual) this.#lookSoon = watchPorts(driver, names, io, this.#life.signal, (gone) => this.#lose(gone));
  }

  counters(): Readonly<Record<string, number>> {
    const { dropped, realtime } = this.#stream;
    const { invalid, disorder, unconfirmed } = this.#mtc.dropped;
    const counters: Record<string, number> = {
      ...this.#counters,
      'in.realtime': realtime,
      'dropped.truncated': dropped.truncated,
      'dropped.oversize': dropped.oversize,
      'dropped.stray': dropped.stray,
      'dropped.undefined': dropped.undefined,
      'dropped.mtc-invalid': invalid,
      'dropped.mtc-disorder': disorder,
      'dropped.mtc-unconfirmed': unconfirmed,
      ...this.#mtcOut?.counters(),
    };
    for (const [reason, count] of this.#skipped) counters[`ignored.${reason}`] = count;
    return counters;
  }

  /** The bytes are with the system before this returns its promise. */
  async send(command: Command, signal: AbortSignal): Promise<Receipt> {
    if (this.#ending) throw new BridgeError('DEVICE_CLOSED', `${this.#name()} is closed`);
    signal.throwIfAborted();
    if (!this.#out) throw new BridgeError('DEVICE_REFUSED', `${this.#name()} has no output: it is only heard`);
    if (isMtcCommand(command)) {
      const order = readMtcOrder(command.mtc, neededMtcOut({ ...this.#config }));
      this.#mtcOut?.obey(order);
      if (this.#ending) throw new BridgeError('DEVICE_CLOSED', `${this.#name()} took nothing`);
    } else this.#write(encodeCommand(command).bytes);
    const sentAt = this.#io.clock.mono();
    // A port that has vanished takes bytes without a word: looking soon tells of a lost GO.
    this.#lookSoon();
    return { reached: 'sent', sentAt };
  }

  /** @throws DEVICE_CLOSED when the system does not take it; that is the end of the connection */
  #write(bytes: Uint8Array): void {
    try {
      this.#out?.send(bytes);
    } catch (cause) {
      const why = new BridgeError('DEVICE_CLOSED', `${this.#name()} took nothing: ${wordsOf(cause)}`, { cause });
      void this.#end(why);
      throw why;
    }
    this.#counters['out.messages'] += 1;
  }

  /** A hundred times a second: whether the port is still there is the watch's to say. */
  #sendClock(bytes: Uint8Array): void {
    if (this.#ending) return;
    try {
      this.#write(bytes);
    } catch {
      // The connection has ended, and says why.
    }
  }

  #paint(face: Face): void {
    if (this.#ending) return;
    const { state } = face;
    if (state === 'hold' || state === 'stop' || state === 'evacuate') this.#isHeld = true;
    if (state === 'ready' || state === 'ended') {
      // An emergency holds the timers, and the time code knows nothing of it: timers that follow are told where it is by now.
      if (this.#isHeld) this.#tellMtc(this.#mtc.again(this.#io.clock.mono()));
      this.#isHeld = false;
    }
    if (this.#config.mtcOut?.timer === undefined) return;
    this.#mtcTrouble = this.#mtcOut?.paint(face);
    this.tellHealth(this.#healthNow());
  }

  async close(): Promise<void> {
    await this.#end(undefined);
  }

  #name(): string {
    const { input, output } = this.#names;
    const [here, there] = [input, output].map((name) => (name === undefined ? undefined : withoutNumber(name)));
    if (here === undefined || there === undefined || here === there) return here ?? there ?? '';
    return `${here} and ${there}`;
  }

  #open(driver: MidiDriver): void {
    const { input, output } = this.#names;
    const { virtual } = this.#config;
    try {
      if (output !== undefined) this.#out = driver.openOutput(output, virtual);
      if (input !== undefined) this.#in = driver.openInput(input, virtual, (bytes) => this.#take(bytes));
    } catch (error) {
      this.#closePorts();
      throw whyFailed(error, `${this.#name()} cannot be opened`);
    }
  }

  #take(bytes: Uint8Array): void {
    if (this.#ending) return;
    this.#counters['in.bytes'] += bytes.length;
    for (const raw of this.#stream.push(bytes)) {
      this.#counters['in.messages'] += 1;
      const { messages, skipped } = decodeMessage(raw);
      if (skipped) this.#skipped.set(skipped, (this.#skipped.get(skipped) ?? 0) + 1);
      for (const message of messages) this.#takeMessage(message);
    }
    if (!this.#isHeard) {
      this.#isHeard = true;
      this.tellHealth(this.#healthNow());
    }
  }

  #takeMessage(message: MidiMessage): void {
    if (this.#ending) return;
    switch (message.kind) {
      case 'mtcQuarter':
      case 'mtcFull':
        this.#tellMtc(this.#mtc.take(message, this.#io.clock.mono()));
        this.#watchMtc();
        return;
      case 'msc':
      case 'mmc': {
        const isOurs = message.kind === 'msc' ? isForUs(message, this.#config) : isOurMachine(message, this.#config);
        if (isOurs) this.#tell(toInput(message));
        else this.#counters['ignored.other-device'] += 1;
        return;
      }
      case 'controlChange': {
        const edge = this.#edges.take(message.channel, message.controller, message.value);
        this.#tell({ ...toInput(message), edge });
        return;
      }
      default:
        this.#tell(toInput(message));
    }
  }

  #tellMtc(reports: readonly MtcReport[]): void {
    for (const report of reports) this.#tell(mtcInput(report));
  }

  #watchMtc(): void {
    if (this.#mixture !== this.#mtc.mixture) {
      this.#mixture = this.#mtc.mixture;
      this.tellHealth(this.#healthNow());
    }
    if (!this.#ending) this.#mtcAlarm.set(this.#mtc.nextAtMs);
  }

  #tell(input: Input): void {
    if (this.#ending || this.#isFlood(this.#io.patterns.some((pattern) => matches(pattern, input)))) return;
    this.#counters['in.inputs'] += 1;
    this.tellInput(input);
  }

  #isFlood(isFitting: boolean): boolean {
    const nowMs = this.#io.clock.mono();
    const second = this.#second;
    if (nowMs - second.startMs >= 1000) {
      const isOver = second.isFlood && second.fitting <= FITTING_PER_SECOND_MAX;
      this.#second = { startMs: nowMs, fitting: 0, others: 0, isFlood: second.isFlood && !isOver };
      if (isOver) this.tellHealth(this.#healthNow());
    }
    if (isFitting) this.#second.fitting += 1;
    else this.#second.others += 1;
    const isTooMuch = isFitting
      ? this.#second.fitting > FITTING_PER_SECOND_MAX
      : this.#second.others > OTHERS_PER_SECOND_MAX;
    if (!isTooMuch) return false;
    this.#counters['dropped.flood'] += 1;
    if (isFitting && !this.#second.isFlood) {
      this.#second.isFlood = true;
      const health = this.#healthNow();
      this.#io.log.warn({ code: health.code, detail: health.detail }, 'input.dropped');
      this.tellHealth(health);
    }
    return true;
  }

  /** An output is never more than unverified: nothing answers on MIDI. */
  #healthNow(): Health {
    const { input, output } = this.#names;
    if (this.#second.isFlood) {
      const detail = `more than ${FITTING_PER_SECOND_MAX} inputs a second; the rest is dropped`;
      return { status: 'degraded', code: 'RATE_LIMITED', detail };
    }
    if (this.#mtcTrouble !== undefined) {
      return { status: 'degraded', code: 'DEVICE_REFUSED', detail: this.#mtcTrouble };
    }
    if (this.#mixture !== undefined) {
      return { status: 'degraded', code: 'CODEC_MALFORMED', detail: `${input}: ${MIXED[this.#mixture]}` };
    }
    const heard = `${input} ${this.#isHeard ? 'was heard' : 'is open; heard nothing yet'}`;
    if (output === undefined) return { status: this.#isHeard ? 'up' : 'unverified', detail: heard };
    const timer = this.#config.mtcOut?.timer;
    const code = timer === undefined ? '' : ` and has the time code of timer ${timer}`;
    const sent = `${output} is open${code}; MIDI cannot tell who listens`;
    return { status: 'unverified', detail: input === undefined ? sent : `${heard}; ${sent}` };
  }

  #lose(name: string): void {
    // Who follows the time code must not go on as if it still came.
    this.#tellMtc(this.#mtc.lose(this.#io.clock.mono()));
    void this.#end(new BridgeError('DEVICE_CLOSED', `the MIDI port ${withoutNumber(name)} is gone`));
  }

  /** Idempotent. The ports are given back before `closed` resolves, so that the next connect finds them free. */
  #end(why: BridgeError | undefined): Promise<void> {
    this.#ending ??= Promise.resolve().then(() => {
      this.#life.abort();
      this.#mtcAlarm.clear();
      this.#mtcOut?.stop();
      this.#closePorts();
      this.tellEnd(why);
    });
    return this.#ending;
  }

  #closePorts(): void {
    for (const port of [this.#in, this.#out]) {
      try {
        port?.close();
      } catch (error) {
        this.#io.log.debug({ err: error }, 'port.close-failed');
      }
    }
    this.#in = undefined;
    this.#out = undefined;
  }
}
