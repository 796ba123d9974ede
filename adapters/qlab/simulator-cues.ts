/** What one can read of a cue, and write to it. A table. @see QLab's OSC dictionary, "Cue messages" */
import { type Kind, SECONDS, TEXT, TRUTH, type Value } from './simulator-arguments.js';
import {
  CART,
  type CueEdit,
  type CueNode,
  LIST,
  type Permission,
  type SimulatedWorkspace,
} from './simulator-workspace.js';

export interface Property {
  /** @returns undefined where this cue has no such property. */
  read(workspace: SimulatedWorkspace, cue: CueNode): unknown;
  kind?: Kind;
  /** Left out: nobody writes it. @returns whether it could be written. */
  write?(workspace: SimulatedWorkspace, cue: CueNode, value: Value): boolean;
  /** Any of these may write. */
  writers?: readonly Permission[];
}

const edit = ['edit'] as const;
const read = (read: Property['read']): Property => ({ read });
/** What the simulator itself lives by. */
const edited = (
  kind: Kind,
  read: Property['read'],
  change: (value: Value) => CueEdit,
  more: Partial<Property> = {},
) => ({
  ...{ kind, read, writers: edit },
  write: (workspace: SimulatedWorkspace, cue: CueNode, value: Value) => {
    workspace.edit(cue, change(value));
    return true;
  },
  ...more,
});
/** What is told again as it was written, and nothing goes by it. */
const kept = (key: string, kind: Kind, initial: Value): [string, Property] => [
  key,
  {
    ...{ kind, writers: edit },
    read: (_, cue) => cue.kept.get(key) ?? initial,
    write: (workspace, cue, value) => {
      workspace.keep(cue, key, value);
      return true;
    },
  },
];
const choice = (most: number): Kind => ({ is: 'number', least: 0, most, isWhole: true });

const FILE_CUES = ['Audio', 'Video', 'MIDI File'];
const TARGETING_CUES = ['Fade', 'Start', 'Stop', 'Pause', 'Load', 'Reset', 'Devamp', 'GoTo', 'Target', 'Arm', 'Disarm'];
const isGroup = (cue: CueNode): boolean => cue.children.length > 0 || ['Group', LIST, CART].includes(cue.type);
/** What a list is called in the words of `/cue/{number}/mode`: list, timeline, cart. */
const MODES: Readonly<Record<string, number>> = { [LIST]: 0, [CART]: 5 };
const CART_COLUMNS = 4;
const placeInCart = (cue: CueNode): [number, number] => {
  if (cue.parent?.type !== CART) return [0, 0];
  const at = cue.parent.children.indexOf(cue);
  return [Math.floor(at / CART_COLUMNS) + 1, (at % CART_COLUMNS) + 1];
};
const ofCart = (tell: (cue: CueNode) => number) => read((_, cue) => (cue.type === CART ? tell(cue) : undefined));
const ofGroup = (tell: (workspace: SimulatedWorkspace, cue: CueNode) => unknown) =>
  read((workspace, cue) => (isGroup(cue) ? tell(workspace, cue) : undefined));
const share = (partMs: number, wholeMs: number): number => (wholeMs > 0 ? Math.min(1, partMs / wholeMs) : 0);

/** A list's playhead; anything else has none. */
const playhead = (key: 'number' | 'uniqueID') =>
  read((w, cue) => (cue.type === LIST && w.lists.includes(cue) ? (w.playheadOf(cue)?.[key] ?? 'none') : undefined));

/** A cue as the lists tell it. @param deep  with the cues in it, and in those. */
export const dictionary = (cue: CueNode, deep: boolean): Record<string, unknown> => ({
  uniqueID: cue.uniqueID,
  number: cue.number,
  name: cue.name,
  listName: cue.name,
  type: cue.type,
  colorName: cue.colorName,
  'colorName/live': cue.colorName,
  flagged: cue.flagged,
  armed: cue.armed,
  ...(deep ? { cues: cue.children.map((child) => dictionary(child, true)) } : {}),
});

/** The same with unique IDs alone. */
export const idsOf = (cue: CueNode, deep: boolean): Record<string, unknown> => ({
  uniqueID: cue.uniqueID,
  ...(deep ? { cues: cue.children.map((child) => idsOf(child, true)) } : {}),
});

export const PROPERTIES: Readonly<Record<string, Property>> = {
  uniqueID: read((_, cue) => cue.uniqueID),
  type: read((_, cue) => cue.type),
  parent: read((w, cue) => cue.parent?.uniqueID ?? w.rootID),
  displayName: read((_, cue) => cue.name),
  listName: read((_, cue) => cue.name),
  defaultName: read((_, cue) => `Cue ${cue.number}`),
  'colorName/live': read((_, cue) => cue.colorName),
  children: read((_, cue) => cue.children.map((child) => dictionary(child, true))),
  'children/shallow': read((_, cue) => cue.children.map((child) => dictionary(child, false))),
  'children/uniqueIDs': read((_, cue) => cue.children.map((child) => idsOf(child, true))),
  'children/uniqueIDs/shallow': read((_, cue) => cue.children.map((child) => idsOf(child, false))),

  actionElapsed: read((w, cue) => w.elapsedMs(cue) / 1000),
  percentActionElapsed: read((w, cue) => share(w.elapsedMs(cue), cue.durationMs)),
  preWaitElapsed: read((w, cue) => w.waitedMs(cue) / 1000),
  percentPreWaitElapsed: read((w, cue) => share(w.waitedMs(cue), cue.preWaitMs)),
  postWaitElapsed: read(() => 0),
  percentPostWaitElapsed: read(() => 0),
  currentDuration: read((_, cue) => cue.durationMs / 1000),
  maxTimeInCueSequence: read((_, cue) => (cue.preWaitMs + cue.durationMs) / 1000),

  isRunning: read((w, cue) => w.isRunning(cue)),
  isActionRunning: read((w, cue) => w.isRunning(cue) && !w.isWaiting(cue)),
  isPaused: read((w, cue) => w.isPaused(cue)),
  isLoaded: read((w, cue) => w.isLoaded(cue)),
  isPanicking: read((w, cue) => w.isPanicking && w.isRunning(cue)),
  isAuditioning: read((w, cue) => w.isAuditioning(cue)),
  isChildAuditioning: ofGroup((w, cue) => cue.children.some(w.isAuditioning)),
  isChildFlagged: ofGroup((_, cue) => cue.children.some(({ flagged }) => flagged)),
  isBroken: read((_, cue) => cue.broken),
  isWarning: read(() => false),
  isOverridden: read(() => false),
  isTailingOut: read(() => false),
  isCrossfadingOut: read(() => false),
  isNextInPlaylist: read(() => false),
  allowsEditingDuration: read((_, cue) => !isGroup(cue)),
  hasFileTargets: read((_, cue) => FILE_CUES.includes(cue.type)),
  hasCueTargets: read((_, cue) => TARGETING_CUES.includes(cue.type)),
  canHaveAudioMapTargets: read((_, cue) => cue.type === 'Fade' || cue.type === 'Reset'),
  canHavePatchTargets: read((_, cue) => cue.type === 'Fade' || cue.type === 'Reset'),
  currentCueTarget: read((_, cue) => cue.kept.get('cueTargetID') ?? ''),
  currentCueTargetID: read((_, cue) => cue.kept.get('cueTargetID') ?? ''),
  currentCueTargetNumber: read((_, cue) => cue.kept.get('cueTargetNumber') ?? ''),

  cartPosition: read((_, cue) => placeInCart(cue)),
  'cartPosition/row': read((_, cue) => placeInCart(cue)[0]),
  'cartPosition/column': read((_, cue) => placeInCart(cue)[1]),
  cartRows: ofCart((cue) => Math.ceil(cue.children.length / CART_COLUMNS)),
  cartColumns: ofCart(() => CART_COLUMNS),

  playhead: playhead('number'),
  playbackPosition: playhead('number'),
  playheadID: playhead('uniqueID'),
  playheadId: playhead('uniqueID'),
  playbackPositionID: playhead('uniqueID'),
  playbackPositionId: playhead('uniqueID'),

  armed: edited(
    TRUTH,
    (_, cue) => cue.armed,
    (value) => ({ armed: value === true }),
  ),
  flagged: edited(
    TRUTH,
    (_, cue) => cue.flagged,
    (value) => ({ flagged: value === true }),
  ),
  colorName: edited(
    TEXT,
    (_, cue) => cue.colorName,
    (value) => ({ colorName: String(value) }),
  ),
  name: edited(
    TEXT,
    (_, cue) => cue.name,
    (value) => ({ name: String(value) }),
  ),
  notes: edited(
    TEXT,
    (_, cue) => cue.notes,
    (value) => ({ notes: String(value) }),
    {
      writers: ['view', 'edit', 'control'],
    },
  ),
  number: {
    ...{ kind: TEXT, read: (_, cue) => cue.number, writers: edit },
    // No two cues of a workspace have the same number.
    write: (workspace, cue, value) => {
      const isTaken = value !== '' && workspace.all().some((other) => other !== cue && other.number === value);
      if (!isTaken) workspace.renumber(cue, String(value));
      return !isTaken;
    },
  },
  preWait: edited(
    SECONDS,
    (_, cue) => cue.preWaitMs / 1000,
    (value) => ({ preWaitMs: Number(value) * 1000 }),
  ),
  duration: edited(
    SECONDS,
    (_, cue) => cue.durationMs / 1000,
    (value) => ({ durationMs: Number(value) * 1000 }),
  ),
  continueMode: edited(
    choice(2),
    (_, cue) => cue.continueMode,
    (value) => ({ continueMode: value as 0 | 1 | 2 }),
  ),
  mode: {
    kind: { is: 'number', least: 1, most: 6, isWhole: true },
    read: (_, cue) => (isGroup(cue) ? (MODES[cue.type] ?? cue.kept.get('mode') ?? 3) : undefined),
    writers: edit,
    write: (workspace, cue, value) => {
      const is = isGroup(cue) && !Object.hasOwn(MODES, cue.type) && value !== 5;
      if (is) workspace.keep(cue, 'mode', value);
      return is;
    },
  },
  ...Object.fromEntries([
    kept('postWait', SECONDS, 0),
    kept('autoLoad', TRUTH, false),
    kept('cueTargetID', TEXT, ''),
    kept('cueTargetNumber', TEXT, ''),
    kept('duckLevel', { is: 'number', least: -120, most: 12 }, 0),
    kept('duckOthers', TRUTH, false),
    kept('duckTime', SECONDS, 0),
    kept('endTime', SECONDS, 0),
    kept('fadeAndStopOthers', choice(3), 0),
    kept('fadeAndStopOthersTime', SECONDS, 0),
    kept('fileTarget', TEXT, ''),
    kept('holdLastFrame', TRUTH, false),
    kept('infiniteLoop', TRUTH, false),
    kept('patchTargetID', TEXT, ''),
    kept('playCount', { is: 'number', least: 1, isWhole: true }, 1),
    kept('rate', { is: 'number', least: 0.01 }, 1),
    kept('secondColorName', TEXT, 'none'),
    kept('secondTriggerAction', choice(7), 0),
    kept('secondTriggerOnRelease', TRUTH, false),
    kept('skipIfDisarmed', TRUTH, false),
    kept('startTime', SECONDS, 0),
    kept('targetMode', choice(1), 0),
    kept('tempCueTargetID', TEXT, ''),
    kept('tempCueTargetNumber', TEXT, ''),
    kept('tempDuration', SECONDS, 0),
    kept('useSecondColor', TRUTH, false),
  ]),
};
