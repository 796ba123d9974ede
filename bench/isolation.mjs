/**
 * What it costs that a native driver runs in a process of its own: the same OSC adapter in the bridge's process and
 * isolated, pressed in turn over a real UDP socket. Needs no hardware; what is measured is the hop, not the device.
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { oscAdapter } from '../dist/adapters/osc/adapter.js';
import { isolate } from '../dist/src/devices/drivers/isolated-adapter.js';
import { systemClock } from '../dist/src/kit/clock.js';
import { createLog } from '../dist/src/kit/log.js';
import { here, memoryOf } from './processes.mjs';
import { atMost, pause, quantile, row } from './stats.mjs';

const PACE_MS = 4;
/** What the hop may add to a press or to a command at the median. */
const HOP_GOAL_MS = 0.5;
const never = new AbortController().signal;
/** `/go` with no arguments. */
const GO = Buffer.from('/go\0,\0\0\0', 'latin1');

/** One device: a UDP socket that presses, and that is sent to. */
async function device(adapter, name, log) {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const free = createSocket('udp4').bind(0, '127.0.0.1');
  await once(free, 'listening');
  const { port } = free.address();
  await new Promise((resolve) => free.close(resolve));
  const { port: theirs } = socket.address();
  const config = { adapter: 'osc', transport: 'udp', listen: `127.0.0.1:${port}`, host: '127.0.0.1', port: theirs };
  const limits = { framing: 'auto', connectTimeoutMs: 3000, sendTimeoutMs: 1000, frameBytesMax: 65536, peersMax: 64 };
  const io = { device: name, clock: systemClock(), log, patterns: [], baseDir: '.' };
  const began = performance.now();
  const connection = await adapter.connect({ ...limits, ...config }, io, never);
  const connectMs = performance.now() - began;
  let pressed;
  let arrived;
  connection.onInput(() => pressed?.(performance.now()));
  socket.on('message', () => arrived?.(performance.now()));
  return {
    connectMs,
    async press() {
      const input = new Promise((resolve) => {
        pressed = resolve;
      });
      const sent = performance.now();
      socket.send(GO, port, '127.0.0.1');
      return (await input) - sent;
    },
    async command() {
      const packet = new Promise((resolve) => {
        arrived = resolve;
      });
      const called = performance.now();
      await Promise.all([packet, connection.send({ address: '/cue' }, never)]);
      return (await packet) - called;
    },
    async close() {
      await connection.close();
      socket.close();
    },
  };
}

export async function isolationRows(rounds = 500) {
  let pid;
  const listen = { write: (line) => (pid ??= JSON.parse(line).pid) };
  const log = createLog({ level: 'debug', destination: listen });
  const isolated = isolate(oscAdapter, { module: here('../dist/adapters/osc/adapter.js') });
  const direct = await device(oscAdapter, 'direct', createLog({ level: 'silent' }));
  const hop = await device(isolated, 'isolated', log);
  const times = { press: { direct: [], hop: [] }, command: { direct: [], hop: [] } };
  for (let round = -50; round < rounds; round++) {
    for (const [name, one] of Object.entries({ direct, hop })) {
      for (const what of ['press', 'command']) {
        await pause(PACE_MS);
        const took = await one[what]();
        if (round >= 0) times[what][name].push(took);
      }
    }
  }
  const memory = memoryOf(pid);
  await Promise.all([direct.close(), hop.close()]);

  const rows = [];
  for (const [what, words] of [
    ['press', 'Press to input'],
    ['command', 'Command to packet'],
  ]) {
    const p = (name, q) => quantile(times[what][name], q);
    const added = p('hop', 0.5) - p('direct', 0.5);
    rows.push(
      row(`${words}, driver in the bridge's process, p50`, p('direct', 0.5)),
      row(`${words}, driver in the bridge's process, p99`, p('direct', 0.99)),
      row(`${words}, driver in its own process, p50`, p('hop', 0.5)),
      row(`${words}, driver in its own process, p99`, p('hop', 0.99)),
      atMost(`${words}: what isolation adds, p50`, added, HOP_GOAL_MS, 'ms'),
    );
  }
  rows.push(row("A driver's process, from its start to its first connection", hop.connectMs));
  if (memory) {
    rows.push(
      row("A driver's process, memory of its own", memory.own, 'MiB'),
      row("A driver's process, resident with what is shared", memory.resident, 'MiB'),
    );
  }
  return rows;
}
