import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/kit/clock.js';
import { packageRoot } from '../../src/kit/package.js';
import { type Daemon, startDaemon } from '../support/daemon.js';
import { contains, type Message, WireClient } from '../support/wire-client.js';

const example = join(packageRoot, 'examples/opening-night');
const flows = (await readdir(join(example, 'flows'))).filter((name) => name.endsWith('.jsonl')).sort();

type Step =
  | { step: 'about'; title: string }
  | { step: 'connect'; client: string; resume?: boolean; event: { payload: object } }
  | { step: 'disconnect'; client: string }
  | { step: 'send'; client: string; event: object }
  | { step: 'together'; sends: { client: string; event: object }[] }
  | { step: 'expect'; client: string; message: object }
  | { step: 'one-of'; oks: number; code: string; acks: { client: string; ackOf: string }[] }
  | { step: 'state'; state: object }
  | { step: 'wait'; ms: number };

const state = async (url: string): Promise<{ state: unknown; lastEventSeq: number }> =>
  (await fetch(`${url}/v1/show`)).json() as Promise<{ state: unknown; lastEventSeq: number }>;

/** Replays a flow step by step. @returns the clients, by name, as they were left */
async function replay(url: string, steps: readonly Step[]): Promise<Map<string, WireClient>> {
  const clients = new Map<string, WireClient>();
  const clientOf = (name: string): WireClient => {
    const client = clients.get(name);
    if (!client) throw new Error(`${name} is not connected`);
    return client;
  };
  for (const step of steps) {
    switch (step.step) {
      case 'about':
        break;
      case 'connect': {
        const before = clients.get(step.client)?.lastEventSeq ?? 0;
        const client = await WireClient.connect(url);
        clients.set(step.client, client);
        const seen = step.resume ? { lastEventSeq: before } : {};
        client.send({ ...step.event, payload: { ...step.event.payload, ...seen } });
        break;
      }
      case 'disconnect':
        clientOf(step.client).drop();
        break;
      case 'send':
        clientOf(step.client).send(step.event);
        break;
      case 'together':
        for (const { client, event } of step.sends) clientOf(client).send(event);
        break;
      case 'expect':
        await clientOf(step.client).take((got) => contains(got, step.message), JSON.stringify(step.message));
        break;
      case 'one-of': {
        const acks = await Promise.all(
          step.acks.map(({ client, ackOf }) =>
            clientOf(client).take((got) => got.ackOf === ackOf, `the ack of ${ackOf}`),
          ),
        );
        const refusals = acks.filter(({ status }) => status === 'error').map(({ code }) => code);
        expect(refusals).toEqual(Array(acks.length - step.oks).fill(step.code));
        break;
      }
      case 'state': {
        const now = await state(url);
        expect(contains(now.state, step.state), `${JSON.stringify(step.state)} in ${JSON.stringify(now.state)}`).toBe(
          true,
        );
        break;
      }
      case 'wait':
        await systemClock().sleep(step.ms);
        break;
    }
  }
  return clients;
}

describe.each(flows)('%s', (name) => {
  let folder: string;
  let daemon: Daemon;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pacebuddy-flow-'));
    await cp(example, folder, { recursive: true });
    const file = join(folder, 'bridge.yaml');
    const text = await readFile(file, 'utf8');
    const free = text.replace('127.0.0.1:8420', '127.0.0.1:0').replace('127.0.0.1:53100', '127.0.0.1:0');
    await writeFile(file, free.replace('port: 53000', 'port: 1'));
    daemon = await startDaemon(file);
  });

  afterAll(async () => {
    expect(await daemon.stop()).toBe(0);
    await rm(folder, { recursive: true });
  });

  test('goes as it is written, every frame valid, and every client ends with the same gapless log', async () => {
    const text = await readFile(join(example, 'flows', name), 'utf8');
    const steps = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Step);
    expect(steps[0]).toHaveProperty('title');
    const clients = await replay(daemon.url, steps);

    const { lastEventSeq } = await state(daemon.url);
    const log = (await (await fetch(`${daemon.url}/v1/log`)).text())
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Message);
    expect(log.slice(0, lastEventSeq).map(({ eventSeq }) => eventSeq)).toEqual(
      Array.from({ length: lastEventSeq }, (_, i) => i + 1),
    );
    for (const client of clients.values()) {
      if (client.lastEventSeq < lastEventSeq) {
        await client.take(({ eventSeq }) => eventSeq === lastEventSeq, `event ${lastEventSeq}`);
      }
      const seen = client.events.filter(({ eventSeq }) => Number(eventSeq) <= lastEventSeq);
      const first = Number(seen[0]?.eventSeq ?? lastEventSeq + 1);
      const same = (message: Message) => ({ eventSeq: message.eventSeq, messageId: message.messageId });
      expect(seen.map(same)).toEqual(log.slice(first - 1, lastEventSeq).map(same));
      client.drop();
    }
  });
});
