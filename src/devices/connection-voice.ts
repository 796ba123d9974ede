import { deferred } from '../kit/deferred.js';
import type { BridgeError } from '../kit/errors.js';
import { Listeners } from '../kit/listeners.js';
import type { Log } from '../kit/log.js';
import type { Health, Input } from './adapter.js';

/** What a connection says of itself: its inputs, its health and its end. */
export class ConnectionVoice {
  readonly #inputs: Listeners<[Input]>;
  readonly #healths: Listeners<[Health]>;
  readonly #closed = deferred<BridgeError | undefined>();
  readonly closed = this.#closed.promise;
  readonly onInput: (listener: (input: Input) => void) => () => void;
  readonly onHealth: (listener: (health: Health) => void) => () => void;
  #health: Health;

  /** @param log  told what a listener threw. @param health  as it is at first; nobody is told of it. */
  constructor(log: Log, health: Health) {
    const onFault = (fault: unknown) => log.error({ code: 'INTERNAL', err: fault }, 'listener.failed');
    this.#inputs = new Listeners(onFault);
    this.#healths = new Listeners(onFault);
    this.onInput = this.#inputs.add;
    this.onHealth = this.#healths.add;
    this.#health = health;
  }

  get health(): Health {
    return this.#health;
  }

  input(input: Input): void {
    this.#inputs.tell(input);
  }

  /** A health that is the same as the last one is not told again. */
  observe(now: Health): void {
    const { status, code, detail, playhead } = this.#health;
    const isSame = now.status === status && now.code === code && now.detail === detail && now.playhead === playhead;
    if (isSame) return;
    this.#health = now;
    this.#healths.tell(now);
  }

  /** The last word: the connection is down, and `closed` resolves. Call it once. @param why  unless it was asked to close. */
  end(why: BridgeError | undefined): void {
    this.#inputs.clear();
    this.observe(why ? { status: 'down', code: why.code, detail: why.message } : { status: 'down' });
    this.#healths.clear();
    this.#closed.resolve(why);
  }
}
