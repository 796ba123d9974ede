import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads';
import type { Adapter } from '../../adapter-sdk/adapter.js';
import { type Clock, type MonoMs, systemClock } from '../../kit/clock.js';
import { BridgeError, wordsOf } from '../../kit/errors.js';
import type { Log } from '../../kit/log.js';
import { packageRoot } from '../../kit/package.js';
import { driverEnvironment } from './driver-environment.js';

/** What loading a package may take, in milliseconds. */
const LOAD_LIMIT_MS = 5000;
/** What one answer may take. The bridge waits for it, and does nothing else meanwhile. */
const ANSWER_LIMIT_MS = 250;
/** And all its answers within a second: an answer takes about 0.02 ms. */
const ANSWERS_LIMIT_MS = 250;
/** The same for `resolve`, which reads files; it is asked before a show, or in the thread of a reload. */
const RESOLVE_LIMIT_MS = 2000;
/** After an adapter hung it is loaded anew when it is asked: so soon at first, twice as late each time, at most so late. */
const RESTART_MS = { first: 1000, most: 60_000 } as const;
/** What the thread's JavaScript may hold, in MiB. */
const HEAP_MIB_MAX = 64;

/** The built entry of the thread: Node runs no TypeScript, so this is dist/ from the sources as well. */
const HOST = join(packageRoot, 'dist/src/devices/drivers/adapter-thread-host.js');

/** What the thread tells of the definition that it has loaded. */
export interface AdapterFacts {
  kind: string;
  /** The JSON Schema of its part of the bridge file. */
  schema: object;
  /** The members of its adapter that are functions. */
  members: readonly string[];
  tellsPlayhead: boolean;
}

/** What the host is given. `wake` counts its answers. */
export interface HostData {
  /** The entry of the package, as a path. */
  entry: string;
  port: MessagePort;
  wake: Int32Array;
}

export type Question = { id: number; member: string; args: readonly unknown[] };
export type Reply = { id: number; answer?: unknown; fault?: string };
export type Loaded = { facts: AdapterFacts } | { fault: string };

/** The members of an adapter that are questions. */
type Asked = Exclude<
  { [M in keyof Adapter]-?: NonNullable<Adapter[M]> extends (...args: never[]) => unknown ? M : never }[keyof Adapter],
  'connect' | 'prepare' | 'list'
>;

/** What stands for an answer that did not come: in doubt it is no press, and no command is right. */
const FALLBACKS: Readonly<Record<Asked, (why: string, args: readonly unknown[]) => unknown>> = {
  matches: () => false,
  isPress: () => true,
  isByHand: () => false,
  firedCue: () => undefined,
  firesCue: () => undefined,
  includes: () => false,
  placeOf: () => ({}),
  comesBack: () => false,
  movesPlayhead: () => true,
  identityOf: () => undefined,
  problemOfDevice: (why) => ({ pointer: '', message: `its adapter fails: ${why}`, severity: 'error' }),
  problemOfPattern: (why) => `its adapter fails: ${why}`,
  inputNames: () => undefined,
  problemOfCommand: (why) => `its adapter fails: ${why}`,
  summarise: (_why, [command]) => JSON.stringify(command),
  resolve: (why) => ({ ok: false, problem: FALLBACKS.problemOfDevice?.(why, []) }),
};

/**
 * An adapter's code in a thread of its own, which answers one question at a time while the bridge waits: an adapter that
 * loops, throws or exits costs its own answers only, and at most 250 ms of everybody's time.
 */
export class AdapterThread {
  readonly facts: AdapterFacts;
  /** Told what went wrong; the log of the newest connection. */
  log: Log | undefined;
  readonly #entry: string;
  readonly #clock: Clock;
  #running: Running | undefined;
  #pauseMs: number = RESTART_MS.first;
  /** When the second began in which its answers are counted, and what they have taken. */
  #second = { beganMs: 0, tookMs: 0 };
  /** When the first question that comes then loads it anew; undefined while it runs or is being loaded. */
  #restartAtMs: number | undefined;

  private constructor(entry: string, clock: Clock, running: Running) {
    this.#entry = entry;
    this.#clock = clock;
    this.#running = running;
    this.facts = running.facts;
  }

  /** @param entry  of the package, as a path. @throws an Error with what is wrong, in words that follow the package's name */
  static async start(entry: string, clock: Clock = systemClock()): Promise<AdapterThread> {
    await tryApart(entry);
    return new AdapterThread(entry, clock, await run(entry, clock));
  }

  /** The adapter's answers; `connect`, `prepare` and `list` are for a driver's process. */
  answers(): Omit<Adapter, 'connect' | 'prepare' | 'list'> {
    const { kind, members, tellsPlayhead } = this.facts;
    const known = (Object.keys(FALLBACKS) as Asked[]).filter((member) => members.includes(member));
    const answers = known.map((member) => [member, (...args: readonly unknown[]) => this.#ask(member, args)]);
    const { resolve, ...others } = Object.fromEntries(answers);
    return {
      ...others,
      ...(resolve && { resolve: async (...args: readonly unknown[]) => resolve(...args) }),
      ...(tellsPlayhead && { tellsPlayhead }),
      kind,
    };
  }

  #ask(member: Asked, args: readonly unknown[]): unknown {
    const running = this.#running;
    if (!running) this.#restart();
    const limitMs = member === 'resolve' ? RESOLVE_LIMIT_MS : ANSWER_LIMIT_MS;
    const beganMs = this.#clock.mono();
    const reply = running?.ask(member, args, (beganMs + limitMs) as MonoMs);
    if (running && reply && member !== 'resolve' && this.#isSlow(beganMs)) {
      this.#hung(running, `its answers took more than ${ANSWERS_LIMIT_MS} ms within a second`);
    }
    if (reply && reply.fault === undefined) return reply.answer;
    const why = reply ? `${member} threw: ${reply.fault}` : `${member} gave no answer within ${limitMs} ms`;
    if (reply) this.#tell(why);
    else if (running) this.#hung(running, why);
    return FALLBACKS[member]?.(why, args);
  }

  /** Whether all its answers within a second have taken too much of everybody's time. @param beganMs  the last one's question. */
  #isSlow(beganMs: MonoMs): boolean {
    if (beganMs - this.#second.beganMs >= 1000) this.#second = { beganMs, tookMs: 0 };
    this.#second.tookMs += this.#clock.mono() - beganMs;
    return this.#second.tookMs > ANSWERS_LIMIT_MS;
  }

  #tell(detail: string): void {
    this.log?.error({ code: 'ADAPTER_FAILED', adapter: this.facts.kind, detail }, 'adapter.failed');
  }

  #hung(running: Running, detail: string): void {
    this.#running = undefined;
    running.end();
    this.#tell(`${detail}; it answers nothing for ${this.#pauseMs / 1000} s, then it is loaded anew`);
    this.#rest();
  }

  #rest(): void {
    this.#restartAtMs = this.#clock.mono() + this.#pauseMs;
    this.#pauseMs = Math.min(2 * this.#pauseMs, RESTART_MS.most);
  }

  #restart(): void {
    if (this.#restartAtMs === undefined || this.#clock.mono() < this.#restartAtMs) return;
    this.#restartAtMs = undefined;
    void run(this.#entry, this.#clock).then(
      (running) => {
        this.#running = running;
      },
      (error: unknown) => {
        this.#tell(wordsOf(error));
        this.#rest();
      },
    );
  }
}

/** A thread that has loaded its package. */
class Running {
  readonly facts: AdapterFacts;
  readonly #worker: Worker;
  readonly #port: MessagePort;
  readonly #wake: Int32Array;
  readonly #clock: Clock;
  #lastId = 0;

  constructor(worker: Worker, port: MessagePort, wake: Int32Array, facts: AdapterFacts, clock: Clock) {
    this.facts = facts;
    this.#worker = worker;
    this.#port = port;
    this.#wake = wake;
    this.#clock = clock;
  }

  /** @returns undefined when there was none in time */
  ask(member: string, args: readonly unknown[], until: MonoMs): Reply | undefined {
    this.#lastId += 1;
    this.#port.postMessage({ id: this.#lastId, member, args } satisfies Question);
    for (;;) {
      const seen = Atomics.load(this.#wake, 0);
      const reply = receiveMessageOnPort(this.#port)?.message as Reply | undefined;
      if (reply?.id === this.#lastId) return reply;
      if (reply) continue;
      const leftMs = until - this.#clock.mono();
      if (leftMs <= 0) return undefined;
      Atomics.wait(this.#wake, 0, seen, leftMs);
    }
  }

  end(): void {
    this.#port.close();
    void this.#worker.terminate();
  }
}

/**
 * Loads the package in a process first: native code that crashes while it is loaded would take the bridge with it. What else
 * goes wrong there the thread tells better. @throws an Error with what is wrong
 */
async function tryApart(entry: string): Promise<void> {
  const load = `const { default: it } = await import(${JSON.stringify(pathToFileURL(entry).href)}); await it?.adapter?.(); process.exit();`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', load], {
    stdio: 'ignore',
    windowsHide: true,
    env: driverEnvironment(process.env),
    timeout: LOAD_LIMIT_MS,
    killSignal: 'SIGKILL',
  });
  const signal = await new Promise<string | null>((resolve) => {
    child.once('error', () => resolve(null));
    child.once('exit', (_code, by) => resolve(by));
  });
  if (signal === 'SIGKILL') throw new Error(`does not load: it was not done within ${LOAD_LIMIT_MS / 1000} s`);
  if (signal !== null) throw new Error(`does not load: it crashes (${signal})`);
}

async function run(entry: string, clock: Clock): Promise<Running> {
  const { port1, port2 } = new MessageChannel();
  const wake = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(HOST, {
    workerData: { entry, port: port2, wake } satisfies HostData,
    transferList: [port2],
    env: driverEnvironment(process.env),
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MIB_MAX },
  });
  const timer = new AbortController();
  try {
    const facts = await new Promise<AdapterFacts>((resolve, reject) => {
      worker.once('message', (said: Loaded) => ('facts' in said ? resolve(said.facts) : reject(new Error(said.fault))));
      worker.on('error', (error) => reject(new Error(`does not load: ${wordsOf(error)}`)));
      worker.once('exit', () => reject(new Error('does not load: it ends the thread that it is loaded in')));
      void clock.sleep(LOAD_LIMIT_MS, timer.signal).then(() => {
        reject(new Error(`does not load: it was not done within ${LOAD_LIMIT_MS / 1000} s`));
      });
    });
    // A command that is done does not wait for its adapters.
    worker.unref();
    port1.unref();
    return new Running(worker, port1, wake, facts, clock);
  } catch (error) {
    port1.close();
    await worker.terminate();
    throw error;
  } finally {
    timer.abort();
  }
}

/** What the driver's process does instead: nobody calls it here. */
export const elsewhere = (): Promise<never> =>
  Promise.reject(new BridgeError('INTERNAL', 'this is done in a driver process'));
