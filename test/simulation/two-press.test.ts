import { rm } from 'node:fs/promises';
import { expect, test } from 'vitest';
import type { ShowEvent } from '../../src/protocol/envelope.js';
import { apply } from '../../src/show/apply.js';
import type { ShowState } from '../../src/show/state.js';
import { startDaemon } from '../support/daemon.js';
import { proposal } from '../support/messages.js';
import { seeded } from '../support/seeded.js';
import { smallShow } from '../support/small-show.js';
import { WireClient } from '../support/wire-client.js';

const PRESSES = 1000;

test('two people press GO at the same instant, 1,000 times: one advance each, no gap, equal states', async () => {
  const { folder, file } = await smallShow({ cues: PRESSES + 1 });
  const daemon = await startDaemon(file);
  const random = seeded(20_250_811);
  const clients = await Promise.all([WireClient.connect(daemon.url), WireClient.connect(daemon.url)]);
  const snapshots = await Promise.all(
    clients.map((client, i) => {
      client.send(proposal('SnapshotRequested', { reason: 'connect' }, `tablet-${i}`));
      return client.take(({ kind }) => kind === 'snapshot');
    }),
  );
  for (let n = 0; n < PRESSES; n++) {
    const go = { segmentId: 's', fromCueId: n === 0 ? null : `c${n - 1}`, toCueId: `c${n}` };
    const order = random() < 0.5 ? [0, 1] : [1, 0];
    const acks = await Promise.all(
      order.map(async (i) => {
        if (random() < 0.3) await new Promise((resolve) => setImmediate(resolve));
        const press = proposal('CueAdvanced', go, `tablet-${i}`);
        clients[i]?.send(press);
        return clients[i]?.take(({ ackOf }) => ackOf === press.messageId);
      }),
    );
    expect(acks.map((ack) => ack?.code ?? ack?.status).sort()).toEqual(['CONFLICT', 'ok']);
  }
  const final = (await (await fetch(`${daemon.url}/v1/show`)).json()) as { state: ShowState; lastEventSeq: number };
  for (const [i, client] of clients.entries()) {
    if (client.lastEventSeq < final.lastEventSeq) await client.take(({ eventSeq }) => eventSeq === final.lastEventSeq);
    const seqs = client.events.map(({ eventSeq }) => eventSeq);
    expect(seqs).toEqual(Array.from({ length: final.lastEventSeq }, (_, k) => k + 1));
    const start = (snapshots[i] as unknown as { state: ShowState }).state;
    expect(client.events.reduce((state, event) => apply(state, event as unknown as ShowEvent), start)).toEqual(
      final.state,
    );
  }
  expect(final.state.currentCueId).toBe(`c${PRESSES - 1}`);
  for (const client of clients) client.drop();
  expect(await daemon.stop()).toBe(0);
  await rm(folder, { recursive: true });
}, 120_000);
