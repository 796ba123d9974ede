import { describe, expect, test } from 'vitest';
import type { ShowFile } from '../generated/types.js';
import { FACE_DEVICES_MAX, FACE_TEXT_CHARS_MAX, faceOf } from './face.js';
import { initialState, type ShowState, TIMERS_MAX } from './state.js';

const call = (department: string) => ({ department, number: '1', targets: {} });
const cue = (id: string, ...departments: string[]) => ({
  id,
  number: id.slice(1),
  label: `Label ${id}`,
  calls: departments.map(call),
});
const file = {
  version: 1,
  title: 'Twelfth Night',
  acts: [{ id: 'a', segments: [{ id: 's', cues: [cue('c1', 'lighting'), cue('c2', 'lighting', 'sound', 'sound')] }] }],
  performers: [],
  mics: [],
  timers: [{ id: 't', mode: 'down', duration: '00:10:00.000' }],
} as unknown as ShowFile;
const start = initialState(file);

/** The show at its first cue. */
const atFirst = (more: Partial<ShowState> = {}): ShowState => {
  const [act] = start.acts;
  const [segment] = act?.segments ?? [];
  if (!act || !segment) throw new Error('the show is empty');
  const cues = segment.cues.map((each) => (each.id === 'c1' ? { ...each, status: 'current' as const } : each));
  return { ...start, currentCueId: 'c1', acts: [{ ...act, segments: [{ ...segment, cues }] }], ...more };
};

describe('what the show looks like', () => {
  test('before its first cue, at one, and at the last', () => {
    expect(faceOf(start)).toMatchObject({
      title: 'Twelfth Night',
      state: 'ready',
      next: { number: '1', label: 'Label c1' },
    });
    expect(faceOf(start)).not.toHaveProperty('current');
    expect(faceOf(atFirst())).toMatchObject({
      current: { number: '1' },
      next: { number: '2', departments: ['lighting', 'sound'] },
    });
    const last = { ...start, currentCueId: 'c2' };
    expect(faceOf(last)).toMatchObject({ state: 'ended', current: { number: '2' } });
    expect(faceOf(last)).not.toHaveProperty('next');
  });

  test('who has answered counts while the next cue stands by, and for no other', () => {
    const standby = { cueIds: ['c2'], acknowledged: ['sound'] };
    expect(faceOf(atFirst({ standby })).next).toMatchObject({ standingBy: true, acknowledged: ['sound'] });
    expect(faceOf({ ...start, standby }).next).toMatchObject({ number: '1', standingBy: false, acknowledged: [] });
  });

  test('an emergency goes before everything', () => {
    const emergency = {
      emergencyId: 'e',
      code: 'fire',
      level: 'evacuate',
      message: 'to the yard',
      triggeredAt: '',
      triggeredBy: '',
    } as const;
    expect(faceOf({ ...start, emergency })).toMatchObject({
      state: 'evacuate',
      emergency: { code: 'fire', message: 'to the yard' },
    });
  });

  test('devices that are not well, the worst first; what failed, by device', () => {
    const device = (name: string, status: 'up' | 'down' | 'degraded' | 'unverified') => ({
      device: name,
      adapter: 'x',
      status,
      since: '',
    });
    const devices = [device('a', 'up'), device('b', 'unverified'), device('c', 'degraded'), device('d', 'down')];
    const output = (id: string, stage: 'sent' | 'failed') => ({
      causationId: 'x',
      device: id,
      ruleId: id,
      outputId: id,
      summary: '',
      stage,
    });
    const face = faceOf({
      ...start,
      devices,
      outputs: [output('q', 'failed'), output('r', 'sent'), output('q', 'failed')],
    });
    expect(face.devices.total).toBe(4);
    expect(face.devices.counts).toEqual({ unverified: 1, degraded: 1, down: 1 });
    expect(face.devices.troubled.map((each) => each.device)).toEqual(['d', 'c', 'b']);
    expect(face.outputs).toEqual({ sent: 1, acknowledged: 0, confirmed: 0, failed: 2, failedAt: ['q'] });
    expect(faceOf(start)).not.toHaveProperty('outputs');
  });

  test('is small and plain JSON, whatever the show holds', () => {
    const long = 'x'.repeat(10_000);
    const timers = Array.from({ length: TIMERS_MAX }, (_, n) => ({
      id: `t${n}`,
      label: long,
      mode: 'up' as const,
      status: 'stopped' as const,
      valueMs: 0,
      anchorAt: null,
      held: false,
    }));
    const devices = Array.from({ length: 256 }, (_, n) => ({
      device: `d${n}`,
      adapter: 'x',
      status: 'down' as const,
      detail: long,
      since: '',
    }));
    const face = faceOf({ ...start, title: long, timers, devices });
    expect(face.timers).toHaveLength(TIMERS_MAX);
    expect(face.devices.troubled).toHaveLength(FACE_DEVICES_MAX);
    expect(face.title).toHaveLength(FACE_TEXT_CHARS_MAX);
    expect(JSON.stringify(face).length).toBeLessThan(32_768);
    expect(JSON.parse(JSON.stringify(face))).toEqual(face);
  });

  test('the same show has the same face: nothing in it ticks', () => {
    expect(faceOf(atFirst())).toEqual(faceOf(structuredClone(atFirst())));
  });
});
