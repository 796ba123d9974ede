import { describe, expect, test } from 'vitest';
import type { Face, FaceTimer } from '../../src/adapter-sdk/adapter.js';
import { aFace, standingBy } from '../../test/support/faces.js';
import { changesInMs, clockText, lookOf, type Picture } from './codec.js';

const NOW = Date.parse('2026-03-01T19:30:10.400Z');
const look = (picture: Picture, face: Face | undefined = aFace()) => lookOf(picture, face, NOW);

describe('the GO button', () => {
  const go: Picture = { show: 'go' };

  test('is green with the next cue while a GO would go, amber and in words while it stands by', () => {
    expect(look(go)).toEqual({ kind: 'lit', colour: 'green', heading: 'GO', big: '12', small: 'Blackout' });
    expect(look(go, standingBy())).toMatchObject({ kind: 'lit', colour: 'amber', heading: 'GO – STBY', big: '12' });
    expect(look({ ...go, text: 'TOP' })).toMatchObject({ heading: 'TOP' });
  });

  test.each(['hold', 'stop', 'evacuate'] as const)('is red and no GO in %s', (state) => {
    const face = aFace({ state, emergency: { code: 'medical' } });
    expect(look(go, face)).toMatchObject({
      colour: 'red',
      heading: 'NO GO',
      big: state.toUpperCase(),
      small: 'medical',
    });
  });

  test('is never green, nor amber, when a press would be refused', () => {
    for (const state of ['failed', 'silent', 'hold', 'stop', 'evacuate', 'ended'] as const) {
      for (const face of [aFace({ state }), { ...standingBy(), state }]) {
        expect(['red', 'grey']).toContain(look(go, face).colour);
        expect(look(go, face).big).not.toBe('12');
      }
    }
  });

  test('is dark while nothing is known of the show', () => {
    expect(lookOf(go, undefined, NOW)).toEqual({ kind: 'plain', colour: 'grey' });
  });
});

test('of a bridge that hangs nothing is repeated: only GO says that it hangs', () => {
  const face = aFace({ state: 'silent' });
  expect(look({ show: 'go' }, face)).toEqual({ kind: 'frame', colour: 'red', heading: 'NO GO', big: 'NO BRIDGE' });
  for (const show of ['current', 'next', 'standby', 'devices', 'outputs', 'timer', 'emergency', 'title'] as const) {
    expect(look({ show }, face)).toEqual({ kind: 'plain', colour: 'grey' });
  }
});

describe('the standby button', () => {
  const standby: Picture = { show: 'standby' };

  test('names who has not answered, and is lit once all have', () => {
    expect(look(standby)).toMatchObject({ kind: 'plain', colour: 'grey', big: '12' });
    expect(look(standby, standingBy())).toMatchObject({ kind: 'frame', small: 'lighting, sound?' });
    expect(look(standby, standingBy('sound'))).toMatchObject({ kind: 'frame', small: 'lighting?' });
    expect(look(standby, standingBy('lighting', 'sound'))).toMatchObject({ kind: 'lit', small: 'all answered' });
  });

  test('counts them where the names have no room', () => {
    const next = { number: '12', label: '', standingBy: true, acknowledged: [], departments: ['a', 'b', 'c'] };
    expect(look(standby, aFace({ next }))).toMatchObject({ small: '3 to answer' });
  });
});

describe('devices and outputs', () => {
  const devices = (total: number, counts: Record<string, number>, ...names: [string, string][]): Face =>
    aFace({ devices: { total, counts, troubled: names.map(([device, status]) => ({ device, status })) } });

  test('green only when every device is up: one without evidence is not', () => {
    expect(look({ show: 'devices' })).toMatchObject({ colour: 'green', big: '3 UP' });
    expect(look({ show: 'devices' }, devices(3, { unverified: 1 }))).toMatchObject({
      colour: 'white',
      big: '2 UP',
      small: '1 unverified',
    });
  });

  test('the worst comes first, by name', () => {
    const face = devices(3, { down: 1, degraded: 1 }, ['qlab', 'down'], ['desk', 'degraded']);
    expect(look({ show: 'devices' }, face)).toMatchObject({ kind: 'lit', colour: 'red', big: '1 DOWN', small: 'qlab' });
    expect(look({ show: 'devices' }, devices(1, { degraded: 1 }, ['desk', 'degraded']))).toMatchObject({
      colour: 'amber',
      small: 'desk',
    });
  });

  test('outputs are green only when every one was seen to fire, and red when one failed', () => {
    const outputs = { sent: 0, acknowledged: 0, confirmed: 0, failed: 0, failedAt: [] };
    const shown = (more: object) => look({ show: 'outputs' }, aFace({ outputs: { ...outputs, ...more } }));
    expect(shown({ confirmed: 2 })).toMatchObject({ colour: 'green', big: '2', small: 'confirmed' });
    expect(shown({ confirmed: 1, sent: 1 })).toMatchObject({ colour: 'white', big: '2', small: '1 confirmed' });
    expect(shown({ sent: 2 })).toMatchObject({ colour: 'white', small: 'sent' });
    expect(shown({ confirmed: 2, failed: 1, failedAt: ['qlab'] })).toMatchObject({ colour: 'red', small: 'qlab' });
  });
});

describe('timers', () => {
  const anchorAt = '2026-03-01T19:30:00.000Z';
  const timer = (more: Partial<FaceTimer> = {}): FaceTimer => ({
    id: 'act-1',
    mode: 'up',
    status: 'running',
    valueMs: 60_000,
    anchorAt,
    ...more,
  });
  const shown = (...timers: FaceTimer[]) => look({ show: 'timer' }, aFace({ timers }));

  test('run by the show’s time, without anybody telling', () => {
    expect(shown(timer())).toMatchObject({ heading: 'act-1', big: '1:10', colour: 'white' });
    expect(shown(timer({ mode: 'down' }))).toMatchObject({ big: '0:50' });
    expect(shown(timer({ mode: 'down', valueMs: 3000 }))).toMatchObject({ big: '-0:07', colour: 'red' });
    expect(shown(timer({ status: 'paused' }))).toMatchObject({ big: '1:00', small: 'paused', colour: 'grey' });
  });

  test('the one that is named; else the one that runs', () => {
    const two = [timer({ id: 'a', status: 'stopped' }), timer({ id: 'b' })];
    expect(shown(...two)).toMatchObject({ heading: 'b' });
    expect(look({ show: 'timer', timer: 'a' }, aFace({ timers: two }))).toMatchObject({ heading: 'a', big: '1:00' });
    expect(look({ show: 'timer', timer: 'none' }, aFace({ timers: two }))).toMatchObject({ big: '–' });
  });

  test('the button looks again at its next second, and never where nothing runs', () => {
    const face = aFace({ timers: [timer()] });
    expect(changesInMs([{ show: 'timer' }], face, NOW)).toBe(601);
    expect(lookOf({ show: 'timer' }, face, NOW + 601).big).toBe('1:11');
    expect(changesInMs([{ show: 'timer' }], aFace({ timers: [timer({ mode: 'down' })] }), NOW)).toBe(601);
    expect(changesInMs([{ show: 'go' }], face, NOW)).toBeUndefined();
    expect(changesInMs([{ show: 'timer' }], aFace({ timers: [timer({ status: 'paused' })] }), NOW)).toBeUndefined();
  });

  test('hours only where there are some', () => {
    expect([0, 59, 60, 3599, 3600, 3725, -7].map(clockText)).toEqual([
      '0:00',
      '0:59',
      '1:00',
      '59:59',
      '1:00:00',
      '1:02:05',
      '-0:07',
    ]);
  });
});
