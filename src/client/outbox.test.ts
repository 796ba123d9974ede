import { expect, test } from 'vitest';
import { StubBridge } from '../../test/support/stub-bridge.js';
import type { EventType } from '../protocol/envelope.js';
import { MOMENT_MS, Outbox, PENDING_MAX, type Waiting } from './outbox.js';

const stub = new StubBridge();
const waiting = (eventType: EventType, more: Partial<Waiting> = {}): Waiting => ({
  proposal: stub.proposal(eventType, {}),
  order: 1,
  bornMono: 0,
  answer: () => {},
  ready: true,
  sent: 'never',
  ...more,
});
const idsOf = (entries: Waiting[]) => entries.map(({ proposal }) => proposal.messageId);
const fill = (...entries: Waiting[]): Outbox => {
  const outbox = new Outbox();
  for (const entry of entries) outbox.add(entry);
  return outbox;
};

test('nobody goes past one that is still being stored', () => {
  const [first, second] = [waiting('NoteAdded', { ready: false }), waiting('CueAdvanced')];
  const outbox = fill(first, second);
  expect(outbox.departing()).toEqual([]);
  first.ready = true;
  expect(outbox.departing()).toEqual([first.proposal, second.proposal]);
  expect(outbox.departing()).toEqual([]);
});

test('after being told to slow down it is one at a time, and a GO goes past', () => {
  const [one, two, go] = [waiting('NoteAdded'), waiting('NoteAdded'), waiting('CueAdvanced')];
  const outbox = fill(one, two, go);
  outbox.slowDown();
  expect(outbox.departing()).toEqual([one.proposal, go.proposal]);
  outbox.take(one.proposal.messageId);
  expect(outbox.departing()).toEqual([two.proposal]);
});

test('what was sent on a line that broke is judged only after catching up', () => {
  const go = waiting('CueAdvanced');
  const outbox = fill(go);
  outbox.departing();
  outbox.lineLost();
  expect(outbox.takeLate(10_000, false)).toEqual([]);
  expect(idsOf(outbox.takeLate(10_000, true))).toEqual([go.proposal.messageId]);
});

test('what is on the line that is up is never late here: the bridge has it', () => {
  const outbox = fill(waiting('CueAdvanced'));
  outbox.departing();
  expect(outbox.takeLate(10_000, true)).toEqual([]);
});

test('a GO is late after its moment, and not before; a note never is', () => {
  const outbox = fill(waiting('CueAdvanced'), waiting('NoteAdded'));
  const momentMs = MOMENT_MS.CueAdvanced ?? 0;
  expect(outbox.nextLateMono).toBe(momentMs);
  expect(outbox.takeLate(momentMs - 1, false)).toEqual([]);
  expect(outbox.takeLate(momentMs, false)).toHaveLength(1);
  expect(outbox.takeLate(1e9, true)).toEqual([]);
  expect(outbox.nextLateMono).toBe(undefined);
});

test('it takes no more than its limit', () => {
  const outbox = new Outbox();
  for (let i = 0; i < PENDING_MAX; i++) expect(outbox.add(waiting('NoteAdded'))).toBe(true);
  expect(outbox.add(waiting('NoteAdded'))).toBe(false);
});
