import { describe, expect, test } from 'vitest';
import { eventOf, goTo, output, stateAt } from '../../test/support/mapping-show.js';
import type { BridgeConfig, OutputRule } from '../generated/types.js';
import { runningOrder, withStatuses } from '../show/running-order.js';
import type { ShowState } from '../show/state.js';
import { compileMapping } from './mapping.js';

const DEVICES = {
  main: { adapter: 'qlab', playhead: { call: 'sound', is: '$call.targets.qlab' } },
  b: { adapter: 'qlab', backupOf: 'main' },
  c: { adapter: 'qlab', backupOf: 'main', mirrored: true },
  desk: { adapter: 'osc' },
} as const;
const START = output({ id: 'start', call: 'sound', send: { device: 'main', start: '$call.targets.qlab' } });

const mappingOf = (outputs: OutputRule[], devices: BridgeConfig['devices'] = DEVICES) =>
  compileMapping({ devices, inputs: [], outputs }, () => true);
const sent = (outputs: OutputRule[], event: ReturnType<typeof goTo>, state: ShowState = stateAt()) =>
  mappingOf(outputs)
    .commandsFor(event, state)
    .map(({ outputId, device, command }) => [outputId, device, ...Object.values(command)].join(' '));

describe('what a rule sends to a device', () => {
  test('its backups get as well, each as an output of its own', () => {
    expect(sent([START], goTo('cue-1'))).toEqual(['start main 12.5', 'start@b b 12.5', 'start@c c 12.5']);
    expect(sent([START], goTo('cue-3'))).toEqual([
      'start#1 main 13',
      'start#1@b b 13',
      'start#1@c c 13',
      'start#2 main 14',
      'start#2@b b 14',
      'start#2@c c 14',
    ]);
  });

  test('goes to the backups alone when the main did it itself, unless its remote plays them as well', () => {
    expect(sent([START], goTo('cue-1', 'seg-1', 'main'))).toEqual(['start@b b 12.5']);
  });

  test('goes to the main and the others when an operator did it at a backup', () => {
    expect(sent([START], goTo('cue-1', 'seg-1', 'b'))).toEqual(['start main 12.5', 'start@c c 12.5']);
    // One remote plays main and c: whichever is heard first, the other has it too.
    expect(sent([START], goTo('cue-1', 'seg-1', 'c'))).toEqual(['start@b b 12.5']);
  });

  test('goes to all of them with echo', () => {
    expect(sent([{ ...START, echo: true }], goTo('cue-1', 'seg-1', 'main'))).toHaveLength(3);
  });

  test('goes to no backup of another device', () => {
    expect(sent([output({ id: 'lx', send: { device: 'desk', go: '$cue.number' } })], goTo('cue-1'))).toEqual([
      'lx desk 1',
    ]);
  });

  test('has an id that a frame takes, however long the names are', () => {
    const rule = output({ ...START, id: 'r'.repeat(64), send: { device: 'main', start: '$call.targets.qlab' } });
    const long = 'd'.repeat(64);
    const mapping = mappingOf([rule], { main: { adapter: 'x' }, [long]: { adapter: 'x', backupOf: 'main' } });
    const ids = mapping.commandsFor(goTo('cue-3'), stateAt()).map(({ outputId }) => outputId);
    expect(new Set(ids).size).toBe(4);
    expect(Math.max(...ids.map((id) => id.length))).toBeLessThanOrEqual(128);
  });
});

/** The show with a cue's status as told. */
function withStatus(cueId: string, status: 'skipped' | 'done', at: string | null): ShowState {
  const state = stateAt(at);
  const place = runningOrder(state.acts).byCueId.get(cueId);
  if (!place) throw new Error(`no ${cueId}`);
  return { ...state, acts: withStatuses(state.acts, [[place, status]]) };
}

describe('a rule about the next cue', () => {
  const NEXT = output({
    id: 'ph',
    call: 'sound',
    cue: 'next',
    send: { device: 'desk', playhead: '$call.targets.qlab' },
  });

  test.each<[string | null, string[]]>([
    [null, ['ph desk 12.5']],
    ['cue-1', ['ph desk 13']],
    ['cue-2', ['ph desk 13']],
    ['cue-3', ['ph desk 12.5']],
    ['cue-4', ['ph desk 12.5']],
    ['cue-5', []],
  ])('at %s goes by the first cue ahead that has what it reads, and by that one’s first call', (at, expected) => {
    expect(sent([NEXT], goTo(at ?? 'cue-1'), stateAt(at))).toEqual(expected);
  });

  test('passes over what was skipped or done', () => {
    expect(sent([NEXT], goTo('cue-1'), withStatus('cue-3', 'skipped', 'cue-1'))).toEqual(['ph desk 12.5']);
  });

  test('may be for any event, and tell cue and segment', () => {
    const rule = output({
      id: 'lcd',
      event: 'EmergencyResolved',
      cue: 'next',
      send: { device: 'desk', line: '$segment.id $cue.number' },
    });
    const event = eventOf('EmergencyResolved', { emergencyId: 'e' });
    expect(sent([rule], event, stateAt('cue-3'))).toEqual(['lcd desk seg-2 4']);
  });
});

describe('the playhead', () => {
  const wishes = (devices: BridgeConfig['devices'] = DEVICES) => mappingOf([], devices).playheads;

  test('of a device is compared with the show, a backup’s with its main and with what its main is compared with', () => {
    expect(wishes().map(({ device, main, wanted }) => [device, main, wanted?.(stateAt('cue-1'))])).toEqual([
      ['main', undefined, '13'],
      ['b', 'main', '13'],
      ['c', 'main', '13'],
    ]);
    expect(wishes({ main: { adapter: 'x' }, b: { adapter: 'x', backupOf: 'main' } })).toEqual([
      { device: 'b', main: 'main' },
    ]);
  });

  test('should be where the show’s next cue is, wherever the show goes', () => {
    const [main] = wishes();
    const at = (cueId: string | null) => main?.wanted?.(stateAt(cueId));
    expect([at(null), at('cue-2'), at('cue-3'), at('cue-5'), at(null)]).toEqual([
      '12.5',
      '13',
      '12.5',
      undefined,
      '12.5',
    ]);
    expect(main?.wanted?.(withStatus('cue-3', 'done', 'cue-1'))).toBe('12.5');
  });

  test('may be called as the cue is', () => {
    const [desk] = wishes({ desk: { adapter: 'x', playhead: { is: '$cue.number' } } });
    expect(desk?.wanted?.(stateAt('cue-1'))).toBe('1.10');
  });
});
