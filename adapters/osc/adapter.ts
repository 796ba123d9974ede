/** Any device that speaks OSC, over UDP or TCP, as the one that connects or the one that is connected to. */
import type { Adapter, DeviceProblem } from '../../src/adapter-sdk/adapter.js';
import { firedCueOf } from '../../src/adapter-sdk/fired-cue.js';
import { isLoopback } from '../../src/kit/loopback.js';
import { problemOfFrom } from './allowed.js';
import { firesCue, inputNames, matches, problemOfCommand, problemOfPattern, summarise } from './command.js';
import { splitListen } from './opening.js';
import { type OscConfig, resolve, type Settled } from './settings.js';

/** An address that cannot be read; or, as a warning, a port on which everybody on the network may press. */
function problemOfListen({ listen, from }: OscConfig): DeviceProblem | undefined {
  const wrong = from && problemOfFrom(from);
  if (wrong) return { pointer: `/from/${wrong.index}`, message: wrong.message, severity: 'error' };
  if (listen === undefined || from !== undefined || isLoopback(splitListen(listen).host)) return undefined;
  const message = `whoever reaches ${listen} is heard, and may press: say from: with the addresses or nets of those who may`;
  return { pointer: '/listen', message, severity: 'warn' };
}

/** A check asks what things mean, and needs nothing of it. */
export const wire = () => Promise.all([import('./connection.js'), import('./tcp.js'), import('./udp.js')]);

export const oscAdapter: Adapter<OscConfig> = {
  kind: 'osc',
  resolve,
  async connect(config, io, signal) {
    const [{ openConnection }, { openTcpClient, openTcpServer }, { openUdp }] = await wire();
    signal.throwIfAborted();
    const settled = config as OscConfig & Settled;
    const open = settled.transport === 'udp' ? openUdp : settled.host === undefined ? openTcpServer : openTcpClient;
    return openConnection(settled, io, (events) => open(settled, io, signal, events));
  },
  matches,
  // A console tells much of itself; of what a profile knows it is the operator's part that asks for an answer.
  placeOf: ({ host, port, listen }) => ({
    ...(host !== undefined && { host }),
    ...(port !== undefined && { port }),
    ...(listen !== undefined && { listen }),
  }),
  // With a profile the desk's report of our command is known for what it is.
  comesBack: ({ address }, pattern, { profile }) =>
    profile === undefined && address !== undefined && address === pattern.address,
  isPress: ({ event, attribution }, _patterns, { profile }) =>
    profile === undefined || (event !== undefined && attribution === 'operator'),
  firedCue: (input) => (input.event === 'go' || input.event === 'cueStarted' ? firedCueOf(input) : undefined),
  firesCue,
  summarise,
  problemOfCommand,
  problemOfDevice: problemOfListen,
  problemOfPattern,
  inputNames,
};
