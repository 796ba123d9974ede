import type { Adapter, Command } from '../adapter-sdk/adapter.js';
import { fits } from '../devices/fits.js';
import type { DeviceSpec } from '../devices/supervised-device.js';
import type { GatewaySettings } from '../gateway/contract.js';
import type { Actor } from '../generated/types.js';
import { compileMapping, type Mapping } from '../mapping/mapping.js';
import type { CheckedBridge } from './load-bridge.js';
import { adapterOf } from './registry.js';

/** The bridge itself, where it speaks in nobody's name. */
export const OWN: Actor = { userId: 'bridge', role: 'bridge', deviceId: 'bridge' };

/** What one checked bridge file means for the parts. A reload replaces it whole. */
export class Setup {
  readonly checked: CheckedBridge;
  readonly mapping: Mapping;

  constructor(checked: CheckedBridge) {
    this.checked = checked;
    this.mapping = compileMapping(
      checked.config,
      (device, pattern, input) => fits(this.adapterOf(device), pattern, input),
      (device, command) => this.#firesCue(device, command),
    );
  }

  get config(): CheckedBridge['config'] {
    return this.checked.config;
  }

  adapterOf(device: string): Adapter | undefined {
    return adapterOf(this.config.devices[device]?.adapter);
  }

  /** A command in a few words. */
  summarise(device: string, command: Command): string {
    return this.adapterOf(device)?.summarise(command) ?? JSON.stringify(command);
  }

  /** Goes the whole way of a command but the last step. */
  tryCommand(device: string, command: Command): void {
    const config = this.config.devices[device];
    if (config) this.adapterOf(device)?.problemOfCommand?.(command, { ...config });
  }

  #firesCue(device: string, command: Command): string | true | undefined {
    const config = this.config.devices[device];
    try {
      return config && this.adapterOf(device)?.firesCue?.(command, { ...config });
    } catch {
      return undefined; // A command that cannot be read fires nothing; `send` says so.
    }
  }

  /** Who a device's press counts for: the user of the access list, or the bridge itself in that user's name. */
  userOf(as: string | undefined): Omit<Actor, 'deviceId'> {
    const entry = this.config.access?.find(({ userId }) => userId === as);
    if (!entry) return { userId: as ?? OWN.userId, role: OWN.role };
    const { userId, role, displayName } = entry;
    return { userId, role, ...(displayName === undefined ? {} : { displayName }) };
  }

  devices(): DeviceSpec[] {
    const { config, baseDir } = this.checked;
    return Object.entries(config.devices).flatMap(
      ([name, { adapter: kind, backupOf: _b, mirrored: _m, playhead: _p, ...rest }]) => {
        const adapter = adapterOf(kind);
        return adapter ? [{ name, adapter, config: rest, patterns: this.mapping.patternsFor(name), baseDir }] : [];
      },
    );
  }

  gateway(): GatewaySettings & { listen: string } {
    const { server, access } = this.config;
    const { listen, allowedOrigins, heartbeatMs, limits } = server;
    return { listen, allowedOrigins, heartbeatMs, limits, ...(access === undefined ? {} : { access }) };
  }
}

/** What of the next file takes a restart. @param now  what the bridge was started with: a reload changes nothing of it. */
export function restartReasons(now: CheckedBridge, next: CheckedBridge): string[] {
  const reasons: string[] = [];
  if (now.config.show.id !== next.config.show.id) reasons.push('show.id');
  if (now.fingerprint !== next.fingerprint) reasons.push('the show file');
  if (now.journalPath !== next.journalPath) reasons.push('journal.path');
  if (now.config.server.listen !== next.config.server.listen) reasons.push('server.listen');
  return reasons;
}
