/**
 * The whole bridge, as built, among other people's programs: socat's pty as the GO button, liblo's oscsend as two
 * consoles, a WebSocket client, our simulated QLab as a process of its own, and liblo's oscdump at the far end.
 * Debian: socat, liblo-tools.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../../src/kit/clock.js';
import { packageRoot } from '../../src/kit/package.js';
import { type Daemon, startDaemon } from '../support/daemon.js';
import { freePort } from '../support/free-port.js';
import { proposal } from '../support/messages.js';
import { smallShow } from '../support/small-show.js';
import { eventually } from '../support/waiting.js';
import { type Message, WireClient } from '../support/wire-client.js';

const run = promisify(execFile);
const ended: (() => Promise<unknown> | unknown)[] = [];
const GUARD_MS = 300;

let daemon: Daemon;
let client: WireClient;
let button: ChildProcess;
let ports: { udp: number; tcp: number; qlab: number; dump: number };
const dumped: string[] = [];
const fired: string[] = [];

/** A process whose lines are kept, ended with the tests. */
function program(name: string, args: string[], onLine: (line: string) => void): ChildProcess {
  const child = spawn(name, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', onLine);
  ended.push(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  });
  return child;
}

beforeAll(async () => {
  ports = {
    udp: await freePort('udp'),
    tcp: await freePort('tcp'),
    qlab: await freePort('tcp'),
    dump: await freePort('udp'),
  };
  const tty = join(await mkdtemp(join(tmpdir(), 'pacebuddy-tty-')), 'tty');
  const { folder, file } = await smallShow({
    cues: 20,
    goGuardMs: GUARD_MS,
    parts: `devices:
  button: { adapter: serial, path: ${tty}, baudRate: 115200 }
  house: { adapter: osc, transport: udp, listen: "127.0.0.1:${ports.udp}" }
  console: { adapter: osc, transport: tcp, listen: "127.0.0.1:${ports.tcp}" }
  desk: { adapter: osc, transport: udp, host: 127.0.0.1, port: ${ports.dump} }
  booth-qlab: { adapter: qlab, host: 127.0.0.1, port: ${ports.qlab} }
inputs:
  - { id: button-go, when: { device: button, line: GO }, propose: CueAdvanced }
  - { id: house-go, when: { device: house, address: /go }, propose: CueAdvanced }
  - { id: console-go, when: { device: console, address: /go }, propose: CueAdvanced }
  - { id: qlab-go, when: { device: booth-qlab, event: go }, propose: CueAdvanced, with: { toCue: { call: lighting, callNumber: $input.cueNumber } } }
outputs:
  - { id: to-desk, event: CueAdvanced, call: lighting, send: { device: desk, address: /cue/$call.number/fire, args: [1, "$cue.label"] } }
  - { id: to-qlab, event: CueAdvanced, call: lighting, send: { device: booth-qlab, start: $call.number } }`,
  });
  button = program('socat', ['-', `PTY,link=${tty},raw,echo=0`], () => {});
  program('oscdump', ['-L', String(ports.dump)], (line) => dumped.push(line));
  const cues = Array.from({ length: 20 }, (_, i) => i).join(',');
  const cli = join(packageRoot, 'dist/src/cli/index.js');
  program(
    process.execPath,
    [cli, 'simulate', 'qlab', '--port', String(ports.qlab), '--cues', cues, '--json'],
    (line) => {
      const { msg, number } = JSON.parse(line) as { msg: string; number?: string };
      if (msg === 'qlab.fired' && number !== undefined) fired.push(number);
    },
  );
  await eventually(() => existsSync(tty), 'the pty of socat');
  daemon = await startDaemon(file);
  ended.push(
    () => daemon.stop(),
    () => rm(folder, { recursive: true }),
    () => rm(dirname(tty), { recursive: true, force: true }),
  );
  client = await WireClient.connect(daemon.url);
  client.send(proposal('SnapshotRequested', { reason: 'connect' }));
  await client.take(({ kind }) => kind === 'snapshot');
  await daemon.line(({ device, status }) => device === 'booth-qlab' && status === 'up');
  await daemon.line(({ device, status }) => device === 'button' && status === 'unverified');
});

afterAll(async () => {
  client?.drop();
  for (const end of ended.reverse()) await end();
});

/** Lets one press in, and waits until it went all the way. @returns the events that it caused, the advance first */
async function went(cue: number, press: () => Promise<unknown> | unknown): Promise<Message> {
  await systemClock().sleep(GUARD_MS + 20);
  await press();
  const advance = await client.take(
    ({ eventType, payload }) => eventType === 'CueAdvanced' && (payload as { toCueId?: string }).toCueId === `c${cue}`,
    `the advance to c${cue}`,
  );
  const of = (type: string) => (message: Message) =>
    message.eventType === type &&
    message.causationId === advance.messageId &&
    (message.payload as { ruleId?: string }).ruleId === 'to-qlab';
  await client.take(of('OutputSent'), 'to-qlab sent');
  await client.take(of('OutputConfirmed'), 'to-qlab confirmed');
  await eventually(() => dumped.some((line) => line.includes(`/cue/${cue}/fire`)), `oscdump to see cue ${cue}`);
  return advance;
}

const advances = () => client.events.filter(({ eventType }) => eventType === 'CueAdvanced').length;

test('a button on a pty, oscsend over UDP and TCP, and a WebSocket client each advance the show by exactly one cue', async () => {
  await went(0, () => button.stdin?.write('GO\r\n'));
  await went(1, () => run('oscsend', ['127.0.0.1', String(ports.udp), '/go']));
  await went(2, () => run('oscsend', [`osc.tcp://127.0.0.1:${ports.tcp}`, '/go']));
  await went(3, () => client.send(proposal('CueAdvanced', { segmentId: 's', fromCueId: 'c2', toCueId: 'c3' })));
  expect(advances()).toBe(4);
  expect(fired).toEqual(['0', '1', '2', '3']);
  const packets = dumped.filter((line) => line.includes('/fire'));
  expect(packets.map((line) => line.replace(/^\S+ /, ''))).toEqual(
    [0, 1, 2, 3].map((n) => `/cue/${n}/fire is 1 "Cue ${n}"`),
  );
});

test('a button that bounces is one GO, and the log tells the other', async () => {
  await went(4, () => button.stdin?.write('GO\nGO\nGO\n'));
  const refused = await daemon.line(({ msg, device }) => msg === 'input.refused' && device === 'button');
  expect(refused).toMatchObject({ code: 'GO_GUARD', ruleId: 'button-go' });
  expect(advances()).toBe(5);
});

test('every client ends with the same log, and it is the one on the disk', async () => {
  const other = await WireClient.connect(daemon.url);
  other.send({ ...proposal('SnapshotRequested', { reason: 'connect', lastEventSeq: 1 }, 'second') });
  await other.take(({ eventSeq }) => eventSeq === client.lastEventSeq, 'the last event');
  const log = (await (await fetch(`${daemon.url}/v1/log`)).text())
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(other.events).toEqual(log.slice(1));
  expect(client.events).toEqual(log.slice(log.length - client.events.length));
  other.drop();
});
