/** QEMU's own USB serial adapter: an FTDI chip to the kernel, on another bus and with another driver than the gadget's. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readlinkSync } from 'node:fs';
import { before, test } from 'node:test';
import { serialAdapter } from '../../../adapters/serial/adapter.js';
import type { Input } from '../../../src/adapter-sdk/adapter.js';
import { never, testIo } from '../../../src/adapter-sdk/testing/rig.js';
import { checkedDevice } from '../../support/checked-device.js';
import { isolated } from '../../support/isolated-rig.js';
import { portSettles } from '../../support/socat-box.js';
import { eventually, within } from '../../support/waiting.js';
import { DeviceEnd } from './gadget.js';
import { holdersOf } from './machine.js';

const control = new DeviceEnd(String(process.env.CONTROL_PORT));
const far = new DeviceEnd(String(process.env.FTDI_PORT));

/** Asks the machine outside; resolves when it is done. */
async function order(word: 'plug' | 'unplug'): Promise<void> {
  const before = control.received.length;
  await control.say(`${word}\n`);
  const answer = () => control.received.subarray(before).toString();
  await eventually(() => answer().endsWith('\n'), `the answer to ${word}`);
  assert.equal(answer(), 'done\n');
}

before(() => execFileSync('modprobe', ['-a', 'uhci-hcd', 'ftdi_sio']));

test('an FTDI adapter is found by its ids and its name, all bytes pass both ways, and it is lost and found twice', async () => {
  const adapter = isolated(serialAdapter);
  const byIds = { vendorId: 0x0403, productId: 0x6001, baudRate: 115_200, frameBytes: 256, encoding: 'hex' };
  const all = Buffer.from(Array.from({ length: 256 }, (_, n) => n));
  for (let cycle = 0; cycle < 2; cycle++) {
    await order('plug');
    await eventually(() => existsSync('/dev/ttyUSB0'), 'the port');
    const connection = await adapter.connect(checkedDevice('serial', byIds), testIo('ftdi'), never());
    const inputs: Input[] = [];
    connection.onInput((input) => inputs.push(input));
    await portSettles();
    await far.say(all);
    await eventually(() => inputs.length > 0, 'the bytes of the adapter');
    assert.equal(inputs[0]?.line, all.toString('hex'));
    assert.equal(connection.health().status, 'up');
    const before = far.received.length;
    await connection.send({ bytes: all.toString('hex') }, never());
    await eventually(() => far.received.length >= before + 256, 'the bytes at its far end');
    assert.deepEqual(far.received.subarray(before), all);
    if (cycle === 0) assert.match(readlinkSync(await byName()), /ttyUSB0$/);
    await order('unplug');
    const why = await within(connection.closed, 'the loss');
    assert.equal(why?.code, 'DEVICE_CLOSED');
    await eventually(() => !existsSync('/dev/ttyUSB0') && holdersOf(/ttyUSB/) === 0, 'nothing of the port is left');
  }
});

/** udev's name for it. */
async function byName(): Promise<string> {
  const path = '/dev/serial/by-id/usb-QEMU_QEMU_USB_SERIAL_HW01-if00-port0';
  await eventually(() => existsSync(path), path);
  return path;
}
