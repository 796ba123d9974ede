/** The client and the bridge's own gateway, over a real socket. */
import { expect, onTestFinished, test } from 'vitest';
import { ACCESS, gatewayOver, LIMITS } from '../../test/support/gateway.js';
import { MemoryShow } from '../../test/support/memory-show.js';
import { eventually } from '../../test/support/waiting.js';
import type { Role } from '../generated/types.js';
import { connect } from './node.js';
import type { Client, ClientOptions } from './types.js';

const actor = (userId = 'u-sm', role: Role = 'stageManager', deviceId = 'ipad-sm-1') => ({ userId, role, deviceId });

function join(url: string, options: Partial<ClientOptions> = {}): Client {
  const client = connect({ url, actor: actor(), heartbeatMs: 100, random: () => 0, ...options });
  onTestFinished(() => client.close());
  return client;
}
const live = async (client: Client): Promise<Client> => {
  await eventually(() => client.status === 'live', 'live', 8000);
  return client;
};
const note = (noteId: string, more: object = {}) => ({
  noteId,
  scope: { type: 'show' as const },
  text: noteId,
  ...more,
});

test('a GO goes once, is seen by everyone, and all hold the same state', async () => {
  const { url, show } = await gatewayOver();
  const one = await live(join(url));
  const two = await live(join(url, { actor: actor('u-asm', 'assistantStageManager', 'ipad-2') }));
  expect(await one.go()).toEqual({ ok: true, eventSeq: 1 });
  await eventually(() => two.lastEventSeq === 1, 'the other to see it');
  expect(two.state).toEqual(one.state);
  expect(one.state).toEqual(show.state);
});

test('each GO is made from what the one before it has become', async () => {
  const { url } = await gatewayOver();
  const client = await live(join(url));
  for (let cue = 1; cue <= 20; cue++) {
    expect(await client.go()).toEqual({ ok: true, eventSeq: cue });
    expect(client.state?.currentCueId).toBe(`cue-${cue}`);
  }
});

test('two presses at the same instant are one GO and one CONFLICT', async () => {
  const { url, show } = await gatewayOver();
  const one = await live(join(url));
  const two = await live(join(url, { actor: actor('u-asm', 'assistantStageManager', 'ipad-2') }));
  const outcomes = await Promise.all([one.go(), two.go()]);
  expect(outcomes.map((outcome) => (outcome.ok ? 'ok' : outcome.code)).sort()).toEqual(['CONFLICT', 'ok']);
  expect(show.lastEventSeq).toBe(1);
});

test('after the bridge was away the client resumes where it was, and sends what waited in its order', async () => {
  const show = new MemoryShow();
  const first = await gatewayOver({ show });
  const client = await live(join(first.url));
  await client.go();
  await first.gateway.close();
  await eventually(() => client.status === 'offline', 'offline');
  const notes = Array.from({ length: 200 }, (_, index) => `n${index}`);
  const waiting = notes.map((noteId) => client.propose('NoteAdded', note(noteId)));
  await gatewayOver({ show, listen: first.url.replace('http://', '') });
  await live(client);
  expect((await Promise.all(waiting)).every((outcome) => outcome.ok)).toBe(true);
  expect(show.state.notes.map(({ id }) => id)).toEqual(notes);
  await eventually(() => client.lastEventSeq === show.lastEventSeq, 'to catch up');
  expect(client.state).toEqual(show.state);
});

test('a bridge that takes few messages a second still gets them all', async () => {
  const show = new MemoryShow();
  const limits = { ...LIMITS, messagesPerSecond: 100, messagesBurst: 20 };
  const { url } = await gatewayOver({ show, limits });
  const client = await live(join(url));
  const waiting = Array.from({ length: 40 }, (_, index) => client.propose('NoteAdded', note(`n${index}`)));
  expect((await Promise.all(waiting)).every((outcome) => outcome.ok)).toBe(true);
  expect(show.lastEventSeq).toBe(40);
});

test('a token that the bridge does not know is final, and one that it knows says who this is', async () => {
  const { url } = await gatewayOver({ access: ACCESS });
  const stranger = join(url, { showId: 'pb_test', token: 'no' });
  await eventually(() => stranger.status === 'refused', 'the refusal');
  expect(stranger.statusInfo.reason?.code).toBe('UNAUTHENTICATED');
  const ana = await live(join(url, { token: 'token-of-ana' }));
  expect((await ana.go()).ok).toBe(true);
});

test('an actor that is not the token’s is refused for good', async () => {
  const { url } = await gatewayOver({ access: ACCESS });
  const client = join(url, { token: 'token-of-director' });
  await eventually(() => client.status === 'refused', 'the refusal');
  expect(client.statusInfo.reason?.code).toBe('FORBIDDEN');
});

test('a note for others leaves no gap, and no words', async () => {
  const { url } = await gatewayOver({ access: ACCESS });
  const ana = await live(join(url, { token: 'token-of-ana' }));
  const performer = await live(
    join(url, { token: 'token-of-performer', actor: actor('u-perf', 'performer', 'phone') }),
  );
  await ana.propose('NoteAdded', note('secret', { visibleTo: ['stageManager'] }));
  await ana.propose('NoteAdded', note('for all'));
  await eventually(() => performer.lastEventSeq === 2, 'both events');
  expect(performer.state?.notes.map(({ id }) => id)).toEqual(['for all']);
  expect(ana.state?.notes).toHaveLength(2);
});

test('who comes and goes is told', async () => {
  const { url } = await gatewayOver();
  const one = await live(join(url));
  const told: string[] = [];
  one.onPresence(({ deviceId, status, view }) => told.push(`${deviceId} ${status} ${view ?? ''}`.trim()));
  const two = await live(join(url, { view: 'director', actor: actor('u-dir', 'director', 'ipad-dir') }));
  await eventually(() => told.length === 1, 'the coming');
  await two.close();
  await eventually(() => told.length === 2, 'the going');
  expect(told).toEqual(['ipad-dir online director', 'ipad-dir offline']);
});
