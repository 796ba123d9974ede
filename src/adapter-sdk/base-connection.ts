import type { MonoMs } from '../kit/clock.js';
import { deferred } from '../kit/deferred.js';
import type { BridgeError } from '../kit/errors.js';
import { Listeners } from '../kit/listeners.js';
import type { Log } from '../kit/log.js';
import type { Command, Connection, Health, Input, Receipt } from './adapter.js';

/** What every connection does alike: it tells its inputs, its health and its end. */
export abstract class BaseConnection implements Connection {
  readonly closed: Promise<BridgeError | undefined>;
  readonly #inputs: Listeners<[Input, MonoMs | undefined]>;
  readonly #healths: Listeners<[Health]>;
  readonly #closed = deferred<BridgeError | undefined>();
  #health: Health;

  /** @param log  told what a listener threw. @param health  as it is at first, where that is known already. */
  constructor(log: Log, health: Health = { status: 'unverified' }) {
    const onFault = (fault: unknown) => log.error({ code: 'INTERNAL', err: fault }, 'listener.failed');
    this.#inputs = new Listeners(onFault);
    this.#healths = new Listeners(onFault);
    this.#health = health;
    this.closed = this.#closed.promise;
  }

  abstract send(command: Command, signal: AbortSignal): Promise<Receipt>;
  abstract close(): Promise<void>;

  health(): Health {
    return this.#health;
  }

  onHealth(listener: (health: Health) => void): () => void {
    return this.#healths.add(listener);
  }

  onInput(listener: (input: Input, at?: MonoMs) => void): () => void {
    return this.#inputs.add(listener);
  }

  /** @param at  when it was seen, on the clock of this process; left out: now. */
  protected tellInput(input: Input, at?: MonoMs): void {
    this.#inputs.tell(input, at);
  }

  /** A health that is the same as the last one is not told again. */
  protected tellHealth(now: Health): void {
    const { status, code, detail, playhead } = this.#health;
    const isSame = now.status === status && now.code === code && now.detail === detail && now.playhead === playhead;
    if (isSame) return;
    this.#health = now;
    this.#healths.tell(now);
  }

  /** The last word: the connection is down, and `closed` resolves. Call it once. @param why  unless it was asked to close. */
  protected tellEnd(why: BridgeError | undefined): void {
    this.#inputs.clear();
    this.tellHealth(why ? { status: 'down', code: why.code, detail: why.message } : { status: 'down' });
    this.#healths.clear();
    this.#closed.resolve(why);
  }
}
