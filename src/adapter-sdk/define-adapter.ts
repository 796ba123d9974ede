/** What a package, or a folder of adapters/, says of the kind of device that it speaks for. */
import type { Validator } from '../kit/validator.js';
import type { Adapter } from './adapter.js';

/** The version of the contract of adapter.ts. It grows with a change that an adapter written before it would not survive. */
export const CONTRACT_VERSION = 1;

/**
 * One kind of device. Only what is asked for is loaded: a check needs no simulator, a driver's process no validators.
 */
export interface AdapterDefinition<Config = Readonly<Record<string, unknown>>, Simulator = object> {
  /** The version of the contract that it was written for; see `CONTRACT_VERSION`. */
  readonly contract: number;
  /** The name that `adapter:` takes in the bridge file: lower-case letters, digits and `-`. */
  readonly kind: string;
  /** What a technician writes: a JSON Schema (2020-12) whose `$defs` are `device`, `when` and `send`, or its file. */
  readonly schema: URL | object;
  readonly adapter: () => Promise<Adapter<Config>>;
  /** Loads what its first connection needs besides: before a bridge starts, so that the first GO finds the device. */
  readonly wire?: () => Promise<unknown>;
  /** Of the three parts of the schema. Left out: made from the schema when it is loaded. */
  readonly validators?: () => Promise<Readonly<Record<'device' | 'when' | 'send', Validator>>>;
  /** The device's side of the wire; `pacebuddy simulate` needs a `SimulatorModule`. */
  readonly simulator?: () => Promise<Simulator>;
}

/** The module of a simulator that `pacebuddy simulate KIND` can run. */
export interface SimulatorModule {
  simulate: Simulate;
}

/**
 * Is the device until `close()`.
 * @param options  what was typed as `--name value`, by name.
 * @param tell  one thing that happened: as data for scripts, and in words.
 * @throws CONFIG_INVALID for an option that it does not take, LISTEN_FAILED
 */
export type Simulate = (
  options: Readonly<Record<string, string>>,
  tell: (facts: Readonly<Record<string, unknown>>, words: string) => void,
) => Promise<Simulated>;

export interface Simulated {
  /** What can be typed, in a few words. */
  readonly help: string;
  /** Does what was typed there. @returns what it did, in words */
  type(line: string): string | Promise<string>;
  close(): Promise<void>;
}

/** The default export of an adapter's entry. */
export const defineAdapter = <Config, Simulator = object>(
  definition: AdapterDefinition<Config, Simulator>,
): AdapterDefinition<Readonly<Record<string, unknown>>, Simulator> => definition as never;

/** What is wrong with the default export of a package that should be an adapter, in words that follow the package's name. */
export function problemOfDefinition(exported: unknown): string | undefined {
  const { kind, contract, schema, adapter } = Object(exported) as Partial<AdapterDefinition>;
  if (typeof adapter !== 'function' || typeof contract !== 'number' || typeof kind !== 'string') {
    return 'is no adapter: its entry has no default export that defineAdapter has made';
  }
  if (contract !== CONTRACT_VERSION) {
    return `was written for version ${contract} of the adapters’ contract, and this bridge has version ${CONTRACT_VERSION}: install a version of it that fits`;
  }
  if (!/^[a-z][a-z0-9-]{0,63}$/.test(kind)) return `is no adapter: '${kind}' cannot be the name of a kind`;
  return typeof schema === 'object' && schema !== null ? undefined : 'is no adapter: it has no schema';
}
