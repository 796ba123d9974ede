import { expect, test } from 'vitest';
import { Evidence, type Expectation } from './evidence.js';

const cue = (cueNumber: string) => ({ cueNumber, name: `Cue ${cueNumber}`, cueId: `id-${cueNumber}`, type: 'Audio' });

function desk() {
  const evidence = new Evidence();
  const seen: string[] = [];
  const expecting = (what: Expectation['what'], number?: string, untilMs = 2000) =>
    evidence.expect({
      what,
      cue: number === undefined ? undefined : { number },
      orAny: what === 'go',
      untilMs,
      seen: () => seen.push(`${what} ${number ?? ''}`.trim()),
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
  expect(seen).toEqual(['start 1']);
});

test('a GO of ours is told from one of the operator on another cue', () => {
  const { evidence, seen, expecting } = desk();
  expecting('start', '12');
  expect(evidence.seeGo(cue('7'), 0).attribution).toBe('operator');
  expect(evidence.seeStart(cue('7'), 1)).toEqual({ attribution: 'operator', partOfGo: true });
  expect(seen).toEqual([]);
  expect(evidence.seeStart(cue('12'), 2).attribution).toBe('echo');
  expect(seen).toEqual(['start 12']);
});

test('the start that a GO of ours makes may be reported before the GO', () => {
  const { evidence, seen, expecting } = desk();
  expecting('go', '3');
  expect(evidence.seeStart(cue('3'), 0)).toEqual({ attribution: 'echo', partOfGo: true });
  expect(seen).toEqual([]);
  expect(evidence.seeGo(cue('3'), 1).attribution).toBe('echo');
  expect(seen).toEqual(['go 3']);
});

test('a GO of the operator whose start was reported just before is the same press, and a later one is another', () => {
  const { evidence } = desk();
  expect(evidence.seeStart(cue('3'), 0)).toEqual({ attribution: 'operator', partOfGo: false });
  expect(evidence.seeGo(cue('3'), 20)).toEqual({ attribution: 'operator', afterStart: true });
  expect(evidence.seeGo(cue('3'), 40)).toEqual({ attribution: 'operator', afterStart: false });
  expect(evidence.seeStart(cue('5'), 2000).partOfGo).toBe(false);
  expect(evidence.seeGo(cue('5'), 2200).afterStart).toBe(false);
});

test('a GO of a list is no new press whatever its cue, and proves ours only by the cue that stood at the playhead', () => {
  for (const expected of ['3', undefined]) {
    const { evidence, seen, expecting } = desk();
    expecting('go', expected);
    expect(evidence.seeGo(cue('7'), 0).attribution).toBe('echo');
    expect(seen).toEqual([]);
    expect(evidence.seeGo(cue('8'), 1).attribution).toBe('operator');
  }
});

test('the cues of a group count as what started the group', () => {
  const { evidence, expecting } = desk();
  expecting('start', '5');
  evidence.seeStart(cue('5'), 0);
  expect(evidence.seeStart(cue('5.1'), 10).attribution).toBe('echo');
  expect(evidence.seeStart(cue('6'), 2500).attribution).toBe('operator');
});

test('what came too late, or was refused, is not expected any more', () => {
  const { evidence, seen, expecting } = desk();
  expecting('start', '1', 100);
  expecting('start', '2')();
  expect(evidence.seeStart(cue('1'), 101).attribution).toBe('operator');
  expect(evidence.seeStart(cue('2'), 1000).attribution).toBe('operator');
  expect(seen).toEqual([]);
});

test('every cue that our stop stops is an echo', () => {
  const { evidence, expecting } = desk();
  expecting('stop');
  expect([cue('1'), cue('2')].map((stopped) => evidence.see('stop', stopped, 0))).toEqual(['echo', 'echo']);
  expect(evidence.see('stop', cue('3'), 3000)).toBe('operator');
});
