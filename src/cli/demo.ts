import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface, emitKeypressEvents } from 'node:readline';
import { Bridge, type CheckedBridge, type Outcome, type ShowState } from '../app/bridge.js';
import { loadChecked, simulatorOf } from '../app/registry.js';
import { systemClock } from '../kit/clock.js';
import { BridgeError, isBridgeError, wordsOf } from '../kit/errors.js';
import { createLog } from '../kit/log.js';
import { packageRoot } from '../kit/package.js';
import { DemoTeller } from './demo-teller.js';
import { qlabCues } from './qlab-cues.js';
import { pagesDir } from './run.js';
import { stopSignal } from './signals.js';

/** Two presses of a key within this time, in milliseconds, are a key that is held down: a terminal cannot tell. */
const KEY_REPEAT_MS = 700;
const TERMINAL = 'terminal';
const QLAB_PORT = 53000;
const DESK_PORT = 53200;

/** The example show with a simulated QLab and a simulated lighting desk, on real wires, each cue told with its stages. */
export async function demo(options: { port: string; json?: boolean }): Promise<void> {
  const clock = systemClock();
  const result = await loadChecked(join(packageRoot, 'examples/opening-night/bridge.yaml'));
  if (!result.ok) throw new BridgeError('CONFIG_INVALID', 'the example does not load; run pacebuddy check on it');
  const folder = await mkdtemp(join(tmpdir(), 'pacebuddy-demo-'));
  const teller = new DemoTeller({
    clock,
    json: options.json === true,
    write: (line) => process.stdout.write(`${line}\n`),
  });

  const stopped = stopSignal();
  const open = <T>(port: number, start: (port: number) => Promise<T>, what: (opened: T) => string) =>
    onPort(port, start, (why, opened) => teller.moved({ port, why, words: what(opened) }));
  const [{ startQlabSimulator }, { openOscSimulator }] = await Promise.all([simulatorOf('qlab'), simulatorOf('osc')]);
  const qlabStart = (port: number) =>
    startQlabSimulator({
      port,
      cues: qlabCues(result.bridge),
      workspace: 'The Lamplighters',
      onFault: (fault, from) => teller.fault(`a message from ${from} failed in the simulated QLab: ${wordsOf(fault)}`),
    });
  const qlab = await open(QLAB_PORT, qlabStart, ({ port }) => `the simulated QLab is at 127.0.0.1:${port}`);
  const desk = await openOscSimulator({ transport: 'udp', listen: `127.0.0.1:${DESK_PORT}` }).catch(() => undefined);
  if (!desk)
    teller.moved({ port: DESK_PORT, why: 'taken', words: 'there is no simulated lighting desk; its cues go there' });
  const checked = withPorts({ ...result.bridge, journalPath: folder }, { 'booth-qlab': qlab.port });
  const bridgeStart = (port: number) =>
    Bridge.start({
      checked: {
        ...checked,
        config: { ...checked.config, server: { ...checked.config.server, listen: `127.0.0.1:${port}` } },
      },
      log: createLog({ level: 'info', destination: { write: (line) => teller.log(line) } }),
      clock,
      pagesDir,
      onPublished: (entries) => teller.events(entries, bridgeState),
    });
  const bridge = await open(Number(options.port), bridgeStart, ({ url }) => `the page is at ${url}/`);
  const bridgeState = () => bridge.sequencer.state;
  teller.welcome({ url: bridge.url, qlabPort: qlab.port, keys: process.stdin.isTTY === true });

  const stop = Promise.race([stopped, listen(bridge, () => qlab.operatorGo(nextInQlab(bridgeState())), teller)]);
  await stop;
  teller.goodbye();
  await bridge.close();
  await Promise.all([qlab.close(), desk?.close()]);
  await rm(folder, { recursive: true, force: true });
  process.exit(0);
}

/** Opens on `port`, or on any free one when it cannot be had. @param moved  told then: why, and what was opened instead. */
async function onPort<T>(
  port: number,
  start: (port: number) => Promise<T>,
  moved: (why: 'taken' | 'refused', opened: T) => void,
): Promise<T> {
  try {
    return await start(port);
  } catch (error) {
    if (!isBridgeError(error) || error.code !== 'LISTEN_FAILED') throw error;
    const opened = await start(0);
    const { code } = Object(error.cause) as { code?: unknown };
    moved(code === 'EADDRINUSE' ? 'taken' : 'refused', opened);
    return opened;
  }
}

/** The number of the next cue that has a sound call: what an operator would press GO on. */
function nextInQlab({ acts }: ShowState): string | undefined {
  const cues = acts.flatMap(({ segments }) => segments.flatMap((segment) => segment.cues));
  const ahead = cues.filter(({ status }) => status === 'pending' || status === 'standby');
  const calls = ahead.flatMap((cue) => cue.calls ?? []);
  return calls.find(({ department, targets }) => department === 'sound' && targets?.qlab)?.targets?.qlab;
}

const withPorts = (checked: CheckedBridge, ports: Record<string, number>): CheckedBridge => {
  const devices = Object.entries(checked.config.devices).map(([name, device]) => {
    const port = ports[name];
    return [name, port === undefined ? device : { ...device, port }] as const;
  });
  return { ...checked, config: { ...checked.config, devices: Object.fromEntries(devices) } };
};

/** Keys on a terminal, words on a pipe. Resolves when the user quits. */
function listen(bridge: Bridge, operatorGo: () => void, teller: DemoTeller): Promise<void> {
  const clock = systemClock();
  let last = { name: '', at: Number.NEGATIVE_INFINITY, isTold: false };
  const tell = (wish: string) => (outcome: Outcome) => teller.outcome(wish, outcome);
  return new Promise((resolve) => {
    const press = (name: string): void => {
      if (name === 'go') void bridge.press('CueAdvanced', {}, TERMINAL).then(tell('GO'));
      else if (name === 'back') void bridge.press('CueReverted', {}, TERMINAL).then(tell('Back'));
      else if (name === 'operator') operatorGo();
      else if (name === 'quit') resolve();
      else if (name === 'hold' && bridge.sequencer.state.emergency)
        void bridge.press('EmergencyResolved', {}, TERMINAL).then(tell('Resume'));
      else if (name === 'hold')
        void bridge.press('EmergencyTriggered', { level: 'hold', code: 'technical' }, TERMINAL).then(tell('Hold'));
    };
    if (!process.stdin.isTTY) {
      createInterface({ input: process.stdin }).on('line', (line) => press(line.trim().toLowerCase()));
      return;
    }
    const keys: Record<string, string> = { space: 'go', b: 'back', h: 'hold', o: 'operator', q: 'quit' };
    emitKeypressEvents(process.stdin);
    process.stdin.setRawMode(true);
    process.stdin.on('keypress', (_text, key: { name?: string; ctrl?: boolean }) => {
      const name = key.ctrl && key.name === 'c' ? 'quit' : (keys[key.name ?? ''] ?? '');
      const isAgain = name === last.name && clock.mono() - last.at < KEY_REPEAT_MS;
      // A key that is held repeats thirty times a second: it is told once.
      if (!isAgain) press(name);
      else if (!last.isTold) teller.pressedAgain(name === 'go' ? 'GO' : (key.name ?? ''), KEY_REPEAT_MS);
      last = { name, at: clock.mono(), isTold: isAgain };
    });
  });
}
