import { expect, test } from 'vitest';
import { LiveShow } from '../../test/support/live-show.js';
import { ACKNOWLEDGED_MAX, DEVICES_MAX, NOTES_MAX, NOTES_PER_AUTHOR_MAX, OUTPUTS_MAX } from './state.js';

test('a show holds so many notes, and room is made by deleting one', () => {
  const show = new LiveShow();
  const note = (n: number) => ({ eventType: 'NoteAdded', payload: { noteId: `n${n}`, text: 'x' } });
  show.take(...Array.from({ length: NOTES_MAX }, (_, n) => note(n)));
  expect(show.refuse(note(NOTES_MAX))).toMatchObject({ code: 'CONFLICT', message: expect.stringContaining('5000') });
  show.take({ eventType: 'NoteDeleted', payload: { noteId: 'n7' } }, note(NOTES_MAX));
});

test('a show knows so many devices, and a known one may always tell', () => {
  const show = new LiveShow();
  const device = (n: number) => ({
    eventType: 'DeviceStatusChanged',
    role: 'bridge' as const,
    payload: { device: `d${n}`, adapter: 'osc', status: 'up' },
  });
  show.take(...Array.from({ length: DEVICES_MAX }, (_, n) => device(n)));
  expect(show.refuse(device(DEVICES_MAX)).code).toBe('CONFLICT');
  show.take(device(0));
});

test('of one cause the state tells so many outputs, and takes the rest without a word', () => {
  const show = new LiveShow();
  for (let n = 0; n <= OUTPUTS_MAX; n++) {
    show.take({
      eventType: 'OutputSent',
      role: 'bridge',
      causationId: '00000000-0000-4000-8000-0000000000aa',
      payload: { device: 'qlab', ruleId: 'r', outputId: `r.${n}`, summary: 'x' },
    });
  }
  expect(show.state.outputs).toHaveLength(OUTPUTS_MAX);
});

test('so many departments answer one standby', () => {
  const show = new LiveShow().take({ eventType: 'CueStandbySet' });
  const answer = (n: number) => ({ eventType: 'CueStandbyAcknowledged', payload: { department: `d${n}` } });
  show.take(...Array.from({ length: ACKNOWLEDGED_MAX }, (_, n) => answer(n)));
  expect(show.refuse(answer(ACKNOWLEDGED_MAX)).code).toBe('CONFLICT');
  show.take(answer(0));
});

test('one author’s notes are a share of the show’s, and the last ones are kept for stage management', () => {
  const show = new LiveShow();
  const by = (author: number, n: number) =>
    ({
      eventType: 'NoteAdded',
      role: 'performer',
      userId: `u-${author}`,
      payload: { noteId: `n${author}-${n}`, scope: { type: 'show' }, text: 'x' },
    }) as const;
  for (let author = 0; author < 8; author++) {
    show.take(...Array.from({ length: NOTES_PER_AUTHOR_MAX }, (_, n) => by(author, n)));
  }
  expect(show.refuse(by(0, 500))).toMatchObject({ message: expect.stringContaining('one author’s share') });
  expect(show.refuse(by(9, 0))).toMatchObject({ message: expect.stringContaining('kept for stage management') });
  show.take({ eventType: 'NoteAdded', payload: { text: 'x' } });
});
