import { expect, test } from 'vitest';
import { formatProblem, inOrder, type Problem, shownPath } from './problems.js';

const one: Problem = {
  file: 'bridge.yaml',
  line: 9,
  column: 35,
  code: 'CONFIG_UNKNOWN_KEY',
  severity: 'error',
  message: "unknown property 'adress', did you mean 'address'?",
  hint: 'remove it',
};

test('a problem is one line that an editor can jump to', () => {
  expect(formatProblem(one)).toBe(
    "bridge.yaml:9:35 error CONFIG_UNKNOWN_KEY unknown property 'adress', did you mean 'address'? (remove it)",
  );
  expect(formatProblem(one, { colour: true })).toContain('\u001b[31merror CONFIG_UNKNOWN_KEY\u001b[0m');
});

test('what a file holds plays no tricks on the terminal', () => {
  expect(formatProblem({ ...one, message: 'unknown\u001b[2J\nproperty' })).toContain('unknown [2J property');
});

test('problems come by file, line and column, each once', () => {
  const at = (file: string, line: number, column: number) => ({ ...one, file, line, column });
  const sorted = inOrder([at('s', 1, 1), at('b', 10, 1), at('b', 9, 2), at('b', 9, 1), at('b', 9, 2)], ['b', 's']);
  expect(sorted.map(({ file, line, column }) => `${file}${line}:${column}`)).toEqual(['b9:1', 'b9:2', 'b10:1', 's1:1']);
});

test('a path is shown from the working folder when that is shorter', () => {
  expect(shownPath('/srv/show/bridge.yaml', '/srv/show')).toBe('bridge.yaml');
  expect(shownPath('/srv/show/bridge.yaml', '/srv/other/deep/inside')).toBe('/srv/show/bridge.yaml');
});
