import type { AdapterIo, Command, Face, Input, Receipt } from '../../adapter-sdk/adapter.js';
import { BaseConnection } from '../../adapter-sdk/base-connection.js';
import { type MonoMs, machineMs } from '../../kit/clock.js';
import { BridgeError } from '../../kit/errors.js';
import { INPUT_LATE_MS } from '../input-late.js';
import type { DriverProcess } from './driver-process.js';
import { errorOf, type Fault, type FromHost } from './host-messages.js';

interface Sending {
  calledAtMs: number;
  resolve(receipt: Receipt): void;
  reject(error: unknown): void;
}

/** Of something that is told after the receipt. */
interface Awaited {
  resolve(): void;
  reject(error: unknown): void;
}

/** The bridge's end of a connection that lives in a driver's process. Its end is the end of that connection. */
export class IsolatedConnection extends BaseConnection {
  readonly #driver: DriverProcess;
  readonly #io: AdapterIo;
  readonly #isWanted: (input: Input) => boolean;
  readonly #sending = new Map<number, Sending>();
  readonly #confirming = new Map<number, Awaited>();
  readonly #leaving = new Map<number, Awaited>();
  readonly display?: (face: Face) => void;
  #counters: Readonly<Record<string, number>>;
  #late = 0;
  #isEnded = false;
  #closing: Promise<void> | undefined;

  /** @param isWanted  whether some rule waits for such an input */
  constructor(
    driver: DriverProcess,
    first: FromHost & { type: 'connected' },
    io: AdapterIo,
    isWanted: (input: Input) => boolean,
  ) {
    super(io.log, first.health);
    this.#driver = driver;
    this.#io = io;
    this.#isWanted = isWanted;
    this.#counters = first.counters;
    if (first.displays) {
      this.display = (face) => {
        if (!this.#isEnded && !this.#closing) driver.show(face);
      };
    }
  }

  /** As the driver's process told them last: at most a second old. */
  counters(): Readonly<Record<string, number>> {
    return this.#late > 0 ? { ...this.#counters, 'dropped.late': this.#late } : this.#counters;
  }

  async send(command: Command, signal: AbortSignal): Promise<Receipt> {
    if (this.#isEnded || this.#closing) throw gone();
    signal.throwIfAborted();
    const id = this.#driver.nextId();
    const abort = () => this.#driver.tell({ type: 'abortSend', id });
    signal.addEventListener('abort', abort);
    try {
      return await new Promise<Receipt>((resolve, reject) => {
        this.#sending.set(id, { calledAtMs: this.#io.clock.mono(), resolve, reject });
        this.#driver.tell({ type: 'send', id, command });
      });
    } catch (error) {
      throw signal.aborted ? signal.reason : error;
    } finally {
      signal.removeEventListener('abort', abort);
      this.#sending.delete(id);
    }
  }

  rulesChanged(): void {
    if (!this.#isEnded && !this.#closing) this.#driver.tell({ type: 'patterns', patterns: this.#io.patterns });
  }

  /** Ends the driver's process as well: nobody closes a connection whose device is to go on. */
  async close(): Promise<void> {
    if (this.#isEnded) return;
    this.#closing ??= this.#driver.end().then(() => this.end(undefined));
    await this.#closing;
  }

  /** A message of the driver's that is about this connection. */
  take(message: FromHost): void {
    if (this.#isEnded) return;
    switch (message.type) {
      case 'input':
        if (!this.#closing) this.#pressed(message);
        return;
      case 'health':
        this.tellHealth(message.health);
        return;
      case 'counters':
        this.#counters = message.counters;
        return;
      case 'receipt':
        this.#sent(message);
        return;
      case 'notSent':
        this.#sending.get(message.id)?.reject(errorOf(message.fault));
        return;
      case 'confirmed':
      case 'notConfirmed':
        settle(this.#confirming, message);
        return;
      case 'left':
      case 'notLeft':
        settle(this.#leaving, message);
        return;
      case 'closed': {
        this.#counters = message.counters;
        const why = message.fault && errorOf(message.fault);
        this.end(why && (why instanceof BridgeError ? why : new BridgeError('DEVICE_CLOSED', why.message)));
      }
    }
  }

  /** It is gone; what was under way fails with DEVICE_CLOSED. Idempotent. */
  end(why: BridgeError | undefined): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    const reason = this.#closing ? undefined : why;
    const failed = why ? new BridgeError('DEVICE_CLOSED', why.message, { cause: why }) : gone();
    const awaited = [this.#sending, this.#confirming, this.#leaving].flatMap((map) => [...map.values()]);
    for (const { reject } of awaited) reject(failed);
    this.#confirming.clear();
    this.#leaving.clear();
    this.tellEnd(reason);
  }

  #pressed({ input, atMs }: FromHost & { type: 'input' }): void {
    const lateMs = Math.round(machineMs() - atMs);
    if (lateMs <= INPUT_LATE_MS) {
      this.tellInput(input, (this.#io.clock.mono() - Math.max(0, lateMs)) as MonoMs);
      return;
    }
    // What no rule waits for, such as a button let go of, is nobody's loss.
    if (!this.#isWanted(input)) return;
    this.#late += 1;
    this.#io.log.error({ code: 'INPUT_LATE', input, lateMs }, 'input.dropped');
  }

  #sent({ id, reached, sentAtMs, confirms, leaves }: FromHost & { type: 'receipt' }): void {
    const sending = this.#sending.get(id);
    if (!sending) return;
    const receipt: Receipt = { reached };
    if (sentAtMs !== undefined) {
      const agoMs = Math.max(0, machineMs() - sentAtMs);
      receipt.sentAt = Math.max(sending.calledAtMs, this.#io.clock.mono() - agoMs);
    }
    if (confirms) receipt.confirmed = awaitIn(this.#confirming, id);
    if (leaves) receipt.left = awaitIn(this.#leaving, id);
    sending.resolve(receipt);
  }
}

/** A promise that `settle` settles; whoever does not look at it need not. */
function awaitIn(map: Map<number, Awaited>, id: number): Promise<void> {
  const promise = new Promise<void>((resolve, reject) => map.set(id, { resolve, reject }));
  promise.catch(() => undefined);
  return promise;
}

function settle(map: Map<number, Awaited>, message: { id: number; fault?: Fault }): void {
  const awaited = map.get(message.id);
  map.delete(message.id);
  if (message.fault) awaited?.reject(errorOf(message.fault));
  else awaited?.resolve();
}

const gone = () => new BridgeError('DEVICE_CLOSED', 'the connection is closed');
