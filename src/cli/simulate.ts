import { createInterface } from 'node:readline';
import { loadChecked, packagedSimulator, simulatorOf } from '../app/registry.js';
import { systemClock, toUtc } from '../kit/clock.js';
import { BridgeError, wordsOf } from '../kit/errors.js';
import { takePackagesIn } from './packages.js';
import { qlabCues } from './qlab-cues.js';
import { qlabLines } from './qlab-lines.js';
import { stopSignal } from './signals.js';

export interface SimulateQlabOptions {
  host: string;
  port: string;
  passcode?: string;
  qlabVersion: string;
  workspace: string;
  minGoTime: string;
  cues: string;
  bridge?: string;
  json?: boolean;
}

/** A QLab of its own, until it is stopped: tells each cue that it fires, and does what is typed. */
export async function simulateQlab(options: SimulateQlabOptions): Promise<void> {
  const cues =
    options.bridge === undefined
      ? options.cues.split(',').map((number) => number.trim())
      : await cuesOf(options.bridge);
  if (cues.length === 0) throw new BridgeError('CONFIG_INVALID', 'there is no cue: name some with --cues or --bridge');
  const say = teller(options.json);
  const { startQlabSimulator } = await simulatorOf('qlab');
  const qlab = await startQlabSimulator({
    host: options.host,
    port: Number(options.port),
    version: options.qlabVersion,
    workspace: options.workspace,
    minGoTimeMs: Number(options.minGoTime) * 1000,
    cues,
    onFault: (fault, from) =>
      say({ msg: 'qlab.fault', from, detail: wordsOf(fault) }, `a message from ${from} failed: ${wordsOf(fault)}`),
    ...(options.passcode === undefined ? {} : { passcode: options.passcode }),
  });
  const stopped = stopSignal();
  say(
    { msg: 'qlab.ready', host: options.host, port: qlab.port },
    `QLab ${options.qlabVersion}, simulated, with ${cues.length} cues on ${options.host}:${qlab.port}; help tells what can be typed`,
  );
  qlab.onFired(({ number, by }) => say({ msg: 'qlab.fired', number, by }, `cue ${number} fired (${by})`));
  await obey('qlab', qlabLines(qlab), say, stopped);
  await qlab.close();
}

async function cuesOf(file: string): Promise<{ number: string; name: string }[]> {
  const result = await loadChecked(file);
  if (!result.ok) throw new BridgeError('CONFIG_INVALID', `${file} has problems: pacebuddy check ${file} tells them`);
  return qlabCues(result.bridge);
}

export interface SimulateConsoleOptions {
  host: string;
  port?: string;
  udp?: boolean;
  to?: string;
  json?: boolean;
}

/** Where each console listens, and over UDP where it talks to: as its profile has it. */
const CONSOLE_PORTS: Readonly<Record<string, { port: string; to: string }>> = {
  eos: { port: '3032', to: '8001' },
  grandma3: { port: '8000', to: '8000' },
  qlcplus: { port: '7700', to: '9000' },
  'linux-show-player': { port: '9000', to: '9001' },
  reaper: { port: '8000', to: '9000' },
};

/** A console until it is stopped: tells what is fired; a line that is typed is what an operator fires there. */
export async function simulateConsole(name: string, options: SimulateConsoleOptions): Promise<void> {
  const { consoleKinds, startConsole } = await simulatorOf('osc');
  const kind = consoleKinds.find((known) => known === name);
  if (!kind) {
    throw new BridgeError('CONFIG_UNKNOWN_NAME', `no console is called ${name}; there are ${consoleKinds.join(', ')}`);
  }
  const usual = CONSOLE_PORTS[kind] ?? { port: '0', to: '0' };
  const isUdp = options.udp === true || kind !== 'eos';
  const listen = `${options.host}:${options.port ?? (isUdp && kind === 'eos' ? '8000' : usual.port)}`;
  const [toHost = '', toPort = ''] = (options.to ?? `127.0.0.1:${usual.to}`).split(/:(?=[0-9]+$)/);
  const say = teller(options.json);
  const stopped = stopSignal();
  const opening = startConsole(kind, {
    listen,
    onFired: (what, by) => say({ msg: 'console.fired', what, by }, `${what} (${by})`),
    ...(isUdp
      ? { transport: 'udp', to: { host: toHost, port: Number(toPort) } }
      : { transport: 'tcp', framing: 'length-prefix' }),
  });
  const desk = await opening.catch((cause: Error) => {
    throw new BridgeError('LISTEN_FAILED', `the simulated ${kind} cannot listen on ${listen}: ${cause.message}`, {
      cause,
    });
  });
  const where = isUdp ? `${listen} over UDP, talking to ${toHost}:${toPort}` : `${listen} over TCP`;
  say(
    { msg: 'console.ready', kind, port: desk.simulator.port },
    `${kind}, simulated, on ${where}; help tells what can be typed`,
  );
  const help = `type ${desk.firable}`;
  const press = async (typed: string) => {
    if (typed === 'help') return help;
    return (await desk.press(typed)) ? undefined : `${typed} is nothing that ${kind} fires; ${help}`;
  };
  await obey('console', press, say, stopped);
  await desk.close();
}

export interface SimulateMidiOptions {
  name: string;
  deviceId: string;
  format: string;
  channel: string;
  json?: boolean;
}

/** A desk or a keyboard on a virtual MIDI port until it is stopped: tells what it hears, and sends what is typed. */
export async function simulateMidi({ name, deviceId, format, channel, json }: SimulateMidiOptions): Promise<void> {
  const say = teller(json);
  const stopped = stopSignal();
  const desk = await (await simulatorOf('midi')).openMidiDesk({
    name,
    deviceId: Number(deviceId),
    format,
    channel: Number(channel),
    onHeard: (message, words) => say({ msg: 'midi.heard', message }, `heard ${words}`),
  });
  say(
    { msg: 'midi.ready', name },
    `a MIDI desk, simulated; in the bridge file: { adapter: midi, input: "${name}", output: "${name}" }; help tells what can be typed`,
  );
  await obey('midi', desk.type, say, stopped);
  desk.close();
}

type Teller = (facts: Record<string, unknown>, words: string) => void;

/** Does what is typed until it is stopped. @param act  returns what is told of it; undefined: nothing. */
async function obey(
  kind: string,
  act: (typed: string) => string | undefined | Promise<string | undefined>,
  say: Teller,
  stopped: Promise<unknown>,
): Promise<void> {
  const lines = createInterface({ input: process.stdin });
  lines.on('line', async (line) => {
    const typed = line.trim();
    const words = typed === '' ? undefined : await act(typed);
    if (words !== undefined) say({ msg: `${kind}.typed`, typed, words }, words);
  });
  await stopped;
  lines.close();
}

/** A device of a kind from a package, until it is stopped; what is typed happens there. */
export async function simulatePackaged(
  kind: string,
  typed: readonly string[],
  options: { bridge: string; json?: boolean },
): Promise<void> {
  await takePackagesIn(options.bridge);
  const simulate = await packagedSimulator(kind);
  const say = teller(options.json);
  const stopped = stopSignal();
  const device = await simulate(optionsIn(typed), say);
  await obey(kind, (line) => (line === 'help' ? device.help : device.type(line)), say, stopped);
  await device.close();
}

/** @throws CONFIG_INVALID for what is not `--name value` */
function optionsIn(typed: readonly string[]): Record<string, string> {
  const pairs = typed.flatMap((word) => (word.startsWith('--') ? word.split(/=(.*)/s).slice(0, 2) : [word]));
  const options: Record<string, string> = {};
  for (let at = 0; at < pairs.length; at += 2) {
    const [name = '', value] = [pairs[at], pairs[at + 1]];
    if (!/^--[a-z][a-z0-9-]*$/.test(name) || value === undefined) {
      throw new BridgeError('CONFIG_INVALID', `${name} is no --name with a value`);
    }
    options[name.slice(2)] = value;
  }
  return options;
}

/** Tells each fact as a line: JSON, or words for people. */
function teller(json = false): Teller {
  const clock = systemClock();
  return (facts, words) => {
    const at = toUtc(clock.wall());
    process.stdout.write(`${json ? JSON.stringify({ at, ...facts }) : `${at.slice(11, 23)}  ${words}`}\n`);
  };
}
