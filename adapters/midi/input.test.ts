import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Input, Pattern } from '../../src/adapter-sdk/adapter.js';
import { decodeMessage } from '../../src/wire/midi/codec.js';
import type { MscMessage } from '../../src/wire/midi/msc.js';
import * as validators from './generated/validators.js';
import { ControllerEdges, isForUs, matches, toInput } from './input.js';

const msc = (more: Partial<MscMessage> = {}): Input =>
  toInput({ kind: 'msc', command: 'go', deviceId: 1, format: 'lighting', cue: '1.5', list: '2', ...more });

describe('a rule for show control', () => {
  test.each<[Pattern]>([
    [{ msc: { command: 'go' } }],
    [{ msc: { command: 'go', cue: '1.5' } }],
    [{ msc: { command: 'go', cue: '01.5' } }],
    [{ msc: { command: 'go', cue: '1.5', list: '2' } }],
    [{ msc: { command: 'go', path: '' } }],
    [{ msc: { command: 'go', format: 'lighting' } }],
    [{ msc: { command: 'go', format: 1 } }],
    [{ msc: { command: 'go', deviceId: 1 } }],
  ])('fits: %j', (pattern) => {
    expect(matches(pattern, msc())).toBe(true);
    expect(validators.when({ device: 'desk', ...pattern })).toBe(true);
  });

  test.each<[Pattern]>([
    [{ msc: { command: 'stop' } }],
    [{ msc: { command: 'go', cue: '1.50' } }],
    [{ msc: { command: 'go', cue: '1' } }],
    [{ msc: { command: 'go', cue: '' } }],
    [{ msc: { command: 'go', list: '3' } }],
    [{ msc: { command: 'go', path: '1' } }],
    [{ msc: { command: 'go', format: 'sound' } }],
    [{ msc: { command: 'go', deviceId: 2 } }],
    [{ mmc: { command: 'play' } }],
    [{ noteOn: { note: 60 } }],
    [{}],
  ])('does not fit: %j', (pattern) => {
    expect(matches(pattern, msc())).toBe(false);
  });

  test('fits what is for every device and every format', () => {
    const pattern = { msc: { command: 'go', deviceId: 5, format: 'sound' } };
    expect(matches(pattern, msc({ deviceId: 127, format: 'all' }))).toBe(true);
    expect(matches({ msc: { command: 'go', deviceId: 127 } }, msc())).toBe(false);
    expect(matches({ msc: { command: 'go', format: 'all' } }, msc())).toBe(false);
    expect(matches({ msc: { command: 'go', format: 127 } }, msc({ format: 'all' }))).toBe(true);
  });

  test('with an empty cue wants a message without one', () => {
    const { cue: _, list: __, ...bare } = msc() as Record<string, unknown>;
    expect(matches({ msc: { command: 'go', cue: '' } }, bare)).toBe(true);
    expect(matches({ msc: { command: 'go', cue: '1' } }, bare)).toBe(false);
  });
});

test('a device whose formats are all hears every format', () => {
  const go: MscMessage = { kind: 'msc', command: 'go', deviceId: 1, format: 'sound' };
  expect(isForUs(go, { mscFormats: ['all'] })).toBe(true);
  expect(isForUs(go, { mscFormats: [127] })).toBe(true);
  expect(isForUs(go, { mscFormats: ['lighting', 16] })).toBe(true);
  expect(isForUs(go, { mscFormats: ['lighting'] })).toBe(false);
});

describe('an input', () => {
  test('is flat, with its time as the show writes it', () => {
    const [message] = decodeMessage(Uint8Array.of(0xf0, 0x7f, 1, 2, 1, 4, 0x21, 2, 3, 4, 0, 0x35, 0xf7)).messages;
    if (message?.kind !== 'msc') throw new Error('no show control');
    expect(toInput(message)).toEqual({
      event: 'msc',
      command: 'timedGo',
      deviceId: 1,
      format: 'lighting',
      cue: '5',
      time: '01:02:03.160',
      timecode: '01:02:03:04',
      rate: '25',
    });
  });

  test.each<[Pattern, Input, boolean]>([
    [{ noteOn: { note: 60 } }, { event: 'noteOn', channel: 3, note: 60, velocity: 1 }, true],
    [{ noteOn: { note: 60, channel: 3 } }, { event: 'noteOn', channel: 3, note: 60, velocity: 1 }, true],
    [{ noteOn: { note: 60, channel: 1 } }, { event: 'noteOn', channel: 3, note: 60, velocity: 1 }, false],
    [{ noteOn: { note: 60 } }, { event: 'noteOff', channel: 3, note: 60, velocity: 0 }, false],
    [{ programChange: { program: 5 } }, { event: 'programChange', channel: 1, program: 5 }, true],
    [{ programChange: { program: 5 } }, { event: 'programChange', channel: 1, program: 6 }, false],
    [{ pitchBend: {} }, { event: 'pitchBend', channel: 1, value: 5 }, true],
    [{ aftertouch: { note: 5 } }, { event: 'aftertouch', channel: 1, pressure: 5 }, false],
    [{ mmc: { command: 'play', deviceId: 4 } }, { event: 'mmc', command: 'play', deviceId: 127 }, true],
    [{ mmc: { command: 'play', deviceId: 4 } }, { event: 'mmc', command: 'play', deviceId: 5 }, false],
    [{ mtc: { state: 'locked' } }, { event: 'mtc', state: 'locked' }, true],
    [{ mtc: { state: 'locked' } }, { event: 'mtc', state: 'running' }, false],
    [{ mtc: { state: ['locked', 'jumped'] } }, { event: 'mtc', state: 'jumped' }, true],
    [{ mtc: { state: ['locked', 'jumped'] } }, { event: 'mtc', state: 'lost' }, false],
    [
      { mtc: { state: 'locked', direction: 'forward' } },
      { event: 'mtc', state: 'locked', direction: 'reverse' },
      false,
    ],
    [{ msc: { command: ['go', 'timedGo'] } }, { event: 'msc', command: 'timedGo' }, true],
    [{ msc: { command: ['go', 'timedGo'] } }, { event: 'msc', command: 'stop' }, false],
  ])('%j on %j: %s', (pattern, input, expected) => {
    expect(matches(pattern, input)).toBe(expected);
    expect(validators.when({ device: 'keys', ...pattern })).toBe(true);
  });

  test.each<[Record<string, unknown>, string, boolean]>([
    [{ controller: 64 }, 'press', true],
    [{ controller: 64 }, 'release', false],
    [{ controller: 64 }, 'none', false],
    [{ controller: 64, edge: 'release' }, 'release', true],
    [{ controller: 64, edge: 'any' }, 'none', true],
    [{ controller: 64, value: 100 }, 'none', true],
    [{ controller: 64, value: 100, edge: 'press' }, 'none', false],
    [{ controller: 64, value: 99 }, 'press', false],
  ])('a controller %j that has the edge %s: %s', (wanted, edge, expected) => {
    const input = { event: 'controlChange', channel: 1, controller: 64, value: 100, edge };
    expect(matches({ controlChange: wanted }, input)).toBe(expected);
  });
});

describe('the bridge file', () => {
  const parts = { device: validators.device, when: validators.when, send: validators.send };
  const isRight = (part: 'device' | 'when' | 'send', value: Record<string, unknown>) =>
    parts[part](structuredClone(value)) ?? false;

  test('wants a port at least, and groups only with a number', () => {
    expect(isRight('device', { adapter: 'midi' })).toBe(false);
    expect(isRight('device', { adapter: 'midi', input: 'a' })).toBe(true);
    expect(isRight('device', { adapter: 'midi', output: 'a' })).toBe(true);
    expect(isRight('device', { adapter: 'midi', input: 'a', groups: [1] })).toBe(false);
    expect(isRight('device', { adapter: 'midi', input: 'a', deviceId: 112 })).toBe(false);
    expect(isRight('device', { adapter: 'midi', input: 'a', mscFormats: ['lights'] })).toBe(false);
    expect(isRight('device', { adapter: 'midi', input: 'a', mtcOut: { rate: '25' } })).toBe(false);
    expect(isRight('device', { adapter: 'midi', output: 'a', mtcOut: { rate: '25' } })).toBe(true);
    expect(isRight('device', { adapter: 'midi', output: 'a', mtcOut: { rate: '29.97' } })).toBe(false);
  });

  test('wants exactly one message, in its range', () => {
    expect(isRight('when', { device: 'a' })).toBe(false);
    expect(isRight('when', { device: 'a', mtc: { state: 'lost' }, mmc: { command: 'play' } })).toBe(false);
    expect(isRight('when', { device: 'a', mtc: { state: [] } })).toBe(false);
    expect(isRight('when', { device: 'a', msc: { command: ['go', 'gone'] } })).toBe(false);
    expect(isRight('when', { device: 'a', noteOn: { note: 128 } })).toBe(false);
    expect(isRight('send', { device: 'a', noteOn: { note: 60, channel: 17, velocity: 1 } })).toBe(false);
    expect(isRight('send', { device: 'a', msc: { command: 'go', deviceId: 1 } })).toBe(false);
    expect(isRight('send', { device: 'a', msc: { command: 'gone', deviceId: 1, format: 1 } })).toBe(false);
  });
});

test('a controller that goes down and up with a tremble is one press, whatever the curve', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -7, max: 7 }), { minLength: 128, maxLength: 128 }), (tremble) => {
      const edges = new ControllerEdges();
      const curve = [...Array(64).keys(), ...[...Array(64).keys()].reverse()].map((step, at) =>
        Math.min(127, Math.max(0, 2 * step + (tremble[at] ?? 0))),
      );
      const told = [...curve, 0].map((value) => edges.take(1, 64, value)).filter((edge) => edge !== 'none');
      expect(told).toEqual(['press', 'release']);
    }),
  );
});
