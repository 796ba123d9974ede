/** What cues answer. @see QLab's OSC dictionary, "Cue messages" */
import type { OscArgument } from './codec.js';
import { OF_CUE, placeOf } from './simulator-actions.js';
import { meaningOf, readChange, TEXT, written } from './simulator-arguments.js';
import { PROPERTIES } from './simulator-cues.js';
import {
  type Answer,
  CONTROL,
  cuesAt,
  done,
  EDIT,
  hasWildcards,
  may,
  outcome,
  own,
  type Question,
  READERS,
  reads,
  tell,
  unknown,
} from './simulator-question.js';
import type { CueNode, Permission, SimulatedWorkspace } from './simulator-workspace.js';

/** Names that are no cue's number but whichever cues there are. */
const WHICHEVER = ['selected', 'playhead', 'playbackPosition', 'active'];

/** A message to cues: each that is meant answers. */
export function ofCues(question: Question, how: 'cue' | 'cue_id', name: string, what: string): Answer[] {
  const { workspace, asker } = question;
  const answer = cueAnswer(question, what);
  if (!answer) return [reads(question, () => unknown)];
  if (!may(question, answer.needs)) return [{ status: 'denied', action: answer.isAction }];
  const cues = [...cuesAt(workspace, how, name)];
  if (cues.length === 0) return asker.tellsMissing ? [{ status: 'error', action: answer.isAction }] : [];
  const isOne = !WHICHEVER.includes(name) && !hasWildcards(name);
  return cues.map((cue) => ({ ...answer.act(cue), ...(isOne ? {} : { from: cue }) }));
}

/** What a message to a cue needs and does, whichever cue that is; undefined where no cue knows it. */
function cueAnswer(
  { workspace, asker, args }: Question,
  what: string,
): { needs: readonly Permission[]; isAction: boolean; act(cue: CueNode): Answer } | undefined {
  const action = own(OF_CUE, what);
  if (action) {
    const act = (cue: CueNode) => (asker.swallow ? done : outcome(action(workspace, cue)));
    return { needs: CONTROL, isAction: true, act };
  }
  if (/^(?:collapse|expand|captureTimecode)$/.test(what)) return { needs: EDIT, isAction: true, act: () => done };
  if (what === 'valuesForKeys' || what === 'valuesForKeysWithArguments') {
    const keys = keysOf(args[0], what === 'valuesForKeys');
    return { needs: READERS, isAction: false, act: (cue) => (keys ? tell(valuesOf(workspace, cue, keys)) : unknown) };
  }
  const put = /^(?:playhead|playbackPosition)(?:I[Dd])?\/(.+)$/.exec(what)?.[1] ?? playheadArgument(what, args);
  if (put !== undefined) {
    return { needs: CONTROL, isAction: true, act: (list) => outcome(putPlayhead(workspace, list, put, what)) };
  }
  const { name, ...change } = readChange(what);
  const property = own(PROPERTIES, name);
  if (!property) return undefined;
  const { kind, write } = property;
  const isWrite = kind !== undefined && write !== undefined && (args.length > 0 || change.change !== undefined);
  if (!isWrite) {
    if (change.change !== undefined) return undefined;
    const act = (cue: CueNode) => {
      const value = property.read(workspace, cue);
      return value === undefined ? unknown : tell(value);
    };
    return { needs: READERS, isAction: false, act };
  }
  const act = (cue: CueNode) => {
    const value = written(kind, property.read(workspace, cue), change, args[0]);
    return outcome(value !== undefined && write(workspace, cue, value));
  };
  return { needs: property.writers ?? EDIT, isAction: true, act };
}

const playheadArgument = (what: string, args: readonly OscArgument[]): string | undefined => {
  const isPlayhead = /^(?:playhead|playbackPosition)(?:I[Dd])?$/.test(what) && args.length > 0;
  return isPlayhead ? String(meaningOf(TEXT, args[0]) ?? '') : undefined;
};

/** A list's own playhead: `next`, `previous`, `none`, or a cue in it. */
function putPlayhead(workspace: SimulatedWorkspace, list: CueNode, where: string, what: string): boolean {
  const place = placeOf(workspace, list, where);
  if (place !== undefined) return workspace.putPlayhead(list, place ?? undefined);
  const [cue] = cuesAt(workspace, /I[Dd](?:\/|$)/.test(what) ? 'cue_id' : 'cue', where);
  return cue !== undefined && workspace.putPlayhead(list, cue);
}

/** The keys that are asked for: a list of them, or an object with the arguments of each. */
function keysOf(argument: OscArgument | undefined, isList: boolean): string[] | undefined {
  let json: unknown;
  try {
    json = JSON.parse(typeof argument === 'string' ? argument : '');
  } catch {
    return undefined;
  }
  if (isList) return Array.isArray(json) ? json.filter((key) => typeof key === 'string') : undefined;
  return typeof json === 'object' && json !== null && !Array.isArray(json) ? Object.keys(json) : undefined;
}

/** A key that a cue does not have is left out. */
function valuesOf(workspace: SimulatedWorkspace, cue: CueNode, keys: readonly string[]): Record<string, unknown> {
  const found = keys.map((key) => [key, own(PROPERTIES, key)?.read(workspace, cue)] as const);
  return Object.fromEntries(found.filter(([, value]) => value !== undefined));
}
