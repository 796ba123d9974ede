import { expect, test } from 'vitest';
import { ACCESS, gatewayOver } from '../../test/support/gateway.js';
import { type Frame, TestClient } from '../../test/support/ws-client.js';
import { validateWireMessage } from '../generated/messages.js';

test('a client asks for a snapshot, gets it with the number it stands at, and then an ack', async () => {
  const { show, url } = await gatewayOver();
  show.fill(3);
  const client = await TestClient.open(url);
  const ack = await client.hello();
  const [snapshot] = client.frames;
  expect(snapshot).toMatchObject({ kind: 'snapshot', showId: 'pb_test', lastEventSeq: 3 });
  expect(snapshot?.state).toEqual(show.state);
  expect(ack).toMatchObject({ status: 'ok' });
  expect(ack).not.toHaveProperty('eventSeq');
  expect(client.frames.map(({ kind }) => kind)).toEqual(['snapshot', 'ack']);
});

test('a proposal is acknowledged with its number first, and then its own event comes to everyone', async () => {
  const { url } = await gatewayOver();
  const sender = await TestClient.live(url);
  const other = await TestClient.live(url, { userId: 'u-dir', role: 'director', deviceId: 'tablet-2' });
  const payload = { segmentId: 'seg-1', fromCueId: null, toCueId: 'cue-1' };
  const id = sender.say('CueAdvanced', payload);
  const event = { messageId: id, eventSeq: 1, eventType: 'CueAdvanced', payload };
  expect(await other.eventSeq(1)).toMatchObject(event);
  expect(await sender.eventSeq(1)).toMatchObject(event);
  expect(sender.frames.slice(-2)).toMatchObject([{ kind: 'ack', ackOf: id, status: 'ok', eventSeq: 1 }, event]);
});

test('every frame from the server fits the schema', async () => {
  const { show, url } = await gatewayOver({ access: ACCESS });
  const client = await TestClient.live(url, {
    token: 'token-of-performer',
    userId: 'u-perf',
    role: 'performer',
    deviceId: 'tablet-1',
  });
  show.add({
    eventType: 'NoteAdded',
    payload: { noteId: 'n-1', scope: { type: 'show' }, text: 'quiet', visibleTo: ['director'] },
  });
  show.fill(1);
  client.ws.send('{');
  client.ws.send(
    JSON.stringify({
      kind: 'heartbeat',
      version: '1.0.0',
      messageId: crypto.randomUUID(),
      createdAt: '2026-01-01T00:00:00Z',
    }),
  );
  client.say('CueAdvanced', { segmentId: 'seg-1', fromCueId: null, toCueId: 'cue-1' });
  client.say('ClientPresenceUpdated', { deviceId: 'tablet-1', status: 'online' });
  const other = await TestClient.live(url, { token: 'token-of-ana', deviceId: 'tablet-2' });
  await other.event('ClientPresenceUpdated');
  other.say('ClientPresenceUpdated', { deviceId: 'tablet-2', status: 'idle' });
  await client.event('ClientPresenceUpdated');
  await other.close();
  await client.frame(
    ({ payload }) => (payload as { status?: string })?.status === 'offline',
    'the other to be offline',
  );
  await client.error('VALIDATION_FAILED');
  const kinds = new Set(client.frames.map(({ kind }) => kind));
  expect(kinds).toEqual(new Set(['snapshot', 'ack', 'event', 'error', 'heartbeat']));
  for (const frame of [...client.frames, ...other.frames]) {
    expect(validateWireMessage(frame), JSON.stringify([frame, validateWireMessage.errors])).toBe(true);
  }
});

test('the session’s name is the token’s, whatever the client writes', async () => {
  const { show, url } = await gatewayOver({ access: ACCESS });
  const client = await TestClient.live(url, { token: 'token-of-ana' });
  const actor = { ...client.actor, displayName: 'Somebody Else' };
  await client.ackOf(client.say('NoteAdded', { noteId: 'n-1', scope: { type: 'show' }, text: 'x' }, { actor }));
  expect(show.events[0]?.actor).toEqual({
    userId: 'u-sm',
    role: 'stageManager',
    deviceId: 'tablet-1',
    displayName: 'Ana',
  });
});

test('a message sent twice gets the number of the first', async () => {
  const { show, url } = await gatewayOver();
  const client = await TestClient.live(url);
  const id = client.say('NoteAdded', { noteId: 'n-1', scope: { type: 'show' }, text: 'x' });
  await client.ackOf(id);
  client.say('NoteAdded', { noteId: 'n-1', scope: { type: 'show' }, text: 'x' }, { messageId: id });
  const again = () => client.frames.filter(({ ackOf }) => ackOf === id);
  await client.frame(() => again().length === 2, 'the second ack');
  expect(again()).toMatchObject([{ eventSeq: 1 }, { eventSeq: 1, status: 'ok' }]);
  expect(show.lastEventSeq).toBe(1);
});

test('what only the server writes is not taken from a client', async () => {
  const { show, url } = await gatewayOver();
  const client = await TestClient.live(url);
  const over = { eventSeq: 77, recordedAt: '1999-01-01T00:00:00Z', patch: [{ op: 'remove', path: '/acts' }] };
  const ack = await client.ackOf(client.say('TimerStarted', { timerId: 'timer-1' }, over));
  expect(ack).toMatchObject({ status: 'ok', eventSeq: 1 });
  expect(show.events[0]).toMatchObject({ eventSeq: 1 });
  expect(show.events[0]?.recordedAt).not.toMatch(/^1999/);
  expect(JSON.stringify(show.events[0]?.patch)).not.toContain('remove');
});

test('members that a newer minor version added are kept', async () => {
  const { show, url } = await gatewayOver();
  const client = await TestClient.live(url);
  const payload = { timerId: 'timer-1', colour: 'red' };
  await client.ackOf(client.say('TimerStarted', payload, { version: '1.9.0', trace: 'abc' }));
  expect(show.events[0]).toMatchObject({ payload, trace: 'abc', version: '1.9.0' });
});

test('presence is told to the others, to who comes later, and ends with the connection; it is never stored', async () => {
  const { show, url } = await gatewayOver();
  const first = await TestClient.live(url, { deviceId: 'tablet-1' });
  const second = await TestClient.live(url, { deviceId: 'tablet-2' });
  const ack = await first.ackOf(
    first.say('ClientPresenceUpdated', { deviceId: 'tablet-1', status: 'online', view: 'prompt' }),
  );
  expect(ack).toMatchObject({ status: 'ok' });
  expect(ack).not.toHaveProperty('eventSeq');
  expect(await second.event('ClientPresenceUpdated')).toMatchObject({
    payload: { deviceId: 'tablet-1', view: 'prompt' },
  });

  const third = await TestClient.live(url, { deviceId: 'tablet-3' });
  expect(await third.event('ClientPresenceUpdated')).not.toHaveProperty('eventSeq');
  expect(third.frames.map(({ kind }) => kind)).toEqual(['snapshot', 'event', 'ack']);

  await first.close();
  const isOffline = ({ payload }: Frame) => (payload as { status?: string })?.status === 'offline';
  expect(await second.frame(isOffline, 'offline')).toMatchObject({ payload: { deviceId: 'tablet-1' } });
  expect(first.frames.filter(({ eventType }) => eventType === 'ClientPresenceUpdated')).toEqual([]);
  expect(show.lastEventSeq).toBe(0);
});

test('a tablet that is back on a new connection is not told to be offline when its old one ends', async () => {
  const { url } = await gatewayOver();
  const watcher = await TestClient.live(url, { deviceId: 'watcher' });
  const old = await TestClient.live(url);
  await old.ackOf(old.say('ClientPresenceUpdated', { deviceId: 'tablet-1', status: 'online' }));
  const back = await TestClient.live(url);
  await back.ackOf(back.say('ClientPresenceUpdated', { deviceId: 'tablet-1', status: 'idle' }));
  await old.close();
  await back.close();
  const statuses = () => watcher.frames.flatMap(({ payload }) => (payload as { status?: string })?.status ?? []);
  await watcher.frame(() => statuses().includes('offline'), 'offline');
  expect(statuses()).toEqual(['online', 'idle', 'offline']);
});

test('a client’s heartbeat is answered at once, with its id, the show’s time and where it stands', async () => {
  const { show, url } = await gatewayOver();
  const client = await TestClient.live(url);
  show.fill(2);
  await client.eventSeq(2);
  const messageId = crypto.randomUUID();
  client.ws.send(JSON.stringify({ kind: 'heartbeat', version: '1.0.0', messageId, createdAt: '2026-01-01T00:00:00Z' }));
  const beat = await client.frame(({ kind }) => kind === 'heartbeat', 'the answer');
  expect(beat).toMatchObject({ correlationId: messageId, lastEventSeq: 2 });
});

test('who resumes from before the show became another one gets a snapshot, who resumes from after it the events', async () => {
  const { show, url } = await gatewayOver({ snapshotUpToSeq: 2 });
  show.fill(4);
  const before = await TestClient.live(url, { deviceId: 'before' }, 2);
  expect(before.frames[0]).toMatchObject({ kind: 'snapshot', lastEventSeq: 4 });
  const after = await TestClient.live(url, { deviceId: 'after' }, 3);
  expect(after.seqs).toEqual([4]);
});

test('when the log cannot be written, the presser is told and nothing goes out', async () => {
  const { show, url } = await gatewayOver();
  const client = await TestClient.live(url);
  show.failure = new Error('no space left');
  const ack = await client.ackOf(client.say('TimerStarted', { timerId: 'timer-1' }));
  expect(ack).toMatchObject({ status: 'error', code: 'JOURNAL_UNAVAILABLE', message: 'no space left' });
  expect(client.seqs).toEqual([]);
});
