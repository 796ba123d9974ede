/** Which port a USB serial device has now. */
import { readdir, readFile, realpath } from 'node:fs/promises';
import { dirname, join, posix, win32 } from 'node:path';
import type { PortInfo } from './safe-binding.js';

/** A USB device by what it says of itself. */
export interface UsbId {
  vendorId: number;
  productId: number;
  serialNumber?: string;
}

/**
 * The port that a `path` of the bridge file means: seen from the file's folder, but for the names of Windows' own, such as
 * COM3 and \\.\COM12.
 */
export function portPath(path: string, baseDir: string, platform: NodeJS.Platform = process.platform): string {
  if (platform !== 'win32') return posix.resolve(baseDir, path);
  return /^(\\\\[.?]\\)?COM\d+$/i.test(path) ? path : win32.resolve(baseDir, path);
}

/** From an interface to its USB device there are at most so many folders in sysfs. */
const PARENTS_MAX = 8;

/**
 * Looks in Linux' sysfs, which costs a few small reads and needs no udev; `serialport`'s list() forks udevadm, too
 * much for something that is asked while a device is away.
 * @param sysfs  the folder where sysfs is mounted.
 * @returns the path of the first such port by name, or undefined.
 */
export async function findPortInSysfs(wanted: UsbId, sysfs = '/sys'): Promise<string | undefined> {
  const names = await readdir(join(sysfs, 'class/tty')).catch(() => []);
  for (const name of names.sort()) {
    const usb = await usbDeviceOf(name, sysfs);
    if (usb && isWanted(wanted, usb)) return `/dev/${name}`;
  }
  return undefined;
}

/**
 * The USB device that a tty belongs to.
 * @param tty  its name, such as ttyACM0.
 */
export async function usbDeviceOf(tty: string, sysfs: string): Promise<(UsbId & { product?: string }) | undefined> {
  let folder = await realpath(join(sysfs, 'class/tty', tty, 'device')).catch(() => undefined);
  for (let up = 0; folder !== undefined && up < PARENTS_MAX; up++) {
    const [vendor, product, serialNumber, name] = await Promise.all(
      ['idVendor', 'idProduct', 'serial', 'product'].map((file) => readText(join(folder ?? '', file))),
    );
    if (vendor !== undefined && product !== undefined) {
      return {
        vendorId: Number.parseInt(vendor, 16),
        productId: Number.parseInt(product, 16),
        ...(serialNumber ? { serialNumber } : {}),
        ...(name ? { product: name } : {}),
      };
    }
    folder = dirname(folder);
  }
  return undefined;
}

/** @returns the path of the first such port in the order of the list, or undefined. */
export function findPortInList(wanted: UsbId, ports: readonly PortInfo[]): string | undefined {
  return ports.find(
    ({ vendorId, productId, serialNumber }) =>
      vendorId !== undefined &&
      productId !== undefined &&
      isWanted(wanted, {
        vendorId: Number.parseInt(vendorId, 16),
        productId: Number.parseInt(productId, 16),
        ...(serialNumber === undefined ? {} : { serialNumber }),
      }),
  )?.path;
}

const isWanted = (wanted: UsbId, { vendorId, productId, serialNumber }: UsbId): boolean =>
  vendorId === wanted.vendorId &&
  productId === wanted.productId &&
  (wanted.serialNumber === undefined || wanted.serialNumber === serialNumber);

const readText = (path: string): Promise<string | undefined> =>
  readFile(path, 'utf8').then(
    (text) => text.trim(),
    () => undefined,
  );

/** `05f3:00ff`, as lsusb writes it. */
export const usbName = ({ vendorId, productId, serialNumber }: UsbId): string => {
  const hex = (id: number) => id.toString(16).padStart(4, '0');
  return `${hex(vendorId)}:${hex(productId)}${serialNumber === undefined ? '' : ` number ${serialNumber}`}`;
};
