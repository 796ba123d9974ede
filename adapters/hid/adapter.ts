/** Foot switches and button boxes that speak HID. See README.md here. */
import type { Adapter, AdapterIo, Connection } from '../../src/adapter-sdk/adapter.js';
import { includesButton, isButtonPress, matchesButton, problemOfButton } from '../../src/adapter-sdk/buttons.js';
import { BridgeError } from '../../src/kit/errors.js';
import { HidConnection } from './connection.js';
import { type HidDriver, type HidInfo, loadNodeHid, whyFailed } from './driver.js';
import type { HidDevice, HidProfile } from './generated/types.js';
import { listHid } from './list.js';
import { hidProfiles } from './profile.js';

/** Where devices come from. A test hands in a simulated driver; the bridge file cannot. */
export interface HidOptions {
  loadDriver?: () => Promise<HidDriver>;
}

/** A device of the bridge file with its profile read. */
export type HidConfig = HidDevice & Readonly<Record<string, unknown>> & { readonly profileData?: HidProfile };

export function createHidAdapter({ loadDriver = loadNodeHid }: HidOptions = {}): Adapter<HidConfig> {
  return {
    kind: 'hid',
    native: true,
    prepare: async () => void (await loadDriver()),
    list: async () => listHid(await loadDriver()),
    matches: matchesButton,
    async resolve(config, baseDir) {
      const read = await hidProfiles.resolve(config.profile, baseDir);
      return read.ok ? { ok: true, config: { ...config, profileData: read.profile } } : read;
    },
    problemOfCommand: () => 'a HID device cannot be sent anything',
    problemOfPattern: (pattern, { profileData }) =>
      problemOfButton(pattern, profileData && Object.keys(profileData.buttons)),
    isByHand: () => true,
    isPress: (input, patterns, { holdMs }) => isButtonPress(input, patterns, holdMs),
    includes: (pattern, other, { holdMs }) => includesButton(pattern, other, holdMs),
    identityOf: ({ vendorId, productId, serialNumber, interface: part, path, usagePage, usage, profile }) =>
      JSON.stringify([vendorId, productId, serialNumber, part, path, usagePage, usage, profile]),
    summarise: () => 'nothing: a HID device takes no commands',
    async connect(config, io: AdapterIo, signal): Promise<Connection> {
      signal.throwIfAborted();
      const profile = profileOf(config);
      const driver = await loadDriver();
      const found = await find(driver, config, profile);
      signal.throwIfAborted();
      const name = `${usbName(config)} at ${found.path}`;
      const handle = await driver.open(found.path).catch((error: unknown) => {
        throw whyFailed(error, name);
      });
      if (signal.aborted) {
        await handle.close().catch(() => undefined);
        signal.throwIfAborted();
      }
      return new HidConnection(handle, { ...found, name }, config, profile, io);
    },
  };
}

/** @throws INTERNAL: `resolve` comes first */
function profileOf({ profile, profileData }: HidConfig): HidProfile {
  if (!profileData) throw new BridgeError('INTERNAL', `the profile ${profile} was not read`);
  return profileData;
}

/** @throws DEVICE_UNREACHABLE, DEVICE_DRIVER_MISSING */
async function find(
  driver: HidDriver,
  config: HidDevice,
  profile: HidProfile,
): Promise<{ path: string; note?: string }> {
  let listed: readonly HidInfo[];
  try {
    listed = await driver.devices(config.vendorId, config.productId);
  } catch (error) {
    throw whyFailed(error, 'the HID devices cannot be listed');
  }
  const paths = pathsOf(listed, config, profile);
  const [path] = paths;
  if (path === undefined) {
    const others = listed.length > 0 ? `; ${listed.length} of these ids are there, but none fits the rest` : '';
    throw new BridgeError('DEVICE_UNREACHABLE', `no HID device ${usbName(config)} is plugged in${others}`);
  }
  if (paths.length === 1) return { path };
  return { path, note: `${paths.length} fit, the first was taken: name serialNumber, interface or path` };
}

/** The paths that fit, each once, in order. Pure. */
function pathsOf(listed: readonly HidInfo[], config: HidDevice, profile: HidProfile): string[] {
  const { vendorId, productId, serialNumber, path } = config;
  // Not every system tells usages (0 or nothing); what is not told cannot rule a device out.
  const fits = (wanted: number | undefined, told: number | undefined) =>
    wanted === undefined || !told || told === wanted;
  const usagePage = config.usagePage ?? profile.usagePage;
  const usage = config.usage ?? (config.usagePage === undefined ? profile.usage : undefined);
  const paths = listed
    .filter((info) => info.vendorId === vendorId && info.productId === productId)
    .filter((info) => serialNumber === undefined || info.serialNumber === serialNumber)
    .filter((info) => path === undefined || info.path === path)
    .filter((info) => config.interface === undefined || info.interface === config.interface)
    .filter((info) => fits(usagePage, info.usagePage) && fits(usage, info.usage))
    .flatMap((info) => (info.path === undefined ? [] : [info.path]));
  return [...new Set(paths)].sort();
}

/** `05f3:00ff`, as lsusb writes it. */
function usbName({ vendorId, productId, serialNumber }: HidDevice): string {
  const hex = (id: number) => id.toString(16).padStart(4, '0');
  return `${hex(vendorId)}:${hex(productId)}${serialNumber === undefined ? '' : ` number ${serialNumber}`}`;
}

export const hidAdapter = createHidAdapter();
