import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { change, GOOD_BRIDGE, GOOD_SHOW, loadTexts, told } from '../../test/support/bridge-files.js';

/** Reads `from => to` and, below it, what is to be told; \n and \t as in a program, (all) and (nothing). */
function mistakesIn(name: string, whole: string): { from: string; to: string; expected: string }[] {
  const text = readFileSync(new URL(`./fixtures/${name}`, import.meta.url), 'utf8');
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('# '));
  return lines.flatMap((line, index) => {
    if (/^ {4}(bridge|show)\.yaml:/.test(line)) return [];
    const [from = '', to = ''] = line.split(' => ').map((part) => part.replaceAll('\\n', '\n').replaceAll('\\t', '\t'));
    return [
      {
        from: from === '(all)' ? whole : from,
        to: to === '(nothing)' ? '' : to,
        expected: (lines[index + 1] ?? '').trim(),
      },
    ];
  });
}

describe('one mistake in the bridge file gets one line that says where and what', () => {
  test.each(mistakesIn('bridge-mistakes.txt', GOOD_BRIDGE))('$expected', async ({ from, to, expected }) => {
    expect(told(await loadTexts(change(GOOD_BRIDGE, from, to)))).toEqual([expected]);
  });
});

describe('one mistake in the show file gets one line that says where and what', () => {
  test.each(mistakesIn('show-mistakes.txt', GOOD_SHOW))('$expected', async ({ from, to, expected }) => {
    expect(told(await loadTexts(GOOD_BRIDGE, change(GOOD_SHOW, from, to)))).toEqual([expected]);
  });
});
