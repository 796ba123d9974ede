import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Adapter, AdapterIo, Connection, Input, Listing } from '../../adapter-sdk/adapter.js';
import { type Clock, machineMs, systemClock } from '../../kit/clock.js';
import { BridgeError, isBridgeError, toBridgeError, wordsOf } from '../../kit/errors.js';
import { type Log, silentLog } from '../../kit/log.js';
import { packageRoot } from '../../kit/package.js';
import { LATE, within } from '../../kit/within.js';
import { fits } from '../fits.js';
import { CRASHES_MAX, CrashPause } from './crash-pause.js';
import { DriverProcess, type DriverProgram } from './driver-process.js';
import { errorOf } from './host-messages.js';
import { IsolatedConnection } from './isolated-connection.js';

/** What a list may take, the start of its process and a slow system included. */
const LIST_LIMIT_MS = 15_000;
/** How long a process without a connection is kept for the device's next try; longer than the supervisor ever waits. */
const REST_LIMIT_MS = 2000;

export interface IsolateOptions {
  /** The built module that exports the adapter or its definition, as a path. The driver's process loads it; the bridge does not. */
  module: string;
  clock?: Clock;
  /** Folders whose files come and go with devices; a test's own. */
  deviceFolders?: readonly string[];
}

type DriverIo = Pick<AdapterIo, 'device' | 'log'>;

/** The built entry of a driver's process: Node runs no TypeScript, so this is dist/ from the sources as well. */
const HOST = join(packageRoot, 'dist/src/devices/drivers/adapter-host.js');

/**
 * The same adapter with its driver in another process, one for each device. What is pure stays here. A process serves
 * one connection after the other; it ends when its connection is closed on purpose, when a try is given up, when it
 * misbehaves, and when nobody wants it for 2 s. One that crashes at every try is soon tried less often.
 */
export function isolate(adapter: Adapter, options: IsolateOptions): Adapter {
  const { module, clock = systemClock(), deviceFolders } = options;
  const program: DriverProgram = { kind: adapter.kind, host: HOST, module };
  const pause = new CrashPause(clock, deviceFolders);
  const resting = new Map<string, { driver: DriverProcess; wake: AbortController }>();

  const rest = (device: string, driver: DriverProcess): void => {
    if (driver.isEnding) return;
    driver.onMessage = () => undefined;
    void resting.get(device)?.driver.end();
    const wake = new AbortController();
    const place = { driver, wake };
    resting.set(device, place);
    void within(clock, REST_LIMIT_MS, driver.ended, wake.signal).then(() => {
      if (wake.signal.aborted) return;
      if (resting.get(device) === place) resting.delete(device);
      void driver.end();
    });
  };

  /** @throws INTERNAL when there is no process to be had */
  const driverFor = ({ device, log }: DriverIo): DriverProcess => {
    const rested = resting.get(device);
    resting.delete(device);
    rested?.wake.abort();
    if (rested && !rested.driver.isEnding) {
      rested.driver.log = log;
      return rested.driver;
    }
    return startDriver(device, log);
  };

  /** @throws INTERNAL when there is no process to be had */
  const startDriver = (device: string, log: Log): DriverProcess => {
    if (!existsSync(HOST)) throw new BridgeError('INTERNAL', `there is no ${HOST}: npm run build`);
    try {
      return new DriverProcess(program, device, clock, log);
    } catch (cause) {
      throw new BridgeError('INTERNAL', `the driver process cannot be started: ${wordsOf(cause)}`, { cause });
    }
  };

  /** Each list has a process of its own: nothing that it opens can stay open. */
  const list = async (signal: AbortSignal): Promise<Listing> => {
    signal.throwIfAborted();
    const driver = startDriver('list', silentLog);
    try {
      const listing = await within(clock, LIST_LIMIT_MS, listIn(driver), signal);
      if (listing !== LATE) return listing;
      signal.throwIfAborted();
      throw new BridgeError('DEVICE_TIMEOUT', `no list within ${LIST_LIMIT_MS / 1000} s`);
    } finally {
      await driver.end();
    }
  };

  /** The process that a try needs, loaded: it waits for the try as one does that has served. */
  const prepare = async (io: DriverIo, signal: AbortSignal): Promise<void> => {
    signal.throwIfAborted();
    // Which connect() says in its own words.
    if (pause.reason(io.device)) return;
    const driver = driverFor(io);
    const giveUp = () => void driver.end();
    signal.addEventListener('abort', giveUp);
    try {
      const why = await Promise.race([driver.ready, driver.ended]);
      signal.throwIfAborted();
      if (why) throw why;
      rest(io.device, driver);
    } catch (error) {
      if (driver.isLost) noteCrash(io, error);
      throw error;
    } finally {
      signal.removeEventListener('abort', giveUp);
    }
  };

  const noteCrash = (io: DriverIo, error: unknown): void => {
    const why = toBridgeError(error);
    if (!pause.crashed(io.device, why)) return;
    io.log.warn({ code: why.code, detail: `${CRASHES_MAX} crashes in a row: tried less often` }, 'driver.paused');
  };

  return {
    ...adapter,
    ...(adapter.list && { list }),
    native: true,
    prepare,
    async connect(config, io, signal): Promise<Connection> {
      signal.throwIfAborted();
      const leftAlone = pause.reason(io.device);
      if (leftAlone) throw new BridgeError(leftAlone.code, leftAlone.message, { cause: leftAlone });
      const driver = driverFor(io);
      const giveUp = () => void driver.end();
      const isWanted = (input: Input) => io.patterns.some((pattern) => fits(adapter, pattern, input));
      signal.addEventListener('abort', giveUp);
      try {
        const connection = await connectIn(driver, config, io, isWanted, () => rest(io.device, driver));
        pause.answered(io.device);
        return connection;
      } catch (error) {
        if (driver.isLost) noteCrash(io, error);
        else if (isBridgeError(error) && error.code === 'DEVICE_DRIVER_MISSING') {
          // What is installed meanwhile is found by a new process only; trying costs no more than a crash at every try.
          pause.crashed(io.device, error);
          void driver.end();
        } else if (!signal.aborted) pause.answered(io.device);
        throw signal.aborted ? signal.reason : error;
      } finally {
        signal.removeEventListener('abort', giveUp);
      }
    },
  };
}

function listIn(driver: DriverProcess): Promise<Listing> {
  return new Promise((resolve, reject) => {
    void driver.ended.then((why) => {
      const said = driver.lastWords.find((line) => /error/i.test(line)) ?? driver.lastWords.at(-1);
      reject(
        said === undefined ? why : new BridgeError(why.code, `${why.message}; its last words: ${said}`, { cause: why }),
      );
    });
    driver.onMessage = (message) => {
      if (message.type === 'listed') resolve(message.listing);
      if (message.type === 'notListed') reject(errorOf(message.fault));
    };
    driver.busy = 'connecting';
    driver.tell({ type: 'list' });
  });
}

/**
 * One try, and the connection that comes of it.
 * @param isWanted  whether some rule waits for such an input. @param rest  the driver is free for the next one
 */
function connectIn(
  driver: DriverProcess,
  config: Readonly<Record<string, unknown>>,
  io: AdapterIo,
  isWanted: (input: Input) => boolean,
  rest: () => void,
): Promise<Connection> {
  return new Promise((resolve, reject) => {
    let connection: IsolatedConnection | undefined;
    void driver.ended.then((why) => {
      connection?.end(why);
      reject(why);
    });
    driver.onMessage = (message) => {
      // A try that was given up ends with its process.
      if (!connection && driver.isEnding) return;
      switch (message.type) {
        case 'connected':
          driver.busy = 'running';
          connection = new IsolatedConnection(driver, message, io, isWanted);
          resolve(connection);
          return;
        case 'notConnected':
          driver.busy = 'running';
          rest();
          reject(errorOf(message.fault));
          return;
        case 'closed':
          rest();
          connection?.take(message);
          return;
        default:
          connection?.take(message);
      }
    };
    driver.busy = 'connecting';
    const { device, patterns, baseDir, log, clock } = io;
    const time = { wallMs: clock.wall(), machineMs: machineMs() };
    driver.tell({ type: 'connect', config, device, patterns, baseDir, logLevel: log.level, time });
  });
}
