import { describe, expect, test } from 'vitest';
import type { Command } from '../../src/adapter-sdk/adapter.js';
import { MMC_COMMANDS } from '../../src/wire/midi/mmc.js';
import { MSC_COMMANDS, MSC_FORMATS } from '../../src/wire/midi/msc-tables.js';
import { encodeCommand, problemOfCommand, summarise } from './command.js';
import * as validators from './generated/validators.js';

const hexOf = (command: Command): string => Buffer.from(encodeCommand(command).bytes).toString('hex');
const go = { command: 'go', deviceId: 1, format: 'lighting' };

describe('a command', () => {
  test.each<[Command, string, string]>([
    [{ msc: { ...go, cue: '34.4', list: '1' } }, 'f07f0102010133342e340031f7', 'msc go 34.4 list 1 to lighting 1'],
    [{ msc: { ...go, format: 1, deviceId: 127 } }, 'f07f7f020101f7', 'msc go to 1 on every device'],
    [{ msc: { ...go, list: '1' } }, 'f07f010201010031f7', 'msc go list 1 to lighting 1'],
    [
      { msc: { ...go, command: 'timedGo', cue: '5', list: '1', time: '00:00:05.000' } },
      'f07f010201046000050000350031f7',
      'msc timedGo 5 list 1 at 00:00:05:00 to lighting 1',
    ],
    [
      { msc: { ...go, command: 'timedGo', cue: '5', time: '00:00:01:12.50', rate: '25' } },
      'f07f010201042000010c3235f7',
      'msc timedGo 5 at 00:00:01:12.50 to lighting 1',
    ],
    [
      { msc: { ...go, command: 'set', control: 510, value: 100 } },
      'f07f010201067e036400f7',
      'msc set 510 = 100 to lighting 1',
    ],
    [{ msc: { ...go, command: 'fire', macro: 5 } }, 'f07f0102010705f7', 'msc fire 5 to lighting 1'],
    [{ msc: { ...go, command: 'openCuePath', path: '7' } }, 'f07f0102011d37f7', 'msc openCuePath path 7 to lighting 1'],
    [{ noteOn: { channel: 1, note: 60, velocity: 64 } }, '903c40', 'noteOn 60 64 on channel 1'],
    [{ noteOff: { channel: 16, note: 60 } }, '8f3c00', 'noteOff 60 0 on channel 16'],
    [{ controlChange: { channel: 1, controller: 7, value: 100 } }, 'b00764', 'controlChange 7 100 on channel 1'],
    [{ pitchBend: { channel: 1, value: -1 } }, 'e07f3f', 'pitchBend -1 on channel 1'],
    [{ aftertouch: { channel: 1, pressure: 3, note: 60 } }, 'a03c03', 'aftertouch 3 60 on channel 1'],
    [{ mmc: { command: 'play' } }, 'f07f7f0602f7', 'mmc play'],
    [
      { mmc: { command: 'locate', time: '01:02:03:04', rate: '25', deviceId: 1 } },
      'f07f01064406012102030400f7',
      'mmc locate 01:02:03:04',
    ],
    [
      { mmc: { command: 'locate', time: '00:10:00:00', rate: '29.97df' } },
      'f07f7f06440601400a000000f7',
      'mmc locate 00:10:00:00',
    ],
    [
      { mmc: { command: 'locate', time: '00:01:00:02', rate: '29.97df' } },
      'f07f7f064406014001000200f7',
      'mmc locate 00:01:00:02',
    ],
    [
      // How long a fade takes is no frame of a tape.
      { msc: { ...go, command: 'timedGo', time: '00:01:00:00', rate: '29.97df' } },
      'f07f010201044001000000f7',
      'msc timedGo at 00:01:00:00 to lighting 1',
    ],
  ])('%j', (command, hex, words) => {
    expect(hexOf(command)).toBe(hex);
    expect(problemOfCommand(command)).toBeUndefined();
    expect(summarise(command)).toBe(words);
    const send: unknown = structuredClone({ device: 'desk', ...command });
    expect(validators.send(send), JSON.stringify(validators.send.errors)).toBe(true);
  });

  test('takes the numbers of a placeholder as text, and a cue number that is a number as it is written', () => {
    expect(hexOf({ programChange: { channel: '2', program: '12' } })).toBe('c10c');
    expect(hexOf({ msc: { command: 'go', deviceId: '1', format: '16', cue: 12 } })).toBe('f07f010210013132f7');
    const send: unknown = { device: 'desk', programChange: { channel: '2', program: '12' } };
    expect(validators.send(send)).toBe(true);
  });

  test.each<[Command, string]>([
    [{ msc: { ...go, cue: '12a' } }, 'cue "12a": MIDI Show Control carries digits and dots only, not "a"'],
    [{ msc: { ...go, cue: '' } }, 'cue "": MIDI Show Control wants digits with single dots between them, such as 12.5'],
    [{ msc: { ...go, cue: '1', path: '1' } }, 'a path needs a list before it'],
    [{ msc: { ...go, command: 'load' } }, 'load needs a cue'],
    [{ msc: { ...go, command: 'allOff', cue: '1' } }, 'allOff takes no cue'],
    [{ msc: { ...go, macro: 5 } }, 'go takes no macro'],
    [{ msc: { ...go, command: 'timedGo', cue: '1' } }, 'timedGo needs a time'],
    [{ msc: { ...go, command: 'set', control: 510 } }, 'set needs a value'],
    [
      { msc: { ...go, command: 'set', control: 16384, value: 0 } },
      'control must be a whole number from 0 to 16383, not 16384',
    ],
    [{ msc: { ...go, deviceId: 128 } }, 'deviceId must be a whole number from 0 to 127, not 128'],
    [{ msc: { command: 'go', format: 'lighting' } }, 'deviceId is missing'],
    [{ msc: { ...go, format: 0 } }, 'format must be a whole number from 1 to 127, not 0'],
    [{ msc: { ...go, format: 'lights' } }, 'msc: there is no format "lights"'],
    [
      { msc: { ...go, command: 'timedGo', time: '5' } },
      'time must be HH:MM:SS.mmm or HH:MM:SS:FF at 30 frames, not "5"',
    ],
    [
      { msc: { ...go, command: 'timedGo', time: '00:00:05.000', rate: 29.97 } },
      'rate must be one of 24, 25, 29.97df, 30, not 29.97',
    ],
    [{ noteOn: { channel: 1, note: 60, velocity: 0 } }, 'velocity must be a whole number from 1 to 127, not 0'],
    [{ noteOn: { channel: 1, note: 'C4', velocity: 1 } }, 'note must be a whole number, not "C4"'],
    [{ mmc: { command: 'locate' } }, 'locate needs a time'],
    [
      { mmc: { command: 'locate', time: '00:01:00:00', rate: '29.97df' } },
      '00:01:00:00 does not exist at 29.97df: drop-frame leaves frames 00 and 01 out in most minutes',
    ],
    [
      { msc: { ...go, command: 'setClock', time: '01:59:00:01', rate: '29.97df' } },
      '01:59:00:01 does not exist at 29.97df: drop-frame leaves frames 00 and 01 out in most minutes',
    ],
    [{ mmc: { command: 'play', time: '00:00:00:00' } }, 'play takes no time'],
    [{}, 'send exactly one of msc, mmc, noteOn, noteOff, controlChange, programChange, pitchBend, aftertouch, mtc'],
    [
      { mmc: { command: 'play' }, noteOff: { channel: 1, note: 1 } },
      'send exactly one of msc, mmc, noteOn, noteOff, controlChange, programChange, pitchBend, aftertouch, mtc',
    ],
  ])('%j could never be sent', (command, problem) => {
    expect(problemOfCommand(command)).toBe(problem);
    expect(() => encodeCommand(command)).toThrow(expect.objectContaining({ code: 'CODEC_MALFORMED' }));
    expect(summarise(command)).toMatch(/that cannot be sent$/);
  });

  test('no name of every object is a kind of message', () => {
    expect(problemOfCommand({ constructor: {}, toString: {} })).toContain('send exactly one of');
    expect(problemOfCommand({ msc: { ...go, command: 'toString' } })).toContain('there is no command "toString"');
    expect(problemOfCommand({ msc: { ...go, format: 'constructor' } })).toContain('there is no format');
  });
});

test('the schema offers the commands and formats of the tables, no more and no less', async () => {
  const { default: schema } = await import('./config.schema.json', { with: { type: 'json' } });
  const { mscCommand, mscFormat, mmcCommand } = schema.$defs;
  expect(mscCommand.enum).toEqual(Object.keys(MSC_COMMANDS));
  expect(mmcCommand.enum).toEqual(Object.keys(MMC_COMMANDS));
  expect(mscFormat.anyOf[0]).toEqual({ enum: Object.keys(MSC_FORMATS) });
});
