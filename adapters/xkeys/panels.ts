/** Which of the plugged-in devices are X-keys, and which of them the bridge file means. */
import type { Product } from 'xkeys';
import { BridgeError } from '../../src/kit/errors.js';
import { type PanelInfo, type PanelLibrary, VENDOR_ID, whyFailed, type XkeysDriver } from './driver.js';
import type { XkeysDevice } from './generated/types.js';

/** A panel that is plugged in. */
export interface Candidate {
  info: PanelInfo;
  path: string;
  product: Product;
}

/** The panels that fit, in the order of their paths. @throws DEVICE_UNREACHABLE, DEVICE_DRIVER_MISSING */
export async function findPanels(
  driver: XkeysDriver,
  library: PanelLibrary,
  config: XkeysDevice,
): Promise<Candidate[]> {
  let listed: readonly PanelInfo[];
  try {
    listed = await driver.devices();
  } catch (error) {
    throw whyFailed(error, 'the HID devices cannot be listed');
  }
  const panels = candidatesOf(listed, library);
  const fitting = panels.filter(
    ({ info, path }) =>
      (config.productId === undefined || info.productId === config.productId) &&
      (config.path === undefined || path === config.path),
  );
  if (fitting.length > 0) return fitting;
  const others = panels.length > 0 ? `; ${panels.length} other X-keys are there` : '';
  const unknown =
    listed.length > 0 && panels.length === 0 ? `; what is there of ${usb()} the library does not know` : '';
  throw new BridgeError('DEVICE_UNREACHABLE', `no X-keys ${usb(config.productId)} is plugged in${others}${unknown}`);
}

/** Each panel once, in the order of the paths. */
export function candidatesOf(listed: readonly PanelInfo[], library: PanelLibrary): Candidate[] {
  const byPath = new Map<string, Candidate>();
  for (const info of listed) {
    const product = info.vendorId === VENDOR_ID ? library.productOf(info) : undefined;
    if (product && info.path !== undefined && !byPath.has(info.path)) {
      byPath.set(info.path, { info, path: info.path, product });
    }
  }
  return [...byPath.values()].sort((a, b) => a.path.localeCompare(b.path, 'en', { numeric: true }));
}

/** `05f3:0405`, as lsusb writes it. */
export function usb(productId?: number): string {
  const hex = (id: number) => id.toString(16).padStart(4, '0');
  return `${hex(VENDOR_ID)}:${productId === undefined ? '…' : hex(productId)}`;
}
