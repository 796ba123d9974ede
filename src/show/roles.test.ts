import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { EVENT_TYPES, type EventType } from '../protocol/envelope.js';
import { mayPropose, ROLES } from './roles.js';

const types = Object.keys(EVENT_TYPES) as EventType[];

test('the table of the README is the table of the code', () => {
  const readme = readFileSync(new URL('README.md', import.meta.url), 'utf8');
  const cells = (line: string) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim());
  const rows = readme
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map(cells);
  const roles = Object.keys(ROLES);
  expect(rows).toContainEqual(['', ...roles]);
  const expected = types.map((type) => [type, ...roles.map((role) => (mayPropose(role, type) ? '●' : ''))]);
  expect(rows.filter(([first]) => types.some((type) => type === first))).toEqual(expected);
});

test('what only the server writes, only the bridge may propose', () => {
  for (const type of types.filter((it) => EVENT_TYPES[it].by === 'server')) {
    expect(Object.keys(ROLES).filter((role) => mayPropose(role, type))).toEqual(['bridge']);
  }
});

test('only the stage manager, the director and the bridge end an emergency', () => {
  const may = Object.keys(ROLES).filter((role) => mayPropose(role, 'EmergencyResolved'));
  expect(may).toEqual(['stageManager', 'director', 'bridge']);
});

test('everybody may connect', () => {
  for (const role of Object.keys(ROLES)) expect(mayPropose(role, 'SnapshotRequested')).toBe(true);
});

test('an unknown role may nothing, and nobody may what is unknown', () => {
  expect(mayPropose('understudy', 'CueAdvanced')).toBe(false);
  expect(mayPropose('constructor', 'CueAdvanced')).toBe(false);
  expect(mayPropose('stageManager', 'FlyMoved')).toBe(false);
});
