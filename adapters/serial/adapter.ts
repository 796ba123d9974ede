/** Button boxes and other devices on a serial port. See README.md here. */
import type { Adapter, AdapterIo, Connection } from '../../src/adapter-sdk/adapter.js';
import { BridgeError, wordsOf } from '../../src/kit/errors.js';
import { problemOfDevice } from './check.js';
import { framingOf } from './codec.js';
import { problemOfCommand, summarise } from './command.js';
import { greetingsOf, type Inheritance, SerialConnection } from './connection.js';
import { findPortInList, findPortInSysfs, portPath, usbName } from './find-port.js';
import type { SerialDevice } from './generated/types.js';
import { listSerial } from './list.js';
import { includes, matches, problemOfPattern } from './patterns.js';
import { type Binding, type Port, safeBinding } from './safe-binding.js';

/** Where ports come from. A test hands in a simulated one; the bridge file cannot. */
export interface SerialOptions {
  loadBinding?: () => Promise<Binding>;
}

export function createSerialAdapter({ loadBinding = loadNative }: SerialOptions = {}): Adapter {
  /** By what says which device is meant; as many as there are in bridge files. */
  const inheritances = new Map<string, Inheritance>();
  const inheritanceOf = (identity: string): Inheritance => {
    const inheritance = inheritances.get(identity) ?? { isCut: false };
    inheritances.set(identity, inheritance);
    return inheritance;
  };
  return {
    kind: 'serial',
    native: true,
    prepare: async () => void (await loadBinding()),
    list: async () =>
      listSerial(await loadBinding(), { isSysfs: loadBinding === loadNative && process.platform === 'linux' }),
    matches,
    includes,
    isByHand: () => true,
    isPress: ({ edge }) => edge !== 'release',
    problemOfCommand,
    problemOfPattern,
    problemOfDevice,
    identityOf,
    summarise,
    async connect(config: SerialDevice & Record<string, unknown>, io: AdapterIo, signal): Promise<Connection> {
      signal.throwIfAborted();
      const problem = problemOfDevice(config);
      // Trying again would not mend it.
      if (problem) throw new BridgeError('DEVICE_REFUSED', problem.message);
      const greetings = greetingsOf(config, framingOf(config));
      const binding = await loadBinding();
      const path = await pathOf(config, io.baseDir, binding, loadBinding === loadNative);
      signal.throwIfAborted();
      const port = await open(binding, path, config);
      if (signal.aborted) {
        await port.close().catch(() => undefined);
        signal.throwIfAborted();
      }
      return new SerialConnection(port, path, config, greetings, io, inheritanceOf(identityOf(config)));
    },
  };
}

const identityOf = ({ path, vendorId, productId, serialNumber }: Partial<SerialDevice>): string =>
  JSON.stringify([path, vendorId, productId, serialNumber]);

/** @throws DEVICE_DRIVER_MISSING */
async function loadNative(): Promise<Binding> {
  try {
    const { SerialPort } = await import('serialport');
    return safeBinding(SerialPort.binding as unknown as Binding);
  } catch (cause) {
    const words = wordsOf(cause);
    throw new BridgeError(
      'DEVICE_DRIVER_MISSING',
      `serialport does not load (${words}); it needs libstdc++6 and glibc 2.28 or newer, and npm ci without --omit=optional`,
      { cause },
    );
  }
}

/** @throws DEVICE_UNREACHABLE when no such device is plugged in */
async function pathOf(config: SerialDevice, baseDir: string, binding: Binding, isNative: boolean): Promise<string> {
  if (config.path !== undefined) return portPath(config.path, baseDir);
  const { vendorId = 0, productId = 0, serialNumber } = config;
  const wanted = { vendorId, productId, ...(serialNumber !== undefined && { serialNumber }) };
  try {
    const path =
      isNative && process.platform === 'linux'
        ? await findPortInSysfs(wanted)
        : findPortInList(wanted, await binding.list());
    if (path !== undefined) return path;
  } catch (cause) {
    const words = wordsOf(cause);
    throw new BridgeError('DEVICE_UNREACHABLE', `the serial ports cannot be listed: ${words}`, { cause });
  }
  throw new BridgeError('DEVICE_UNREACHABLE', `no serial port of ${usbName(wanted)} is plugged in`);
}

/** @throws DEVICE_UNREACHABLE, in the technician's words */
async function open(binding: Binding, path: string, config: SerialDevice): Promise<Port> {
  const { baudRate, dataBits, stopBits, parity, rtscts } = config;
  try {
    return await binding.open({ path, baudRate, dataBits, stopBits, parity, rtscts, lock: true });
  } catch (cause) {
    const words = wordsOf(cause);
    throw new BridgeError('DEVICE_UNREACHABLE', whyNotOpen(path, words), { cause });
  }
}

/** bindings-cpp has words but no codes. */
function whyNotOpen(path: string, words: string): string {
  if (/permission denied|access denied/i.test(words)) {
    return `${path}: permission denied; put the bridge’s user into the group dialout, and log in anew`;
  }
  if (/lock/i.test(words)) return `${path} is in use by another program`;
  if (/no such file|file not found/i.test(words)) return `there is no ${path}`;
  if (/inappropriate ioctl/i.test(words)) return `${path} is not a serial port`;
  return `${path}: ${words}`;
}

export const serialAdapter = createSerialAdapter();
