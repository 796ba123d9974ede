import { expect, test } from 'vitest';
import { events } from '../../test/contract/messages.js';
import { LiveShow, showFile } from '../../test/support/live-show.js';
import type { ShowEvent } from '../protocol/envelope.js';
import { apply } from './apply.js';
import { initialState } from './state.js';

const empty = showFile({ version: 1, title: 'other', acts: [{ id: 'a', segments: [{ id: 's', cues: [] }] }] });
const ofOtherShow = events.filter(({ eventType }) =>
  /^(Cue|Mic|Segment|Timer(?!Started))|NoteUpdated|NoteDeleted|Resolved/.test(String(eventType)),
);

test.each(ofOtherShow.map((event) => [event.eventType, event]))(
  '%s of things that the show file no longer holds changes nothing',
  (_type, event) => {
    const state = initialState(empty);
    expect(apply(state, event as unknown as ShowEvent)).toBe(state);
  },
);

test('a GO leaves everything but its own cues the same objects', () => {
  const show = new LiveShow().take({ eventType: 'CueAdvanced' });
  const before = show.state;
  show.take({ eventType: 'CueAdvanced' });
  const after = show.state;
  expect(after.acts[0]).not.toBe(before.acts[0]);
  expect(after.acts[1]).toBe(before.acts[1]);
  expect(after.acts[0]?.segments[1]).toBe(before.acts[0]?.segments[1]);
  expect(after.acts[0]?.segments[0]?.cues[2]).toBe(before.acts[0]?.segments[0]?.cues[2]);
  for (const member of ['performers', 'mics', 'notes', 'timers', 'standby', 'devices', 'outputs'] as const) {
    expect(after[member]).toBe(before[member]);
  }
});

test('what changes nothing is the same state', () => {
  const show = new LiveShow().take({ eventType: 'CueStandbySet' });
  const held = show.state;
  show.take(
    { eventType: 'CueStandbySet' },
    { eventType: 'MicAssigned', payload: { micId: 'mic-1', performerId: 'ana' } },
    { eventType: 'SegmentReordered', payload: { segmentId: 'seg-1', toIndex: 0 } },
    { eventType: 'SnapshotRequested', payload: { reason: 'gap' } },
  );
  expect(show.state).toBe(held);
});

test('a cue that is current no more in a changed show file does not keep the show from going on', () => {
  const show = new LiveShow().take({ eventType: 'CueAdvanced' });
  show.state = { ...show.state, currentCueId: 'cut', acts: show.initial.acts };
  show.take({ eventType: 'CueAdvanced', payload: { toCueId: 'cue-2' } });
  expect(show.cues).toMatchObject({ 'cue-1': 'skipped', 'cue-2': 'current' });
  expect(show.state.currentCueId).toBe('cue-2');
});

test('a revert to a cue that stands later in a changed show file leaves one cue current', () => {
  const show = new LiveShow().take({ eventType: 'CueAdvanced' }, { eventType: 'CueAdvanced' });
  const { event } = show.propose({ eventType: 'CueReverted' }) as { event: ShowEvent };
  const elsewhere = new LiveShow();
  elsewhere.take({ eventType: 'CueAdvanced' });
  const later = { ...event, payload: { ...event.payload, toCueId: 'cue-2' } } as ShowEvent;
  elsewhere.state = apply(elsewhere.state, later);
  expect(elsewhere.cues).toMatchObject({ 'cue-1': 'done', 'cue-2': 'current' });
});

test('a swap to a pack that a changed show file no longer holds leaves the old one on', () => {
  const swapped = events.find(({ eventType }) => eventType === 'MicSwapped') as unknown as ShowEvent;
  const { state } = new LiveShow();
  const without = { ...state, mics: state.mics.filter(({ id }) => id !== 'mic-3') };
  expect(apply(without, swapped)).toBe(without);
});

test('a clock that went back does not guard the next GO', () => {
  const show = new LiveShow().take({ eventType: 'CueAdvanced' });
  show.nowMs -= 3_600_000;
  show.take({ eventType: 'CueAdvanced' });
  expect(show.state.currentCueId).toBe('cue-2');
});
