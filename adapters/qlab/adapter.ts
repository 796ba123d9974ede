import type { Adapter, Input, Pattern } from '../../src/adapter-sdk/adapter.js';
import { firedCueOf } from '../../src/adapter-sdk/fired-cue.js';
import { toBridgeError } from '../../src/kit/errors.js';
import { firesCue, movesPlayhead, problemOfCommand, summarise } from './commands.js';
import type { QlabDevice } from './generated/types.js';

/** The device's part of the bridge file, checked, as plain data. */
export type QlabConfig = Readonly<Pick<QlabDevice, keyof QlabDevice>>;

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

/** A cue that QLab tells of once: as its GO, or as its start where there was none. */
const isFired = ({ event, partOfGo, afterStart }: Input): boolean =>
  (event === 'go' && afterStart !== true) || (event === 'cueStarted' && partOfGo !== true);

/** What an operator did at QLab, told once; what QLab tells of ours, or of its playhead, asks for no answer. */
const isPress = (input: Input): boolean =>
  input.attribution === 'operator' && (input.event === 'panic' || isFired(input));

/** What the inputs that fit a `when` hold. */
function inputNames({ event }: Pattern): string[] {
  const cue = event === 'panic' ? [] : ['cueNumber', 'name', 'cueId', 'type'];
  const same = event === 'cueStarted' ? ['partOfGo'] : event === 'go' ? ['afterStart'] : [];
  return ['event', ...cue, 'attribution', ...same];
}

/** QLab 4 and 5 over OSC on TCP. @see README.md */
/** A check asks what things mean, and needs nothing of it. */
export const wire = () =>
  Promise.all([import('./connection.js'), import('./handshake.js'), import('./link.js'), import('./memory.js')]);

export const qlabAdapter: Adapter<QlabConfig> = {
  kind: 'qlab',
  tellsPlayhead: true,
  movesPlayhead,
  firesCue,
  placeOf: ({ host, port }) => ({ host, port }),
  matches,
  isPress,
  firedCue: (input) => {
    const fired = isFired(input) ? firedCueOf(input) : undefined;
    return fired && input.event === 'go' ? { ...fired, movedPlayhead: true } : fired;
  },
  summarise,
  problemOfCommand,
  inputNames,

  async connect(config, io, signal) {
    const [{ QlabConnection }, { eventsOf, shakeHands }, { openLink }, { memoryOf }] = await wire();
    const link = await openLink(config, io.clock, signal);
    const stop = () => link.end(toBridgeError(signal.reason, 'DEVICE_CLOSED'));
    signal.addEventListener('abort', stop, { once: true });
    try {
      const memory = memoryOf(config);
      const session = await shakeHands(link, config, eventsOf(io.patterns), io.clock, memory.workspace);
      memory.workspace = { id: session.workspaceId, name: session.workspaceName };
      return new QlabConnection(link, session, config, io);
    } catch (error) {
      const why = toBridgeError(error, 'DEVICE_UNREACHABLE');
      link.end(why);
      throw why;
    } finally {
      signal.removeEventListener('abort', stop);
    }
  },
};
