/** Any device that speaks OSC, over UDP or TCP, as the one that connects or the one that is connected to. */
import type { Adapter } from '../../src/devices/adapter.js';
import type { OscDevice } from '../../src/generated/types.js';
import { matches, problemOf, summarise } from './command.js';
import { openConnection } from './connection.js';
import { openTcpClient, openTcpServer } from './tcp.js';
import { openUdp } from './udp.js';

export const oscAdapter: Adapter<OscDevice & Record<string, unknown>> = {
  kind: 'osc',
  connect(config, io, signal) {
    const open = config.transport === 'udp' ? openUdp : config.host === undefined ? openTcpServer : openTcpClient;
    return openConnection(io, (events) => open(config, io, signal, events));
  },
  matches,
  summarise,
  problemOf,
};
