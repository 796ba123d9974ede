/** The HID devices of this machine, and how the bridge file would name those that a profile knows. */
import { constants, existsSync } from 'node:fs';
import { access } from 'node:fs/promises';
import type { Listing, PluggedIn } from '../../src/adapter-sdk/adapter.js';
import { type HidDriver, type HidInfo, whyFailed } from './driver.js';
import type { HidProfile } from './generated/types.js';
import { hidProfiles } from './profile.js';

/** Vendors whose devices have an adapter of their own. */
const ELGATO = 0x0fd9;
const PI_ENGINEERING = 0x05f3;
/** USB HID Usage Tables, section 4: the generic desktop, and what of it is no button box. */
const DESKTOP = 0x01;
const POINTERS: readonly unknown[] = [0x01, 0x02];
const KEYBOARD = 0x06;
/** The profile for a keyboard that none knows by its ids. */
const ANY_KEYBOARD = 'keyboard-single';

export interface HidPlaces {
  profiles?: readonly HidProfile[];
  /** Whether this user is turned away from a path. */
  isForbidden?: (path: string) => Promise<boolean>;
}

/** @throws DEVICE_UNREACHABLE, DEVICE_DRIVER_MISSING */
export async function listHid(driver: HidDriver, places: HidPlaces = {}): Promise<Listing> {
  const { profiles = await allProfiles(), isForbidden = isRefused } = places;
  const infos = await driver.devices(0, 0).catch((error: unknown) => {
    throw whyFailed(error, 'the HID devices cannot be listed');
  });
  const sorted = [...infos].sort((a, b) => (a.path ?? '').localeCompare(b.path ?? '', 'en', { numeric: true }));
  const kinds = new Map<string, HidInfo[]>();
  for (const info of sorted) kinds.set(usbName(info), [...(kinds.get(usbName(info)) ?? []), info]);
  const found = await Promise.all([...kinds.values()].map((alike) => devicesOf(alike, profiles, isForbidden)));
  const isHidden = process.platform === 'linux' && !existsSync('/sys/class/hidraw');
  return {
    found: found.flat(),
    looked: 'the HID devices of the system (on Linux /dev/hidraw*)',
    hint: isHidden
      ? 'this system shows its programs no HID device at all (no /sys/class/hidraw)'
      : 'a pedal that lsusb does not show either has a bad cable or hub',
  };
}

/** The devices of the same ids: one for each that can be told from the others. */
async function devicesOf(
  alike: readonly HidInfo[],
  profiles: readonly HidProfile[],
  isForbidden: (path: string) => Promise<boolean>,
): Promise<PluggedIn[]> {
  const [first] = alike;
  if (!first) return [];
  const { vendorId, productId } = first;
  const own = profiles.filter(({ devices }) =>
    devices.some((id) => id.vendorId === vendorId && id.productId === productId),
  );
  const isKeyboard = alike.some(({ usagePage, usage }) => usagePage === DESKTOP && usage === KEYBOARD);
  const fallback = profiles.find(({ name }) => isKeyboard && name === ANY_KEYBOARD);
  const [profile = fallback] = own;
  const betterWith =
    vendorId === ELGATO ? 'streamdeck' : vendorId === PI_ENGINEERING && own.length === 0 ? 'xkeys' : undefined;
  const common = { name: first.product || 'HID device', ...(betterWith !== undefined && { betterWith }) };
  const usb = `USB ${usbName(first)}`;
  if (!profile) {
    const isPointer = alike.every(({ usagePage, usage }) => usagePage === DESKTOP && POINTERS.includes(usage));
    const what = isPointer ? `a mouse or its like, ${usb}` : `a HID device that no profile knows, ${usb}`;
    const note = 'config/README.md tells how to write a profile for it';
    return [{ ...common, what, nickname: 'box', ...(!isPointer && { note }) }];
  }
  const nickname = own.length > 0 ? 'pedal' : 'switch';
  const parts = onePerPath(alike.filter((info) => fits(profile, info)));
  return Promise.all(
    parts.map(async (part): Promise<PluggedIn> => {
      const { told, isByPath } = whatTells(part, parts);
      const notes: string[] = [];
      if (part.path !== undefined && (await isForbidden(part.path))) {
        notes.push(
          'permission denied: install config/udev/70-pacebuddy.rules, and put the bridge’s user into the group plugdev',
        );
      }
      if (isByPath) notes.push('nothing but the path tells it from its like, and that may change at a replug');
      if (own.length === 0)
        notes.push('any keyboard looks like this; what it types, it also types into the window with the focus');
      if (own.length > 1)
        notes.push(
          `or profile: ${own
            .slice(1)
            .map(({ name }) => name)
            .join(', ')}`,
        );
      return {
        ...common,
        what: `${own.length > 0 ? profile.title : 'a keyboard, or a switch that is one'}, ${usb}, ${part.path}`,
        nickname,
        entry: { adapter: 'hid', vendorId, productId, profile: profile.name, ...told },
        ...(notes.length > 0 && { note: notes.join('; ') }),
      };
    }),
  );
}

/** Not every system tells usages (0 or nothing); what is not told cannot rule a part out. */
const fits = ({ usagePage, usage }: HidProfile, info: HidInfo): boolean =>
  (usagePage === undefined || !info.usagePage || info.usagePage === usagePage) &&
  (usage === undefined || !info.usage || info.usage === usage);

const onePerPath = (infos: readonly HidInfo[]): HidInfo[] => [
  ...new Map(infos.map((info) => [info.path, info])).values(),
];

/** What the entry needs so that it means this one alone: nothing, the serial number, the interface, or the path. */
function whatTells(
  part: HidInfo,
  parts: readonly HidInfo[],
): { told: Record<string, string | number>; isByPath: boolean } {
  const told: Record<string, string | number> = {};
  let others = parts.filter((other) => other !== part);
  if (part.serialNumber && others.some(({ serialNumber }) => serialNumber !== part.serialNumber)) {
    told.serialNumber = part.serialNumber;
    others = others.filter(({ serialNumber }) => serialNumber === part.serialNumber);
  }
  if (part.interface >= 0 && others.some((other) => other.interface !== part.interface)) {
    told.interface = part.interface;
    others = others.filter((other) => other.interface === part.interface);
  }
  if (others.length === 0 || part.path === undefined) return { told, isByPath: false };
  return { told: { ...told, path: part.path }, isByPath: true };
}

/** Those that come with the bridge; one that cannot be read costs itself only. */
async function allProfiles(): Promise<HidProfile[]> {
  const names = await hidProfiles.names().catch(() => []);
  const read = await Promise.all(names.map((name) => hidProfiles.load(name).catch(() => undefined)));
  return read.filter((profile) => profile !== undefined);
}

const isRefused = async (path: string): Promise<boolean> => {
  if (process.platform !== 'linux') return false;
  return access(path, constants.R_OK | constants.W_OK).then(
    () => false,
    (error: NodeJS.ErrnoException) => error.code === 'EACCES' || error.code === 'EPERM',
  );
};

/** `05f3:00ff`, as lsusb writes it. */
const usbName = ({ vendorId, productId }: HidInfo): string => {
  const hex = (id: number) => id.toString(16).padStart(4, '0');
  return `${hex(vendorId)}:${hex(productId)}`;
};
