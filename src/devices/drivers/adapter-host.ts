/**
 * The entry of a driver's process: `node adapter-host.js KIND MODULE DEVICE`, with a pipe to the bridge as descriptor 3.
 * It loads one adapter and serves one connection after the other, until the bridge says so or is gone.
 */

import { Socket } from 'node:net';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { Adapter, Connection, Face, Pattern } from '../../adapter-sdk/adapter.js';
import type { AdapterDefinition } from '../../adapter-sdk/define-adapter.js';
import { machineMs, systemClock, type WallMs } from '../../kit/clock.js';
import { BridgeError } from '../../kit/errors.js';
import { createLog, silentLog } from '../../kit/log.js';
import { within } from '../../kit/within.js';
import { type ConnectOrder, type FromHost, faultOf, HOST_FD, MessageReader, type ToHost } from './host-messages.js';

/** Counters cross at most so often. */
const COUNTERS_EVERY_MS = 1000;
/** The bridge asks after us every 500 ms. One that is silent for so long hangs, and what its displays say is old. */
const SILENCE_LIMIT_MS = 2000;
const SILENCE_LOOK_EVERY_MS = 250;
/** What saying goodbye to the device may take. The bridge kills after 500 ms. */
const GOODBYE_LIMIT_MS = 400;

const [kind = '', module = '', device = ''] = process.argv.slice(2);
const clock = systemClock();
const pipe = new Socket({ fd: HOST_FD, readable: true, writable: true });
const ending = new AbortController();
let trying: AbortController | undefined;
let connection: Connection | undefined;
let serving: Promise<void> = Promise.resolve();
let isEnding = false;
/** What the rules ask of the device now. */
let patterns: readonly Pattern[] = [];
let heardAtMs = clock.mono();
/** What the bridge said last of how the show looks, to the connection that is open. */
let shown: Face | undefined;
/** The display says that there is no bridge. */
let isSilent = false;
const sends = new Map<number, AbortController>();

new Worker(new URL('./orphan-watch.js', import.meta.url), {
  env: {},
  resourceLimits: { maxOldGenerationSizeMb: 4 },
}).unref();

const tell = (message: FromHost): void => void pipe.write(`${JSON.stringify(message)}\n`);

/** One try, and the whole life of the connection that comes of it. */
async function serve(adapter: Adapter, order: ConnectOrder): Promise<void> {
  const { config, device, baseDir, logLevel, time } = order;
  const log = createLog({ level: logLevel, destination: { write: (line) => tell({ type: 'log', line }) } });
  trying = new AbortController();
  let made: Connection;
  try {
    const wall = () => (time.wallMs + machineMs() - time.machineMs) as WallMs;
    const io = {
      device,
      clock: { ...clock, wall },
      log,
      get patterns() {
        return patterns;
      },
      baseDir,
    };
    made = await adapter.connect(config, io, trying.signal);
  } catch (error) {
    tell({ type: 'notConnected', fault: faultOf(error) });
    return;
  } finally {
    trying = undefined;
  }
  connection = made;
  tell({
    type: 'connected',
    health: made.health(),
    counters: made.counters?.() ?? {},
    displays: made.display !== undefined,
  });
  const stopHealth = made.onHealth((health) => tell({ type: 'health', health }));
  const stopInput = made.onInput((input) => tell({ type: 'input', input, atMs: machineMs() - silentForMs() }));
  if (isEnding) void made.close();
  const life = new AbortController();
  void tellCounters(made, life.signal);
  shown = undefined;
  isSilent = false;
  if (made.display) void watchBridge(made, life.signal);
  const why = await made.closed;
  life.abort();
  stopHealth();
  stopInput();
  // The sends that the end has cut off say why first.
  await new Promise((resolve) => setImmediate(resolve));
  connection = undefined;
  tell({ type: 'closed', counters: made.counters?.() ?? {}, ...(why && { fault: faultOf(why) }) });
}

async function list(adapter: Adapter): Promise<void> {
  try {
    if (!adapter.list) throw new Error(`${kind} lists nothing`);
    tell({ type: 'listed', listing: await adapter.list(ending.signal) });
  } catch (error) {
    tell({ type: 'notListed', fault: faultOf(error) });
  }
}

async function tellCounters(of: Connection, signal: AbortSignal): Promise<void> {
  let told = JSON.stringify(of.counters?.() ?? {});
  while (!signal.aborted) {
    await clock.sleep(COUNTERS_EVERY_MS, signal);
    const counters = of.counters?.() ?? {};
    const now = JSON.stringify(counters);
    if (signal.aborted || now === told) continue;
    told = now;
    tell({ type: 'counters', counters });
  }
}

/** What is pressed on a display that says NO BRIDGE counts from the bridge's last word, and so comes too late to it. */
const silentForMs = () => (isSilent ? clock.mono() - heardAtMs : 0);

/** A display must not go on saying GO for a bridge that hangs. */
async function watchBridge(of: Connection, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const beganMs = clock.mono();
    await clock.sleep(SILENCE_LOOK_EVERY_MS, signal);
    const nowMs = clock.mono();
    // When we ourselves stood still, what the bridge said meanwhile has not been read yet.
    if (nowMs - beganMs > 2 * SILENCE_LOOK_EVERY_MS) heardAtMs = nowMs;
    const isNow = nowMs - heardAtMs > SILENCE_LIMIT_MS;
    if (signal.aborted || !shown || isNow === isSilent) continue;
    isSilent = isNow;
    of.display?.(isSilent ? { ...shown, state: 'silent' } : shown);
  }
}

async function send({ id, command }: ToHost & { type: 'send' }): Promise<void> {
  const abort = new AbortController();
  sends.set(id, abort);
  try {
    if (!connection) throw new BridgeError('DEVICE_CLOSED', 'the connection is closed');
    const { reached, sentAt, confirmed, left } = await connection.send(command, abort.signal);
    // Without a time of its own, `sent` means now; the way back to the bridge is not the device's.
    const leftAt = sentAt ?? (reached === 'sent' ? clock.mono() : undefined);
    const time = leftAt === undefined ? {} : { sentAtMs: machineMs() - (clock.mono() - leftAt) };
    tell({ type: 'receipt', id, reached, confirms: confirmed !== undefined, leaves: left !== undefined, ...time });
    confirmed?.then(
      () => tell({ type: 'confirmed', id }),
      (error: unknown) => tell({ type: 'notConfirmed', id, fault: faultOf(error) }),
    );
    left?.then(
      () => tell({ type: 'left', id }),
      (error: unknown) => tell({ type: 'notLeft', id, fault: faultOf(error) }),
    );
  } catch (error) {
    tell({ type: 'notSent', id, fault: faultOf(error) });
  } finally {
    sends.delete(id);
  }
}

/** Says goodbye to the device and ends. What the driver does not finish in time, the system cleans up. */
async function end(isOrphan: boolean): Promise<void> {
  if (isEnding) return;
  isEnding = true;
  ending.abort();
  trying?.abort();
  void connection?.close();
  await within(clock, GOODBYE_LIMIT_MS, serving);
  // Native code may hang in its last clean-up; a bridge that lives would kill us, an orphan does it itself.
  if (isOrphan) process.kill(process.pid, 'SIGKILL');
  pipe.end(() => process.exit(0));
}

async function load(): Promise<Adapter> {
  const exported: Record<string, unknown> = await import(pathToFileURL(module).href);
  const found = Object.values(exported).find((value) => Object(value).kind === kind);
  if (!found) throw new Error(`${module} exports no adapter of the kind ${kind}`);
  const adapter = 'adapter' in Object(found) ? await (found as AdapterDefinition).adapter() : (found as Adapter);
  // What cannot be loaded is told by the try that needs it.
  await adapter.prepare?.({ device, log: silentLog }, new AbortController().signal).catch(() => undefined);
  return adapter;
}

process.title = `pacebuddy driver ${kind} ${device}`;
// Ctrl-C and a service manager signal the whole group; the bridge decides when the device is told goodbye.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
pipe.on('error', () => undefined);
pipe.on('close', () => void end(true));
pipe.setEncoding('utf8');
const loading = load();
const reader = new MessageReader();
pipe.on('data', (text: string) => {
  heardAtMs = clock.mono();
  for (const message of reader.push(text) as ToHost[]) {
    switch (message.type) {
      case 'connect':
        patterns = message.patterns;
        serving = loading.then((adapter) => serve(adapter, message));
        break;
      case 'list':
        void loading.then(list);
        break;
      case 'send':
        void send(message);
        break;
      case 'abortSend':
        sends.get(message.id)?.abort();
        break;
      case 'face':
        shown = message.face;
        connection?.display?.(message.face);
        break;
      case 'patterns':
        patterns = message.patterns;
        connection?.rulesChanged?.();
        break;
      case 'ping':
        tell({ type: 'pong', residentBytes: process.memoryUsage.rss() });
        break;
      case 'end':
        void end(false);
    }
  }
});
await loading;
tell({ type: 'ready' });
