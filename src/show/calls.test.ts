import { describe, expect, test } from 'vitest';
import { LiveShow, showFile, type Wish } from '../../test/support/live-show.js';
import { apply } from './apply.js';
import { cuesOf, initialState } from './state.js';

/** Nine cues in two segments, each with a call for sound and one for lighting, both with the cue's number. */
const FILE = showFile({
  version: 1,
  title: 'Calls',
  acts: [
    {
      id: 'a',
      segments: [
        [1, 2, 3, 4],
        [5, 6, 7, 8, 9],
      ].map((numbers, index) => ({
        id: `s${index}`,
        cues: numbers.map((n) => ({
          id: `c${n}`,
          number: `${n}`,
          calls: ['sound', 'lighting'].map((department) => ({ department, number: `${n}` })),
        })),
      })),
    },
  ],
});

const GO: Wish = { eventType: 'CueAdvanced' };
const gos = (count: number): Wish[] => Array.from({ length: count }, () => GO);
const back = (toCueId: string | null): Wish => ({ eventType: 'CueReverted', payload: { toCueId } });
const standby = (...cueIds: string[]): Wish => ({ eventType: 'CueStandbySet', payload: { cueIds } });
const HOLD: Wish = { eventType: 'EmergencyTriggered' };
const RESOLVE: Wish = { eventType: 'EmergencyResolved' };
const call = (n: number, more: object = {}) => ({ cueId: `c${n}`, department: 'sound', number: `${n}`, ...more });
/** Somebody at QLab starts what cue n calls. */
const byHand = (n: number, more: object = {}): Wish => ({
  eventType: 'ExternalCueFired',
  role: 'bridge',
  payload: { device: 'qlab', cueNumber: `${n}`, attribution: 'operator', call: call(n), ...more },
});
const told = (eventType: string, n: number, causeSeq: number, by?: string): Wish => ({
  eventType,
  role: 'bridge',
  causationId: '00000000-0000-4000-8000-0000000000aa',
  payload: {
    ...{ device: 'qlab', ruleId: 'r', summary: 's', causeSeq, call: call(n, by === undefined ? {} : { by }) },
    ...(eventType === 'OutputFailed' ? { code: 'DEVICE_TIMEOUT' } : {}),
  },
});
const sent = (n: number, causeSeq: number, by?: string) => told('OutputSent', n, causeSeq, by);

/** The calls that have gone, each with by whom and which event: "sound 5 operator 5". */
function gone(...wishes: Wish[]): string[] {
  const live = new LiveShow(FILE).take(...wishes);
  expect(live.events.reduce(apply, initialState(FILE))).toEqual(live.state);
  return cuesOf(live.state).flatMap(({ calls = [] }) =>
    calls.flatMap(({ department, number, fired }) =>
      fired ? [`${department} ${number} ${fired.by} ${fired.seq}`] : [],
    ),
  );
}

describe('what an operator started has gone', () => {
  const rows: [string, Wish[], string[]][] = [
    ['the next cue: early', [...gos(4), byHand(5)], ['sound 5 operator 5']],
    ['and its GO leaves that as it is', [...gos(4), byHand(5), GO], ['sound 5 operator 5']],
    ['also where its GO sends it to another device', [...gos(4), byHand(5), GO, sent(5, 6)], ['sound 5 operator 5']],
    ['the cue after next: no', [...gos(4), byHand(6)], []],
    ['the cue after next, and then it is next: no', [...gos(4), byHand(6), GO], []],
    [
      'the cue after next, where it stands by: early',
      [...gos(4), standby('c5', 'c6'), byHand(6)],
      ['sound 6 operator 6'],
    ],
    ['and it stays so at the GO before', [...gos(4), standby('c5', 'c6'), byHand(6), GO], ['sound 6 operator 6']],
    ['before the first cue: a check', [byHand(1)], []],
    ['before the first cue, where it stands by: early', [standby('c1'), byHand(1)], ['sound 1 operator 2']],
    ['again before the first cue: a check', [GO, back(null), byHand(1)], []],
    ['the current cue, which no output reached', [...gos(5), byHand(5)], ['sound 5 operator 6']],
    ['the current cue, once more', [...gos(5), sent(5, 5), byHand(5)], ['sound 5 operator 7']],
    ['a cue that is done', [...gos(5), byHand(3)], ['sound 3 operator 6']],
    [
      'a cue that was passed over',
      [...gos(4), { ...GO, payload: { toCueId: 'c6' } }, byHand(5)],
      ['sound 5 operator 6'],
    ],
    ['twice by hand: the last time', [...gos(4), byHand(5), byHand(5)], ['sound 5 operator 6']],
    ['during a hold: a check', [...gos(4), HOLD, byHand(5)], []],
    ['during a hold, a cue that has gone', [...gos(4), HOLD, byHand(4)], ['sound 4 operator 6']],
    ['before a hold: it is silenced, and goes again', [...gos(4), byHand(5), HOLD, RESOLVE], []],
    ['before a hold, a cue that has gone', [...gos(4), byHand(4), HOLD, RESOLVE], ['sound 4 operator 5']],
    ['our own: no', [...gos(4), byHand(5, { attribution: 'echo' })], []],
    ['in doubt: no', [...gos(4), byHand(5, { attribution: 'doubtful' })], []],
    ['of no call: no', [...gos(4), byHand(5, { call: undefined })], []],
    ['of a cue that the show no longer has: no', [...gos(4), byHand(5, { call: call(99) })], []],
    ['of a call that the cue no longer has: no', [...gos(4), byHand(5, { call: call(5, { number: '77' }) })], []],
    [
      'another department’s',
      [...gos(4), byHand(5, { call: call(5, { department: 'lighting' }) })],
      ['lighting 5 operator 5'],
    ],
  ];
  test.for(rows)('%s', ([, wishes, wanted]) => expect(gone(...wishes)).toEqual(wanted));
});

describe('a cue that is placed again has not gone', () => {
  const rows: [string, Wish[], string[]][] = [
    ['Back from its GO', [...gos(5), sent(5, 5), back('c4')], []],
    ['Back from the cue before it, while it was early', [...gos(4), byHand(5), back('c3')], []],
    ['Back far before it', [...gos(6), sent(6, 6), sent(5, 5), back('c2')], []],
    ['Back to before the first', [GO, sent(1, 1), back(null)], []],
    ['Back to it: it is current, and has gone', [...gos(6), sent(5, 5), sent(6, 6), back('c5')], ['sound 5 go 5']],
    ['early once more after the Back', [...gos(5), sent(5, 5), back('c4'), byHand(5)], ['sound 5 operator 8']],
    ['its second GO after the Back', [...gos(5), sent(5, 5), back('c4'), GO, sent(5, 8)], ['sound 5 go 8']],
    [
      'a segment that moves',
      [...gos(3), byHand(4), { eventType: 'SegmentReordered', payload: { segmentId: 's1', toIndex: 0 } }],
      [],
    ],
    ['a late word of a GO that was taken back', [...gos(5), back('c4'), told('OutputConfirmed', 5, 5)], []],
  ];
  test.for(rows)('%s', ([, wishes, wanted]) => expect(gone(...wishes)).toEqual(wanted));

  test('it stands by as before, with its answers', () => {
    const ready: Wish = { eventType: 'CueStandbyAcknowledged', payload: { department: 'sound' } };
    const live = new LiveShow(FILE).take(...gos(4), standby('c5'), byHand(5), ready, back('c3'));
    expect(live.state.standby).toEqual({ cueIds: ['c5'], acknowledged: ['sound'] });
    expect(live.cues.c5).toBe('standby');
  });
});

describe('what an output sent has gone', () => {
  const rows: [string, Wish[], string[]][] = [
    ['nothing by the GO alone', gos(5), []],
    ['with its GO', [...gos(5), sent(5, 5)], ['sound 5 go 5']],
    ['each call for itself', [...gos(5), told('OutputFailed', 5, 5)], []],
    [
      'seen to fire after it was told as failed',
      [...gos(5), told('OutputFailed', 5, 5), told('OutputConfirmed', 5, 5)],
      ['sound 5 go 5'],
    ],
    ['and came to nothing: it has not', [...gos(5), sent(5, 5), told('OutputFailed', 5, 5)], []],
    [
      'came to nothing, and was seen to fire late',
      [...gos(5), sent(5, 5), told('OutputFailed', 5, 5), told('OutputConfirmed', 5, 5)],
      ['sound 5 go 5'],
    ],
    ['a failure of an earlier GO', [...gos(5), sent(5, 5), told('OutputFailed', 5, 4)], ['sound 5 go 5']],
    [
      'a failure where an operator was early',
      [...gos(4), byHand(5), GO, told('OutputFailed', 5, 6)],
      ['sound 5 operator 5'],
    ],
    ['told after the next GO', [...gos(6), sent(5, 5)], ['sound 5 go 5']],
    ['once more', [...gos(5), sent(5, 5), sent(5, 7, 'rerun')], ['sound 5 rerun 7']],
    ['once more, and a late word of the GO', [...gos(5), sent(5, 7, 'rerun'), sent(5, 5)], ['sound 5 rerun 7']],
    [
      'once more, after an operator had stopped it',
      [...gos(4), byHand(5), GO, sent(5, 7, 'rerun')],
      ['sound 5 rerun 7'],
    ],
    [
      'by hand after it went once more, and a late word of that',
      [...gos(5), byHand(5), sent(5, 5, 'rerun')],
      ['sound 5 operator 6'],
    ],
    ['a cue ahead that was tried', [...gos(4), sent(5, 5, 'rerun')], []],
  ];
  test.for(rows)('%s', ([, wishes, wanted]) => expect(gone(...wishes)).toEqual(wanted));
});

test('where an operator started it is remembered, each device and cue once, the last 16', () => {
  const starts = (...wishes: Wish[]) =>
    new LiveShow(FILE).take(...gos(4), ...wishes).state.acts[0]?.segments[1]?.cues[0]?.calls?.[0]?.fired?.devices;
  expect(starts(byHand(5), byHand(5, { device: 'spare' }), byHand(5))).toEqual([
    { device: 'spare', cueNumber: '5' },
    { device: 'qlab', cueNumber: '5' },
  ]);
  const again = [GO, sent(5, 7, 'rerun')];
  expect(starts(byHand(5), ...again)).toEqual([{ device: 'qlab', cueNumber: '5' }]);
  const many = Array.from({ length: 20 }, (_, n) => byHand(5, { cueNumber: `5.${n}` }));
  expect(starts(...many)?.map(({ cueNumber }) => cueNumber)).toEqual(
    Array.from({ length: 16 }, (_, n) => `5.${n + 4}`),
  );
});
