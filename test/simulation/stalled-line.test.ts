/** A press into a line that stands still: it is refused when it arrives, never fired late. */
import { rm } from 'node:fs/promises';
import { afterEach, expect, test } from 'vitest';
import { connect } from '../../src/client/node.js';
import { systemClock } from '../../src/kit/clock.js';
import { type Daemon, startDaemon } from '../support/daemon.js';
import { smallShow } from '../support/small-show.js';
import { stoppableWire } from '../support/stoppable-wire.js';
import { eventually } from '../support/waiting.js';
import { TestClient } from '../support/ws-client.js';

const ended: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ended.splice(0).reverse()) await end();
});

async function wireTo({ url }: Daemon) {
  const wire = await stoppableWire(url);
  ended.push(() => wire.close());
  return wire;
}

async function show(): Promise<Daemon> {
  const { folder, file } = await smallShow({ cues: 5 });
  const daemon = await startDaemon(file);
  ended.push(async () => {
    await daemon.stop();
    await rm(folder, { recursive: true });
  });
  return daemon;
}

test('a GO that lay in a stalled line for 3 s is refused aloud, and the show stays where it is', async () => {
  const daemon = await show();
  const wire = await wireTo(daemon);
  const actor = { userId: 'u-sm', role: 'stageManager', deviceId: 'tablet' } as const;
  const client = connect({ url: wire.url, actor, heartbeatMs: 5000 });
  ended.push(() => client.close());
  await eventually(() => client.status === 'live' && client.state !== undefined, 'the client is live');
  await client.go();
  wire.stop();
  const pressed = client.go();
  await systemClock().sleep(3000);
  wire.goOn();
  expect(await pressed).toMatchObject({ ok: false, code: 'INPUT_LATE' });
  expect(await daemon.line(({ msg, code }) => msg === 'event.rejected' && code === 'INPUT_LATE')).toBeDefined();
  expect(client.state?.currentCueId).toBe('c0');
  expect(await client.go()).toMatchObject({ ok: true });
});

test('a client of an older version, which sets no deadline, is served as before', async () => {
  const daemon = await show();
  const client = await TestClient.live(daemon.url, { showId: 'small' });
  const payload = { segmentId: 's', fromCueId: null, toCueId: 'c0' };
  const press = client.say('CueAdvanced', payload, { version: '1.0.0', createdAt: '2020-01-01T00:00:00Z' });
  expect(await client.ackOf(press)).toMatchObject({ status: 'ok' });
  await client.close();
});
