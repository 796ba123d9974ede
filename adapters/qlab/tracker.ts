/** What becomes of a command that has left: what is awaited of it, and what is told of it, in time or late. */
import type { Fired } from '../../src/adapter-sdk/adapter.js';
import { Overdue } from '../../src/adapter-sdk/overdue.js';
import type { Clock, MonoMs } from '../../src/kit/clock.js';
import { deferred } from '../../src/kit/deferred.js';
import { BridgeError } from '../../src/kit/errors.js';
import type { CueRef, QlabCommand } from './commands.js';
import { confirmation } from './confirmation.js';
import type { Evidence, Expectation, OpenCommand, Sighting } from './evidence.js';
import type { Session } from './handshake.js';
import type { Playhead } from './playhead.js';
import type { CueWatch } from './watch.js';

export interface TrackerOptions {
  clock: Clock;
  /** Ends with the connection. */
  signal: AbortSignal;
  /** How long it may take until a cue is seen to fire, in milliseconds. */
  limitMs: number;
  evidence: Evidence;
  playhead: Playhead;
  watch: CueWatch;
  session: () => Session;
  /** Whoever looks at the device is told. */
  troubled: (why: BridgeError) => void;
}

/** A command that has left, and what is awaited of it. */
export interface Sent {
  read: QlabCommand;
  /** In a few words. */
  what: string;
  /** The cue it is about, as far as that is known. */
  cue: CueRef | undefined;
  /** The number of the cue at the playhead when it left; null: none. */
  number: string | null | undefined;
  sentAt: MonoMs;
  seen: Promise<Sighting>;
  open: OpenCommand[];
}

export class Tracker {
  readonly #options: TrackerOptions;

  constructor(options: TrackerOptions) {
    this.#options = options;
  }

  /** Puts a command on the books, until its report comes or something else settles it. */
  sent(read: QlabCommand, what: string, cue: CueRef | undefined, sentAt: MonoMs): Sent {
    const { evidence, playhead, session } = this.#options;
    const { promise: seen, resolve } = deferred<Sighting>();
    const open: OpenCommand[] = [];
    const sent = { read, what, cue, number: playhead.number, sentAt, seen, open };
    // Without the right to view QLab reports nothing.
    if (!session().permissions.view) return sent;
    const expect = (effect: Expectation['what'], orAny = false) =>
      open.push(evidence.expect({ what: effect, cue, orAny, seen: resolve }));
    if (read.verb === 'go') expect('go', read.target === undefined || playhead.isList(read.target) !== false);
    else if (read.verb === 'start' || read.verb === 'stop' || read.verb === 'playhead') expect(read.verb);
    else if (read.verb === 'panic' || read.verb === 'stopAll' || read.verb === 'reset') {
      // That cues stop is their doing, but no proof: there may have been none to stop.
      open.push(evidence.expect({ what: 'stop', cue: undefined, seen: () => {} }));
      if (read.verb === 'panic') expect('panic');
    }
    return sent;
  }

  /** Only a start, and a GO whose cue is known, can be seen to fire; the promise never goes unhandled. */
  confirmation(sent: Sent): Promise<Fired> | undefined {
    const { read, cue, number } = sent;
    const { hearsEvents, permissions } = this.#options.session();
    const isGoOfNothing = read.verb === 'go' && hearsEvents && number === null;
    const isSeen = (read.verb === 'start' || read.verb === 'go') && (cue !== undefined || isGoOfNothing);
    if (!isSeen || !permissions.view) return undefined;
    const confirmed = this.#fired(sent);
    confirmed.catch(() => {});
    return confirmed;
  }

  async #fired(sent: Sent): Promise<Fired> {
    const { cue, what, sentAt, seen, open } = sent;
    const { clock, signal, limitMs, watch, session, troubled } = this.#options;
    const { hearsEvents } = session();
    const outcome = await confirmation({
      ...{ clock, signal, sentAt, limitMs },
      ...(hearsEvents ? { reported: seen } : {}),
      ...(cue ? { look: () => watch.look(cue, sentAt) } : {}),
    });
    if (outcome.is === 'fired') {
      const { sighting } = outcome;
      const wrong = sighting && wrongOf(sighting, sent);
      if (!wrong) return firedOf(sent, sighting);
      troubled(wrong);
      throw wrong;
    }
    if (signal.aborted) throw new BridgeError('DEVICE_CLOSED', `QLab was lost before ${what} was seen`);
    // Before 5.3 QLab reports the playhead alone, which may be anybody's.
    if (outcome.is === 'idle' || !hearsEvents) for (const { doubt } of open) doubt();
    const within = `was not seen to fire within ${Math.round(clock.mono() - sentAt)} ms`;
    const detail = `QLab took ${what}, but it ${within}${outcome.is === 'idle' ? ', and says that it does not run' : ''}`;
    throw this.overdue(new BridgeError('DEVICE_TIMEOUT', detail), sent);
  }

  /** It is told as failed. When QLab does it all the same, the one who waits is told, and whoever looks at the device. */
  overdue(why: BridgeError, sent: Sent): Overdue {
    const { clock, troubled } = this.#options;
    const { promise: late, resolve } = deferred<Fired>();
    void sent.seen.then((sighting) => {
      const wrong = wrongOf(sighting, sent);
      if (wrong) troubled(wrong);
      if (sighting.as !== 'ours') return;
      const tookMs = clock.mono() - sent.sentAt;
      const did = sent.read.verb === 'start' || sent.read.verb === 'go' ? 'fired' : 'was done';
      const detail = `${sent.what} ${did} after ${(tookMs / 1000).toFixed(1)} s, and had been told as failed`;
      troubled(new BridgeError('DEVICE_TIMEOUT', detail));
      resolve(firedOf(sent, sighting));
    });
    return new Overdue(why.code, why.message, late, { cause: why });
  }
}

/** What is told of a command that fired: the cue, where the command named none. */
function firedOf({ read }: Sent, sighting: Sighting | undefined): Fired {
  const isNamed = read.verb !== 'go' || read.target !== undefined;
  return isNamed || !sighting?.cue ? {} : { cueNumber: sighting.cue.cueNumber };
}

/** Why a report is none of the cue that was meant; undefined when it is. */
function wrongOf({ as, cue }: Sighting, { what, cue: expected, number }: Sent): BridgeError | undefined {
  if (!cue || (as !== 'another' && as !== 'audition' && expected !== undefined)) return undefined;
  const called = cue.cueNumber === '' ? `"${cue.name}"` : cue.cueNumber;
  if (as === 'audition') return new BridgeError('DEVICE_REFUSED', `QLab auditions: ${what} did not fire cue ${called}`);
  const meant = number ? `, not ${number}` : expected === undefined ? ', and the playhead had stood at no cue' : '';
  const why = 'the playhead had been moved, or an operator pressed GO';
  return new BridgeError('PLAYHEAD_DIVERGED', `${what}: QLab fired cue ${called}${meant}: ${why}`);
}
