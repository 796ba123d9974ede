import type { Face } from '../../src/adapter-sdk/adapter.js';

/** A show that is ready for cue 12, and what the test says otherwise. */
export const aFace = (more: Partial<Face> = {}): Face => ({
  title: 'Twelfth Night',
  state: 'ready',
  current: { number: '11', label: 'Overture ends' },
  next: { number: '12', label: 'Blackout', standingBy: false, departments: ['lighting', 'sound'], acknowledged: [] },
  timers: [],
  devices: { total: 3, troubled: [], counts: {} },
  ...more,
});

/** The same with cue 12 standing by. */
export const standingBy = (...acknowledged: string[]): Face =>
  aFace({
    next: { number: '12', label: 'Blackout', standingBy: true, departments: ['lighting', 'sound'], acknowledged },
  });
