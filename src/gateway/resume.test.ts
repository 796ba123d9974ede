import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { ACCESS, gatewayOver } from '../../test/support/gateway.js';
import { MemoryShow } from '../../test/support/memory-show.js';
import { TestClient } from '../../test/support/ws-client.js';
import type { Note, Role } from '../generated/types.js';
import type { ShowEvent } from '../protocol/envelope.js';
import { apply } from '../show/apply.js';
import type { ShowState } from '../show/state.js';

const from = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, i) => first + i);

test('who says where they stand gets what they missed, the bytes as they are in the log, and then an ack', async () => {
  const { show, url } = await gatewayOver();
  show.fill(950);
  const client = await TestClient.live(url, {}, 47);
  expect(client.frames.map(({ kind }) => kind)).toEqual([...from(48, 950).map(() => 'event'), 'ack']);
  expect(client.seqs).toEqual(from(48, 950));
  expect(client.frames[0]).toEqual(show.events[47]);
});

test('who missed nothing gets only the ack; who stands where the log has never been gets a snapshot', async () => {
  const { show, url } = await gatewayOver();
  show.fill(5);
  const even = await TestClient.live(url, { deviceId: 'even' }, 5);
  expect(even.frames.map(({ kind }) => kind)).toEqual(['ack']);
  const beyond = await TestClient.live(url, { deviceId: 'beyond' }, 6);
  expect(beyond.frames.map(({ kind }) => kind)).toEqual(['snapshot', 'ack']);
  show.fill(1);
  await Promise.all([even.eventSeq(6), beyond.eventSeq(6)]);
});

test('clients that resume while the show goes on miss nothing and get nothing twice', async () => {
  const { show, url } = await gatewayOver();
  show.stretchEvents = 7;
  show.fill(6000);
  let going = true;
  onTestFinished(() => {
    going = false;
  });
  const writer = (async () => {
    for (let i = 0; going; i++) {
      show.fill(1 + (i % 5));
      await nextTurn();
    }
  })();
  const starts = [0, 1, 500, 5990, 6000];
  const clients = await Promise.all(starts.map((start, i) => TestClient.live(url, { deviceId: `tablet-${i}` }, start)));
  const reached = show.lastEventSeq;
  going = false;
  await writer;
  const last = show.lastEventSeq;
  expect(reached).toBeGreaterThan(6000);
  for (const [i, client] of clients.entries()) {
    await client.eventSeq(last);
    expect(client.seqs).toEqual(from((starts[i] ?? 0) + 1, last));
  }
});

test('a snapshot taken while the show goes on is followed by exactly what comes after it', async () => {
  const { show, url } = await gatewayOver();
  let going = true;
  onTestFinished(() => {
    going = false;
  });
  const writer = (async () => {
    while (going) {
      show.fill(3);
      await nextTurn();
    }
  })();
  const clients = await Promise.all(from(1, 10).map((i) => TestClient.live(url, { deviceId: `tablet-${i}` })));
  going = false;
  await writer;
  for (const client of clients) {
    await client.eventSeq(show.lastEventSeq);
    const [snapshot] = client.frames;
    expect(snapshot?.kind).toBe('snapshot');
    expect(client.seqs).toEqual(from(Number(snapshot?.lastEventSeq) + 1, show.lastEventSeq));
  }
});

test('a live client may ask again, for a snapshot or for what it lost', async () => {
  const { show, url } = await gatewayOver();
  const client = await TestClient.live(url);
  show.fill(4);
  await client.eventSeq(4);
  await client.hello(2);
  show.fill(1);
  await client.eventSeq(5);
  expect(client.seqs).toEqual([1, 2, 3, 4, 3, 4, 5]);
  await client.hello();
  expect(client.frames.at(-2)).toMatchObject({ kind: 'snapshot', lastEventSeq: 5 });
  show.fill(1);
  await client.eventSeq(6);
  expect(client.seqs).toEqual([1, 2, 3, 4, 3, 4, 5, 6]);
});

test('asking again before the answer is a CONFLICT; the first is answered all the same', async () => {
  const { show, url } = await gatewayOver();
  show.stretchEvents = 10;
  show.fill(5000);
  const client = await TestClient.open(url);
  const first = client.say('SnapshotRequested', { reason: 'connect', lastEventSeq: 0 });
  const second = client.say('SnapshotRequested', { reason: 'manual' });
  expect(await client.ackOf(second)).toMatchObject({ status: 'error', code: 'CONFLICT' });
  expect(await client.ackOf(first)).toMatchObject({ status: 'ok' });
  expect(client.seqs).toEqual(from(1, 5000));
});

test('a log that cannot be read ends the one session, aloud', async () => {
  const show = new MemoryShow();
  show.fill(5000);
  const { url } = await gatewayOver({ show });
  const neighbour = await TestClient.live(url, { deviceId: 'neighbour' });
  show.read = async function* () {
    await nextTurn();
    yield { fromSeq: 9, lastSeq: 9, lines: Buffer.from('{}\n') };
  };
  const client = await TestClient.open(url);
  client.say('SnapshotRequested', { reason: 'connect', lastEventSeq: 0 });
  await client.error('INTERNAL');
  expect(await client.closing()).toMatchObject({ code: 1011 });
  show.fill(1);
  await neighbour.eventSeq(5001);
});

/** What a client makes of what it gets. */
function follow(client: TestClient, initial: ShowState): ShowState {
  let state = initial;
  for (const frame of client.frames) {
    if (frame.kind === 'snapshot') state = frame.state as ShowState;
    if (frame.kind === 'event' && frame.eventSeq !== undefined) state = apply(state, frame as unknown as ShowEvent);
  }
  return state;
}

const texts = (state: ShowState) => state.notes.map(({ id, text }: Note) => `${id} ${text}`).sort();

test('notes for others come withheld: live, in a snapshot, on resume and in the log, and nobody has a gap', async () => {
  const { show, url } = await gatewayOver({ access: ACCESS });
  const initial = show.state;
  const as = (userId: string, role: Role) => ({ userId, role, deviceId: `${userId}-tablet` });
  const director = as('u-dir', 'director');
  const live = {
    sm: await TestClient.live(url, { token: 'token-of-ana' }),
    director: await TestClient.live(url, { token: 'token-of-director', userId: 'u-dir', role: 'director' }),
    performer: await TestClient.live(url, { token: 'token-of-performer', userId: 'u-perf', role: 'performer' }),
  };
  const scope = { type: 'show' } as const;
  const added = (noteId: string, visibleTo: Role[] | undefined, actor = director) => ({
    eventType: 'NoteAdded' as const,
    actor,
    payload: { noteId, scope, text: `text of ${noteId}`, ...(visibleTo ? { visibleTo } : {}) },
  });
  const updated = (noteId: string) => ({
    eventType: 'NoteUpdated' as const,
    actor: director,
    payload: { noteId, text: `secret change of ${noteId}` },
  });
  const deleted = (noteId: string) => ({ eventType: 'NoteDeleted' as const, actor: director, payload: { noteId } });

  show.add(added('n-secret', ['stageManager']), added('n-open', undefined), added('n-brief', ['director']));
  show.add(updated('n-secret'), updated('n-open'), updated('n-brief'), deleted('n-brief'));
  show.add(added('n-flash', ['director']), updated('n-flash'), deleted('n-flash'));
  show.add(added('n-own', ['director'], as('u-perf', 'performer')), added('n-all', ['performer', 'director']));
  show.add(updated('n-all'), deleted('n-open'));
  const last = show.lastEventSeq;

  for (const client of Object.values(live)) await client.eventSeq(last);
  const raw = (client: TestClient) => JSON.stringify(client.frames);
  expect(raw(live.sm)).toContain('secret change of n-secret');
  expect(raw(live.sm)).not.toContain('of n-brief');
  expect(raw(live.director)).toContain('secret change of n-flash');
  const forbidden = /text of n-(secret|brief|flash)|change of n-(secret|brief|flash)/;
  expect(raw(live.performer)).not.toMatch(forbidden);
  expect(raw(live.performer)).toContain('secret change of n-open');
  expect(raw(live.performer)).toContain('text of n-own');

  const short = await TestClient.live(url, { ...live.performer.actor, token: 'token-of-performer' }, 0);
  expect(raw(short)).not.toMatch(forbidden);
  expect(short.seqs).toEqual(from(1, last));

  // From here on who resumes reads the notes out of the log, no longer out of memory.
  show.fill(5000);
  const end = show.lastEventSeq;
  for (const [name, client] of Object.entries(live)) {
    const options = { token: `token-of-${name === 'sm' ? 'ana' : name}`, ...client.actor, deviceId: `${name}-2` };
    const resumed = await TestClient.live(url, options, 0);
    const snapshot = await TestClient.live(url, { ...options, deviceId: `${name}-3` });
    await client.eventSeq(end);
    expect(resumed.seqs).toEqual(from(1, end));
    expect(client.seqs).toEqual(from(1, end));
    const seen = texts(follow(snapshot, initial));
    expect(texts(follow(client, initial))).toEqual(seen);
    expect(texts(follow(resumed, initial))).toEqual(seen);
    if (name === 'performer') expect(raw(resumed) + raw(snapshot)).not.toMatch(forbidden);

    const answer = await fetch(`${url}/v1/log`, { headers: { authorization: `Bearer ${options.token}` } });
    const log = (await answer.text())
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(log).toEqual(resumed.frames.filter(({ kind }) => kind === 'event'));
  }
  expect(texts(follow(live.performer, initial))).toEqual(['n-all secret change of n-all', 'n-own text of n-own']);
});

test('who slept through the deletion of a note they had loses it, though they may not be told what it said', async () => {
  const { show, url } = await gatewayOver({ access: ACCESS });
  const performer = { token: 'token-of-performer', userId: 'u-perf', role: 'performer' as const };
  show.add({ eventType: 'NoteAdded', payload: { noteId: 'n', scope: { type: 'show' }, text: 'a' } });
  const before = await TestClient.live(url, performer);
  const had = follow(before, show.state);
  await before.close();
  show.add({ eventType: 'NoteUpdated', payload: { noteId: 'n', text: 'b' } });
  show.add({ eventType: 'NoteDeleted', payload: { noteId: 'n' } });
  const back = await TestClient.live(url, performer, 1);
  expect(had.notes).toHaveLength(1);
  expect(follow(back, had).notes).toEqual([]);
  expect(back.seqs).toEqual([2, 3]);
});

test('a note’s patch goes only to who sees the whole list that it counts in', async () => {
  const { show, url } = await gatewayOver({ access: ACCESS });
  const sm = await TestClient.live(url, { token: 'token-of-ana' });
  const performer = await TestClient.live(url, { token: 'token-of-performer', userId: 'u-perf', role: 'performer' });
  const scope = { type: 'show' } as const;
  show.add({ eventType: 'NoteAdded', payload: { noteId: 'n-1', scope, text: 'x', visibleTo: ['stageManager'] } });
  show.add({ eventType: 'NoteAdded', payload: { noteId: 'n-2', scope, text: 'y' } });
  show.fill(1);
  await Promise.all([sm.eventSeq(3), performer.eventSeq(3)]);
  expect(await sm.eventSeq(2)).toHaveProperty('patch');
  const [withheld, open, timer] = await Promise.all([1, 2, 3].map((seq) => performer.eventSeq(seq)));
  expect(withheld).toMatchObject({ withheld: true, payload: { noteId: 'n-1' } });
  expect(withheld).not.toHaveProperty('patch');
  expect(open).toMatchObject({ payload: { text: 'y' } });
  expect(open).not.toHaveProperty('patch');
  expect(timer).toHaveProperty('patch');
});

test('a note that is written and changed in one batch reaches its readers with its change', async () => {
  const { show, url } = await gatewayOver({ access: ACCESS });
  const performer = await TestClient.live(url, { token: 'token-of-performer', userId: 'u-perf', role: 'performer' });
  const scope = { type: 'show' } as const;
  show.add(
    { eventType: 'NoteAdded', payload: { noteId: 'n', scope, text: 'a', visibleTo: ['performer'] } },
    { eventType: 'NoteUpdated', payload: { noteId: 'n', text: 'b' } },
  );
  expect(await performer.eventSeq(2)).toMatchObject({ payload: { text: 'b' } });
});
