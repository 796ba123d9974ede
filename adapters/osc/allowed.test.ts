import { expect, test } from 'vitest';
import { oscAdapter } from './adapter.js';
import { allowedFrom, problemOfFrom } from './allowed.js';

test.each<[boolean, string, string[]]>([
  [true, '10.0.0.5', ['10.0.0.5']],
  [false, '10.0.0.6', ['10.0.0.5']],
  [true, '10.0.1.255', ['10.0.0.0/23']],
  [false, '10.0.2.0', ['10.0.0.0/23']],
  [true, '::ffff:10.0.0.5', ['10.0.0.0/24']],
  [true, '::FFFF:10.0.0.5', ['192.168.0.1', '10.0.0.0/24']],
  [true, '203.0.113.9', ['0.0.0.0/0']],
  [false, '2001:db8::1', ['0.0.0.0/0']],
  [true, '2001:db8::1', ['2001:db8::/32']],
  [false, '2001:db9::1', ['2001:db8::/32']],
  [true, 'fe80::1%eth0', ['fe80::/10']],
  [false, '', ['0.0.0.0/0', '::/0']],
])('%s: %s where %j may', (isHeard, address, from) => {
  expect(problemOfFrom(from)).toBeUndefined();
  expect(allowedFrom(from)(address)).toBe(isHeard);
});

test('without from everybody is heard', () => {
  expect(allowedFrom(undefined)('203.0.113.9')).toBe(true);
});

test.each(['10.0.0', '10.0.0.0/33', '::/129', '10.0.0.0/', '10.0.0.0/8/8', 'desk.local', '10.0.0.0/-1', ' 10.0.0.1'])(
  'what is neither an address nor a net is refused by check: %s',
  (entry) => {
    expect(problemOfFrom(['10.0.0.5', entry])).toMatchObject({ index: 1 });
    expect(
      oscAdapter.problemOfDevice?.({ adapter: 'osc', listen: '0.0.0.0:1', from: [entry] } as never, []),
    ).toMatchObject({
      pointer: '/from/0',
      severity: 'error',
    });
  },
);

test.each<[string, boolean]>([
  ['0.0.0.0:53100', true],
  ['10.0.0.1:53100', true],
  ['[::]:53100', true],
  ['booth.local:53100', true],
  ['127.0.0.1:53100', false],
  ['127.1.2.3:53100', false],
  ['localhost:53100', false],
  ['[::1]:53100', false],
])('a port on which others may press without from is warned of: %s', (listen, isWarned) => {
  const problem = (more: object) => oscAdapter.problemOfDevice?.({ adapter: 'osc', listen, ...more } as never, []);
  expect(problem({})?.severity).toBe(isWarned ? 'warn' : undefined);
  expect(problem({ from: ['10.0.0.0/8'] })).toBeUndefined();
});
