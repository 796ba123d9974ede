import type { Adapter } from '../../src/adapter-sdk/adapter.js';
import { builtInKinds, loadAdapters, partsOf } from '../../src/app/registry.js';

await loadAdapters(builtInKinds);

type Config = Readonly<Record<string, unknown>>;

/** A device of the bridge file: checked, and with its defaults. */
export function checkedDevice(adapter: string, config: object): Config {
  const validate = partsOf(adapter)?.device;
  const device = { adapter, ...config };
  if (!validate?.(device)) throw new Error(JSON.stringify(validate?.errors));
  return device;
}

/** The same with its files read, as the loader hands it over. @throws what is wrong with them */
export async function resolvedDevice<C = Config>(adapter: Adapter<C>, config: object, baseDir = '.'): Promise<C> {
  const checked = checkedDevice(adapter.kind, config) as C;
  const resolved = (await adapter.resolve?.(checked, baseDir)) ?? { ok: true, config: checked };
  if (!resolved.ok) throw new Error(resolved.problem.message);
  return resolved.config;
}
