import { adapterValidators } from '../../src/generated/files.js';

/** A device of the bridge file as the loader hands it over: checked, and with its defaults. */
export function checkedDevice(adapter: string, config: object): Readonly<Record<string, unknown>> {
  const validate = adapterValidators[adapter]?.device;
  const device = { adapter, ...config };
  if (!validate?.(device)) throw new Error(JSON.stringify(validate?.errors));
  return device;
}
