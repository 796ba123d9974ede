/** A message to a workspace, who asks, and what comes of it. No sockets. */
import { compileWildcards } from '../../src/kit/wildcards.js';
import type { OscArgument } from './codec.js';
import type { CueNode, Permission, SimulatedWorkspace } from './simulator-workspace.js';

export interface Answer {
  status: 'ok' | 'denied' | 'error';
  data?: unknown;
  /** Actions, and what writes, are answered only after `/alwaysReply 1`. */
  action: boolean;
  /** The cue that answers where a message went to whichever cues there are: QLab names it by its ID. */
  from?: CueNode;
}

/** The facts about a client and a version that an answer depends on. */
export interface Asker {
  permissions(workspace: SimulatedWorkspace): readonly Permission[];
  listens: Set<string>;
  major: number;
  hasBroadcast: boolean;
  /** Whether a cue that does not exist is an error; silence otherwise. */
  tellsMissing: boolean;
  /** Tells all who listen. */
  event(event: string): void;
  /** Takes actions and does nothing: a QLab that says ok and fires nothing. */
  swallow: boolean;
}

export const done: Answer = { status: 'ok', action: true };
export const failed: Answer = { status: 'error', action: true };
export const unknown: Answer = { status: 'error', action: false };
export const tell = (data: unknown): Answer => ({ status: 'ok', data, action: false });
export const outcome = (could: unknown): Answer => (could === false ? failed : done);
export const own = <T>(table: Readonly<Record<string, T>>, key: string): T | undefined =>
  Object.hasOwn(table, key) ? table[key] : undefined;

export const READERS = ['view', 'edit', 'control'] as const;
export const CONTROL = ['control'] as const;
export const EDIT = ['edit'] as const;

/** The longest number or ID with wildcards, and the longest that it is held against, in characters; longer ones never fit. */
const WILDCARDS_LENGTH_MAX = 256;

/** A number in an address is a pattern: `*`, `?`, `[1-5]`, `[!…]`, `{a,b}`. */
function fitting(wanted: string): (text: string) => boolean {
  if (!hasWildcards(wanted)) return (text) => text === wanted;
  const fits = wanted.length > WILDCARDS_LENGTH_MAX ? undefined : compileWildcards(wanted);
  return (text) => text.length <= WILDCARDS_LENGTH_MAX && fits?.(text) === true;
}

/** Whether a number or an ID may stand for several. */
export const hasWildcards = (name: string): boolean => /[*?[\]{}]/.test(name);

export function cuesAt(workspace: SimulatedWorkspace, how: 'cue' | 'cue_id', name: string): CueNode[] {
  if (name === 'selected') return workspace.selected;
  if (name === 'playhead' || name === 'playbackPosition') return workspace.playhead ? [workspace.playhead] : [];
  if (name === 'active') return workspace.running();
  const fits = fitting(name);
  if (how === 'cue_id') return workspace.all().filter((cue) => fits(cue.uniqueID));
  return workspace.all().filter((cue) => cue.number !== '' && fits(cue.number));
}

/** What is asked, and who asks. */
export interface Question {
  workspace: SimulatedWorkspace;
  asker: Asker;
  path: string;
  args: readonly OscArgument[];
}

export const may = ({ workspace, asker }: Question, permissions: readonly Permission[]): boolean =>
  asker.permissions(workspace).some((permission) => permissions.includes(permission));

export const reads = (question: Question, read: () => Answer): Answer =>
  may(question, READERS) ? read() : { status: 'denied', action: false };

export const acts = (question: Question, permissions: readonly Permission[], act: () => unknown): Answer => {
  if (!may(question, permissions)) return { status: 'denied', action: true };
  return question.asker.swallow && permissions === CONTROL ? done : outcome(act());
};
