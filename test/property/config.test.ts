import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readYaml } from '../../src/config/yaml-file.js';
import { GOOD_BRIDGE, GOOD_SHOW, loadTexts, told } from '../support/bridge-files.js';

const PIECES = [
  '- ',
  ': ',
  '{',
  '}',
  '[',
  ']',
  '"',
  "'",
  '&a ',
  '*a',
  '!t ',
  '|\n',
  '>\n',
  '\t',
  '\n',
  '  ',
  '#',
  '---\n',
  '%YAML',
  '${A}',
  '${',
  '$',
  '<<',
  '? ',
  'a',
  '1.10',
  '~',
  '\u0000',
  '\ufeff',
  '😀',
  '__proto__',
  '\r\n',
  ',',
  '@',
  '`',
  '\\',
];

test('any text is read without a throw, and every problem has a place in it', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(fc.constantFrom(...PIECES), { maxLength: 60 }).map((parts) => parts.join('')),
  );
  fc.assert(
    fc.property(text, (yaml) => {
      const file = readYaml('bridge', 'x.yaml', yaml, {});
      const lines = yaml.split('\n').length + 1;
      for (const { line, column } of file.problems) {
        expect(line).toBeGreaterThanOrEqual(1);
        expect(line).toBeLessThanOrEqual(lines);
        expect(column).toBeGreaterThanOrEqual(1);
      }
    }),
    { numRuns: 3000 },
  );
});

test('a bridge file that was cut, or that a cat walked over, is loaded or told about, never thrown at', async () => {
  const edit = fc.record({
    from: fc.nat(),
    cut: fc.nat({ max: 40 }),
    put: fc.array(fc.constantFrom(...PIECES), { maxLength: 4 }),
  });
  const damaged = (good: string) =>
    fc.array(edit, { maxLength: 3 }).map((edits) =>
      edits.reduce((text, { from, cut, put }) => {
        const at = from % (text.length + 1);
        return text.slice(0, at) + put.join('') + text.slice(at + cut);
      }, good),
    );
  await fc.assert(
    fc.asyncProperty(damaged(GOOD_BRIDGE), damaged(GOOD_SHOW), async (bridge, show) => {
      const result = await loadTexts(bridge, show);
      if (!result.ok) expect(told(result).some((line) => line.includes(' error '))).toBe(true);
    }),
    { numRuns: 300 },
  );
});

test('whatever stands in the places of values, the schema and the checks say so and do not throw', async () => {
  const keys = [
    'id',
    'when',
    'device',
    'send',
    'call',
    'targets',
    'acts',
    'segments',
    'cues',
    'number',
    'devices',
    'show',
    'file',
    'constructor',
    'toString',
    'inputs',
    'outputs',
    'access',
    'token',
    'mics',
    'plot',
  ];
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 6 },
      fc.jsonValue({ maxDepth: 1 }),
      fc.constantFrom('show.yaml', '$call.number', 'box'),
      tie('list'),
      tie('map'),
    ),
    list: fc.array(tie('value'), { maxLength: 4 }),
    map: fc.dictionary(fc.constantFrom(...keys), tie('value'), { maxKeys: 8 }),
  }));
  await fc.assert(
    fc.asyncProperty(value, value, async (bridge, show) => {
      const whole = { ...JSON.parse(JSON.stringify({ x: bridge })).x, show: { id: 'a', file: 'show.yaml' } };
      const result = await loadTexts(JSON.stringify(whole), JSON.stringify(show));
      expect(result.ok).toBe(false);
    }),
    { numRuns: 300 },
  );
});
