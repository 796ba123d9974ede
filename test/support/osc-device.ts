import { oscAdapter } from '../../adapters/osc/adapter.js';
import type { Adapter, Connection, Health, Input } from '../../src/devices/adapter.js';
import { checkedDevice } from './checked-device.js';
import { never, testIo } from './rig.js';

const adapter: Adapter = oscAdapter;

/** An osc device of the bridge file, checked and with its defaults. */
export const oscDevice = (config: object) => checkedDevice('osc', config);

/** The same with its profile read. @throws what is wrong with it */
export async function resolvedOsc(config: object, baseDir = '.'): Promise<Readonly<Record<string, unknown>>> {
  const resolved = await adapter.resolve?.(oscDevice(config), baseDir);
  if (!resolved?.ok) throw new Error(resolved?.message);
  return resolved.config;
}

/** @throws what the adapter's connect throws */
export const openOsc = (config: object): Promise<Connection> => adapter.connect(oscDevice(config), testIo(), never());

/** A connection, and what it told. */
export async function connectOsc(config: object): Promise<{ connection: Connection; inputs: Input[]; told: Health[] }> {
  const connection = await openOsc(config);
  const inputs: Input[] = [];
  const told: Health[] = [];
  connection.onInput((input) => inputs.push(input));
  connection.onHealth((health) => told.push(health));
  return { connection, inputs, told };
}
