/** The adapter contract, on real sockets: both transports, both directions, both framings. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import type { Adapter, Connection } from '../../src/adapter-sdk/adapter.js';
import { adapterContract, type Rig } from '../../src/adapter-sdk/testing/contract.js';
import { never } from '../../src/adapter-sdk/testing/rig.js';
import type { ReceivedMessage } from '../../src/wire/osc/codec.js';
import { freePort } from '../../test/support/free-port.js';
import { resolvedOsc } from '../../test/support/osc-device.js';
import { eventually } from '../../test/support/waiting.js';
import { oscAdapter } from './adapter.js';
import { type OscSimulator, type OscSimulatorOptions, openOscSimulator } from './simulator.js';

const adapter: Adapter = oscAdapter;

interface RigPlan {
  config: Record<string, unknown>;
  simulator: OscSimulatorOptions;
  /** After each connect, and again after a replug. */
  joined?: (connection: Connection, device: () => OscSimulator, open: () => Promise<void>) => Promise<void>;
  /** false: the device opens only when it joins. */
  opensAtOnce?: boolean;
  countsLinks?: boolean;
  /** What is different with a profile. */
  spoken?: Pick<Rig, 'patterns' | 'pressedInput' | 'command'>;
}

/** A console that says /go and takes /cue, by a profile; it confirms nothing. */
const PROFILE = {
  name: 'desk',
  title: 'A desk',
  device: { transport: 'tcp', framing: 'slip' },
  source: ['this test'],
  verified: 'unverified',
  cannotConfirm: 'anything',
  commands: {
    cue: { does: 'a cue', parameters: { n: { is: 'n', type: 'integer' } }, send: [{ address: '/cue', args: ['$n'] }] },
  },
  events: { go: { means: 'GO', address: ['/go'], args: [1] } },
};
const SPOKEN = {
  patterns: [{ event: 'go' }],
  pressedInput: { event: 'go', attribution: 'operator' },
  command: (n: number) => ({ command: 'cue', with: { n } }),
};

async function makeRig(plan: RigPlan): Promise<Rig> {
  const { config, simulator, joined, opensAtOnce = true, countsLinks = false, spoken } = plan;
  const got: number[] = [];
  const onMessage = ({ address, args }: ReceivedMessage) => {
    const [number] = args;
    if (address === '/cue' && number?.type === 'i') got.push(number.value);
  };
  let device: OscSimulator | undefined;
  const open = async () => {
    await device?.close();
    device = await openOscSimulator({ ...simulator, onMessage });
  };
  const here = () => {
    if (!device) throw new Error('the device is not plugged in');
    return device;
  };
  if (opensAtOnce) await open();
  return {
    adapter,
    config: await resolvedOsc(config),
    patterns: [{ address: '/go' }],
    pressedInput: { address: '/go', args: [1], types: 'i' },
    press: async () => {
      await here().send({ address: '/go', args: [{ type: 'i', value: 1 }] });
      await here().send({ address: '/go', args: [{ type: 'i', value: 0 }] });
    },
    command: (n) => ({ address: '/cue', args: [n] }),
    ...spoken,
    got: () => got,
    ...(joined ? { joined: (connection) => joined(connection, here, open) } : {}),
    ...(countsLinks ? { links: () => device?.links() ?? 0 } : {}),
    unplug: async () => device?.cut(),
    replug: async () => {
      if (opensAtOnce) await open();
    },
    close: async () => device?.close(),
  };
}

adapterContract(
  'osc over udp, to a device',
  async () => {
    const port = await freePort('udp');
    return makeRig({
      config: { host: '127.0.0.1', port },
      simulator: { transport: 'udp', listen: `127.0.0.1:${port}` },
      // The device answers to whoever spoke to it last.
      joined: async (connection, device) => {
        const hellos = () => device().received.filter(({ address }) => address === '/hello').length;
        const before = hellos();
        await connection.send({ address: '/hello' }, never());
        await eventually(() => hellos() > before, 'the device hears the bridge');
      },
    });
  },
  { linkless: true, absent: 'connects', health: 'unverified' },
);

adapterContract(
  'osc over udp, from a device',
  async () => {
    const port = await freePort('udp');
    return makeRig({
      config: { listen: `127.0.0.1:${port}` },
      simulator: { transport: 'udp', to: { host: '127.0.0.1', port } },
    });
  },
  { linkless: true, absent: 'connects', health: 'unverified', takesCommands: false },
);

adapterContract(
  'osc over udp, both ways',
  async () => {
    const [here, there] = [await freePort('udp'), await freePort('udp')];
    return makeRig({
      config: { host: '127.0.0.1', port: there, listen: `127.0.0.1:${here}` },
      simulator: { transport: 'udp', listen: `127.0.0.1:${there}`, to: { host: '127.0.0.1', port: here } },
    });
  },
  { linkless: true, absent: 'connects', health: 'unverified' },
);

const profiles = await mkdtemp(join(tmpdir(), 'osc-contract-'));
await writeFile(join(profiles, 'desk.yaml'), JSON.stringify(PROFILE));
afterAll(() => rm(profiles, { recursive: true }));
const profile = join(profiles, 'desk.yaml');

adapterContract('osc over tcp to a console by its profile', async () => {
  const port = await freePort('tcp');
  return makeRig({
    config: { profile, host: '127.0.0.1', port },
    simulator: { transport: 'tcp', listen: `127.0.0.1:${port}`, framing: 'slip' },
    countsLinks: true,
    spoken: SPOKEN,
  });
});

adapterContract(
  'osc over udp both ways with a console by its profile',
  async () => {
    const [here, there] = [await freePort('udp'), await freePort('udp')];
    return makeRig({
      config: { profile, transport: 'udp', host: '127.0.0.1', port: there, listen: `127.0.0.1:${here}` },
      simulator: { transport: 'udp', listen: `127.0.0.1:${there}`, to: { host: '127.0.0.1', port: here } },
      spoken: SPOKEN,
    });
  },
  { linkless: true, absent: 'connects', health: 'unverified' },
);

for (const framing of ['slip', 'length-prefix'] as const) {
  adapterContract(`osc over tcp to a device, ${framing}`, async () => {
    const port = await freePort('tcp');
    return makeRig({
      config: { transport: 'tcp', host: '127.0.0.1', port, framing },
      simulator: { transport: 'tcp', listen: `127.0.0.1:${port}`, framing },
      countsLinks: true,
    });
  });

  adapterContract(
    `osc over tcp from a device, ${framing}`,
    async () => {
      const port = await freePort('tcp');
      return makeRig({
        config: { transport: 'tcp', listen: `127.0.0.1:${port}` },
        simulator: { transport: 'tcp', to: { host: '127.0.0.1', port }, framing },
        opensAtOnce: false,
        countsLinks: true,
        joined: async (connection, device, open) => {
          await open();
          const name = `:${device().port}`;
          await eventually(() => connection.health().detail?.includes(name) === true, 'the bridge sees the device');
        },
      });
    },
    { linkless: true, absent: 'connects', health: 'up' },
  );
}
