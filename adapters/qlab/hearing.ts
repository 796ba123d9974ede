/** What QLab tells by itself: whose doing it was, what follows from it, and which of it is an input. */
import type { Input } from '../../src/adapter-sdk/adapter.js';
import type { Clock } from '../../src/kit/clock.js';
import type { OscMessage } from './codec.js';
import type { Evidence, ReportedCue } from './evidence.js';
import type { Guards } from './guards.js';
import type { Session } from './handshake.js';
import type { Link } from './link.js';
import type { Playhead } from './playhead.js';
import type { CueWatch } from './watch.js';

export interface HearingOptions {
  link: Link;
  clock: Clock;
  session: () => Session;
  evidence: Evidence;
  guards: Guards;
  playhead: Playhead;
  watch: CueWatch;
  tell: (input: Input) => void;
  /** QLab closes the workspace. */
  onClosed: () => void;
  /** What may be done has changed, perhaps. */
  onAccess: () => void;
  /** The double-GO window has changed, perhaps, or begun to run. */
  onGoWindow: (what: 'setting' | 'running') => void;
}

/** What QLab calls the group of all cue lists in an update: up to 5.4, and from 5.5 on. */
const ROOT_GROUP = ['[root group of cue lists]', '__root__'];

/** Reports that are about one cue. */
const OF_CUE = ['go', 'auditionGo', 'cue/start', 'cue/stop', 'playhead'] as const;
type OfCue = (typeof OF_CUE)[number];
const isOfCue = (event: string): event is OfCue => (OF_CUE as readonly string[]).includes(event);

export class Hearing {
  readonly #options: HearingOptions;

  constructor(options: HearingOptions) {
    this.#options = options;
  }

  /** Takes every message that is no reply. */
  take({ address, args }: OscMessage): void {
    const event = /^\/qlab\/event\/workspace\/(.+)$/.exec(address)?.[1];
    if (event !== undefined) this.#onEvent(event, args);
    const update = /^\/update\/workspace\/([^/]+)\/?(.*)$/.exec(address);
    if (update && update[1] === this.#options.session().workspaceId) this.#onUpdate(update[2] ?? '', args);
  }

  #onUpdate(what: string, args: OscMessage['args']): void {
    const { playhead, watch, onClosed, onAccess, onGoWindow, session } = this.#options;
    const cueId = /^cue_id\/(.+)$/.exec(what)?.[1];
    const listId = /^cueList\/([^/]+)\/playbackPosition$/.exec(what)?.[1];
    if (what === '') playhead.read();
    else if (what === 'disconnect') onClosed();
    else if (what === 'settings/network.access.osc') onAccess();
    else if (what.startsWith('settings/general')) onGoWindow('setting');
    else if (cueId !== undefined && ROOT_GROUP.includes(cueId)) {
      playhead.read();
      onGoWindow('running');
    } else if (cueId !== undefined) {
      watch.changed(cueId);
      playhead.changed(cueId);
    } else if (listId !== undefined) {
      const [at] = args;
      playhead.moved(listId, typeof at === 'string' && at !== 'none' && at !== '' ? at : null);
      if (!session().hearsEvents) this.#onPlayheadOnly(typeof at === 'string' ? at : '');
    }
  }

  #onPlayheadOnly(cueId: string): void {
    const { evidence, tell, onGoWindow } = this.#options;
    tell({ event: 'playhead', cueId, attribution: evidence.seePlayheadOnly() });
    // It may have been a GO, which this QLab does not tell.
    onGoWindow('running');
  }

  /** Of the four messages that QLab sends for one event, only the one that names no single member counts. */
  #onEvent(event: string, args: OscMessage['args']): void {
    const { clock, evidence, guards, tell } = this.#options;
    if (event === 'panicAll') {
      guards.panicked(clock.mono());
      tell({ event: 'panic', attribution: evidence.see('panic', undefined, clock.mono()) });
      return;
    }
    if (!isOfCue(event)) return;
    const [number, name, cueId, type] = args;
    const cueNumber = typeof number === 'number' ? String(number) : number;
    if (typeof cueNumber !== 'string' || typeof name !== 'string' || typeof cueId !== 'string') return;
    const cue: ReportedCue = { cueNumber, name, cueId, type: typeof type === 'string' ? type : '' };
    this.#ifOurs(cueId, () => this.#onOurs(event, cue));
  }

  #onOurs(event: OfCue, cue: ReportedCue): void {
    const { clock, evidence, guards, tell } = this.#options;
    const nowMs = clock.mono();
    if (event === 'go') {
      const seen = evidence.seeGo(cue, nowMs);
      guards.fired('go', cue, seen.attribution === 'operator', nowMs);
      tell({ event: 'go', ...cue, ...seen });
    } else if (event === 'cue/start') {
      const seen = evidence.seeStart(cue, nowMs);
      guards.fired('start', cue, seen.attribution === 'operator', nowMs);
      tell({ event: 'cueStarted', ...cue, ...seen });
    } else if (event === 'auditionGo') {
      tell({ event, ...cue, attribution: evidence.seeAuditionGo(cue) });
    } else {
      const what = event === 'playhead' ? 'playhead' : 'stop';
      tell({ event: what === 'stop' ? 'cueStopped' : what, ...cue, attribution: evidence.see(what, cue, nowMs) });
    }
  }

  /**
   * QLab's broadcast does not say which workspace it is about. Where several are open, a cue that ours does not know is
   * somebody else's press, and is no evidence of ours.
   */
  #ifOurs(cueId: string, act: () => void): void {
    const { session, playhead, link } = this.#options;
    const { others, workspaceId } = session();
    if (others.length === 0 || playhead.roster?.numbers.has(cueId)) {
      act();
      return;
    }
    void link.ask(`/workspace/${workspaceId}/cue_id/${cueId}/uniqueID`, [], { interchangeable: true }).then(
      ({ status }) => (status === 'ok' ? act() : link.count('inputs.otherWorkspace')),
      () => link.count('inputs.otherWorkspace'),
    );
  }
}
