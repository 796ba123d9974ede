/** What QLab does with one message and what it answers, as a table over a workspace. No sockets. */
import type { OscArgument } from './codec.js';
import type { CueNode, Permission, SimulatedWorkspace } from './simulator-workspace.js';

export interface Answer {
  status: 'ok' | 'denied' | 'error';
  data?: unknown;
  /** Actions are answered only after `/alwaysReply 1`. */
  action: boolean;
}

/** The facts about a client that an answer depends on. */
export interface Asker {
  permissions(workspace: SimulatedWorkspace): readonly Permission[];
  listens: Set<string>;
}

const done: Answer = { status: 'ok', action: true };
const tell = (data: unknown): Answer => ({ status: 'ok', data, action: false });

const LISTENABLE =
  /^(?:(?:go|auditionGo|playhead|cue\/start|cue\/stop)(?:\/(?:number|name|uniqueID))?|(?:panicAll|stopAll|hardStopAll|pauseAll|resumeAll|resetAll))?$/;

/** Actions on everything. */
const ALL: Readonly<Record<string, (workspace: SimulatedWorkspace, event: (event: string) => void) => void>> = {
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
const OF_CUE: Readonly<Record<string, (workspace: SimulatedWorkspace, cue: CueNode) => void>> = {
  start: (w, cue) => w.start(cue, 'start'),
  preview: (w, cue) => w.start(cue, 'start'),
  startAndAutoloadNext: (w, cue) => {
    w.start(cue, 'start');
    const next = w.beside(cue, 1);
    if (next) w.load(next);
  },
  go: (w, cue) => void w.goTo('go', cue),
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
  loadAndSetPlayhead: (w, cue) => {
    w.load(cue);
    w.movePlayhead(cue);
  },
};

/** A list's playhead; anything else has none to tell. */
const position = (w: SimulatedWorkspace, cue: CueNode): unknown =>
  w.lists.includes(cue) ? (w.playheadOf(cue)?.uniqueID ?? 'none') : undefined;

/** What one can read of a cue. */
const VALUES: Readonly<Record<string, (workspace: SimulatedWorkspace, cue: CueNode) => unknown>> = {
  uniqueID: (_, cue) => cue.uniqueID,
  number: (_, cue) => cue.number,
  name: (_, cue) => cue.name,
  displayName: (_, cue) => cue.name,
  listName: (_, cue) => cue.name,
  type: (_, cue) => cue.type,
  duration: (_, cue) => cue.durationMs / 1000,
  actionElapsed: (w, cue) => w.elapsedMs(cue) / 1000,
  percentActionElapsed: (w, cue) => (cue.durationMs > 0 ? w.elapsedMs(cue) / cue.durationMs : 0),
  playheadID: position,
  playheadId: position,
  playbackPositionID: position,
  playbackPositionId: position,
  preWait: (_, cue) => cue.preWaitMs / 1000,
  preWaitElapsed: (w, cue) => w.waitedMs(cue) / 1000,
  postWait: () => 0,
  continueMode: (_, cue) => cue.continueMode,
  parent: (_, cue) => cue.parent?.uniqueID ?? '',
  armed: () => true,
  flagged: () => false,
  colorName: () => 'none',
  isBroken: (_, cue) => cue.broken,
  isRunning: (w, cue) => w.isRunning(cue),
  isPaused: (w, cue) => w.isPaused(cue),
  isLoaded: (w, cue) => w.isLoaded(cue),
  isPanicking: (w, cue) => w.isPanicking && w.isRunning(cue),
  isAuditioning: () => false,
};

const dictionary = (cue: CueNode, deep: boolean): unknown => ({
  uniqueID: cue.uniqueID,
  number: cue.number,
  name: cue.name,
  listName: cue.name,
  type: cue.type,
  colorName: 'none',
  flagged: false,
  armed: true,
  ...(deep && cue.children.length > 0 ? { cues: cue.children.map((child) => dictionary(child, true)) } : {}),
});

/** A number in an address is a pattern: `*`, `?`, `[1-5]`, `[!…]`, `{a,b}`. */
function pattern(number: string): RegExp {
  const escaped = number.replace(/[.+^$()|\\]/g, '\\$&');
  const source = escaped
    .replace(/\*/g, '.*')
    .replace(/\?/g, '.')
    .replace(/\[!/g, '[^')
    .replace(/\{([^}]*)\}/g, (_, list: string) => `(?:${list.split(',').join('|')})`);
  try {
    return new RegExp(`^${source}$`);
  } catch {
    return /^(?!)/;
  }
}

function cuesAt(workspace: SimulatedWorkspace, how: 'cue' | 'cue_id', name: string): CueNode[] {
  if (how === 'cue_id') return workspace.all().filter((cue) => cue.uniqueID === name);
  if (name === 'selected') return workspace.selected;
  if (name === 'playhead' || name === 'playbackPosition') return workspace.playhead ? [workspace.playhead] : [];
  if (name === 'active') return workspace.running();
  const fits = pattern(name);
  return workspace.all().filter((cue) => cue.number !== '' && fits.test(cue.number));
}

/**
 * Carries out one message in the form without `/workspace/{id}`.
 * @param swallow  takes actions and does nothing: a QLab that says ok and fires nothing.
 * @returns undefined when QLab says nothing at all: to a cue that does not exist, to what it does not know.
 */
export function answer(
  workspace: SimulatedWorkspace,
  asker: Asker,
  path: string,
  args: readonly OscArgument[],
  options: { hasBroadcast: boolean; event: (event: string) => void; swallow: boolean },
): Answer | undefined {
  const may = asker.permissions(workspace);
  const needs = (permission: Permission, action: boolean, act: () => Answer | undefined): Answer | undefined =>
    may.includes(permission) ? act() : { status: 'denied', action };
  const control = (act: () => void) =>
    needs('control', true, () => {
      if (!options.swallow) act();
      return done;
    });
  const text = typeof args[0] === 'string' ? args[0] : undefined;

  const all = ALL[path];
  if (all) return control(() => all(workspace, options.event));
  const go = /^\/go(?:\/(.+))?$/.exec(path);
  if (go) {
    // A number that is no text is not understood, and the whole message without effect.
    return control(() => void (args.length > 0 && text === undefined ? false : workspace.go('go', text ?? go[1])));
  }
  const listen = /^\/(listen|ignore)(?:\/(.+))?$/.exec(path);
  if (listen) {
    const what = listen[2] ?? '';
    if (!options.hasBroadcast || !LISTENABLE.test(what)) return undefined;
    return needs('view', true, () => {
      if (listen[1] === 'listen') asker.listens.add(what);
      else
        for (const old of asker.listens) if (what === '' || `${old}/`.startsWith(`${what}/`)) asker.listens.delete(old);
      return done;
    });
  }
  const playhead = /^\/(playhead|playbackPosition|playheadI[Dd])\/(.+)$/.exec(path);
  if (playhead) return control(() => movePlayhead(workspace, playhead[1] ?? '', playhead[2] ?? ''));
  const select = /^\/(select|select_id)\/(.+)$/.exec(path);
  if (select) {
    return control(() => {
      workspace.selected = cuesAt(workspace, select[1] === 'select' ? 'cue' : 'cue_id', select[2] ?? '');
    });
  }
  const ofCue = /^\/(cue|cue_id)\/([^/]+)\/([^/]+)$/.exec(path);
  if (ofCue) {
    const [, how, name = '', verb = ''] = ofCue;
    const cues = cuesAt(workspace, how === 'cue_id' ? 'cue_id' : 'cue', name);
    const act = OF_CUE[verb];
    const [first] = cues;
    if (!first) return undefined;
    if (act) return control(() => cues.forEach((cue) => void act(workspace, cue)));
    return needs('view', false, () => readValue(workspace, first, verb, text));
  }
  return queryOf(workspace, path, args, needs);
}

function movePlayhead(workspace: SimulatedWorkspace, how: string, name: string): void {
  const move: Record<string, () => CueNode | undefined> = {
    next: () => workspace.beside(workspace.playhead, 1),
    previous: () => workspace.beside(workspace.playhead, -1),
    none: () => undefined,
  };
  const byName = how.startsWith('playheadI') && name !== 'none' ? undefined : move[name];
  const [cue] = cuesAt(workspace, how.startsWith('playheadI') ? 'cue_id' : 'cue', name);
  if (byName) workspace.movePlayhead(byName());
  else if (cue) workspace.movePlayhead(cue);
}

function readValue(
  workspace: SimulatedWorkspace,
  cue: CueNode,
  key: string,
  text: string | undefined,
): Answer | undefined {
  if (key !== 'valuesForKeys') {
    const value = VALUES[key];
    return value ? tell(value(workspace, cue)) : { status: 'error', action: false };
  }
  let keys: unknown;
  try {
    keys = JSON.parse(text ?? '');
  } catch {
    keys = undefined;
  }
  if (!Array.isArray(keys)) return { status: 'error', action: false };
  const known = keys.map(String).filter((name) => Object.hasOwn(VALUES, name));
  return tell(Object.fromEntries(known.map((name) => [name, VALUES[name]?.(workspace, cue)])));
}

function queryOf(
  workspace: SimulatedWorkspace,
  path: string,
  args: readonly OscArgument[],
  needs: (permission: Permission, action: boolean, act: () => Answer | undefined) => Answer | undefined,
): Answer | undefined {
  if (path === '/thump') return tell('thump');
  if (path === '/settings/general/minGoTime') {
    const [seconds] = args;
    if (typeof seconds !== 'number') return needs('view', false, () => tell(workspace.minGoTimeMs / 1000));
    return needs('edit', true, () => {
      workspace.minGoTimeMs = seconds * 1000;
      workspace.tellSettings('general');
      return done;
    });
  }
  if (path === '/doubleGoWindowRemaining') {
    return needs('view', false, () => tell(workspace.doubleGoLeftMs() / 1000));
  }
  const list = /^\/(cueLists|selectedCues|runningCues|runningOrPausedCues)((?:\/uniqueIDs)?)((?:\/shallow)?)$/.exec(
    path,
  );
  if (!list) return undefined;
  return needs('view', false, () => {
    const cues =
      list[1] === 'cueLists'
        ? workspace.lists
        : list[1] === 'selectedCues'
          ? workspace.selected
          : workspace.running().filter((cue) => list[1] === 'runningOrPausedCues' || workspace.isRunning(cue));
    const deep = list[3] === '';
    return tell(cues.map((cue) => (list[2] ? { uniqueID: cue.uniqueID } : dictionary(cue, deep))));
  });
}
