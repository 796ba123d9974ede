import type { CheckedBridge } from '../app/bridge.js';

/** What the show's calls are called in QLab, in show order and once each: the cue list of a simulated one. */
export function qlabCues({ showFile }: CheckedBridge): { number: string; name: string }[] {
  const cues = showFile.acts.flatMap(({ segments }) => segments.flatMap((segment) => segment.cues));
  const named = cues.flatMap(({ calls }) =>
    calls.flatMap(({ targets, label }) => {
      const number = targets?.qlab;
      return number === undefined ? [] : [[number, { number, name: label ?? number }] as const];
    }),
  );
  return [...new Map(named).values()];
}
