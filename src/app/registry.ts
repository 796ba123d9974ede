/** The kinds of devices that there are: what they can be, what is plugged in, and what they say of a bridge file. */
import { join } from 'node:path';
import { adapters } from '../../adapters/index.js';
import type { Adapter } from '../adapter-sdk/adapter.js';
import type { AdapterDefinition, SimulatorModule } from '../adapter-sdk/define-adapter.js';
import { commandSchemaOf } from '../check/command-schema.js';
import { lintMapping } from '../check/rules.js';
import type { AdapterParts } from '../config/validate.js';
import { type KindListing, lookFor } from '../devices/plugged-in.js';
import type { BridgeConfig } from '../generated/types.js';
import { BridgeError, wordsOf } from '../kit/errors.js';
import { packageRoot } from '../kit/package.js';
import { isMap, listAt, member, textAt } from '../kit/pointer.js';
import type { LoadedKind, PackagedKind } from './adapter-packages.js';
import { type CheckedBridge, type KnownAdapters, type LoadResult, loadBridge } from './load-bridge.js';

export { watchPlugging } from '../devices/plugging.js';

const builtIn: Readonly<Record<string, () => Promise<{ default: AdapterDefinition }>>> = adapters;
export const builtInKinds: readonly string[] = Object.keys(adapters);
/** Those of packages are of the bridge file that was loaded last. */
const loaded = new Map<string, LoadedKind | PackagedKind>();

/** An adapter that has been loaded. */
export const adapterOf = (kind: unknown): Adapter | undefined => loaded.get(String(kind))?.adapter;
/** The validators of a kind that has been loaded. */
export const partsOf = (kind: string): AdapterParts | undefined => loaded.get(kind)?.parts;

/** Loads those of the kinds that are built in. */
export async function loadAdapters(kinds: Iterable<string>): Promise<void> {
  const missing = [...new Set(kinds)].filter((kind) => Object.hasOwn(builtIn, kind) && !loaded.has(kind));
  await Promise.all(
    missing.map(async (kind) => {
      const definition = (await builtIn[kind]?.())?.default;
      const [adapter, parts] = await Promise.all([definition?.adapter(), definition?.validators?.()]);
      if (!adapter || !parts) return;
      // Native drivers run in processes of their own, which load what was built.
      const module = join(packageRoot, 'dist/adapters', kind, 'index.js');
      const ready = adapter.native ? await isolated(adapter, module) : adapter;
      if (!loaded.has(kind)) loaded.set(kind, { adapter: ready, parts });
    }),
  );
}

async function isolated(adapter: Adapter, module: string): Promise<Adapter> {
  const { isolate } = await import('../devices/drivers/isolated-adapter.js');
  return isolate(adapter, { module });
}

/**
 * Loads what the devices of a bridge file that was checked need; after this `adapterOf` knows them.
 * @throws CONFIG_ADAPTER when a package is no longer what it was when the file was checked
 */
export async function loadAdaptersOf({ config, baseDir }: CheckedBridge): Promise<void> {
  const { problems } = await loadNamed(config, baseDir);
  if (problems[0]) throw new BridgeError('CONFIG_ADAPTER', problems[0].message);
  await Promise.all([...kindsIn(config)].map(async (kind) => (await builtIn[kind]?.())?.default.wire?.()));
}

/** Loads the packages that a bridge file names, and the kinds that its devices name. */
async function loadNamed(root: unknown, baseDir: string): Promise<KnownAdapters> {
  await loadAdapters(kindsIn(root));
  if (listAt(root, 'adapters').length === 0) return { kinds: builtInKinds, parts: partsOfLoaded(), problems: [] };
  const { loadPackages } = await import('./adapter-packages.js');
  const { kinds, problems } = await loadPackages(root, baseDir, builtInKinds);
  for (const [kind, packaged] of kinds) loaded.set(kind, packaged);
  return { kinds: [...builtInKinds, ...kinds.keys()], parts: partsOfLoaded(), problems };
}

/** The kinds of devices that are plugged into a machine, and those that are on a network. */
export async function kindsOfDevices(): Promise<{ plugged: string[]; network: string[] }> {
  await loadAdapters(builtInKinds);
  const kinds = [...loaded.keys()].sort();
  return {
    plugged: kinds.filter((kind) => adapterOf(kind)?.list),
    network: kinds.filter((kind) => !adapterOf(kind)?.list),
  };
}

/** What is plugged into this machine now, of kinds that `kindsOfDevices` knows; see `lookFor`. */
export const pluggedIn = (kinds: readonly string[], signal: AbortSignal): Promise<KindListing[]> =>
  lookFor(kinds, Object.fromEntries([...loaded].map(([kind, { adapter }]) => [kind, adapter])), signal);

/** What the simulator's module of a kind exports. */
export type SimulatorOf<Kind extends keyof typeof adapters> = Awaited<
  ReturnType<NonNullable<Awaited<ReturnType<(typeof adapters)[Kind]>>['default']['simulator']>>
>;

/** The device's side of the wire of a kind that is built in and has one. */
export async function simulatorOf<Kind extends keyof typeof adapters>(kind: Kind): Promise<SimulatorOf<Kind>> {
  return (await (await adapters[kind]()).default.simulator?.()) as SimulatorOf<Kind>;
}

/**
 * What `pacebuddy simulate` runs for a kind of a package; loadChecked has loaded its bridge file before.
 * @throws CONFIG_UNKNOWN_NAME when there is no such kind, or none that can be simulated
 */
export async function packagedSimulator(kind: string): Promise<SimulatorModule['simulate']> {
  const packaged = loaded.get(kind);
  if (!packaged || !('entry' in packaged)) {
    const message = `no kind of device is called ${kind} and can be simulated; --bridge names a bridge file whose adapters are known as well`;
    throw new BridgeError('CONFIG_UNKNOWN_NAME', message);
  }
  const { definitionAt } = await import('./adapter-packages.js');
  try {
    const { simulate }: Partial<SimulatorModule> = (await (await definitionAt(packaged.entry)).simulator?.()) ?? {};
    if (simulate) return simulate;
  } catch (cause) {
    throw new BridgeError('CONFIG_ADAPTER', `the simulator of ${kind} does not load: ${wordsOf(cause)}`, { cause });
  }
  throw new BridgeError('CONFIG_UNKNOWN_NAME', `the package of ${kind} has no simulator`);
}

/** Reads and checks a bridge file with its show file against the adapters of this build. */
export function loadChecked(path: string, env: NodeJS.ProcessEnv = process.env): Promise<LoadResult> {
  return loadBridge(path, {
    env,
    adapters: loadNamed,
    resolveDevice: async (device, baseDir) =>
      (await adapterOf(device.adapter)?.resolve?.(device, baseDir)) ?? { ok: true, config: device },
    lint: (config, showFile) => lintMapping(config, showFile, checksOf(config)),
  });
}

/** The kinds that the devices of a bridge file name. */
function kindsIn(root: unknown): string[] {
  const devices = member(root, 'devices');
  return Object.values(isMap(devices) ? devices : {}).flatMap((device) => textAt(device, 'adapter') ?? []);
}

const partsOfLoaded = (): Record<string, AdapterParts> =>
  Object.fromEntries([...loaded].map(([kind, { parts }]) => [kind, parts]));

/** What the adapters of these devices know. */
function checksOf({ devices, ...config }: BridgeConfig): Parameters<typeof lintMapping>[2] {
  const ask = <Answer>(device: string, question: (adapter: Adapter, config: object) => Answer): Answer | undefined => {
    const adapter = adapterOf(devices[device]?.adapter);
    return adapter && question(adapter, { ...devices[device] });
  };
  return {
    commandSchema: commandSchemaOf({ devices, ...config }, partsOfLoaded()),
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
