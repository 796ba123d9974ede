/** The kinds of devices that this build has: what they can be, what is plugged in, and what they say of a bridge file. */
import { join } from 'node:path';
import { adapters } from '../../adapters/index.js';
import { openMidiDesk } from '../../adapters/midi/desk-simulator.js';
import { consoleKinds, startConsole } from '../../adapters/osc/console-simulator.js';
import { openOscSimulator } from '../../adapters/osc/simulator.js';
import { startQlabSimulator } from '../../adapters/qlab/simulator.js';
import type { Adapter } from '../adapter-sdk/adapter.js';
import { commandSchemaOf } from '../check/command-schema.js';
import { lintMapping } from '../check/rules.js';
import { isolateNative } from '../devices/drivers/isolated-adapter.js';
import { type KindListing, lookFor } from '../devices/plugged-in.js';
import { adapterValidators } from '../generated/files.js';
import type { BridgeConfig } from '../generated/types.js';
import { packageRoot } from '../kit/package.js';
import { type LoadResult, loadBridge } from './load-bridge.js';

/** Native drivers run in processes of their own, which load what was built. */
const atWork = isolateNative(adapters, (kind) => join(packageRoot, 'dist/adapters', kind, 'adapter.js'));

export { watchPlugging } from '../devices/plugging.js';

export const adapterOf = (kind: unknown): Adapter | undefined => (typeof kind === 'string' ? atWork[kind] : undefined);

/** The kinds of devices that are plugged into a machine; the others are on a network. */
export const pluggedKinds: readonly string[] = Object.keys(atWork).filter((kind) => atWork[kind]?.list);
export const networkKinds: readonly string[] = Object.keys(atWork).filter((kind) => !atWork[kind]?.list);

/** What is plugged into this machine now; see `lookFor`. */
export const pluggedIn = (kinds: readonly string[], signal: AbortSignal): Promise<KindListing[]> =>
  lookFor(kinds, atWork, signal);

/** The devices that this build can be. */
export const simulators = {
  qlab: startQlabSimulator,
  osc: openOscSimulator,
  console: startConsole,
  midi: openMidiDesk,
};
/** The consoles that `simulators.console` can be. */
export { consoleKinds };

/** Reads and checks a bridge file with its show file against the adapters of this build. */
export function loadChecked(path: string, env: NodeJS.ProcessEnv = process.env): Promise<LoadResult> {
  return loadBridge(path, {
    env,
    adapters: adapterValidators,
    resolveDevice: async (device, baseDir) =>
      (await adapterOf(device.adapter)?.resolve?.(device, baseDir)) ?? { ok: true, config: device },
    lint: (config, showFile) => lintMapping(config, showFile, checksOf(config)),
  });
}

/** What the adapters of these devices know. */
function checksOf({ devices, ...config }: BridgeConfig): Parameters<typeof lintMapping>[2] {
  const ask = <Answer>(device: string, question: (adapter: Adapter, config: object) => Answer): Answer | undefined => {
    const adapter = adapterOf(devices[device]?.adapter);
    return adapter && question(adapter, { ...devices[device] });
  };
  return {
    commandSchema: commandSchemaOf({ devices, ...config }, adapterValidators),
    identityOf: (device) => ask(device, (adapter, config) => adapter.identityOf?.({ ...config })),
    problemOfDevice: (device, timers) =>
      ask(device, (adapter, config) => adapter.problemOfDevice?.({ ...config }, timers)),
    problemOfPattern: (device, pattern) =>
      ask(device, (adapter, config) => adapter.problemOfPattern?.(pattern, { ...config })),
    inputNames: (device, pattern) => ask(device, (adapter, config) => adapter.inputNames?.(pattern, { ...config })),
    problemOfCommand: (device, command) =>
      ask(device, (adapter, config) => adapter.problemOfCommand?.(command, { ...config })),
    includes: (device, pattern, other) =>
      ask(device, (adapter, config) => adapter.includes?.(pattern, other, { ...config })) ?? false,
    placeOf: (device) => ask(device, (adapter, config) => adapter.placeOf?.({ ...config })),
    comesBack: (device, command, pattern) =>
      ask(device, (adapter, config) => adapter.comesBack?.(command, pattern, { ...config })) ?? false,
    tellsPlayhead: (device) => ask(device, ({ tellsPlayhead }) => tellsPlayhead) ?? false,
    movesPlayhead: (device, command) => ask(device, (adapter) => adapter.movesPlayhead?.(command)) ?? true,
  };
}
