import type { Adapter, Input, Pattern } from '../../src/devices/adapter.js';
import type { QlabDevice } from '../../src/generated/types.js';
import { toBridgeError } from '../../src/kit/errors.js';
import { movesPlayhead, problemOfCommand, summarise } from './commands.js';
import { QlabConnection } from './connection.js';
import { shakeHands } from './handshake.js';
import { openLink } from './link.js';
import { memoryOf } from './memory.js';

/** The device's part of the bridge file, checked, as plain data. */
export type QlabConfig = Readonly<Pick<QlabDevice, keyof QlabDevice>>;

/** What `when: { event }` is called on QLab's broadcast, where it is not always listened to. */
const LISTENED: Readonly<Record<string, string>> = { cueStopped: 'cue/stop', playhead: 'playhead' };

/**
 * Whether an input fits a `when`. Left out, `attribution` means operator: a GO of ours that comes back is no new press.
 * Pure.
 */
function matches(pattern: Pattern, input: Input): boolean {
  const wanted = pattern.attribution ?? 'operator';
  return (
    pattern.event === input.event &&
    (wanted === 'any' || wanted === input.attribution) &&
    (pattern.cueNumber === undefined || pattern.cueNumber === input.cueNumber) &&
    (pattern.cueId === undefined || pattern.cueId === input.cueId)
  );
}

/** What the inputs that fit a `when` hold. */
function inputNames({ event }: Pattern): string[] {
  const cue = event === 'panic' ? [] : ['cueNumber', 'name', 'cueId', 'type'];
  const same = event === 'cueStarted' ? ['partOfGo'] : event === 'go' ? ['afterStart'] : [];
  return ['event', ...cue, 'attribution', ...same];
}

/** QLab 4 and 5 over OSC on TCP. @see README.md */
export const qlabAdapter: Adapter<QlabConfig> = {
  kind: 'qlab',
  tellsPlayhead: true,
  movesPlayhead,
  matches,
  summarise,
  problemOfCommand,
  inputNames,

  async connect(config, io, signal) {
    const link = await openLink(config, io.clock, signal);
    const stop = () => link.end(toBridgeError(signal.reason, 'DEVICE_CLOSED'));
    signal.addEventListener('abort', stop, { once: true });
    try {
      const events = new Set(io.patterns.flatMap(({ event }) => LISTENED[String(event)] ?? []));
      const memory = memoryOf(config);
      const session = await shakeHands(link, config, [...events], io.clock, memory.workspace);
      memory.workspace = { id: session.workspaceId, name: session.workspaceName };
      return new QlabConnection(link, session, [...events], config, io);
    } catch (error) {
      const why = toBridgeError(error, 'DEVICE_UNREACHABLE');
      link.end(why);
      throw why;
    } finally {
      signal.removeEventListener('abort', stop);
    }
  },
};
