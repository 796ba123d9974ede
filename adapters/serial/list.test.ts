import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { never, testIo } from '../../src/adapter-sdk/testing/rig.js';
import { checkedDevice } from '../../test/support/checked-device.js';
import { createSerialAdapter } from './adapter.js';
import { listSerial } from './list.js';
import { SimulatedPort } from './simulator.js';

/** A Linux machine's sysfs and /dev in a folder. */
let root: string;
const nobody = new SimulatedPort({ path: '/dev/none' });
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'serial-list-'));
  await mkdir(join(root, 'sys/class/tty'), { recursive: true });
  await mkdir(join(root, 'dev'));
});
afterEach(() => rm(root, { recursive: true }));

interface Usb {
  vendor: string;
  product: string;
  serial?: string;
  name?: string;
}

/** Plugs a USB serial device in, with as many ports as names. */
async function plug(bus: string, { vendor, product, serial, name }: Usb, ...ttys: string[]): Promise<void> {
  const usb = join(root, 'sys/devices/usb1', bus);
  for (const tty of ttys) {
    const device = join(usb, `${bus}:1.${ttys.indexOf(tty)}`, tty);
    await mkdir(device, { recursive: true });
    await mkdir(join(root, 'sys/class/tty', tty));
    await symlink(device, join(root, 'sys/class/tty', tty, 'device'));
    await writeFile(join(root, 'dev', tty), '');
  }
  await writeFile(join(usb, 'idVendor'), `${vendor}\n`);
  await writeFile(join(usb, 'idProduct'), `${product}\n`);
  if (serial) await writeFile(join(usb, 'serial'), `${serial}\n`);
  if (name) await writeFile(join(usb, 'product'), `${name}\n`);
}

/** udev's other name for a port. */
async function link(name: string, tty: string): Promise<string> {
  const path = join(root, 'dev/serial', name);
  await mkdir(dirname(path), { recursive: true });
  await symlink(join(root, 'dev', tty), path);
  return path;
}

/** A socket on the machine itself. @param type  0 where nothing is fitted */
async function socket(tty: string, type: number): Promise<void> {
  await mkdir(join(root, 'sys/class/tty', tty, 'device'), { recursive: true });
  await writeFile(join(root, 'sys/class/tty', tty, 'type'), `${type}\n`);
  await writeFile(join(root, 'dev', tty), '');
}

const list = async () =>
  (
    await listSerial(nobody, {
      isSysfs: true,
      sys: join(root, 'sys'),
      dev: join(root, 'dev'),
      proc: join(root, 'proc'),
    })
  ).found;
const ARDUINO: Usb = { vendor: '2341', product: '0043', serial: '7573530', name: 'Arduino Uno' };
const CH340: Usb = { vendor: '1a86', product: '7523' };

test('a box with a serial number is told by its ids, never by the path that changes', async () => {
  await plug('1-1', ARDUINO, 'ttyACM0');
  expect(await list()).toEqual([
    {
      name: 'Arduino Uno',
      what: `serial port ${root}/dev/ttyACM0, USB 2341:0043 number 7573530; 9600 baud unless baudRate is added`,
      nickname: 'Arduino Uno',
      entry: { adapter: 'serial', vendorId: 0x2341, productId: 0x0043, serialNumber: '7573530' },
    },
  ]);
});

test('one box without a serial number is told by its ids alone', async () => {
  await plug('1-1', CH340, 'ttyUSB0');
  expect((await list())[0]?.entry).toEqual({ adapter: 'serial', vendorId: 0x1a86, productId: 0x7523 });
});

test('two of them are told by the sockets that they are plugged into', async () => {
  await plug('1-1', CH340, 'ttyUSB0');
  await plug('1-2', CH340, 'ttyUSB1');
  const [one, two] = [await link('by-path/pci-0:1', 'ttyUSB0'), await link('by-path/pci-0:2', 'ttyUSB1')];
  const found = await list();
  expect(found.map(({ entry }) => entry?.path)).toEqual([one, two]);
  for (const { note } of found) expect(note).toContain('socket');
});

test('two of them on a machine without udev are told by paths, with a warning', async () => {
  await plug('1-1', CH340, 'ttyUSB0');
  await plug('1-2', CH340, 'ttyUSB1');
  for (const { note } of await list()) expect(note).toContain('may change at a replug');
});

test('the ports of one box are told by udev’s names for them', async () => {
  await plug('1-1', { vendor: '0403', product: '6011', serial: 'FT4' }, 'ttyUSB0', 'ttyUSB1');
  const path = await link('by-id/usb-FTDI_FT4-if00-port0', 'ttyUSB0');
  await link('by-path/pci-0:1', 'ttyUSB0');
  expect((await list())[0]?.entry).toEqual({ adapter: 'serial', path });
});

test('a socket of the machine is told by its path, one that is not fitted not at all, a console neither', async () => {
  await socket('ttyS0', 4);
  await socket('ttyS1', 0);
  await socket('hvc0', 4);
  await mkdir(join(root, 'sys/class/tty/tty1'));
  expect((await list()).map(({ entry }) => entry)).toEqual([{ adapter: 'serial', path: `${root}/dev/ttyS0` }]);
});

test('a port that is not passed into this container says so', async () => {
  await plug('1-1', ARDUINO, 'ttyACM0');
  await rm(join(root, 'dev/ttyACM0'));
  expect((await list())[0]?.note).toContain('in a container, pass it in');
});

test('a port that this user may not open names the group', async () => {
  await plug('1-1', ARDUINO, 'ttyACM0');
  const allowed = async () => Promise.reject(Object.assign(new Error('permission denied'), { code: 'EACCES' }));
  const { found } = await listSerial(nobody, {
    isSysfs: true,
    sys: join(root, 'sys'),
    dev: join(root, 'dev'),
    allowed,
  });
  expect(found[0]?.note).toContain('dialout');
});

test('elsewhere than on Linux the list of serialport is told, and what is told opens the port', async () => {
  const port = new SimulatedPort({ path: 'COM3', vendorId: '2341', productId: '0043', serialNumber: '7573530' });
  const adapter = createSerialAdapter({ loadBinding: async () => port });
  const listing = await adapter.list?.(never());
  expect(listing?.found).toMatchObject([
    { name: 'COM3', entry: { vendorId: 0x2341, productId: 0x0043, serialNumber: '7573530' } },
  ]);
  const connection = await adapter.connect(checkedDevice('serial', { ...listing?.found[0]?.entry }), testIo(), never());
  expect(port.openings).toBe(1);
  await connection.close();
});

test('a list that fails is told as such', async () => {
  nobody.list = async () => {
    throw new Error('spawn udevadm ENOENT');
  };
  await expect(listSerial(nobody, { isSysfs: false })).rejects.toMatchObject({
    code: 'DEVICE_UNREACHABLE',
    message: 'the serial ports cannot be listed: spawn udevadm ENOENT',
  });
});

test('a port that a program holds says which, as far as it can be seen', async () => {
  await plug('1-1', { vendor: '1a86', product: '7523', name: 'USB Serial' }, 'ttyUSB0');
  await plug('1-2', { vendor: '2341', product: '0043', name: 'Uno' }, 'ttyACM0');
  await mkdir(join(root, 'proc/812/fd'), { recursive: true });
  await mkdir(join(root, 'proc/1'), { recursive: true });
  await writeFile(join(root, 'proc/812/comm'), 'brltty\n');
  await symlink('/dev/null', join(root, 'proc/812/fd/0'));
  await symlink(join(root, 'dev/ttyUSB0'), join(root, 'proc/812/fd/7'));
  const notes = (await list()).map(({ name, note }) => [name, note]);
  expect(notes).toEqual([
    ['Uno', undefined],
    ['USB Serial', 'held by brltty (812): the bridge itself, or a program that has to let go of it'],
  ]);
});
