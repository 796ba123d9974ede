import { expect, test } from 'vitest';
import { EVENT_TYPES, isEventType } from './envelope.js';

test('event types are known by their own names only', () => {
  expect(isEventType('CueAdvanced')).toBe(true);
  expect(isEventType('cueAdvanced')).toBe(false);
  expect(isEventType('toString')).toBe(false);
});

test('only what concerns one connection is not stored', () => {
  const fleeting = Object.entries(EVENT_TYPES).filter(([, { stored }]) => !stored);
  expect(fleeting.map(([type]) => type)).toEqual(['SnapshotRequested', 'ClientPresenceUpdated']);
});

test('everything that the 1.0 specification lists was there since 1.0, and nothing else', () => {
  const first = Object.entries(EVENT_TYPES).filter(([, { since }]) => since === '1.0.0');
  expect(first.map(([type]) => type)).toEqual([
    'CueAdvanced',
    'CueReverted',
    'MicAssigned',
    'MicSwapped',
    'SegmentReordered',
    'NoteAdded',
    'NoteUpdated',
    'NoteDeleted',
    'TimerStarted',
    'TimerPaused',
    'TimerReset',
    'TimerSetOverride',
    'EmergencyTriggered',
    'EmergencyResolved',
    'SnapshotRequested',
    'ClientPresenceUpdated',
  ]);
});
