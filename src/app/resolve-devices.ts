import { type Finding, wrong } from '../config/problems.js';
import { isMap, member, pointerOf, textAt } from '../kit/pointer.js';

/** A device with what its files hold, or what is wrong with one of them (the pointer is seen from the device); as `Resolved` of src/devices. */
export type ResolvedDevice =
  | { ok: true; config: Readonly<Record<string, unknown>> }
  | { ok: false; problem: Pick<Finding, 'pointer' | 'message' | 'severity' | 'unknown'> };

/** @param device  its part of the bridge file, checked. @param baseDir  the folder of the bridge file. */
export type ResolveDevice = (device: Readonly<Record<string, unknown>>, baseDir: string) => Promise<ResolvedDevice>;

/**
 * Reads what the devices name, in place: what was read stands in the device afterwards.
 * @param problems  what was found before; a device that is wrong already is left alone.
 */
export async function resolveDevices(
  resolve: ResolveDevice,
  bridge: unknown,
  baseDir: string,
  problems: readonly Finding[],
): Promise<Finding[]> {
  const devices = member(bridge, 'devices');
  if (!isMap(devices)) return [];
  const wrong = problems.filter(({ file, severity }) => file === 'bridge' && severity === 'error');
  const found: Finding[] = [];
  for (const [name, device] of Object.entries(devices)) {
    const at = pointerOf('devices', name);
    const isWrong = wrong.some(({ pointer }) => pointer === at || pointer.startsWith(`${at}/`));
    if (!isMap(device) || isWrong || textAt(device, 'adapter') === undefined) continue;
    const resolved = await resolve(device, baseDir);
    if (resolved.ok) Object.assign(devices, { [name]: resolved.config });
    else found.push(placedAt(at, resolved.problem));
  }
  return found;
}

const placedAt = (at: string, { pointer, message, ...problem }: (ResolvedDevice & { ok: false })['problem']): Finding =>
  wrong(at + pointer, problem.unknown ? 'CONFIG_UNKNOWN_NAME' : 'CONFIG_INVALID', message, problem);
