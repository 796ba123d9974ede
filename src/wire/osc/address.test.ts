import { expect, test } from 'vitest';
import { systemClock } from '../../kit/clock.js';
import { addressFits, isPattern, matchAddress } from './address.js';

test.each<[pattern: string, address: string, matches: boolean]>([
  ['/go', '/go', true],
  ['/go', '/GO', false],
  ['/go', '/go/1', false],
  ['/g?', '/go', true],
  ['/g?', '/g', false],
  ['/g?', '/g/', false],
  ['/*', '/go', true],
  ['/*', '/a/go', false],
  ['/*/go', '/a/go', true],
  ['/*/go', '/a/b/go', false],
  ['/g*', '/g', true],
  ['/*o', '/go', true],
  ['/*g*o*', '/xgxox', true],
  ['/*g*o*', '/xoxgx', false],
  ['/[gb]o', '/bo', true],
  ['/[gb]o', '/xo', false],
  ['/[a-g]o', '/go', true],
  ['/[g-a]o', '/co', true],
  ['/[a-f]o', '/go', false],
  ['/[!a-f]o', '/go', true],
  ['/[!a-g]o', '/go', false],
  ['/[a-]o', '/-o', true],
  ['/[-a]o', '/-o', true],
  ['/[]o', '/o', false],
  ['/[!]o', '/xo', true],
  ['/x[1-3][0-9]', '/x27', true],
  ['/x[1-3][0-9]', '/x47', false],
  ['/[!a]', '/', false],
  ['/{go,stop}', '/stop', true],
  ['/{go,stop}', '/stopp', false],
  ['/{g,go}o', '/goo', true],
  ['/{g,go}o', '/go', true],
  ['/{,x}go', '/go', true],
  ['/{go}', '/go', true],
  ['/cue/{1,2}/*', '/cue/2/start', true],
  ['/{go', '/{go', false],
  ['/[go', '/g', false],
  ['//go', '/go', true],
  ['//go', '/a/b/go', true],
  ['//go', '/a/b/go/x', false],
  ['/a//go', '/a/go', true],
  ['/a//go', '/a/b/c/go', true],
  ['/a//go', '/b/a/go', false],
  ['/a//b//c', '/a/x/b/y/z/c', true],
  ['/a//b//c', '/a/x/c/y/b', false],
  ['//a/b', '/a/x/a/b', true],
  ['//*', '/a/b', true],
  ['/go/', '/go', false],
  ['/go/', '/go/', true],
  ['/go//', '/go', false],
  ['/', '/', true],
  ['go', 'go', false],
  ['/a.b', '/axb', false],
  ['/a+(b)$', '/a+(b)$', true],
])('%s against %s: %s', (pattern, address, matches) => {
  expect(matchAddress(pattern, address)).toBe(matches);
});

test.each<[rule: string, message: string, fires: boolean]>([
  ['/go', '/go', true],
  ['/go', '/g*', true],
  ['/go', '//go', true],
  ['/go', '/stop', false],
  ['/cue/*/go', '/cue/1/go', true],
  ['/cue/*/go', '/cue/*/go', true],
  ['/cue/*/go', '/cue/?/go', false],
  ['/cue/*/go', '/*/*/go', false],
])('a rule for %s and a message to %s: %s', (rule, message, fires) => {
  expect(addressFits(rule, message)).toBe(fires);
});

test('a wildcard is told from plain text', () => {
  expect(['/g?', '/*', '/[a]', '/{a}', '//go', '/a//b'].every(isPattern)).toBe(true);
  expect(['/go', '/go/', '/a.b!c-d', '/'].some(isPattern)).toBe(false);
});

test('no pattern is slow: a hundred stars against an address that nearly fits', () => {
  const clock = systemClock();
  const before = clock.mono();
  expect(matchAddress(`/${'*a'.repeat(120)}b`, `/${'a'.repeat(250)}`)).toBe(false);
  expect(matchAddress(`/${'{a,aa,*}'.repeat(25)}b`, `/${'a'.repeat(250)}`)).toBe(false);
  expect(matchAddress(`${'//*'.repeat(80)}/b`, '/a'.repeat(120))).toBe(false);
  expect(clock.mono() - before).toBeLessThan(5000);
});
