/**
 * A guest: QEMU without any acceleration, without a network, without a share. All that it has lies in its initramfs. Two
 * lines lead out of it: `results`, and `control`, by which a test asks for the plugging of QEMU's own USB serial adapter.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** /dev/kvm may open and hang the guest all the same: software emulation is the same everywhere. */
const ACCELERATION = process.env.HARDWARE_ACCEL ?? 'tcg,thread=multi,tb-size=512';
const MEMORY_MIB = 1536;
/** No guest lives longer, also when whoever started it was killed. */
const LAST_RESORT_SECONDS = 3600;

/**
 * Boots, runs, ends.
 * @param image  `{ kernel, initrd, consoleLog }`, as paths.
 * @param silenceSeconds  asked each second: a guest of which nothing was heard for so long is ended
 * @returns how QEMU ended: its exit code, and whether it was ended
 */
export async function runGuest(image, { tests, silenceSeconds, onResults }) {
  // A socket's path may be no longer than about 100 characters.
  const folder = await mkdtemp(join(tmpdir(), 'guest-'));
  const socket = (name) => join(folder, name);
  const relay = await startRelay(socket('ftdi'), socket('ftdi-end'));
  const control = createServer();
  control.listen(socket('control'));
  await once(control, 'listening');
  const kernel = `console=ttyS0 quiet loglevel=4 panic=-1 mitigations=off nowatchdog random.trust_cpu=on tsc=reliable no_timer_check`;
  const qemu = spawn(
    'timeout',
    [
      ...['-k', '5', String(LAST_RESORT_SECONDS), 'qemu-system-x86_64', '-machine', 'q35', '-accel', ACCELERATION],
      ...['-cpu', 'max', '-smp', '2', '-m', String(MEMORY_MIB), '-nodefaults', '-no-user-config', '-no-reboot'],
      ...['-display', 'none', '-kernel', image.kernel, '-initrd', image.initrd],
      ...['-append', `${kernel} hwtests=${tests.join(',')}`],
      ...['-chardev', `file,id=console,path=${image.consoleLog}`, '-serial', 'chardev:console'],
      ...['-qmp', `unix:${socket('qmp')},server=on,wait=off`],
      ...['-device', 'virtio-serial-pci', '-chardev', 'stdio,id=results,signal=off'],
      ...['-device', 'virtserialport,chardev=results,name=results'],
      ...['-chardev', `socket,id=control,path=${socket('control')}`],
      ...['-device', 'virtserialport,chardev=control,name=control'],
      ...['-chardev', `socket,id=end,path=${socket('ftdi-end')}`, '-device', 'virtserialport,chardev=end,name=ftdi'],
      ...['-chardev', `socket,id=ftdi,path=${socket('ftdi')}`, '-device', 'piix3-usb-uhci,id=uhci'],
    ],
    // Its input stays open: at an end of file there QEMU would take the line of the results for unplugged.
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  control.once('connection', (line) => obey(line, socket('qmp')));
  let heardMs = performance.now();
  qemu.stdout.setEncoding('utf8').on('data', (text) => {
    heardMs = performance.now();
    onResults(text);
  });
  let isLate = false;
  const watch = setInterval(() => {
    if (performance.now() - heardMs < silenceSeconds() * 1000) return;
    isLate = true;
    qemu.kill('SIGTERM');
  }, 1000);
  const [code, signal] = await once(qemu, 'exit');
  clearInterval(watch);
  for (const server of [control, ...relay]) server.close();
  await rm(folder, { recursive: true });
  return { code: signal ? 128 : code, isLate: isLate || code === 124 || code === 137 };
}

/** Two ends of one cable: QEMU's serial adapter, and the line by which a test in the guest holds its other side. */
async function startRelay(...paths) {
  const ends = [];
  const servers = paths.map((path, n) => {
    const server = createServer((end) => {
      ends[n] = end;
      end.on('data', (bytes) => ends[1 - n]?.write(bytes));
      end.on('error', () => undefined);
    });
    server.listen(path);
    return server;
  });
  await Promise.all(servers.map((server) => once(server, 'listening')));
  return servers;
}

/** Does what the test asks for, one word a line, and answers with a line when it is done. */
function obey(line, qmpPath) {
  const orders = {
    plug: { execute: 'device_add', arguments: { driver: 'usb-serial', id: 'ftdi0', chardev: 'ftdi', serial: 'HW01' } },
    unplug: { execute: 'device_del', arguments: { id: 'ftdi0' } },
  };
  const qmp = connect(qmpPath);
  qmp.on('error', () => undefined);
  line.on('error', () => undefined);
  qmp.write(`${JSON.stringify({ execute: 'qmp_capabilities' })}\n`);
  let asked;
  createInterface({ input: line }).on('line', (word) => {
    asked = word;
    qmp.write(`${JSON.stringify(orders[word])}\n`);
  });
  createInterface({ input: qmp }).on('line', (text) => {
    const { error, event, return: done } = JSON.parse(text);
    // An unplug is over when QEMU says so, not when it has taken the order.
    const isOver = asked === 'unplug' ? event === 'DEVICE_DELETED' : asked === 'plug' && done !== undefined;
    if (!isOver && !error) return;
    line.write(`${error ? error.desc : 'done'}\n`);
    asked = undefined;
  });
}
