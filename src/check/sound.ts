import type { Finding } from '../config/problems.js';
import type { BridgeConfig, InputRule, OutputRule, ShowFile } from '../generated/types.js';
import { isMap, listAt, member, pointerOf, stepsOf } from '../kit/pointer.js';

type Lint = (config: BridgeConfig, showFile: ShowFile) => readonly Finding[];
/** A show of which nothing is known, for rules beside a show file that is broken. */
const NO_SHOW: ShowFile = { version: 1, title: '?', acts: [], performers: [], mics: [], timers: [] };

/**
 * Runs the lint of the mapping over what is sound, so that a mistake in one rule does not hide those in others: rules
 * with an error in them are left out, and a broken show file stands for an empty one, about which nothing is then said.
 * @param show  undefined when the show file could not be read.
 * @param problems  what was found before.
 */
export function lintSound(
  lint: Lint,
  bridge: unknown,
  show: unknown,
  problems: readonly Finding[],
): readonly Finding[] {
  const errors = problems.filter(({ severity }) => severity === 'error');
  const inBridge = errors.filter(({ file }) => file === 'bridge').map(({ pointer }) => pointer);
  const isShowSound = show !== undefined && !errors.some(({ file }) => file === 'show');
  if (inBridge.length === 0 && isShowSound) return lint(bridge as BridgeConfig, show as ShowFile);
  if (!isMap(bridge) || !isMap(member(bridge, 'devices')) || !isMap(member(bridge, 'show'))) return [];

  const inputs = soundRules<InputRule>('inputs');
  const outputs = soundRules<OutputRule>('outputs');
  const config = { ...bridge, inputs: inputs.rules, outputs: outputs.rules } as unknown as BridgeConfig;
  const found = lint(config, isShowSound ? (show as ShowFile) : NO_SHOW).flatMap((one) => {
    if (one.file === 'show') return isShowSound ? [one] : [];
    const [list, index, ...rest] = stepsOf(one.pointer);
    const kept = list === 'inputs' ? inputs.places : list === 'outputs' ? outputs.places : undefined;
    const at = kept?.[Number(index)];
    if (list === undefined || at === undefined) return [];
    return [{ ...one, pointer: pointerOf(list, at, ...rest) }];
  });
  return isShowSound
    ? found
    : found.filter(({ code }) => code === 'CONFIG_PLACEHOLDER' || code === 'CONFIG_UNKNOWN_KEY');

  /** The rules in whose lines no error was found, with their places in the file. */
  function soundRules<Rule>(name: 'inputs' | 'outputs'): { rules: Rule[]; places: number[] } {
    const all = listAt(bridge, name);
    const rules: Rule[] = [];
    const places: number[] = [];
    all.forEach((rule, index) => {
      const at = pointerOf(name, index);
      if (!isMap(rule) || inBridge.some((pointer) => pointer === at || pointer.startsWith(`${at}/`))) return;
      rules.push(rule as Rule);
      places.push(index);
    });
    return { rules, places };
  }
}
