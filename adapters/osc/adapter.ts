/** Any device that speaks OSC, over UDP or TCP, as the one that connects or the one that is connected to. */
import type { Adapter } from '../../src/devices/adapter.js';
import { inputNames, matches, problemOfCommand, problemOfPattern, summarise } from './command.js';
import { openConnection } from './connection.js';
import { type OscConfig, resolve, type Settled } from './settings.js';
import { openTcpClient, openTcpServer } from './tcp.js';
import { openUdp } from './udp.js';

export const oscAdapter: Adapter<OscConfig> = {
  kind: 'osc',
  resolve,
  async connect(config, io, signal) {
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
  summarise,
  problemOfCommand,
  problemOfPattern,
  inputNames,
};
