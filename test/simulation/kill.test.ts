import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { systemClock } from '../../src/kit/clock.js';
import { type Daemon, startDaemon } from '../support/daemon.js';
import { proposal } from '../support/messages.js';
import { seeded } from '../support/seeded.js';
import { smallShow } from '../support/small-show.js';
import { WireClient } from '../support/wire-client.js';

const KILLS = 50;
/** More cues make every start of the bridge slower. */
const CUES_PER_ROUND = 40;
const clock = systemClock();

interface Show {
  state: { currentCueId: string | null; timers: { id: string; status: string; anchorAt: string }[] };
  lastEventSeq: number;
}
const showOf = async (daemon: Daemon) => (await (await fetch(`${daemon.url}/v1/show`)).json()) as Show;

/** The number of the cue that an OSC packet fires: its address is /go/NUMBER. */
const firedBy = (packet: Buffer) => packet.toString('latin1').split('\0')[0]?.replace('/go/', '') ?? '';

test('kill -9 under load, 50 times: nothing acked is lost, nothing fires again, timers and dedupe are whole', async () => {
  const wire = createSocket('udp4').bind(0, '127.0.0.1');
  await once(wire, 'listening');
  const fired: string[] = [];
  wire.on('message', (packet) => fired.push(firedBy(packet)));
  const { folder, file } = await smallShow({
    cues: KILLS * CUES_PER_ROUND,
    parts: `devices: { desk: { adapter: osc, transport: udp, host: 127.0.0.1, port: ${wire.address().port} } }
outputs: [{ id: go, event: CueAdvanced, call: lighting, send: { device: desk, address: /go/$call.number } }]`,
  });
  const random = seeded(9);
  const acked = new Map<string, number>();
  const sent = new Map<string, object>();
  let timerAnchor: string | undefined;
  for (let round = 0; round <= KILLS; round++) {
    const daemon = await startDaemon(file);
    const show = await showOf(daemon);
    const log = (await (await fetch(`${daemon.url}/v1/log`)).text()).trimEnd().split('\n').filter(Boolean);
    const events = log.map((line) => JSON.parse(line) as { eventSeq: number; messageId: string });
    expect(events.map(({ eventSeq }) => eventSeq)).toEqual(events.map((_, i) => i + 1));
    const seqs = new Map(events.map(({ messageId, eventSeq }) => [messageId, eventSeq]));
    expect(seqs.size).toBe(events.length);
    expect([...acked].filter(([messageId, eventSeq]) => seqs.get(messageId) !== eventSeq)).toEqual([]);

    const client = await WireClient.connect(daemon.url);
    client.send(proposal('SnapshotRequested', { reason: 'connect' }));
    await client.take(({ kind }) => kind === 'snapshot');
    if (timerAnchor === undefined) {
      const start = proposal('TimerStarted', { timerId: 't' });
      client.send(start);
      await client.take(({ ackOf }) => ackOf === start.messageId);
      timerAnchor = (await showOf(daemon)).state.timers[0]?.anchorAt;
    } else {
      expect(show.state.timers).toMatchObject([{ id: 't', status: 'running', anchorAt: timerAnchor }]);
    }
    const known = [...acked].at(-1);
    if (known) {
      client.send(sent.get(known[0]) ?? {});
      expect(await client.take(({ ackOf }) => ackOf === known[0])).toMatchObject({ status: 'ok', eventSeq: known[1] });
    }
    if (round === KILLS) {
      client.drop();
      expect(await daemon.stop()).toBe(0);
      break;
    }

    let at = show.state.currentCueId === null ? -1 : Number(show.state.currentCueId.slice(1));
    const until = clock.mono() + 20 + random() * 130;
    // Taken as often as it is asked for, unlike notes, of which a show holds only so many.
    const filler = () => proposal('CueStandbySet', { cueIds: [] });
    while (clock.mono() < until) {
      // Once the round's cues have gone, the rest alone is the load.
      const isGo = at + 1 < (round + 1) * CUES_PER_ROUND;
      const go = { segmentId: 's', fromCueId: at < 0 ? null : `c${at}`, toCueId: `c${at + 1}` };
      const press = isGo ? proposal('CueAdvanced', go) : filler();
      for (const message of [press, filler(), filler()]) {
        sent.set(message.messageId, message);
        client.send(message);
      }
      const ack = await client.take(({ ackOf }) => ackOf === press.messageId);
      expect(ack.status).toBe('ok');
      if (isGo) at += 1;
    }
    await daemon.kill();
    await clock.sleep(20);
    for (const { kind, status, ackOf, eventSeq } of client.got) {
      if (kind === 'ack' && status === 'ok' && eventSeq !== undefined) acked.set(String(ackOf), eventSeq);
    }
    client.drop();
  }
  expect(acked.size).toBeGreaterThan(KILLS);
  expect(fired.length).toBeGreaterThan(KILLS);
  expect(new Set(fired).size).toBe(fired.length);
  wire.close();
  await rm(folder, { recursive: true });
}, 300_000);
