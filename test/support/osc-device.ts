import { oscAdapter } from '../../adapters/osc/adapter.js';
import type { Adapter, Connection, Health, Input } from '../../src/devices/adapter.js';
import { adapterValidators } from '../../src/generated/files.js';
import { never, testIo } from './rig.js';

const adapter: Adapter = oscAdapter;

/** An osc device of the bridge file as the loader hands it over, with its defaults. */
export function oscDevice(config: object): Record<string, unknown> {
  const validate = adapterValidators.osc?.device;
  const device = { adapter: 'osc', ...config };
  if (!validate?.(device)) throw new Error(JSON.stringify(validate?.errors));
  return device;
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
