import { afterEach, beforeEach, expect, test } from 'vitest';
import { SHOW_ID, SM, StubBridge, smallShow } from '../../test/support/stub-bridge.js';
import { TestClock } from '../../test/support/test-clock.js';
import { eventually } from '../../test/support/waiting.js';
import { systemClock } from '../kit/clock.js';
import { deferred } from '../kit/deferred.js';
import { newId } from '../kit/ids.js';
import type { Proposal, ReceivedEvent } from '../protocol/envelope.js';
import { connect, memoryStore } from './node.js';
import type { Client, ClientOptions, ClientProblem, ClientRefusal, StoredProposal } from './types.js';

let bridge: StubBridge;
const clients: Client[] = [];

const join = (options: Partial<ClientOptions> = {}): Client => {
  const client = connect({ url: bridge.url, showId: SHOW_ID, actor: SM, heartbeatMs: 100, ...options });
  clients.push(client);
  return client;
};
const live = async (options: Partial<ClientOptions> = {}): Promise<Client> => {
  const client = join(options);
  await eventually(() => client.status === 'live', 'the client to be live');
  return client;
};
const note = (noteId: string) => ({ noteId, scope: { type: 'show' as const }, text: noteId });
const dropsOf = (client: Client): [Proposal, ClientRefusal][] => {
  const drops: [Proposal, ClientRefusal][] = [];
  client.onDropped((proposal, why) => drops.push([proposal, why]));
  return drops;
};

beforeEach(async () => {
  bridge = await StubBridge.open();
});
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
  await bridge.close();
});

test('a GO moves the show to the next cue, and the state shows it when the answer is there', async () => {
  const client = await live();
  expect(await client.go()).toEqual({ ok: true, eventSeq: 1 });
  expect(client.state?.currentCueId).toBe('cue-1');
  expect(await client.go()).toEqual({ ok: true, eventSeq: 2 });
  expect(client.lastEventSeq).toBe(2);
});

test('a second press before the answer is not a second GO', async () => {
  const client = await live();
  const [first, second] = await Promise.all([client.go(), client.go()]);
  expect(first.ok).toBe(true);
  expect(second).toMatchObject({ ok: false, code: 'GO_GUARD' });
  expect(bridge.log).toHaveLength(1);
});

test('two pages that press together advance the show once, and the other is told where it is', async () => {
  const one = await live();
  const two = await live();
  const outcomes = await Promise.all([one.go(), two.go()]);
  expect(outcomes.filter((outcome) => outcome.ok)).toHaveLength(1);
  expect(outcomes.find((outcome) => !outcome.ok)).toMatchObject({ code: 'CONFLICT' });
  expect(bridge.log).toHaveLength(1);
});

test('at the last cue a GO is refused here, and nothing is sent', async () => {
  const client = await live();
  for (let cue = 1; cue <= 5; cue++) expect((await client.go()).ok).toBe(true);
  expect(await client.go()).toMatchObject({ ok: false, code: 'CONFLICT' });
  expect(bridge.heardOf('CueAdvanced')).toHaveLength(5);
});

test('back takes the last GO back', async () => {
  const client = await live();
  await client.go();
  await client.go();
  expect((await client.back('pressed by mistake')).ok).toBe(true);
  expect(client.state?.currentCueId).toBe('cue-1');
  expect(bridge.log[2]).toMatchObject({
    payload: { fromCueId: 'cue-2', toCueId: 'cue-1', reason: 'pressed by mistake' },
  });
});

test('what was written offline is sent in its order, with its own ids, once the line is back', async () => {
  const client = await live();
  bridge.cut();
  await eventually(() => client.status === 'offline', 'offline');
  const outcomes = ['n1', 'n2', 'n3'].map((noteId) => client.propose('NoteAdded', note(noteId)));
  const ids = client.pending.map(({ messageId }) => messageId);
  expect(await Promise.all(outcomes)).toEqual([1, 2, 3].map((eventSeq) => ({ ok: true, eventSeq })));
  expect(bridge.heardOf('NoteAdded')).toEqual(ids);
  expect(client.pending).toEqual([]);
});

test('a proposal whose answer was lost is sent again with the same id, and counts once', async () => {
  const client = await live();
  bridge.withholdAcks = true;
  // The event itself would be an answer too, so nothing at all may arrive.
  bridge.mute = true;
  const outcome = client.propose('NoteAdded', note('n1'));
  await eventually(() => bridge.log.length === 1, 'the note to be stored');
  bridge.withholdAcks = false;
  bridge.mute = false;
  bridge.cut();
  expect(await outcome).toEqual({ ok: true, eventSeq: 1 });
  expect(bridge.log).toHaveLength(1);
});

test('what conflicts when the line is back is dropped, and said', async () => {
  const client = await live();
  const drops = dropsOf(client);
  bridge.cut();
  await eventually(() => client.status === 'offline', 'offline');
  const swap = { performerId: 'p-ana', fromMicId: 'mic-1', toMicId: 'mic-9' };
  const [swapped, noted] = await Promise.all([
    client.propose('MicSwapped', swap),
    client.propose('NoteAdded', note('n1')),
  ]);
  expect(swapped.ok).toBe(false);
  expect(noted).toEqual({ ok: true, eventSeq: 1 });
  expect(drops).toEqual([[expect.objectContaining({ eventType: 'MicSwapped' }), swapped]]);
});

test('a GO pressed offline is dropped when the line is not back in two seconds, and never sent', async () => {
  const clock = new TestClock();
  const client = await live({ clock });
  const drops = dropsOf(client);
  bridge.refuseWith = 503;
  bridge.cut();
  await eventually(() => client.status === 'offline', 'offline');
  const pressed = client.go();
  const noted = client.propose('NoteAdded', note('n1'));
  await clock.advance(2100);
  expect(await pressed).toMatchObject({ ok: false, code: 'OUTPUT_LATE' });
  expect(drops).toHaveLength(1);
  bridge.refuseWith = undefined;
  await eventually(() => {
    void clock.advance(100);
    return client.status === 'live';
  }, 'live again');
  expect((await noted).ok).toBe(true);
  expect(bridge.heardOf('CueAdvanced')).toEqual([]);
});

test('a GO pressed in a short gap still goes', async () => {
  const client = await live();
  bridge.cut();
  await eventually(() => client.status === 'offline', 'offline');
  expect(await client.go()).toEqual({ ok: true, eventSeq: 1 });
});

test('a GO whose answer was lost is not sent again when it is old: the log says whether it was taken', async () => {
  const clock = new TestClock();
  const client = await live({ clock });
  bridge.mute = true;
  const taken = client.go();
  await eventually(() => bridge.log.length === 1, 'the GO to be stored');
  bridge.refuseWith = 503;
  bridge.cut();
  await clock.advance(3000);
  bridge.mute = false;
  bridge.refuseWith = undefined;
  await eventually(() => {
    void clock.advance(100);
    return client.status === 'live';
  }, 'live again');
  expect(await taken).toEqual({ ok: true, eventSeq: 1 });
  expect(bridge.heardOf('CueAdvanced')).toHaveLength(1);
});

test('a GO that never arrived is not sent again when it is old, and said', async () => {
  const clock = new TestClock();
  const client = await live({ clock });
  bridge.answer = () => ({ ok: true });
  bridge.withholdAcks = true;
  const lost = client.go();
  await eventually(() => bridge.heardOf('CueAdvanced').length === 1, 'the GO to be swallowed');
  bridge.refuseWith = 503;
  bridge.cut();
  await clock.advance(3000);
  bridge.refuseWith = undefined;
  await eventually(() => {
    void clock.advance(100);
    return client.status === 'live';
  }, 'live again');
  expect(await lost).toMatchObject({ ok: false, code: 'OUTPUT_LATE' });
  expect(bridge.heardOf('CueAdvanced')).toHaveLength(1);
});

test('after a reconnect only what was missed is asked for', async () => {
  const client = await live();
  await client.go();
  bridge.refuseWith = 503;
  bridge.cut();
  await eventually(() => client.status === 'offline', 'offline');
  bridge.record(bridge.proposal('NoteAdded', note('n1')));
  bridge.refuseWith = undefined;
  await eventually(() => client.status === 'live' && client.lastEventSeq === 2, 'to catch up');
  expect(bridge.heard.findLast((frame) => frame.eventType === 'SnapshotRequested')?.payload).toEqual({
    reason: 'connect',
    lastEventSeq: 1,
  });
  expect(client.state?.notes).toHaveLength(1);
});

test('a log that is shorter than what was seen is another log: the client takes its snapshot', async () => {
  const client = await live();
  await client.go();
  await client.go();
  bridge.log = [];
  bridge.state = smallShow();
  bridge.cut();
  await eventually(() => client.status === 'live' && client.lastEventSeq === 0, 'the other log');
  expect(client.state?.currentCueId).toBe(null);
});

test('a gap is asked for and filled; nothing is applied twice or out of turn', async () => {
  const client = await live();
  const seen: number[] = [];
  client.onEvent((event) => seen.push(event.eventSeq));
  const hidden = bridge.record(bridge.proposal('NoteAdded', note('n1')), false);
  const third = bridge.record(bridge.proposal('NoteAdded', note('n2')));
  bridge.publish(third);
  await eventually(() => client.lastEventSeq === 2, 'the gap to be filled');
  bridge.publish(hidden);
  bridge.publish(third);
  bridge.record(bridge.proposal('NoteAdded', note('n3')));
  await eventually(() => client.lastEventSeq === 3, 'the next event');
  expect(seen).toEqual([1, 2, 3]);
  expect(client.state?.notes.map(({ id }) => id)).toEqual(['n1', 'n2', 'n3']);
  expect(bridge.heard.filter((frame) => (frame.payload as { reason?: string })?.reason === 'gap')).toHaveLength(1);
});

test('a bad frame is reported and costs nothing else; a bad event is mended by a snapshot', async () => {
  const client = await live();
  const problems: ClientProblem[] = [];
  client.onProblem((problem) => problems.push(problem));
  bridge.publishText('{ no json');
  bridge.publish({ kind: 'ack', version: '1.1.0' });
  const broken = bridge.record(bridge.proposal('NoteAdded', note('n1')), false);
  bridge.publish({ ...broken, payload: { noteId: 7 } });
  await eventually(() => client.lastEventSeq === 1, 'the snapshot');
  expect(problems.map(({ code }) => code)).toEqual(['VALIDATION_FAILED', 'VALIDATION_FAILED', 'VALIDATION_FAILED']);
  expect(client.state?.notes).toHaveLength(1);
  expect(client.status).toBe('live');
});

test('an event of a newer version, and one whose payload is withheld, count and change nothing', async () => {
  const client = await live();
  const before = client.state;
  const seen: ReceivedEvent[] = [];
  client.onEvent((event) => seen.push(event));
  const event = {
    ...bridge.proposal('NoteAdded', note('n1')),
    version: '1.9.0',
    recordedAt: '2026-03-01T19:30:00.000Z',
  };
  bridge.publish({ ...event, eventSeq: 1, eventType: 'FogReleased', payload: { litres: 3 }, mood: 'grim' });
  bridge.publish({ ...event, eventSeq: 2, messageId: newId(), payload: { noteId: 'n1' }, withheld: true });
  bridge.publish({ kind: 'weather', version: '1.9.0', messageId: newId() });
  await eventually(() => client.lastEventSeq === 2, 'both to count');
  expect(client.state).toBe(before);
  expect(seen.map(({ eventSeq }) => eventSeq)).toEqual([1, 2]);
});

test('a bridge of version 1.0 that leaves out what it does not know is understood', async () => {
  bridge.version = '1.0.0';
  bridge.state = { schemaVersion: '1.0.0', acts: bridge.state.acts } as typeof bridge.state;
  const client = await live();
  expect(client.state).toMatchObject({ currentCueId: null, devices: [], timers: [], emergency: null });
  bridge.publish({ ...bridge.proposal('NoteAdded', note('n1')), eventSeq: 1, recordedAt: '2026-03-01T19:30:00Z' });
  await eventually(() => client.state?.notes.length === 1, 'the note');
});

test('members of a newer minor version are kept', async () => {
  bridge.version = '1.9.0';
  bridge.state = { ...bridge.state, schemaVersion: '1.9.0', fog: { litres: 3 } } as typeof bridge.state;
  const client = await live();
  expect(client.state).toMatchObject({ fog: { litres: 3 } });
  expect((await client.go()).ok).toBe(true);
});

test.each([
  ['a token that the bridge does not know', 401, 'UNAUTHENTICATED'],
  ['a page that may not connect', 403, 'FORBIDDEN'],
])('%s is final: no further attempt', async (_what, status, code) => {
  bridge.refuseWith = status;
  const client = join();
  await eventually(() => client.status === 'refused', 'the refusal');
  expect(client.statusInfo.reason).toMatchObject({ code });
  expect(await client.propose('NoteAdded', note('n1'))).toMatchObject({ ok: false, code });
});

test('another major version is final', async () => {
  bridge.version = '2.0.0';
  const client = join();
  await eventually(() => client.status === 'refused', 'the refusal');
  expect(client.statusInfo.reason?.code).toBe('UNSUPPORTED_VERSION');
  expect(bridge.opened).toBe(1);
});

test('another show is final', async () => {
  const client = join({ showId: 'another' });
  await eventually(() => client.status === 'refused', 'the refusal');
  expect(client.statusInfo.reason?.code).toBe('UNKNOWN_SHOW');
});

test('a client that was not told which show learns it from the bridge', async () => {
  const client = connect({ url: bridge.url, actor: SM });
  clients.push(client);
  await eventually(() => client.status === 'live', 'live');
  expect(client.showId).toBe(SHOW_ID);
});

test('a bridge that says nothing for three heartbeats is left, and found again', async () => {
  const client = await live({ heartbeatMs: 30 });
  bridge.mute = true;
  await eventually(() => client.status === 'offline', 'the silence to be noticed');
  expect(client.statusInfo.reason?.message).toMatch(/nothing heard/);
  bridge.mute = false;
  await eventually(() => client.status === 'live', 'live again');
  expect(bridge.sockets.size).toBe(1);
});

test('the bridge’s clock is known to within the round trip', async () => {
  const ours = systemClock();
  const lateMs = 3_600_000;
  const client = await live({ clock: { ...ours, wall: () => ours.wall() - lateMs } });
  await eventually(() => client.roundTripMs !== undefined, 'a round trip');
  expect(Math.abs(client.serverNow() - ours.wall())).toBeLessThan((client.roundTripMs ?? 0) + 5);
});

test('what a bridge asks to have later is sent again', async () => {
  const clock = new TestClock();
  const client = await live({ clock });
  const busy = ['RATE_LIMITED', 'JOURNAL_NO_QUORUM', 'JOURNAL_FENCED'] as const;
  let asked = 0;
  bridge.answer = () => {
    const code = busy[asked++];
    return code && { ok: false, code, message: 'later' };
  };
  const outcomes = ['n1', 'n2', 'n3', 'n4'].map((noteId) => client.propose('NoteAdded', note(noteId)));
  await eventually(() => bridge.heardOf('NoteAdded').length === 4, 'all to be heard once');
  await eventually(() => {
    void clock.advance(100);
    return client.pending.length === 0;
  }, 'all to be taken');
  expect((await Promise.all(outcomes)).every((outcome) => outcome.ok)).toBe(true);
  expect(bridge.log).toHaveLength(4);
});

test('a full queue refuses the next proposal at once', async () => {
  bridge.refuseWith = 503;
  const client = join();
  for (let i = 0; i < 1000; i++) void client.propose('NoteAdded', note(`n${i}`));
  expect(await client.propose('NoteAdded', note('one too many'))).toMatchObject({ ok: false, code: 'SEQUENCER_BUSY' });
  expect(client.pending).toHaveLength(1000);
});

test('a proposal of a wrong shape is refused here, with the place', async () => {
  const client = await live();
  const outcome = await client.propose('NoteAdded', { ...note('n1'), text: '' });
  expect(outcome).toMatchObject({ ok: false, code: 'VALIDATION_FAILED', pointer: '/payload/text' });
});

test('what an earlier process left is sent, but not what was only right at its moment', async () => {
  const storage = memoryStore();
  bridge.refuseWith = 503;
  const before = join({ storage });
  const waiting = [before.propose('NoteAdded', note('n1')), before.propose('TimerReset', { timerId: 't' })];
  await before.close();
  for (const outcome of await Promise.all(waiting)) expect(outcome).toMatchObject({ code: 'CLIENT_OFFLINE' });
  bridge.refuseWith = undefined;
  const after = join({ storage });
  const drops = dropsOf(after);
  await eventually(() => bridge.log.length === 1 && after.pending.length === 0, 'the note to be taken');
  expect(bridge.log[0]?.eventType).toBe('NoteAdded');
  expect(drops.map(([proposal, { code }]) => [proposal.eventType, code])).toEqual([['TimerReset', 'OUTPUT_LATE']]);
  // Nobody knows whether it arrived before that process ended: it is not told as never sent.
  expect(drops[0]?.[1].message).toBe(
    'TimerReset was on its way when the line broke, and no answer came: look where the show is',
  );
  expect(await storage.load()).toEqual([]);
});

test('what an earlier process left goes before what was written while it was being read', async () => {
  const kept = memoryStore();
  const earlier = { ...bridge.proposal('NoteAdded', note('n1')), actor: SM };
  kept.set(earlier.messageId, { proposal: earlier, order: 1 });
  const reading = deferred<StoredProposal[]>();
  const client = join({ storage: { ...kept, load: () => reading.promise } });
  const outcome = client.propose('NoteAdded', note('n2'));
  reading.resolve(await kept.load());
  expect((await outcome).ok).toBe(true);
  expect(bridge.state.notes.map(({ id }) => id)).toEqual(['n1', 'n2']);
});

test('a slow store does not change the order', async () => {
  const kept = memoryStore();
  const storing = deferred<void>();
  let writes = 0;
  const client = await live({ storage: { ...kept, set: () => (writes++ === 0 ? storing.promise : undefined) } });
  const outcomes = [client.propose('NoteAdded', note('n1')), client.propose('NoteAdded', note('n2'))];
  expect(bridge.heardOf('NoteAdded')).toEqual([]);
  storing.resolve();
  expect((await Promise.all(outcomes)).every((outcome) => outcome.ok)).toBe(true);
  expect(bridge.state.notes.map(({ id }) => id)).toEqual(['n1', 'n2']);
});

test('a store that fails is told, and the GO goes all the same', async () => {
  const problems: ClientProblem[] = [];
  const storage = { ...memoryStore(), set: () => Promise.reject(new Error('the quota is full')) };
  const client = await live({ storage });
  client.onProblem((problem) => problems.push(problem));
  expect((await client.go()).ok).toBe(true);
  expect(problems[0]?.message).toMatch(/the quota is full/);
});

test('a store that hangs delays a GO by no more than its limit', async () => {
  const storage = { ...memoryStore(), set: () => new Promise<void>(() => {}) };
  const client = await live({ storage });
  expect((await client.go()).ok).toBe(true);
});

test('presence is told to whoever listens, and has no number', async () => {
  const client = await live();
  const heard: unknown[] = [];
  client.onPresence((presence) => heard.push(presence));
  bridge.publish(bridge.proposal('ClientPresenceUpdated', { deviceId: 'ipad-2', status: 'online' }));
  await eventually(() => heard.length === 1, 'presence');
  expect(client.lastEventSeq).toBe(0);
});

test('a closed client leaves nothing open and takes nothing more', async () => {
  const client = await live();
  await client.close();
  await eventually(() => bridge.sockets.size === 0, 'the socket to go');
  expect(await client.go()).toMatchObject({ ok: false, code: 'CLIENT_OFFLINE' });
});
