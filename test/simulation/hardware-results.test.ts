import { expect, test } from 'vitest';

interface Results {
  push(text: string): void;
  problem(): string | undefined;
  readonly silenceSeconds: number;
  readonly lastWord: string;
}
const { Tap } = (await import(new URL('../hardware/tap.mjs', import.meta.url).href)) as {
  Tap: new (onTest: (test: unknown) => void, onNote: (note: string) => void) => Results;
};
const results = () =>
  new Tap(
    () => undefined,
    () => undefined,
  );

test('a guest that started three times slower than usual may be silent three times longer', () => {
  const [usual, slow] = [results(), results()];
  usual.push('@@ patience 6 after 9.10 s\n');
  slow.push('@@ patience 18 after 31.57 s\n');
  expect(usual.silenceSeconds).toBe(660);
  expect(slow.silenceSeconds).toBe(1860);
});

test('who is silent is told with what was heard last, and is no pass', () => {
  const tap = results();
  expect(tap.lastWord).toBe('its start');
  tap.push('@@ patience 6 after 9.10 s\nTAP version 13\nok 1 - a step is a cue\n  ---\n  duration_ms: 12\n  ...\n');
  expect(tap.lastWord).toBe('"a step is a cue"');
  expect(tap.problem()).toBe('the guest ended before its tests did, after 1 of them');
  tap.push('1..1\n@@ ended 0\n');
  expect(tap.problem()).toBeUndefined();
});
