/** The X-keys of this machine, and how the bridge file would name them. Nothing is opened, so no unit id is known. */
import type { Listing, PluggedIn } from '../../src/adapter-sdk/adapter.js';
import { type PanelLibrary, whyFailed, type XkeysDriver } from './driver.js';
import { candidatesOf, usb } from './panels.js';

/** @throws DEVICE_UNREACHABLE, DEVICE_DRIVER_MISSING */
export async function listXkeys(driver: XkeysDriver, library: PanelLibrary): Promise<Listing> {
  const infos = await driver.devices().catch((error: unknown) => {
    throw whyFailed(error, 'the HID devices cannot be listed');
  });
  const panels = candidatesOf(infos, library);
  const found = panels.map(({ info, path, product }): PluggedIn => {
    const alike = panels.filter((other) => other.info.productId === info.productId);
    return {
      name: info.product || product.name,
      what: `X-keys ${product.name}, USB ${usb(info.productId)}, ${path}`,
      nickname: 'xkeys',
      entry: { adapter: 'xkeys', productId: info.productId, ...(alike.length > 1 && { path }) },
      ...(alike.length > 1 && {
        note: 'several of a kind: give each a unit id with the maker’s tool and name unitId instead of path, which may change at a replug',
      }),
    };
  });
  return {
    found,
    looked: 'the HID devices of P.I. Engineering (05f3), on Linux /dev/hidraw*',
    hint: 'a panel that lsusb does not show either has a bad cable or hub',
  };
}
