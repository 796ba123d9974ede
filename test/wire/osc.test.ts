/**
 * The OSC adapter against programs of other people: liblo's oscsend and oscdump 0.31 and its Python
 * face, and Wireshark's dissector.
 * Debian: liblo-tools, python3-liblo, tshark.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, expect, test } from 'vitest';
import type { Connection } from '../../src/adapter-sdk/adapter.js';
import { never } from '../../src/adapter-sdk/testing/rig.js';
import { packageRoot } from '../../src/kit/package.js';
import { encodePacket, type OscArg, type OscPacket } from '../../src/wire/osc/codec.js';
import { freePort } from '../support/free-port.js';
import { connectOsc, openOsc } from '../support/osc-device.js';
import { eventually } from '../support/waiting.js';

const endings: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

async function connected(config: object) {
  const bridge = await connectOsc(config);
  endings.push(() => bridge.connection.close());
  return bridge;
}

/** Starts a program and collects its lines. Fails the test when it is not installed. */
async function start(program: string, args: string[]): Promise<{ child: ChildProcess; lines: string[] }> {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'ignore'] });
  const lines: string[] = [];
  if (child.stdout) createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));
  await once(child, 'spawn');
  endings.push(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  });
  return { child, lines };
}

async function run(program: string, args: string[]): Promise<string[]> {
  const { child, lines } = await start(program, args);
  const [code] = await once(child, 'close');
  expect(code, `${program} ${args.join(' ')}`).toBe(0);
  return lines;
}

/** oscsend's types and values, and what they arrive as. */
const SENT = {
  args: ['sifTFNIhdcmS', '12.5', '7', '0.5', '5', '0.25', 'G', '00903c7f', 'sym'],
  types: 'sifTFNIhdcmS',
  values: ['12.5', 7, 0.5, true, false, null, true, 5, 0.25, 'G', '00903c7f', 'sym'],
};

test('oscsend over UDP is one input, with every type', async () => {
  const port = await freePort('udp');
  const { inputs } = await connected({ listen: `127.0.0.1:${port}` });
  await run('oscsend', ['127.0.0.1', String(port), '/go', ...SENT.args]);
  await run('oscsend', ['127.0.0.1', String(port), '/last']);
  await eventually(() => inputs.length >= 2, 'both inputs');
  expect(inputs).toMatchObject([
    { address: '/go', types: SENT.types, args: SENT.values },
    { address: '/last', types: '', args: [] },
  ]);
});

test('oscsend over TCP is one input, with every type', async () => {
  const port = await freePort('tcp');
  const { inputs } = await connected({ transport: 'tcp', listen: `127.0.0.1:${port}` });
  await run('oscsend', [`osc.tcp://127.0.0.1:${port}`, '/go', ...SENT.args]);
  await run('oscsend', [`osc.tcp://127.0.0.1:${port}`, '/last']);
  await eventually(() => inputs.length >= 2, 'both inputs');
  expect(inputs).toMatchObject([
    { address: '/go', types: SENT.types, args: SENT.values },
    { address: '/last', types: '', args: [] },
  ]);
});

/** What the bridge sends, and oscdump's line for it without the time. */
const COMMANDS = [
  [{ address: '/go' }, '/go '],
  [{ address: '/go', args: ['53'] }, '/go s "53"'],
  [{ address: '/x', args: ['12.5', 192, 219, 0.5, true, false, null] }, '/x siifTFN "12.5" 192 219 0.500000 #T #F Nil'],
  [
    {
      address: '/x',
      args: [
        { type: 'h', value: '-5' },
        { type: 'd', value: 0.25 },
        { type: 'f', value: 1 },
        { type: 'c', value: 'G' },
        { type: 'm', value: '00903c7f' },
        { type: 'S', value: 'sym' },
        { type: 'b', value: 'c0dbdcdd' },
        { type: 'I' },
      ],
    },
    `/x hdfcmSbI -5 0.250000 1.000000 'G' MIDI [0x00 0x90 0x3c 0x7f] 'sym [4b 0xc0 0xdb 0xdc 0xdd] Infinitum`,
  ],
] as const;

/** oscdump's lines from the first that was meant, without their time tags. */
const told = (lines: readonly string[]): string[] =>
  lines.map((line) => line.replace(/^[0-9a-f]{8}\.[0-9a-f]{8} /, '')).filter((line) => !line.startsWith('/probe'));

test('oscdump sees what is sent over UDP, once and in order', async () => {
  const port = await freePort('udp');
  const { lines } = await start('oscdump', ['-L', String(port)]);
  const { connection } = await connected({ host: '127.0.0.1', port });
  // It does not say when it listens.
  await eventually(() => {
    connection.send({ address: '/probe' }, never()).catch(() => undefined);
    return lines.length > 0;
  }, 'oscdump');
  for (const [command] of COMMANDS) await connection.send(command, never());
  await eventually(
    () => told(lines).length >= COMMANDS.length,
    () => lines.join('\n'),
  );
  expect(told(lines)).toEqual(COMMANDS.map(([, line]) => line));
});

for (const framing of ['slip', 'length-prefix'] as const) {
  test(`oscdump sees what is sent over TCP, ${framing}, once and in order`, async () => {
    const port = await freePort('tcp');
    const { lines } = await start('oscdump', ['-L', `osc.tcp://:${port}`]);
    const config = { transport: 'tcp', framing, host: '127.0.0.1', port };
    let connection: Connection | undefined;
    let isTrying = false;
    await eventually(() => {
      if (!isTrying) {
        isTrying = true;
        openOsc(config).then(
          (made) => {
            connection = made;
          },
          () => {
            isTrying = false;
          },
        );
      }
      return connection !== undefined;
    }, 'oscdump');
    if (!connection) return;
    const { send, close } = { send: connection.send.bind(connection), close: connection.close.bind(connection) };
    endings.push(close);
    for (const [command] of COMMANDS) await send(command, never());
    await eventually(
      () => told(lines).length >= COMMANDS.length,
      () => lines.join('\n'),
    );
    expect(told(lines)).toEqual(COMMANDS.map(([, line]) => line));
  });
}

/** Debian's own: python3-liblo is installed for no other. */
const PYTHON = '/usr/bin/python3';
const PEER = join(packageRoot, 'test/support/liblo-peer.py');

/** All that liblo knows but t, whose value its Python face makes a time of day, as OSC types, values there and inputs here. */
const LIBLO = [
  ['i', -7],
  ['f', 0.25],
  ['s', 'Grüße'],
  ['h', -5],
  ['d', 0.1],
  ['c', 'G'],
  ['m', '00903c7f'],
  ['S', 'sym'],
  ['b', '0102030405'],
  ['T', true],
  ['F', false],
  ['N', null],
] as const;

test('a bundle that liblo writes is its messages, in order, with every type', async () => {
  const port = await freePort('udp');
  const { inputs } = await connected({ listen: `127.0.0.1:${port}` });
  const { child } = await start(PYTHON, [PEER, 'send', String(port)]);
  child.stdin?.end(
    `${JSON.stringify([
      ['/first', LIBLO],
      ['/second', [['t', 2.5]]],
      ['/third', []],
    ])}\n`,
  );
  const [code] = await once(child, 'close');
  expect(code, 'python3-liblo is needed (Debian: python3-liblo)').toBe(0);
  await eventually(() => inputs.length >= 3, 'all three');
  expect(inputs).toMatchObject([
    { address: '/first', types: LIBLO.map(([type]) => type).join(''), args: LIBLO.map(([, value]) => value) },
    { address: '/second', types: 't', args: [expect.stringMatching(/^[0-9a-f]{16}$/)] },
    { address: '/third', types: '', args: [] },
  ]);
});

test('liblo reads our bundles in bundles as their messages, with every type', async () => {
  const { lines } = await start(PYTHON, [PEER, 'hear']);
  await eventually(() => lines.length > 0, 'python3-liblo (Debian: python3-liblo)');
  const args = LIBLO.map(([type, value]) => ({ type, value: type === 'h' ? BigInt(value) : value }) as OscArg);
  const inner: OscPacket = { packets: [{ address: '/second', args }] };
  const packet = encodePacket({ packets: [{ address: '/first', args: [] }, inner, { address: '/third', args: [] }] });
  const socket = createSocket('udp4');
  endings.push(() => socket.close());
  socket.send(packet, Number(lines[0]), '127.0.0.1');
  await eventually(() => lines.length >= 4, 'all three');
  expect(lines.slice(1).map((line) => JSON.parse(line))).toEqual([
    ['/first', '', []],
    ['/second', LIBLO.map(([type]) => type).join(''), LIBLO.map(([, value]) => value)],
    ['/third', '', []],
  ]);
});

/** A capture file with one UDP datagram to port 53000 for each packet (libpcap, raw IPv4). */
function capture(packets: readonly Uint8Array[]): Buffer {
  const head = Buffer.alloc(24);
  head.writeUInt32LE(0xa1b2c3d4, 0);
  head.writeUInt16LE(2, 4);
  head.writeUInt16LE(4, 6);
  head.writeUInt32LE(65535, 16);
  head.writeUInt32LE(101, 20);
  const frames = packets.flatMap((packet) => {
    const length = 28 + packet.length;
    const record = Buffer.alloc(16);
    record.writeUInt32LE(length, 8);
    record.writeUInt32LE(length, 12);
    const ip = Buffer.alloc(28);
    ip.set([0x45, 0, length >> 8, length & 255, 0, 0, 0, 0, 64, 17, 0, 0, 127, 0, 0, 1, 127, 0, 0, 1]);
    ip.writeUInt16BE(40000, 20);
    ip.writeUInt16BE(53000, 22);
    ip.writeUInt16BE(8 + packet.length, 24);
    return [record, ip, Buffer.from(packet)];
  });
  return Buffer.concat([head, ...frames]);
}

test('Wireshark reads our packets as the OSC that was meant, bundles included, and finds nothing malformed', async () => {
  const packets: OscPacket[] = [
    { address: '/go', args: [{ type: 's', value: '53' }] },
    {
      address: '/types',
      args: [
        { type: 'i', value: -7 },
        { type: 'f', value: 0.5 },
        { type: 'h', value: -5n },
        { type: 'd', value: 0.25 },
        { type: 'b', value: '0102030405' },
        { type: 'T' },
        { type: 'N' },
      ],
    },
    { packets: [{ address: '/a', args: [] }, { packets: [{ address: '/b', args: [{ type: 'i', value: 1 }] }] }] },
  ];
  const folder = await mkdtemp(join(tmpdir(), 'osc-'));
  endings.push(() => rm(folder, { recursive: true }));
  const file = join(folder, 'packets.pcap');
  await writeFile(file, capture(packets.map((packet) => encodePacket(packet))));
  const fields = ['header.path', 'header.format', 'string', 'int32', 'int64'].map((name) => `osc.message.${name}`);
  const shown = ['_ws.malformed.expert', ...fields].flatMap((field) => ['-e', field]);
  const lines = await run('tshark', ['-n', '-r', file, '--enable-heuristic', 'osc_udp', '-T', 'fields', ...shown]);
  expect(lines.map((line) => line.split('\t').map((field) => field.trim()))).toEqual([
    ['', '/go', ',s', '53', '', ''],
    ['', '/types', ',ifhdbTN', '', '-7', '-5'],
    ['', '/a,/b', ',,,i', '', '1', ''],
  ]);
});
