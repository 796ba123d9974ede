/** What QLab does with one message to a workspace and what it answers. No sockets. @see QLab's OSC dictionary */
import type { OscArgument } from './codec.js';
import { ALL, placeOf } from './simulator-actions.js';
import { meaningOf, POSITIVE, readChange, TEXT, written } from './simulator-arguments.js';
import { ofCues } from './simulator-cue-answers.js';
import { dictionary, idsOf } from './simulator-cues.js';
import {
  type Answer,
  acts,
  CONTROL,
  cuesAt,
  done,
  EDIT,
  failed,
  may,
  own,
  type Question,
  READERS,
  reads,
  tell,
  unknown,
} from './simulator-question.js';
import { EMPTY, type Kept, type Setting, WITHOUT_EFFECT, WORKSPACE } from './simulator-settings.js';
import type { CueNode, Permission, SimulatedWorkspace } from './simulator-workspace.js';

const LISTENABLE =
  /^(?:(?:go|auditionGo|playhead|cue\/start|cue\/stop)(?:\/(?:number|name|uniqueID))?|(?:panicAll|stopAll|hardStopAll|pauseAll|resumeAll|resetAll))?$/;
/**
 * Carries out one message in the form without `/workspace/{id}`.
 * @returns an answer, or one for each cue that it went to; none to a cue that does not exist, before 5.3.
 */
export function answers(question: Question): Answer[] {
  const cue = /^\/(cue|cue_id)\/([^/]+)\/(.+)$/.exec(question.path);
  if (cue) return ofCues(question, cue[1] === 'cue' ? 'cue' : 'cue_id', cue[2] ?? '', cue[3] ?? '');
  return [
    setting(question.path, question.args, WORKSPACE, question.workspace.settings, {
      major: question.asker.major,
      may: (permissions) => may(question, permissions),
      workspace: question.workspace,
      update: (path) => question.workspace.tell(path),
    }) ?? ofWorkspace(question),
  ];
}

/**
 * Reads or writes what is kept at an address.
 * @param kept  what was written before.
 * @returns undefined where the table has no such address.
 */
export function setting(
  path: string,
  args: readonly OscArgument[],
  table: Readonly<Record<string, Setting>>,
  kept: Kept,
  owner: {
    major: number;
    may(permissions: readonly Permission[]): boolean;
    workspace?: SimulatedWorkspace;
    update(path: string): void;
  },
): Answer | undefined {
  const turned = Object.keys(table).find((key) => table[key]?.turnedBy === path);
  const { name, ...change } = turned === undefined ? readChange(path) : ({ name: turned, change: 'toggle' } as const);
  const found = own(table, name);
  if (!found || (found.major ?? owner.major) !== owner.major) return undefined;
  const { workspace } = owner;
  const now = (workspace && found.of?.read(workspace)) ?? kept.get(name) ?? found.initial;
  if (change.change === undefined && args.length === 0) {
    return owner.may(READERS) ? tell(now) : { status: 'denied', action: false };
  }
  if (!owner.may(found.writers)) return { status: 'denied', action: true };
  const value = written(found.kind, now, change, args[0]);
  if (value === undefined) return failed;
  if (workspace && found.of) found.of.write(workspace, value);
  else kept.set(name, value);
  if (found.update !== undefined) owner.update(found.update);
  return done;
}

function ofWorkspace(question: Question): Answer {
  const { workspace, asker, path, args } = question;
  const text = typeof args[0] === 'string' ? args[0] : undefined;
  const all = own(ALL, path);
  if (all) return acts(question, CONTROL, () => all(workspace, asker.event));
  const go = /^\/(go|auditionGo)(?:\/(.+))?$/.exec(path);
  if (go) {
    return acts(question, CONTROL, () => {
      // A number that is no text is not understood.
      if (args.length > 0 && text === undefined) return false;
      workspace.go('go', text ?? go[2], go[1] === 'auditionGo' ? true : undefined);
      return true;
    });
  }
  const listen = /^\/(listen|ignore)(?:\/(.+))?$/.exec(path);
  if (listen && asker.hasBroadcast && LISTENABLE.test(listen[2] ?? '')) {
    return acts(question, ['view'], () => listenTo(asker.listens, listen[1] === 'listen', listen[2] ?? ''));
  }
  if (WITHOUT_EFFECT.test(path)) return acts(question, EDIT, () => true);
  const playhead = /^\/(playhead|playbackPosition)(I[Dd])?(?:\/(.+))?$/.exec(path);
  if (playhead) return playheadOf(question, playhead[2] !== undefined, playhead[3]);
  const select = /^\/(select|select_id)\/(.+)$/.exec(path);
  if (select) return acts(question, CONTROL, () => selectCues(question, select[1] === 'select', select[2] ?? ''));
  const removal = /^\/(delete|delete_id)\/(.+)$/.exec(path);
  if (removal) return acts(question, EDIT, () => removeCues(question, removal[1] === 'delete', removal[2] ?? ''));
  if (path === '/renumber') return acts(question, EDIT, () => renumber(workspace, args));
  // `/cue/start {number}` is another word for `/cue/{number}/start`.
  const start = /^\/(cue|cue_id)\/start$/.exec(path);
  if (start && text !== undefined) {
    const cues = cuesAt(workspace, start[1] === 'cue' ? 'cue' : 'cue_id', text);
    return acts(question, CONTROL, () => {
      for (const cue of cues) workspace.start(cue, 'start');
      return cues.length > 0;
    });
  }
  return toldOf(question) ?? reads(question, () => unknown);
}

function listenTo(listens: Set<string>, isOn: boolean, what: string): boolean {
  if (isOn) listens.add(what);
  else for (const old of listens) if (what === '' || `${old}/`.startsWith(`${what}/`)) listens.delete(old);
  return true;
}

/** `/playheadID` asks, as Companion does; `/playhead/{number}` puts. */
function playheadOf(question: Question, isId: boolean, where: string | undefined): Answer {
  const { workspace, asker, args } = question;
  const list = workspace.currentList;
  if (where === undefined) {
    const at = () => tell(workspace.playhead?.[isId ? 'uniqueID' : 'number'] ?? 'none');
    return reads(question, () => (args.length > 0 ? unknown : at()));
  }
  return acts(question, CONTROL, () => {
    const place = list && (!isId || where === 'none') ? placeOf(workspace, list, where) : undefined;
    if (list && place !== undefined) return workspace.putPlayhead(list, place ?? undefined);
    const [cue] = cuesAt(workspace, isId ? 'cue_id' : 'cue', where);
    return (cue !== undefined && workspace.movePlayhead(cue)) || !asker.tellsMissing;
  });
}

function selectCues({ workspace, asker }: Question, isNumber: boolean, name: string): boolean {
  const [first] = workspace.selected;
  const beside = { next: 1, previous: -1 } as const;
  const by = isNumber ? own(beside, name) : undefined;
  const next = by && workspace.beside(first, by);
  const found = by ? (next ? [next] : []) : cuesAt(workspace, isNumber ? 'cue' : 'cue_id', name);
  if (found.length > 0) workspace.select(found);
  return found.length > 0 || by !== undefined || !asker.tellsMissing;
}

/** Lists stay. */
function removeCues({ workspace }: Question, isNumber: boolean, name: string): boolean {
  const cues = cuesAt(workspace, isNumber ? 'cue' : 'cue_id', name).filter((cue) => cue.parent !== undefined);
  for (const cue of [...cues]) workspace.remove(cue);
  return cues.length > 0;
}

/** `/renumber {start} {step} {prefix} {suffix}`: what is selected; a number that another cue has is not taken. */
function renumber(workspace: SimulatedWorkspace, args: readonly OscArgument[]): boolean {
  const from = meaningOf(POSITIVE, args[0]);
  const by = meaningOf(POSITIVE, args[1]);
  if (typeof from !== 'number' || typeof by !== 'number') return false;
  const [before, behind] = [meaningOf(TEXT, args[2]) ?? '', meaningOf(TEXT, args[3]) ?? ''];
  const numbers = workspace.selected.map((_, at) => `${before}${Number((from + at * by).toFixed(6))}${behind}`);
  const others = workspace.all().filter((cue) => !workspace.selected.includes(cue));
  if (others.some(({ number }) => numbers.includes(number))) return false;
  workspace.selected.forEach((cue, at) => {
    workspace.renumber(cue, numbers[at] ?? '');
  });
  return true;
}

/** What is only told. */
function toldOf(question: Question): Answer | undefined {
  const { workspace, path, args } = question;
  const list = /^\/(cueLists|selectedCues|runningCues|runningOrPausedCues)(\/uniqueIDs)?(\/shallow)?$/.exec(path);
  if (list) {
    const cues: Readonly<Record<string, () => readonly CueNode[]>> = {
      cueLists: () => workspace.lists,
      selectedCues: () => workspace.selected,
      runningCues: () => workspace.running().filter(workspace.isRunning),
      runningOrPausedCues: () => workspace.running(),
    };
    const form = list[2] === undefined ? dictionary : idsOf;
    return reads(question, () => tell((cues[list[1] ?? '']?.() ?? []).map((cue) => form(cue, list[3] === undefined))));
  }
  const current = /^\/currentCueList(ID)?(?:\/(.+))?$/.exec(path);
  if (current) {
    const key = current[1] === undefined ? 'number' : 'uniqueID';
    const wanted = current[2] ?? (args.length > 0 ? String(meaningOf(TEXT, args[0]) ?? '') : undefined);
    if (wanted === undefined) return reads(question, () => tell(workspace.currentList?.[key] ?? ''));
    return acts(question, CONTROL, () => {
      const found = workspace.lists.find((other) => other[key] === wanted && wanted !== '');
      if (found) workspace.currentList = found;
      return found !== undefined;
    });
  }
  if (path === '/thump') return reads(question, () => tell('thump'));
  if (path === '/doubleGoWindowRemaining') return reads(question, () => tell(workspace.doubleGoLeftMs() / 1000));
  if (Object.hasOwn(EMPTY, path)) return reads(question, () => tell(EMPTY[path]));
  return undefined;
}
