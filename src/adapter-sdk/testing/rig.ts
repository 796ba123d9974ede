/** The device's side of the adapter contract: what a rig is, and the bench that a test puts it on. */
import { isDeepStrictEqual } from 'node:util';
import { systemClock } from '../../kit/clock.js';
import type { ErrorCode } from '../../kit/errors.js';
import { silentLog } from '../../kit/log.js';
import type { Adapter, AdapterIo, Command, Connection, Input, Pattern } from '../adapter.js';
import { eventually } from './waiting.js';

/** A device on a real wire, and how the bridge file names it. It is plugged in when the rig has been made. */
export interface Rig {
  readonly adapter: Adapter;
  /** As the loader hands it over. */
  readonly config: Readonly<Record<string, unknown>>;
  /** The patterns of the input rules for it; the pressed input must fit at least one. */
  readonly patterns: readonly Pattern[];
  /** The device does its input once. Awaited up to the moment when the bytes left the device. */
  press(): Promise<void>;
  /** Members of the one input that a press makes; inputs without them (a release, say) are not counted. */
  readonly pressedInput: Input;
  /** A command that the device can tell from the others by its number, from 0. */
  command(n: number): Command;
  /** The commands that the device got, each as its number, in the order of arrival, over all of its connections. */
  got(): readonly number[];
  /** After each connect, for a device that has to find the bridge by itself (a TCP server's peer). */
  joined?(connection: Connection): Promise<void>;
  /** How many links the device holds now: 0 once a connection is closed. For devices that can tell. */
  links?(): number;
  /** The device goes away in the hardest way that there is. */
  unplug(): Promise<void>;
  /** The device is back, at the same place. */
  replug(): Promise<void>;
  /** Ends everything that the rig started. Idempotent. */
  close(): Promise<void>;
}

/** What kind of device it is; each member left out is the strictest. */
export interface Traits {
  /** The device answers a command: its receipt says 'acknowledged'. */
  answers?: boolean;
  /** false: the device only listens. */
  presses?: boolean;
  /** false: the device only speaks; every send is refused with DEVICE_REFUSED. */
  takesCommands?: boolean;
  /** The connection outlives the device: datagrams, or a server that waits for peers. It is not `closed` at unplug. */
  linkless?: boolean;
  /** What connect says of a device that is not there; 'connects' only where nothing can tell. */
  absent?: ErrorCode | 'connects';
  /** The health right after connect (and after `joined`). */
  health?: 'up' | 'unverified';
  /** Within which an absent or vanished device is noticed, in milliseconds. */
  noticedWithinMs?: number;
}

const clock = systemClock();

/** What an adapter under test is given: the machine's clock and a silent log. */
export const testIo = (device = 'device', patterns: readonly Pattern[] = [], baseDir = '.'): AdapterIo => ({
  device,
  clock,
  log: silentLog,
  patterns,
  baseDir,
});

/** A signal that never aborts. */
export const never = (): AbortSignal => new AbortController().signal;

/** Every member of `part` is in `whole` and equal. */
export const fits = (part: Input, whole: Input): boolean =>
  Object.entries(part).every(([name, value]) => isDeepStrictEqual(whole[name], value));

/** A rig, its connections and what they said; all of it is closed when the test ends, however it ends. */
export class Bench {
  readonly rig: Rig;
  readonly #connections: Connection[] = [];

  constructor(rig: Rig) {
    this.rig = rig;
  }

  /** @throws what the adapter's connect throws */
  async connect(
    signal: AbortSignal = never(),
    io: AdapterIo = testIo('device', this.rig.patterns),
  ): Promise<{ connection: Connection; presses: Input[]; inputs: Input[] }> {
    const { adapter, config } = this.rig;
    const connection = await adapter.connect(config, io, signal);
    this.#connections.push(connection);
    const inputs: Input[] = [];
    const presses: Input[] = [];
    connection.onInput((input) => {
      inputs.push(input);
      if (fits(this.rig.pressedInput, input)) presses.push(input);
    });
    await this.rig.joined?.(connection);
    return { connection, presses, inputs };
  }

  /** Presses, and waits until `presses` holds `count`. */
  async press(presses: readonly Input[], count: number): Promise<void> {
    await this.rig.press();
    await eventually(
      () => presses.length >= count,
      () => `press ${count} (have ${presses.length})`,
    );
  }

  got = (count: number): Promise<void> =>
    eventually(
      () => this.rig.got().length >= count,
      () => `command ${count} at the device (has ${this.rig.got().length})`,
    );

  async end(): Promise<void> {
    await Promise.all(this.#connections.map((connection) => connection.close()));
    await this.rig.close();
  }
}
