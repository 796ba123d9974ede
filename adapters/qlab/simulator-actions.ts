/** What QLab does: with everything, and with one cue. Tables. @see QLab's OSC dictionary */
import type { CueNode, SimulatedWorkspace } from './simulator-workspace.js';

/** @returns false where it could not be done. */
type Act = (workspace: SimulatedWorkspace, event: (event: string) => void) => unknown;
type CueAct = (workspace: SimulatedWorkspace, cue: CueNode) => unknown;

/** Actions on everything. */
export const ALL: Readonly<Record<string, Act>> = {
  '/stop': (w, event) => {
    event('stopAll');
    w.hardStop();
  },
  '/hardStop': (w, event) => {
    event('hardStopAll');
    w.hardStop();
  },
  '/pause': (w, event) => {
    event('pauseAll');
    for (const cue of w.running()) w.pause(cue);
  },
  '/resume': (w, event) => {
    event('resumeAll');
    for (const cue of w.running()) w.resume(cue);
  },
  '/reset': (w, event) => {
    event('resetAll');
    w.reset();
  },
  '/panic': (w) => w.panic(),
  '/panicInTime': (w) => w.panic(),
};

/** Actions on one cue. */
export const OF_CUE: Readonly<Record<string, CueAct>> = {
  start: (w, cue) => w.start(cue, 'start'),
  preview: (w, cue) => w.start(cue, 'start', { isPreview: true, isAudition: w.alwaysAudition }),
  auditionPreview: (w, cue) => w.start(cue, 'start', { isPreview: true, isAudition: true }),
  startAndAutoloadNext: (w, cue) => {
    w.start(cue, 'start');
    const next = w.beside(cue, 1);
    if (next) w.load(next);
  },
  go: (w, cue) => void w.goTo('go', cue),
  auditionGo: (w, cue) => void w.goTo('go', cue, true),
  stop: (w, cue) => w.stop(cue),
  hardStop: (w, cue) => w.stop(cue),
  panic: (w, cue) => w.stop(cue),
  panicInTime: (w, cue) => w.stop(cue),
  reset: (w, cue) => w.stop(cue),
  pause: (w, cue) => w.pause(cue),
  hardPause: (w, cue) => w.pause(cue),
  resume: (w, cue) => w.resume(cue),
  togglePause: (w, cue) => (w.isPaused(cue) ? w.resume(cue) : w.pause(cue)),
  load: (w, cue) => w.load(cue),
  loadAt: (w, cue) => w.load(cue),
  loadActionAt: (w, cue) => w.load(cue),
  loadFileAt: (w, cue) => w.load(cue),
  loadAndSetPlayhead: (w, cue) => {
    w.load(cue);
    return w.movePlayhead(cue);
  },
  soloCueInTime: (w, cue) => {
    const others = w.running().filter((other) => other !== cue && w.listOf(other) === w.listOf(cue));
    for (const other of others) w.stop(other);
  },
};

/** The first cue of the sequence before or behind a cue: one that no other cue starts. */
function sequence(w: SimulatedWorkspace, list: CueNode, by: 1 | -1): CueNode | undefined {
  let cue = w.beside(w.playheadOf(list), by, list);
  while (cue && (w.beside(cue, -1)?.continueMode ?? 0) !== 0) cue = w.beside(cue, by);
  return cue;
}

/**
 * Where a list's playhead goes when it is told `next`, `none` and the like.
 * @returns null: to no cue; undefined: there is no such place.
 */
export function placeOf(w: SimulatedWorkspace, list: CueNode, where: string): CueNode | null | undefined {
  const isInList = (cue: CueNode) => cue !== list && w.listOf(cue) === list;
  if (where === 'none') return null;
  if (where === 'next') return w.beside(w.playheadOf(list), 1, list) ?? null;
  if (where === 'previous') return w.beside(w.playheadOf(list), -1, list) ?? null;
  if (where === 'nextSequence') return sequence(w, list, 1) ?? null;
  if (where === 'previousSequence') return sequence(w, list, -1) ?? null;
  if (where === 'active') return w.running().find(isInList);
  return where === 'selected' ? w.selected.find(isInList) : undefined;
}
