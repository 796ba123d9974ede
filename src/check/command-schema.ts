import { faultWords, isSecretName } from '../config/fault-words.js';
import { foldFaults } from '../config/fold-faults.js';
import type { AdapterParts } from '../config/validate.js';
import type { BridgeConfig } from '../generated/types.js';
import { isMap, stepsOf, valueAt } from '../kit/pointer.js';

/**
 * Checks commands with their placeholders filled in against the `send` of their device's adapter: what the check of the
 * file could not judge yet.
 * @returns why a command does not fit, in the technician's words; undefined when it does, or the adapter is unknown.
 */
export function commandSchemaOf(
  config: Pick<BridgeConfig, 'devices'>,
  adapters: Readonly<Record<string, AdapterParts>>,
): (device: string, command: Readonly<Record<string, unknown>>) => string | undefined {
  return (device, command) => {
    const kind = Object.hasOwn(config.devices, device) ? config.devices[device]?.adapter : undefined;
    const parts = kind !== undefined && Object.hasOwn(adapters, kind) ? adapters[kind] : undefined;
    // A copy: the validator fills defaults in.
    const send: unknown = structuredClone({ device, ...command });
    if (!parts || parts.send(send)) return undefined;
    const [fault] = foldFaults(parts.send.errors ?? []);
    if (!fault) return undefined;
    const at = valueAt(send, fault.instancePath);
    const written = {
      source: typeof at === 'string' ? `"${at}"` : undefined,
      secret: stepsOf(fault.instancePath).some(isSecretName),
      has: (name: string) => isMap(at) && Object.hasOwn(at, name),
    };
    return faultWords(fault, fault.instancePath, written).message;
  };
}
