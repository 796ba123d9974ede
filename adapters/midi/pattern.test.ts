import { expect, test } from 'vitest';
import { checkedDevice } from '../../test/support/checked-device.js';
import { createMidiAdapter } from './adapter.js';

const problem = (pattern: object, device: object = { input: 'Desk' }) =>
  createMidiAdapter().problemOfPattern?.({ ...pattern }, checkedDevice('midi', device));

test.each<[object, object | undefined]>([
  [{ msc: { command: 'go', cue: '12.5', list: '1', path: '2' } }, undefined],
  [{ msc: { command: 'go', cue: '' } }, undefined],
  [{ msc: { command: 'allOff', cue: '' } }, undefined],
  [{ msc: { command: ['allOff', 'goOff'], cue: '5' } }, undefined],
  [{ msc: { command: 'fire', macro: 5 } }, undefined],
  [{ msc: { command: 'go', deviceId: 5 } }, { input: 'Desk', deviceId: 5 }],
  [{ msc: { command: 'go', deviceId: 113 } }, { input: 'Desk', deviceId: 5, groups: [2] }],
  [{ msc: { command: 'go', deviceId: 127 } }, { input: 'Desk', deviceId: 5 }],
  [{ msc: { command: 'go', deviceId: 9 } }, undefined],
  [{ msc: { command: 'go', format: 1 } }, { input: 'Desk', mscFormats: ['lighting'] }],
  [{ msc: { command: 'go', format: 'sound', deviceId: 6 } }, { input: 'Desk', mscFormats: ['lighting'], deviceId: 5 }],
  [{ mtc: { state: 'lost' } }, undefined],
])('%j of %j may come', (pattern, device) => {
  expect(problem(pattern, device)).toBeUndefined();
});

test.each<[object, object | undefined, string]>([
  [{ noteOn: { note: 60 } }, { output: 'Desk' }, 'the device has no input: it is only sent to'],
  [{ msc: { command: 'go', cue: 'A1' } }, undefined, 'cue "A1": MIDI Show Control carries digits and dots only'],
  [{ msc: { command: ['allOff', 'reset'], cue: '5' } }, undefined, 'allOff, reset has no cue'],
  [{ msc: { command: 'standbyPlus', path: '5' } }, undefined, 'standbyPlus has no path'],
  [{ msc: { command: 'go', macro: 5 } }, undefined, 'go has no macro'],
])('%j of %j never comes', (pattern, device, words) => {
  expect(problem(pattern, device)).toBe(words);
});
