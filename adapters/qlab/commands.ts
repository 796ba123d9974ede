/** What the bridge may ask of QLab, as OSC addresses (its OSC dictionary). Pure. */
import type { Command } from '../../src/adapter-sdk/adapter.js';
import { BridgeError } from '../../src/kit/errors.js';
import type { OscMessage } from './codec.js';

/** A cue by its number, or by QLab's unique ID. */
export type CueRef = { number: string } | { id: string };

export type QlabCommand =
  | { verb: 'start' | 'load' | 'stop' | 'playhead'; cue: CueRef }
  /** No target: the current list. A target is a list's or a cue's number. */
  | { verb: 'go'; target?: string }
  | { verb: 'stopAll' | 'pause' | 'resume' | 'panic' | 'reset' };

const OF_CUES = ['start', 'load', 'stop', 'playhead'] as const;
const OF_ALL = ['pause', 'resume', 'panic', 'reset'] as const;

/**
 * Reads a checked command, its placeholders filled in.
 * @throws CODEC_MALFORMED when it holds none of the known commands, or a cue that is no text.
 */
export function readCommand(command: Command): QlabCommand {
  const text = (member: string): string | undefined => {
    const value = command[member];
    return typeof value === 'string' && value.length > 0 ? value : undefined;
  };
  if (command.go === true) return { verb: 'go' };
  const target = text('go');
  if (target !== undefined) return { verb: 'go', target };
  if (command.stop === true) return { verb: 'stopAll' };
  for (const verb of OF_ALL) if (command[verb] === true) return { verb };
  for (const verb of OF_CUES) {
    const number = text(verb);
    if (number !== undefined) return { verb, cue: { number } };
    const id = text(`${verb}Id`);
    if (id !== undefined) return { verb, cue: { id } };
  }
  throw new BridgeError('CODEC_MALFORMED', `not a command for QLab: ${JSON.stringify(command)}`);
}

/** A command in a few words, such as `start 12.5`. */
export function summarise(command: Command): string {
  const read = readCommand(command);
  if ('cue' in read) return `${read.verb} ${'number' in read.cue ? read.cue.number : `id ${read.cue.id}`}`;
  if (read.verb === 'go') return read.target === undefined ? 'GO' : `GO ${read.target}`;
  return read.verb === 'stopAll' ? 'stop all' : read.verb;
}

/** Whether a command moves QLab's playhead: a start does not. */
export const movesPlayhead = (command: Command): boolean =>
  ['go', 'playhead', 'playheadId', 'reset'].some((member) => member in command);

/** The number of the cue that a command fires; true for the one at the playhead. One that is named by its unique ID is not known. */
export function firesCue(command: Command): string | true | undefined {
  const read = readCommand(command);
  if (read.verb === 'go') return read.target ?? true;
  return read.verb === 'start' && 'number' in read.cue ? read.cue.number : undefined;
}

/** What OSC takes for a pattern or a separator, or cannot hold at all. */
const UNADDRESSABLE = /[\s*?[\]{},#/]|[^\x20-\x7e]/u;

/** What QLab takes for whichever cues are so just then: `/cue/active/start` starts all that run. */
const OTHER_CUES: ReadonlySet<string> = new Set(['selected', 'playhead', 'playbackPosition', 'active']);

/** Why a command could never reach its cue, in the technician's words; undefined when it can. */
export function problemOfCommand(command: Command): string | undefined {
  let read: QlabCommand;
  try {
    read = readCommand(command);
  } catch {
    return 'write exactly one of start, go, load, stop, pause, resume, panic, reset, playhead, with the cue as text';
  }
  const called =
    'cue' in read ? ('number' in read.cue ? read.cue.number : read.cue.id) : 'target' in read ? read.target : undefined;
  if (called !== undefined && OTHER_CUES.has(called)) {
    return `"${called}" is no cue to QLab but whichever is ${called} just then: name the cue`;
  }
  if (!('cue' in read)) return undefined;
  const numbered = 'number' in read.cue;
  const name = 'number' in read.cue ? read.cue.number : read.cue.id;
  const found = UNADDRESSABLE.exec(name);
  if (!found) return undefined;
  const what = found[0] === ' ' ? 'a space' : `"${found[0]}"`;
  return numbered
    ? `cue number "${name}" holds ${what}, which OSC cannot address: use ${read.verb}Id with the cue's unique ID, or renumber the cue in QLab`
    : `"${name}" holds ${what}: no unique ID of QLab does`;
}

/** The address of a cue within a workspace, such as `/cue/12.5`. */
export const cueAddress = (cue: CueRef): string => ('number' in cue ? `/cue/${cue.number}` : `/cue_id/${cue.id}`);

/**
 * The OSC message of a command, in the workspace's own form: a bare `/go` goes to every open workspace of QLab 5.
 * @param major  QLab's major version; it spells playheadID differently before 5.
 */
export function messageOf(command: QlabCommand, workspaceId: string, major: number): OscMessage {
  const to = (path: string, ...args: string[]) => ({ address: `/workspace/${workspaceId}${path}`, args });
  if (command.verb === 'go') return command.target === undefined ? to('/go') : to('/go', command.target);
  if (!('cue' in command)) return to(command.verb === 'stopAll' ? '/stop' : `/${command.verb}`);
  if (command.verb !== 'playhead') return to(`${cueAddress(command.cue)}/${command.verb}`);
  if ('number' in command.cue) return to(`/playhead/${command.cue.number}`);
  return to(`/${major >= 5 ? 'playheadID' : 'playheadId'}/${command.cue.id}`);
}

/** The same in QLab's other words for it, where it has any: playbackPosition is a synonym of playhead. */
export const inOtherWords = ({ address, args }: OscMessage): OscMessage => ({
  address: address.replace(/^(\/workspace\/[^/]+)\/playhead\//, '$1/playbackPosition/'),
  args,
});
