import { describe, expect, test } from 'vitest';
import { findPort, withoutNumber } from './ports.js';

const LINUX = [
  'Midi Through:Midi Through Port-0 14:0',
  'ETC Gadget II:ETC Gadget II MIDI 1 20:0',
  'ETC Gadget II:ETC Gadget II MIDI 2 20:1',
  'nanoKEY2:nanoKEY2 MIDI 1 24:0',
  'RtMidi Input Client:RtMidi Input 129:0',
  'RtMidi Output Client:RtMidi Output 130:0',
  'RtMidi Input Client:showd in 131:0',
];

describe('a port', () => {
  test.each([
    ['nanoKEY2:nanoKEY2 MIDI 1', 'nanoKEY2:nanoKEY2 MIDI 1 24:0'],
    ['nanoKEY2:nanoKEY2 MIDI 1 24:0', 'nanoKEY2:nanoKEY2 MIDI 1 24:0'],
    ['nanokey2', 'nanoKEY2:nanoKEY2 MIDI 1 24:0'],
    ['ETC Gadget II MIDI 2', 'ETC Gadget II:ETC Gadget II MIDI 2 20:1'],
    ['showd in', 'RtMidi Input Client:showd in 131:0'],
  ])('"%s" is %s', (wanted, name) => {
    expect(findPort(wanted, LINUX)).toEqual({ name });
  });

  test.each([
    ['loopMIDI Port 1', ['loopMIDI Port 10', 'loopMIDI Port 11']],
    ['UM-ONE', ['UM-ONE mk2']],
    ['UM-ONE', ['UM-ONE mk2:UM-ONE mk2 MIDI 1 20:0']],
    ['IAC Driver Bus 1', ['IAC Driver Bus 12']],
    ['nanokey', ['nanoKEY2:nanoKEY2 MIDI 1 24:0']],
    ['USB MIDI 20:0', ['USB MIDI 24:0']],
  ])('"%s" that is away is not %j, which only begins alike', (wanted, names) => {
    expect(findPort(wanted, names)).toHaveProperty('problem');
    expect(findPort(wanted, [...names, wanted])).toEqual({ name: wanted });
  });

  test('is the one of exactly this name before those that have it in theirs', () => {
    expect(findPort('IAC', ['IAC Bus 1', 'IAC'])).toEqual({ name: 'IAC' });
  });

  test('has another number after a replug', () => {
    expect(findPort('nanoKEY2:nanoKEY2 MIDI 1', ['nanoKEY2:nanoKEY2 MIDI 1 28:0'])).toMatchObject({
      name: 'nanoKEY2:nanoKEY2 MIDI 1 28:0',
    });
    expect(withoutNumber('USB 12:34 thing')).toBe('USB 12:34 thing');
  });

  test('that could be two is asked for again', () => {
    expect(findPort('ETC Gadget II', LINUX)).toEqual({
      problem:
        '2 ports fit "ETC Gadget II" ("ETC Gadget II:ETC Gadget II MIDI 1 20:0", "ETC Gadget II:ETC Gadget II MIDI 2 20:1"): write the whole name',
    });
    expect(findPort('USB MIDI', ['USB MIDI 20:0', 'USB MIDI 24:0'])).toEqual({
      problem: '2 ports fit "USB MIDI" ("USB MIDI 20:0", "USB MIDI 24:0"): name it with its number',
    });
  });

  test('that is not there is told with the one that was meant, and no more than eight', () => {
    const many = Array.from({ length: 12 }, (_, n) => `Port ${n}`);
    expect(findPort('nanoKEI2', LINUX)).toMatchObject({
      problem: expect.stringContaining('did you mean "nanoKEY2:nanoKEY2 MIDI 1"?'),
    });
    expect(findPort('zzz', many)).toEqual({
      problem:
        'there is no port "zzz"; there are "Port 0", "Port 1", "Port 2", "Port 3", "Port 4", "Port 5", "Port 6", "Port 7" and 4 more',
    });
    expect(findPort('zzz', [])).toEqual({ problem: 'there is no port "zzz"; there is none at all' });
  });

  test('of a program’s own cannot be meant', () => {
    expect(findPort('RtMidi Input Client', LINUX)).toMatchObject({ name: 'RtMidi Input Client:showd in 131:0' });
    expect(findPort('RtMidi Output Client', LINUX)).toHaveProperty('problem');
  });
});
