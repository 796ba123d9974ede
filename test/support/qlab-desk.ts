/** The QLab adapter and the simulator that it is tried on. */
import { onTestFinished } from 'vitest';
import { qlabAdapter } from '../../adapters/qlab/adapter.js';
import type { QlabDevice } from '../../adapters/qlab/generated/types.js';
import { type QlabSimulator, type QlabSimulatorOptions, startQlabSimulator } from '../../adapters/qlab/simulator.js';
import type { Adapter, Connection, Input } from '../../src/adapter-sdk/adapter.js';
import { never, type Rig, testIo } from '../../src/adapter-sdk/testing/rig.js';

/** A device of the bridge file, with its defaults. */
export const qlabDevice = ({ port }: { port: number }, more: Partial<QlabDevice> = {}): QlabDevice => ({
  adapter: 'qlab',
  host: '127.0.0.1',
  port,
  connectTimeoutMs: 3000,
  replyTimeoutMs: 1000,
  confirmTimeoutMs: 2000,
  ...more,
});

/** A rig for the adapter contract. @param version  the QLab's. */
export async function qlabRig(adapter: Adapter, version = '5.5.10'): Promise<Rig> {
  const cues = Array.from({ length: 30 }, (_, at) => String(at));
  const qlab = await startQlabSimulator({ port: 0, version, cues });
  const got: number[] = [];
  qlab.onFired(({ number, by }) => by === 'start' && got.push(Number(number)));
  return {
    adapter,
    config: { ...qlabDevice(qlab) },
    patterns: [{ event: 'go' }],
    press: async () => void qlab.operatorGo('29'),
    pressedInput: { event: 'go', cueNumber: '29' },
    command: (n) => ({ start: String(n) }),
    got: () => got,
    links: () => qlab.clients,
    unplug: async () => {
      await qlab.setFaults({ refuseConnections: true });
      qlab.dropClients();
    },
    replug: () => qlab.setFaults({}),
    close: () => qlab.close(),
  };
}

/** A simulated QLab, closed after the test. */
export async function simulated(options: QlabSimulatorOptions = {}): Promise<QlabSimulator> {
  const qlab = await startQlabSimulator({ port: 0, ...options });
  onTestFinished(() => qlab.close());
  return qlab;
}

/** A connection to it and what was heard, closed after the test. */
export async function connected(
  qlab: QlabSimulator,
  more: Partial<QlabDevice> = {},
): Promise<{ qlab: QlabSimulator; connection: Connection; inputs: Input[] }> {
  const patterns = [{ event: 'go' }, { event: 'cueStopped' }, { event: 'playhead' }];
  const connection = await qlabAdapter.connect(qlabDevice(qlab, more), testIo('booth-qlab', patterns), never());
  onTestFinished(() => connection.close());
  const inputs: Input[] = [];
  connection.onInput((input) => inputs.push(input));
  return { qlab, connection, inputs };
}

/** The inputs that tell of one event. */
export const about = (inputs: Input[], event: string) => inputs.filter((input) => input.event === event);
