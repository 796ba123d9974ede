/** The serial ports of this machine, and how the bridge file would name each so that it is found again after a replug. */
import { constants } from 'node:fs';
import { access, readdir, readFile, readlink, realpath } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Listing, PluggedIn } from '../../src/adapter-sdk/adapter.js';
import { BridgeError, wordsOf } from '../../src/kit/errors.js';
import { usbDeviceOf, usbName } from './find-port.js';
import type { Binding } from './safe-binding.js';

/** A port as it is found. */
interface FoundPort {
  path: string;
  name?: string | undefined;
  vendorId?: number | undefined;
  productId?: number | undefined;
  serialNumber?: string | undefined;
  /** Names that stay the same after a replug, the best first. */
  links?: readonly string[];
  /** What stands in the way of opening it. */
  obstacle?: 'permission' | 'absent' | undefined;
  /** Who has it open, as far as this user may see: `brltty (812)`. */
  holder?: string | undefined;
}

export interface SerialPlaces {
  /** Linux: sysfs is looked at, which needs neither udev's programs nor its database. */
  isSysfs: boolean;
  /** Where sysfs and the devices are mounted. */
  sys?: string;
  dev?: string;
  proc?: string;
  /** Whether this user may open a path. Rejects with the system's code. */
  allowed?: (path: string) => Promise<void>;
}

/** @throws DEVICE_UNREACHABLE when the system does not tell its ports */
export async function listSerial(binding: Binding, places: SerialPlaces): Promise<Listing> {
  const { isSysfs, sys = '/sys', dev = '/dev', proc = '/proc', allowed = mayOpen } = places;
  const ports = isSysfs
    ? await withHolders(await portsOfSysfs(sys, dev, allowed), proc)
    : await portsOfBinding(binding);
  return {
    found: ports.map((port) => pluggedIn(port, ports)),
    looked: isSysfs ? 'the serial ports of the system (/sys/class/tty)' : 'the serial ports of the system',
    hint: 'a USB box that does not show up may have a charging cable without data lines; in a container, pass the port in',
  };
}

function pluggedIn(port: FoundPort, ports: readonly FoundPort[]): PluggedIn {
  const { path, vendorId, productId, serialNumber, links = [] } = port;
  const notes: string[] = [];
  let entry: PluggedIn['entry'];
  const ids = vendorId !== undefined && productId !== undefined ? { vendorId, productId } : undefined;
  const alike = ports.filter((other) => other.vendorId === vendorId && other.productId === productId);
  const [link] = links;
  if (ids && alike.filter((other) => other.serialNumber === serialNumber).length === 1) {
    // Without a number of its own it is meant by its ids only while it is the only one.
    const isTold = serialNumber !== undefined || alike.length === 1;
    if (isTold) entry = { adapter: 'serial', ...ids, ...(serialNumber !== undefined && { serialNumber }) };
  }
  if (!entry && link !== undefined) entry = { adapter: 'serial', path: link };
  if (ids && !entry) notes.push('nothing tells it from its like: the path may change at a replug');
  else if (link !== undefined && /by-path/.test(link) && entry?.path === link)
    notes.push('this is the socket: plug it in there');
  if (port.obstacle === 'absent')
    notes.push(`the system has it, but there is no ${path} here: in a container, pass it in`);
  if (port.obstacle === 'permission')
    notes.push('permission denied: put the bridge’s user into the group dialout, and log in anew');
  if (port.holder !== undefined)
    notes.push(`held by ${port.holder}: the bridge itself, or a program that has to let go of it`);
  const usb = ids ? `, USB ${usbName({ ...ids, ...(serialNumber !== undefined && { serialNumber }) })}` : '';
  return {
    name: port.name || basename(path),
    what: `serial port ${path}${usb}; 9600 baud unless baudRate is added`,
    nickname: port.name || basename(path),
    entry: entry ?? { adapter: 'serial', path },
    ...(notes.length > 0 && { note: notes.join('; ') }),
  };
}

/** What is a port for a cable; consoles and their like are not. */
const PORT_NAME = /^(tty(S|WCH|ACM|USB|AMA|MFD|O|XRUSB|SC|HS|THS|mxc)\d+|rfcomm\d+)$/;

async function portsOfSysfs(sys: string, dev: string, allowed: (path: string) => Promise<void>): Promise<FoundPort[]> {
  const names = (await readdir(join(sys, 'class/tty')).catch(() => [])).filter((name) => PORT_NAME.test(name)).sort();
  const links = await stableLinks(dev);
  const ports = await Promise.all(
    names.map(async (name): Promise<FoundPort | undefined> => {
      const path = join(dev, name);
      const usb = await usbDeviceOf(name, sys);
      if (!usb && !(await isFitted(join(sys, 'class/tty', name)))) return undefined;
      const obstacle = await allowed(path).then(() => undefined, obstacleOf);
      const common = { path, links: links.get(path) ?? [], obstacle };
      if (!usb) return common;
      const { vendorId, productId, serialNumber, product } = usb;
      return { ...common, vendorId, productId, serialNumber, name: product };
    }),
  );
  return ports.filter((port) => port !== undefined);
}

/** Linux lists sockets that this machine has not: their type is 0, unknown. */
async function isFitted(folder: string): Promise<boolean> {
  const isDevice = await realpath(join(folder, 'device')).then(
    () => true,
    () => false,
  );
  const type = await readFile(join(folder, 'type'), 'utf8').catch(() => '1');
  return isDevice && type.trim() !== '0';
}

/** By path, what udev also calls it: by what it says of itself, and by the socket that it is plugged into. */
async function stableLinks(dev: string): Promise<Map<string, string[]>> {
  const found = new Map<string, string[]>();
  for (const folder of ['serial/by-id', 'serial/by-path']) {
    for (const name of (await readdir(join(dev, folder)).catch(() => [])).sort()) {
      const link = join(dev, folder, name);
      const path = await realpath(link).catch(() => undefined);
      if (path !== undefined) found.set(path, [...(found.get(path) ?? []), link]);
    }
  }
  return found;
}

/** With the first process that has each port open. What belongs to another user is only seen by root. */
async function withHolders(ports: readonly FoundPort[], proc: string): Promise<FoundPort[]> {
  if (ports.length === 0) return [];
  const holders = new Map<string, string>();
  for (const pid of (await readdir(proc).catch(() => [])).filter((name) => /^\d+$/.test(name))) {
    for (const fd of await readdir(join(proc, pid, 'fd')).catch(() => [])) {
      const file = await readlink(join(proc, pid, 'fd', fd)).catch(() => '');
      if (holders.has(file) || !ports.some(({ path }) => path === file)) continue;
      const name = (await readFile(join(proc, pid, 'comm'), 'utf8').catch(() => 'a program')).trim();
      holders.set(file, `${name} (${pid})`);
    }
  }
  return ports.map((port) => ({ ...port, holder: holders.get(port.path) }));
}

const mayOpen = (path: string): Promise<void> => access(path, constants.R_OK | constants.W_OK);
const obstacleOf = ({ code }: NodeJS.ErrnoException): FoundPort['obstacle'] =>
  code === 'ENOENT' ? 'absent' : 'permission';

async function portsOfBinding(binding: Binding): Promise<FoundPort[]> {
  try {
    return (await binding.list()).map(({ path, vendorId, productId, serialNumber }) => ({
      path,
      vendorId: idOf(vendorId),
      productId: idOf(productId),
      serialNumber,
    }));
  } catch (cause) {
    throw new BridgeError('DEVICE_UNREACHABLE', `the serial ports cannot be listed: ${wordsOf(cause)}`, { cause });
  }
}

/** Four hex digits, as serialport tells them. */
function idOf(hex: string | undefined): number | undefined {
  const id = Number.parseInt(hex ?? '', 16);
  return Number.isNaN(id) ? undefined : id;
}
