import { oscAdapter } from '../../adapters/osc/adapter.js';
import type { OscConfig } from '../../adapters/osc/settings.js';
import type { Connection, Health, Input } from '../../src/adapter-sdk/adapter.js';
import { never, testIo } from '../../src/adapter-sdk/testing/rig.js';
import { resolvedDevice } from './checked-device.js';

/** An osc device of the bridge file, as the loader hands it over. @throws what is wrong with its profile */
export const resolvedOsc = (config: object, baseDir?: string): Promise<OscConfig> =>
  resolvedDevice(oscAdapter, config, baseDir);

/** @throws what the adapter's connect throws */
export const openOsc = async (config: object): Promise<Connection> =>
  oscAdapter.connect(await resolvedOsc(config), testIo(), never());

/** A connection, and what it told. */
export async function connectOsc(config: object): Promise<{ connection: Connection; inputs: Input[]; told: Health[] }> {
  const connection = await openOsc(config);
  const inputs: Input[] = [];
  const told: Health[] = [];
  connection.onInput((input) => inputs.push(input));
  connection.onHealth((health) => told.push(health));
  return { connection, inputs, told };
}
