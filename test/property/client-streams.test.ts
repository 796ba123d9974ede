import { setImmediate as nextTurn } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { catchUp, type Follower } from '../../src/gateway/catch-up.js';
import { FanOut, type Receiver } from '../../src/gateway/fan-out.js';
import { MemoryShow } from '../support/memory-show.js';
import { TestClock } from '../support/test-clock.js';

const seqsIn = (frames: Buffer): number[] =>
  [...frames.toString('latin1').matchAll(/"eventSeq":(\d+)/g)].map(([, seq]) => Number(seq));

/** A client without a socket: what it is written is what it has, sometimes only after a while. */
class Client implements Receiver, Follower {
  readonly viewer = { userId: 'u', role: 'director' } as const;
  sentSeq = 0;
  owesSnapshot = false;
  /** What it has understood so far: a snapshot sets the place, each event must be the next one. */
  place: number | undefined;
  readonly faults: string[] = [];
  readonly #show: MemoryShow;
  readonly #fanOut: FanOut;
  readonly #drainTurns: number;
  #reading: AbortController | undefined;

  constructor(show: MemoryShow, fanOut: FanOut, drainTurns: number) {
    this.#show = show;
    this.#fanOut = fanOut;
    this.#drainTurns = drainTurns;
  }

  get isCatchingUp(): boolean {
    return this.#reading !== undefined;
  }

  /** @param lastEventSeq  undefined: a snapshot. */
  request(lastEventSeq: number | undefined): void {
    if (this.isCatchingUp) return;
    this.#fanOut.leave(this);
    if (lastEventSeq === undefined) this.owesSnapshot = true;
    else this.place = this.sentSeq = lastEventSeq;
    this.fallBehind();
  }

  fallBehind(): void {
    this.#fanOut.leave(this);
    const reading = new AbortController();
    this.#reading = reading;
    catchUp(this.#show, this.#fanOut.tail, this, 2000, reading.signal).catch((error) => this.fail(error));
  }

  disconnect(): void {
    this.#reading?.abort();
    this.#reading = undefined;
    this.#fanOut.leave(this);
  }

  async sendSnapshot(): Promise<void> {
    this.owesSnapshot = false;
    this.place = this.sentSeq = this.#show.lastEventSeq;
    await this.#drain();
  }

  async sendFrames(frames: Buffer, lastSeq: number): Promise<void> {
    this.deliver(frames, lastSeq);
    await this.#drain();
  }

  deliver(frames: Buffer, lastSeq: number): void {
    for (const seq of seqsIn(frames)) {
      if (seq !== (this.place ?? 0) + 1) this.faults.push(`${seq} after ${this.place}`);
      this.place = seq;
    }
    this.sentSeq = lastSeq;
  }

  join(): void {
    this.#reading = undefined;
    this.#fanOut.join(this);
  }

  fail(error: unknown): void {
    this.faults.push(String(error));
  }

  async #drain(): Promise<void> {
    for (let i = 0; i < this.#drainTurns; i++) await nextTurn();
  }
}

const action = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant('append' as const), count: fc.integer({ min: 1, max: 40 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('lose' as const), count: fc.integer({ min: 1, max: 5 }) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('turn' as const), count: fc.integer({ min: 1, max: 6 }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('snapshot' as const), client: fc.nat(3) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('resume' as const), client: fc.nat(3), from: fc.nat(100) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('refresh' as const), client: fc.nat(3) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('disconnect' as const), client: fc.nat(3) }) },
);

test('whoever comes, goes, resumes, reads slowly or was not published to gets each event once and in order', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(action, { maxLength: 60 }), fc.integer({ min: 1, max: 30 }), async (actions, stretch) => {
      const show = new MemoryShow();
      show.stretchEvents = stretch;
      show.fill(20);
      const fanOut = new FanOut(show.lastEventSeq, show.state, new TestClock());
      const publish = fanOut.publish.bind(fanOut);
      show.publish = publish;
      const clients = [0, 1, 3, 10].map((turns) => new Client(show, fanOut, turns));
      for (const step of actions) {
        const client = 'client' in step ? clients[step.client] : undefined;
        if (step.do === 'append') show.fill(step.count);
        // An effect that failed: the events are in the log and nobody was told.
        if (step.do === 'lose') {
          show.publish = () => undefined;
          show.fill(step.count);
          show.publish = publish;
        }
        if (step.do === 'turn') for (let i = 0; i < step.count; i++) await nextTurn();
        if (step.do === 'snapshot') client?.request(undefined);
        if (step.do === 'resume') client?.request(Math.min(step.from, show.lastEventSeq));
        if (step.do === 'refresh' && client && (client.isCatchingUp || fanOut.isLive(client))) {
          client.owesSnapshot = true;
          if (!client.isCatchingUp) client.fallBehind();
        }
        if (step.do === 'disconnect') client?.disconnect();
      }
      show.fill(1);
      const here = clients.filter((client) => client.isCatchingUp || fanOut.isLive(client));
      for (let i = 0; i < 3000 && here.some(({ sentSeq }) => sentSeq < show.lastEventSeq); i++) await nextTurn();
      for (const client of clients) expect(client.faults).toEqual([]);
      for (const client of here) expect(client.place).toBe(show.lastEventSeq);
    }),
    { numRuns: 150 },
  );
});
