import { describe, expect, test } from 'vitest';
import { Evidence, type Expectation } from './evidence.js';

const cue = (cueNumber: string) => ({ cueNumber, name: `Cue ${cueNumber}`, cueId: `id-${cueNumber}`, type: 'Audio' });
const HOUR_MS = 3_600_000;

function desk() {
  const evidence = new Evidence();
  const seen: string[] = [];
  const expecting = (what: Expectation['what'], number?: string, orAny = what === 'go') =>
    evidence.expect({
      what,
      cue: number === undefined ? undefined : { number },
      orAny,
      seen: ({ as, cue: went }) =>
        seen.push([what, went?.cueNumber, as].filter((word) => word !== undefined).join(' ')),
    });
  return { evidence, seen, expecting };
}

test('nothing expected: the operator did it', () => {
  const { evidence } = desk();
  expect(evidence.seeGo(cue('1'), 0).attribution).toBe('operator');
  expect(evidence.seeStart(cue('1'), 1)).toEqual({ attribution: 'operator', partOfGo: true });
  expect(evidence.seeStart(cue('9'), 5000)).toEqual({ attribution: 'operator', partOfGo: false });
});

test('one report confirms one command', () => {
  const { evidence, seen, expecting } = desk();
  expecting('start', '1');
  expecting('start', '1');
  expect(evidence.seeStart(cue('1'), 0).attribution).toBe('echo');
  expect(seen).toEqual(['start 1 ours']);
});

test('a GO of ours is told from one of the operator on another cue', () => {
  const { evidence, seen, expecting } = desk();
  expecting('start', '12');
  expect(evidence.seeGo(cue('7'), 0).attribution).toBe('operator');
  expect(evidence.seeStart(cue('7'), 1)).toEqual({ attribution: 'operator', partOfGo: true });
  expect(seen).toEqual([]);
  expect(evidence.seeStart(cue('12'), 2).attribution).toBe('echo');
  expect(seen).toEqual(['start 12 ours']);
});

describe('no time makes a press of what we asked for', () => {
  test('its report is an echo an hour later, once; the next one is the operator’s', () => {
    const { evidence, seen, expecting } = desk();
    expecting('start', '1');
    expecting('go', '2');
    expect(evidence.seeStart(cue('1'), HOUR_MS).attribution).toBe('echo');
    expect(evidence.seeGo(cue('2'), 2 * HOUR_MS).attribution).toBe('echo');
    expect(seen).toEqual(['start 1 ours', 'go 2 ours']);
    expect(evidence.seeStart(cue('1'), 3 * HOUR_MS).attribution).toBe('operator');
    expect(evidence.seeGo(cue('2'), 3 * HOUR_MS).attribution).toBe('operator');
  });

  test('a cue with a pre-wait starts long after its GO, and counts as what pressed that; the next start does not', () => {
    const { evidence, expecting } = desk();
    expecting('go', '2');
    evidence.seeGo(cue('2'), 0);
    evidence.seeGo(cue('5'), 10);
    expect(evidence.seeStart(cue('2'), HOUR_MS)).toEqual({ attribution: 'echo', partOfGo: true });
    expect(evidence.seeStart(cue('5'), HOUR_MS + 5000)).toEqual({ attribution: 'operator', partOfGo: true });
    expect(evidence.seeStart(cue('2'), 2 * HOUR_MS)).toEqual({ attribution: 'operator', partOfGo: false });
  });

  test('a start of ours is ours, though a GO of the operator for the same cue has never started it', () => {
    const { evidence, seen, expecting } = desk();
    evidence.seeGo(cue('2'), 0);
    expecting('start', '2');
    expect(evidence.seeStart(cue('2'), 5000)).toEqual({ attribution: 'echo', partOfGo: false });
    expect(seen).toEqual(['start 2 ours']);
  });
});

describe('where it may be ours or an operator’s it is doubtful', () => {
  test('a GO of a list that went to another cue than the one at its playhead, or to one that nobody knew', () => {
    for (const [expected, told] of [
      ['3', 'go 7 another'],
      [undefined, 'go 7 doubtful'],
    ]) {
      const { evidence, seen, expecting } = desk();
      expecting('go', expected);
      expect(evidence.seeGo(cue('7'), 0).attribution).toBe('doubtful');
      expect(evidence.seeStart(cue('7'), 5000)).toEqual({ attribution: 'doubtful', partOfGo: true });
      expect(seen).toEqual([told]);
      expect(evidence.seeGo(cue('8'), 6000).attribution).toBe('operator');
    }
  });

  test('the start of another cue while a GO of ours is open, once; it is recorded by itself, and its GO is not again', () => {
    const { evidence, expecting } = desk();
    expecting('go', '3');
    expect(evidence.seeStart(cue('7'), 0)).toEqual({ attribution: 'doubtful', partOfGo: false });
    expect(evidence.seeStart(cue('8'), 5000)).toEqual({ attribution: 'operator', partOfGo: false });
    expect(evidence.seeGo(cue('7'), 5001)).toEqual({ attribution: 'doubtful', afterStart: true });
  });

  test('a cue that QLab says it has not started, and that is reported after all', () => {
    const { evidence, seen, expecting } = desk();
    expecting('start', '1').doubt();
    expect(evidence.seeStart(cue('1'), 9000)).toEqual({ attribution: 'doubtful', partOfGo: false });
    expect(seen).toEqual(['start 1 doubtful']);
    expect(evidence.seeStart(cue('1'), 18_000).attribution).toBe('operator');
  });

  test('what was to start before a panic, for a panic ends pre-waits; what is sent after it is not', () => {
    const { evidence, expecting } = desk();
    expecting('start', '1');
    evidence.see('panic', undefined, 1000);
    expecting('start', '2');
    expect(evidence.seeStart(cue('2'), 2000).attribution).toBe('echo');
    expect(evidence.seeStart(cue('1'), 3000).attribution).toBe('doubtful');
  });

  test('what was open on a connection that was lost, be it a start, or the start that a GO of ours owes', () => {
    const { evidence, expecting } = desk();
    expecting('start', '1');
    expecting('go', '2');
    expecting('panic');
    evidence.seeGo(cue('2'), 0);
    evidence.seeGo(cue('6'), 1);
    evidence.reconnected();
    expect(evidence.seeStart(cue('1'), 4000).attribution).toBe('doubtful');
    expect(evidence.seeStart(cue('2'), 8000)).toEqual({ attribution: 'doubtful', partOfGo: true });
    expect(evidence.seeStart(cue('6'), 12_000)).toEqual({ attribution: 'operator', partOfGo: true });
    expect(evidence.see('panic', undefined, 16_000)).toBe('operator');
  });

  test('a new command for the same cue is sure, and is settled first', () => {
    const { evidence, seen, expecting } = desk();
    expecting('start', '1').doubt();
    expecting('start', '1');
    expect(evidence.seeStart(cue('1'), 0).attribution).toBe('echo');
    expect(evidence.seeStart(cue('1'), 9000).attribution).toBe('doubtful');
    expect(seen).toEqual(['start 1 ours', 'start 1 doubtful']);
  });
});

test('a GO that was auditioned is none, ours is over with it, and the start that belongs to it moves nothing', () => {
  const { evidence, seen, expecting } = desk();
  expect(evidence.seeAuditionGo(cue('3'))).toBe('operator');
  expect(evidence.seeStart(cue('3'), 1)).toEqual({ attribution: 'doubtful', partOfGo: true });
  expecting('go', '4');
  expect(evidence.seeAuditionGo(cue('4'))).toBe('echo');
  expect(seen).toEqual(['go 4 audition']);
  expect(evidence.seeGo(cue('4'), 5000).attribution).toBe('operator');
});

test('the start that a GO of ours makes may be reported before the GO; the next start of the cue is another one', () => {
  const { evidence, seen, expecting } = desk();
  expecting('go', '3');
  expect(evidence.seeStart(cue('3'), 0)).toEqual({ attribution: 'echo', partOfGo: true });
  expect(seen).toEqual([]);
  expect(evidence.seeGo(cue('3'), 1)).toEqual({ attribution: 'echo', afterStart: true });
  expect(seen).toEqual(['go 3 ours']);
  expect(evidence.seeStart(cue('3'), 5000)).toEqual({ attribution: 'operator', partOfGo: false });
});

test('a GO of the operator whose start was reported just before is the same press, and a later one is another', () => {
  const { evidence } = desk();
  expect(evidence.seeStart(cue('3'), 0)).toEqual({ attribution: 'operator', partOfGo: false });
  expect(evidence.seeGo(cue('3'), 20)).toEqual({ attribution: 'operator', afterStart: true });
  expect(evidence.seeGo(cue('3'), 40)).toEqual({ attribution: 'operator', afterStart: false });
  expect(evidence.seeStart(cue('5'), 2000).partOfGo).toBe(false);
  expect(evidence.seeGo(cue('5'), 2200).afterStart).toBe(false);
});

test('the cues of a group count as what started the group', () => {
  const { evidence, expecting } = desk();
  expecting('start', '5');
  evidence.seeStart(cue('5'), 0);
  expect(evidence.seeStart(cue('5.1'), 10).attribution).toBe('echo');
  expect(evidence.seeStart(cue('6'), 2500).attribution).toBe('operator');
});

test('what QLab refused is not expected any more', () => {
  const { evidence, seen, expecting } = desk();
  expecting('start', '2').takeBack();
  expect(evidence.seeStart(cue('2'), 1000).attribution).toBe('operator');
  expect(seen).toEqual([]);
});

test('every cue that our stop of all stops is an echo, however late, and one that started since is not', () => {
  const { evidence, expecting } = desk();
  expecting('stop');
  expect([cue('1'), cue('2')].map((stopped) => evidence.see('stop', stopped, HOUR_MS))).toEqual(['echo', 'echo']);
  evidence.seeStart(cue('1'), HOUR_MS + 1);
  expect(evidence.see('stop', cue('1'), HOUR_MS + 2)).toBe('operator');
  expect(evidence.see('stop', cue('3'), HOUR_MS + 3)).toBe('echo');
});

test('a cue that was to stop and starts again stops by another hand then', () => {
  const { evidence, expecting } = desk();
  expecting('stop', '1');
  evidence.seeStart(cue('1'), 0);
  expect(evidence.see('stop', cue('1'), 1)).toBe('operator');
});

test('a GO moves the playhead once; where we put it last is ours, where we put it before is not awaited', () => {
  const { evidence, expecting } = desk();
  expecting('go', '3');
  expect(evidence.see('playhead', cue('4'), 0)).toBe('echo');
  expect(evidence.see('playhead', cue('9'), 1)).toBe('operator');
  evidence.seeGo(cue('3'), 2);
  expect(evidence.see('playhead', cue('9'), 3)).toBe('operator');
  evidence.seeGo(cue('9'), 4);
  expect(evidence.see('playhead', cue('10'), 5)).toBe('operator');
  expecting('playhead', '5');
  expecting('playhead', '6');
  expect(evidence.see('playhead', cue('5'), 9000)).toBe('operator');
  expect(evidence.see('playhead', cue('6'), 9001)).toBe('echo');
});

test('QLab before 5.3: the playhead that moves is our GO’s once, and doubtful after it was told as failed', () => {
  const { evidence, expecting } = desk();
  expecting('go', '3');
  expect(evidence.seePlayheadOnly()).toBe('echo');
  expect(evidence.seePlayheadOnly()).toBe('operator');
  expecting('go', '4').doubt();
  expect(evidence.seePlayheadOnly()).toBe('doubtful');
});

describe('each time ends where it says', () => {
  test('the cues of a group start within 250 ms of it', () => {
    for (const [atMs, attribution] of [
      [250, 'echo'],
      [251, 'operator'],
    ] as const) {
      const { evidence, expecting } = desk();
      expecting('start', '5');
      evidence.seeStart(cue('5'), 0);
      expect(evidence.seeStart(cue('5.1'), atMs).attribution).toBe(attribution);
    }
  });

  test('a GO belongs to the start that was told up to 100 ms before', () => {
    for (const [atMs, afterStart] of [
      [100, true],
      [101, false],
    ] as const) {
      const { evidence } = desk();
      evidence.seeStart(cue('3'), 0);
      expect(evidence.seeGo(cue('3'), atMs).afterStart).toBe(afterStart);
    }
  });

  test('a GO moves the playhead within a second', () => {
    for (const [atMs, attribution] of [
      [1000, 'echo'],
      [1001, 'operator'],
    ] as const) {
      const { evidence, expecting } = desk();
      expecting('go', '3');
      evidence.seeGo(cue('3'), 0);
      expect(evidence.see('playhead', cue('4'), atMs)).toBe(attribution);
    }
  });
});

describe('the books have an end', () => {
  const many = (count: number, act: (at: number) => void) => {
    for (let at = 0; at < count; at++) act(at);
  };

  test('of 513 commands the oldest is forgotten, and no other', () => {
    const { evidence, expecting } = desk();
    many(513, (at) => expecting('start', String(at)));
    expect(evidence.seeStart(cue('0'), 0).attribution).toBe('operator');
    expect(evidence.seeStart(cue('1'), HOUR_MS).attribution).toBe('echo');
    expect(evidence.seeStart(cue('512'), 2 * HOUR_MS).attribution).toBe('echo');
  });

  test('512 GOs are owed their start; of one more the oldest is not', () => {
    for (const [count, partOfGo] of [
      [512, true],
      [513, false],
    ] as const) {
      const { evidence } = desk();
      many(count, (at) => evidence.seeGo(cue(String(at)), 0));
      expect(evidence.seeStart(cue('0'), HOUR_MS).partOfGo).toBe(partOfGo);
    }
  });

  test('32 starts wait for the GO that they are part of; of one more the oldest does not', () => {
    for (const [count, afterStart] of [
      [32, true],
      [33, false],
    ] as const) {
      const { evidence } = desk();
      many(count, (at) => evidence.seeStart(cue(String(at)), 0));
      expect(evidence.seeGo(cue('0'), 1).afterStart).toBe(afterStart);
    }
  });

  test('a stop of all is over once more than 1024 cues have started since', () => {
    for (const [count, attribution] of [
      [1024, 'echo'],
      [1025, 'operator'],
    ] as const) {
      const { evidence, expecting } = desk();
      expecting('stop');
      many(count, (at) => evidence.seeStart(cue(String(at)), 0));
      expect(evidence.see('stop', cue('another'), HOUR_MS)).toBe(attribution);
    }
  });
});

test('a panic of somebody makes a GO of ours doubtful as well', () => {
  const { evidence, seen, expecting } = desk();
  expecting('go', '2');
  expect(evidence.see('panic', undefined, 0)).toBe('operator');
  expect(evidence.seeGo(cue('2'), 1000).attribution).toBe('doubtful');
  expect(seen).toEqual(['go 2 doubtful']);
});

test('a new connection begins no burst: what was told on the last one explains nothing', () => {
  const { evidence, expecting } = desk();
  evidence.seeStart(cue('7'), 0);
  expecting('start', '5');
  evidence.seeStart(cue('5'), 0);
  evidence.reconnected();
  expect(evidence.seeStart(cue('6'), 10).attribution).toBe('operator');
  expect(evidence.seeGo(cue('7'), 20)).toEqual({ attribution: 'operator', afterStart: false });
});

test('one stop of a cue does not take the place of another one', () => {
  const { evidence, expecting } = desk();
  expecting('stop', '1');
  expecting('stop', '2');
  expect([cue('1'), cue('2')].map((stopped) => evidence.see('stop', stopped, 0))).toEqual(['echo', 'echo']);
});

test('QLab before 5.3: a playhead that moves is put down to a GO before it is to where we put it', () => {
  const { evidence, expecting } = desk();
  expecting('playhead', '5').doubt();
  expecting('go', '3');
  expect(evidence.seePlayheadOnly()).toBe('echo');
  expect(evidence.seePlayheadOnly()).toBe('doubtful');
});
