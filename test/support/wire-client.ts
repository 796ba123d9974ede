import { once } from 'node:events';
import { WebSocket } from 'ws';
import { validateWireMessage } from '../../src/generated/messages.js';

export type Message = Record<string, unknown> & { kind?: string; eventSeq?: number };

/** A bare WebSocket client that keeps what it gets and checks every frame against the schema, in both directions. */
export class WireClient {
  readonly got: Message[] = [];
  /** The number of the newest event that it saw, by snapshot or event. */
  lastEventSeq = 0;
  readonly #socket: WebSocket;
  readonly #used = new Set<Message>();
  readonly #waiting = new Set<() => void>();

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data) => this.#take(JSON.parse(String(data))));
    socket.on('error', () => {});
  }

  static async connect(url: string, options: { token?: string } = {}): Promise<WireClient> {
    const headers = options.token === undefined ? {} : { authorization: `Bearer ${options.token}` };
    const socket = new WebSocket(`${url.replace(/^http/, 'ws')}/ws`, 'pacebuddy.v1', { headers });
    const client = new WireClient(socket);
    await once(socket, 'open');
    return client;
  }

  send(message: object): void {
    if (!validateWireMessage(message))
      throw new Error(`not ours to send: ${JSON.stringify(validateWireMessage.errors)}`);
    this.#socket.send(JSON.stringify(message));
  }

  /** The next message, past or to come, that was not taken yet and that `fits`. */
  async take(fits: (message: Message) => boolean, what = 'a message', limitMs = 5000): Promise<Message> {
    const late = AbortSignal.timeout(limitMs);
    const givenUp = new Promise<never>((_, reject) => {
      late.addEventListener('abort', () => {
        const seen = this.got.slice(-8).map((message) => JSON.stringify(message).slice(0, 300));
        reject(new Error(`did not get ${what}; the last were\n${seen.join('\n')}`));
      });
    });
    givenUp.catch(() => undefined);
    for (;;) {
      const found = this.got.find((message) => !this.#used.has(message) && fits(message));
      if (found) {
        this.#used.add(found);
        return found;
      }
      await Promise.race([new Promise<void>((resolve) => this.#waiting.add(resolve)), givenUp]);
    }
  }

  /** The events that it got, in the order in which they came. */
  get events(): Message[] {
    return this.got.filter(({ kind, eventSeq }) => kind === 'event' && eventSeq !== undefined);
  }

  drop(): void {
    this.#socket.terminate();
  }

  #take(message: Message): void {
    if (!validateWireMessage(message)) {
      throw new Error(`the bridge sent ${JSON.stringify(message)}: ${JSON.stringify(validateWireMessage.errors)}`);
    }
    this.got.push(message);
    if (message.kind === 'snapshot') this.lastEventSeq = Number(message.lastEventSeq);
    if (message.kind === 'event' && message.eventSeq !== undefined) this.lastEventSeq = message.eventSeq;
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }
}

/** Whether `whole` has at least what `part` has; lists of things with an `id` or none are matched by it or by place. */
export function contains(whole: unknown, part: unknown): boolean {
  if (Array.isArray(part)) {
    if (!Array.isArray(whole)) return false;
    const byId = part.length > 0 && part.every((item) => typeof item === 'object' && item !== null && 'id' in item);
    if (byId)
      return part.every((item) =>
        contains(
          whole.find(({ id }) => id === item.id),
          item,
        ),
      );
    return whole.length === part.length && part.every((item, i) => contains(whole[i], item));
  }
  if (part === null || typeof part !== 'object') return Object.is(whole, part);
  if (whole === null || typeof whole !== 'object') return false;
  return Object.entries(part).every(([name, value]) => contains((whole as Record<string, unknown>)[name], value));
}
