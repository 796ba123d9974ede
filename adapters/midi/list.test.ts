import { describe, expect, test } from 'vitest';
import { createMidiAdapter } from './adapter.js';
import { listMidi } from './list.js';
import { findPort } from './ports.js';
import { SimulatedMidi } from './simulator.js';

const GADGET = 'ETC Gadget II:ETC Gadget II MIDI 1';
const NO_SYSTEM = new Error('Failed to initialise RtMidi');

describe('what is plugged in', () => {
  test('a console is told by the shortest name that means it, both ways; the system’s own loop comes last', () => {
    const { found } = listMidi(new SimulatedMidi(GADGET));
    expect(found).toMatchObject([
      {
        name: GADGET,
        what: 'MIDI in and out',
        entry: { adapter: 'midi', output: 'ETC Gadget II', input: 'ETC Gadget II' },
      },
      { name: 'Midi Through:Midi Through Port-0', what: expect.stringContaining('no device') },
    ]);
    expect(found[0]).not.toHaveProperty('note');
  });

  test('the ports of one interface are told by their whole names, less the number that a replug changes', () => {
    const driver = new SimulatedMidi('4x4:4x4 MIDI 1');
    driver.others.push('4x4:4x4 MIDI 2 20:1');
    const entries = listMidi(driver).found.map(({ entry }) => entry?.output);
    expect(entries.slice(0, 2).sort()).toEqual(['4x4:4x4 MIDI 1', '4x4:4x4 MIDI 2']);
  });

  test('two of the same name are told by their numbers, with a warning', () => {
    const driver = new SimulatedMidi('UM-ONE:UM-ONE MIDI 1');
    driver.others.push('UM-ONE:UM-ONE MIDI 1 28:0');
    const twins = listMidi(driver).found.filter(({ name }) => name.startsWith('UM-ONE'));
    expect(twins.map(({ entry }) => entry?.input).sort()).toEqual([
      'UM-ONE:UM-ONE MIDI 1 20:0',
      'UM-ONE:UM-ONE MIDI 1 28:0',
    ]);
    for (const { note } of twins) expect(note).toContain('may change at a replug');
  });

  test('a port that only listens gets no input', () => {
    const driver = new SimulatedMidi(GADGET);
    driver.inputs = () => [];
    expect(listMidi(driver).found[0]?.entry).toEqual({ adapter: 'midi', output: 'ETC Gadget II' });
  });

  test('every name that is told is found again by the adapter, after a replug as well', () => {
    const driver = new SimulatedMidi(GADGET);
    driver.others.push('ETC Gadget:ETC Gadget MIDI 1 24:0', 'nanoKEY:nanoKEY MIDI 1 28:0');
    const told = listMidi(driver).found.filter(({ note }) => note === undefined);
    driver.unplug();
    driver.replug();
    expect(told).toHaveLength(4);
    for (const { name, entry } of told) {
      expect(findPort(String(entry?.input), driver.inputs()), name).toMatchObject({
        name: expect.stringMatching(new RegExp(`^${name} \\d+:0$`)),
      });
    }
  });
});

test('a machine without a MIDI system has nothing plugged in, and says what is missing', () => {
  const driver = new SimulatedMidi(GADGET);
  driver.listFailure = NO_SYSTEM;
  const { found, hint } = listMidi(driver, () => false);
  expect(found).toEqual([]);
  expect(hint).toContain('no MIDI system that answers');
});

test('a MIDI system that does not answer is a failure, not an empty machine', () => {
  const driver = new SimulatedMidi(GADGET);
  driver.listFailure = NO_SYSTEM;
  expect(() => listMidi(driver, () => true)).toThrow(expect.objectContaining({ code: 'DEVICE_UNREACHABLE' }));
});

test('200 lists leave no client open', async () => {
  const driver = new SimulatedMidi(GADGET);
  const adapter = createMidiAdapter({ loadDriver: async () => driver });
  for (let n = 0; n < 200; n++) expect((await adapter.list?.(new AbortController().signal))?.found).toHaveLength(2);
  expect(driver.clients).toBe(0);
  expect(driver.listings).toBe(400);
});
