/**
 * The built bridge with a real lighting program: QLC+ 4.12 of Debian, in a network of its own (it listens on every network).
 * Debian: qlcplus, liblo-tools, util-linux, iproute2.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Daemon, startDaemon } from '../support/daemon.js';
import { LoopbackHouse } from '../support/loopback-house.js';
import type { Line } from '../support/program.js';
import { smallShow } from '../support/small-show.js';

const ended: (() => Promise<unknown> | unknown)[] = [];
let house: LoopbackHouse;
let daemon: Daemon;
let qlc: ChildProcess;

/** The channel that QLC+ makes of an OSC path: CRC-16 as in X.25. @see QLC+, plugins/osc/osccontroller.cpp, getHash */
function channelOf(path: string): number {
  let crc = 0xffff;
  for (const byte of Buffer.from(path)) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x8408 : crc >>> 1;
  }
  return ~crc & 0xffff;
}

/** A toggle button on an OSC path, and the scene that it starts: one channel of 24 dimmers goes to full. */
const button = (id: number, path: string): string => `
   <Button Caption="${path}" ID="${id}" Icon="">
    <WindowState Visible="True" X="${10 + id * 90}" Y="10" Width="80" Height="80"/>
    <Function ID="${id}"/><Action>Toggle</Action><Intensity Adjust="False">100</Intensity>
    <Input Universe="0" Channel="${channelOf(path)}"/>
   </Button>`;
const scene = (id: number, channel: number): string => `
  <Function ID="${id}" Type="Scene" Name="Scene ${id}">
   <Speed FadeIn="0" FadeOut="0" Duration="0"/><FixtureVal ID="0">${channel},255</FixtureVal>
  </Function>`;

const PROJECT = `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE Workspace>
<Workspace xmlns="http://www.qlcplus.org/Workspace" CurrentWindow="VirtualConsole">
 <Engine>
  <InputOutputMap>
   <Universe Name="Universe 1" ID="0">
    <Input Plugin="OSC" Line="0"><PluginParameters inputPort="7700"/></Input>
    <Output Plugin="OSC" Line="0"><PluginParameters outputIP="127.0.0.1" outputPort="9000"/></Output>
    <Feedback Plugin="OSC" Line="0"><PluginParameters feedbackIP="127.0.0.1" feedbackPort="9000"/></Feedback>
   </Universe>
  </InputOutputMap>
  <Fixture>
   <Manufacturer>Generic</Manufacturer><Model>Generic</Model><Mode>Generic</Mode>
   <ID>0</ID><Name>Dimmers</Name><Universe>0</Universe><Address>0</Address><Channels>24</Channels>
  </Fixture>${scene(0, 3)}${scene(1, 5)}
 </Engine>
 <VirtualConsole>
  <Frame Caption="">${button(0, '/pacebuddy/go')}${button(1, '/booth/go')}
  </Frame>
  <Properties><Size Width="800" Height="600"/></Properties>
 </VirtualConsole>
</Workspace>
`;

/** The ports that something in the house listens on, over UDP. */
async function listening(pid: number | undefined): Promise<number[]> {
  const table = await readFile(`/proc/${pid}/net/udp`, 'utf8');
  return [...table.matchAll(/^ *\d+: [0-9A-F]+:([0-9A-F]{4}) /gm)].map(([, port]) => Number.parseInt(port ?? '', 16));
}

async function untilListening(process: ChildProcess, port: number): Promise<void> {
  const limit = AbortSignal.timeout(15_000);
  while (!(await listening(process.pid)).includes(port)) {
    limit.throwIfAborted();
    if (process.exitCode !== null) throw new Error(`QLC+ ended (${process.exitCode})`);
  }
}

/** liblo's oscsend, in the house. */
async function oscsend(port: number, ...message: string[]): Promise<void> {
  const [command = '', ...args] = [...house.enter, 'oscsend', '127.0.0.1', String(port), ...message];
  await promisify(execFile)(command, args);
}

/** Somebody at QLC+ with a controller of their own presses a button and lets it go. */
async function pressAtQlc(path: string): Promise<void> {
  await oscsend(7700, path, 'f', '1');
  await oscsend(7700, path, 'f', '0');
}

const said = (msg: string, rule: string) => (line: Line) => line.msg === msg && line.ruleId === rule;
const count = (msg: string, rule: string): number => daemon.lines.filter(said(msg, rule)).length;

/** The log line that comes next of these; what was said before does not count. */
async function next(msg: string, rule: string, act: () => Promise<void>): Promise<Line> {
  const before = new Set(daemon.lines);
  const line = daemon.line((one) => !before.has(one) && said(msg, rule)(one));
  await act();
  return line;
}

beforeAll(async () => {
  house = await LoopbackHouse.open();
  ended.push(() => house.close());
  const { file, folder } = await smallShow({
    cues: 20,
    parts: `devices:
  house: { adapter: osc, listen: "127.0.0.1:53100" }
  qlc: { adapter: osc, profile: qlcplus, host: 127.0.0.1, listen: "127.0.0.1:9000" }
inputs:
  - { id: house-go, when: { device: house, address: /go }, propose: CueAdvanced }
  - { id: booth-go, when: { device: qlc, event: control, where: { path: /booth/go, value: 1 } }, propose: CueAdvanced }
  - { id: booth-off, when: { device: qlc, event: control, where: { path: /booth/go, value: 0 } }, propose: TimerReset, with: { timerId: t } }
  - { id: own-go, when: { device: qlc, event: control, where: { path: /pacebuddy/go } }, propose: CueAdvanced }
  - { id: dimmer, when: { device: qlc, event: level, where: { universe: 0, channel: 3 } }, propose: TimerStarted, with: { timerId: t } }
outputs:
  - { id: to-qlc, event: CueAdvanced, echo: true, send: { device: qlc, command: press, with: { path: /pacebuddy/go } } }`,
  });
  ended.push(() => rm(folder, { recursive: true, force: true }));
  const project = join(dirname(file), 'show.qxw');
  await writeFile(project, PROJECT);
  await mkdir(join(folder, 'home'), { mode: 0o700 });
  const [command = '', ...args] = [...house.enter, 'qlcplus', '-o', project, '-p', '-m'];
  qlc = spawn(command, args, {
    stdio: 'ignore',
    env: {
      ...process.env,
      QT_QPA_PLATFORM: 'offscreen',
      HOME: join(folder, 'home'),
      XDG_RUNTIME_DIR: join(folder, 'home'),
    },
  });
  ended.push(() => endQlc());
  await once(qlc, 'spawn');
  await untilListening(qlc, 7700);
  daemon = await startDaemon(file, {}, [], [...house.enter, process.execPath]);
  ended.push(() => daemon.kill());
}, 30_000);

afterAll(async () => {
  for (const end of ended.splice(0).reverse()) await end();
});

async function endQlc(): Promise<void> {
  if (qlc.exitCode !== null || qlc.signalCode !== null) return;
  const gone = once(qlc, 'exit');
  qlc.kill('SIGKILL');
  await gone;
}

test('a GO of ours moves a fader in QLC+, is confirmed by its button, and the level that goes out is heard', async () => {
  const level = daemon.line(said('input.taken', 'dimmer'));
  const confirmed = await next('output.confirmed', 'to-qlc', () => oscsend(53100, '/go', 'i', '1'));
  expect(confirmed).toMatchObject({ device: 'qlc', summary: 'press /pacebuddy/go' });
  await level;
  expect(count('output.failed', 'to-qlc')).toBe(0);
});

test('a button at QLC+ is one press each time that it comes on; what QLC+ says of our own press is none', async () => {
  await next('output.confirmed', 'to-qlc', () => pressAtQlc('/booth/go'));
  await next('input.taken', 'booth-off', () => pressAtQlc('/booth/go'));
  await next('output.confirmed', 'to-qlc', () => pressAtQlc('/booth/go'));
  expect(count('input.taken', 'booth-go')).toBe(2);
  expect(count('input.taken', 'own-go')).toBe(0);
  await next('input.taken', 'own-go', () => pressAtQlc('/pacebuddy/go'));
});

test('a QLC+ that has gone fires nothing, and no success is told', async () => {
  await endQlc();
  const before = count('output.confirmed', 'to-qlc');
  const failed = await next('output.failed', 'to-qlc', () => oscsend(53100, '/go', 'i', '1'));
  expect(failed.code).toMatch(/^DEVICE_/);
  expect(count('output.confirmed', 'to-qlc')).toBe(before);
});
