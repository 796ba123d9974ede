import { describe, expect, test } from 'vitest';
import { validateBridgeConfig } from '../generated/files.js';
import { validateShowEvent, validateWireMessage } from '../generated/messages.js';
import { firstFault } from './validate.js';

const good = {
  kind: 'event',
  version: '1.0.0',
  messageId: '11111111-1111-4111-8111-111111111111',
  eventType: 'CueAdvanced',
  showId: 'pb',
  createdAt: '2025-08-11T14:00:00Z',
  actor: { userId: 'u', role: 'stageManager', deviceId: 'd' },
  payload: { segmentId: 's', fromCueId: null, toCueId: 'c' },
};
const note = { ...good, eventType: 'NoteAdded', payload: { noteId: 'n', scope: { type: 'show' }, text: 'x' } };

describe('the first fault of a message in plain words', () => {
  test.each([
    ['nothing at all', null, '', 'the message must be an object'],
    ['a missing member', { ...good, showId: undefined }, '/showId', 'showId is missing'],
    [
      'a missing member of the payload',
      { ...good, payload: { segmentId: 's', fromCueId: null } },
      '/payload/toCueId',
      'toCueId is missing',
    ],
    [
      'a wrong type',
      { ...good, payload: { ...good.payload, toCueId: 7 } },
      '/payload/toCueId',
      'toCueId must be a text',
    ],
    [
      'either of two',
      { ...good, payload: { ...good.payload, fromCueId: 7 } },
      '/payload/fromCueId',
      'fromCueId must be a text, or be null',
    ],
    ['no UUID', { ...good, messageId: 'm1' }, '/messageId', 'messageId must be a UUID'],
    [
      'no time',
      { ...good, createdAt: 'today' },
      '/createdAt',
      'createdAt must be a time in UTC such as 2025-08-11T14:00:00Z',
    ],
    [
      'an unknown role',
      { ...good, actor: { ...good.actor, role: 'diva' } },
      '/actor/role',
      'role must be one of stageManager, ',
    ],
    ['an empty text', { ...note, payload: { ...note.payload, text: '' } }, '/payload/text', 'text must not be empty'],
    [
      'a list with doubles',
      { ...note, payload: { ...note.payload, visibleTo: ['director', 'director'] } },
      '/payload/visibleTo',
      'visibleTo must not name the same twice',
    ],
    [
      'a scope without its id',
      { ...note, payload: { ...note.payload, scope: { type: 'cue' } } },
      '/payload/scope/id',
      'id is missing',
    ],
    [
      'an update of nothing',
      { ...note, eventType: 'NoteUpdated', payload: { noteId: 'n' } },
      '/payload',
      'payload must have at least 2 members',
    ],
    ['a number too large', { ...good, eventSeq: 2 ** 60 }, '/eventSeq', 'eventSeq must be at most 9007199254740991'],
  ])('%s', (_name, message, pointer, words) => {
    const json = JSON.parse(JSON.stringify(message));
    expect(validateShowEvent(json)).toBe(false);
    const fault = firstFault(validateShowEvent);
    expect(fault?.pointer).toBe(pointer);
    expect(fault?.message).toContain(words);
  });

  test('a frame of an unknown kind', () => {
    expect(validateWireMessage({ ...good, kind: 'song' })).toBe(false);
    expect(firstFault(validateWireMessage)).toEqual({
      pointer: '/kind',
      message: 'kind must be one of event, ack, snapshot, heartbeat, error',
    });
  });

  test('a name that needs escaping', () => {
    expect(validateBridgeConfig({ version: 1, show: { id: 'a', file: 'b', 'x/y~z': 1 } })).toBe(false);
    expect(firstFault(validateBridgeConfig)).toEqual({
      pointer: '/show/x~1y~0z',
      message: 'x/y~z is not known here',
    });
  });

  test('a good message has none', () => {
    expect(validateShowEvent(good)).toBe(true);
    expect(firstFault(validateShowEvent)).toBeUndefined();
  });
});
