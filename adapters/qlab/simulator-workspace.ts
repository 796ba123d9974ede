/** A workspace as QLab keeps it: lists, cues, the playhead, what runs, the double-GO window. No sockets, no OSC. */
import type { Clock, MonoMs } from '../../src/kit/clock.js';
import type { Value } from './simulator-arguments.js';

export interface SimulatedCue {
  number: string;
  name?: string;
  /** Audio, Video, Group, Network … */
  type?: string;
  /** Default 2000; 0 for a cue that is over at once. A group lasts as long as its longest cue. */
  durationMs?: number;
  /** How long it waits after it was started until it fires; default 0. */
  preWaitMs?: number;
  uniqueID?: string;
  /** 1: the next cue starts with it (auto-continue). 2: after it (auto-follow). */
  continueMode?: 0 | 1 | 2;
  /** Takes every command and never fires, as a cue whose file is missing. */
  broken?: boolean;
  /** The cues of a group; they start together. */
  cues?: readonly SimulatedCue[];
}

export interface SimulatedList {
  name?: string;
  /** A list has a number of its own only when it is given one. */
  number?: string;
  /** A cart has no playhead: its cues are started one by one. */
  isCart?: boolean;
  cues: readonly (string | SimulatedCue)[];
}

/** Cue numbers of one list, or whole lists. */
export type CueSheet = readonly (string | SimulatedCue)[] | { lists: readonly SimulatedList[] };

export type Permission = 'view' | 'edit' | 'control';

export interface WorkspaceOptions {
  /** Its display name; default "Simulated Show". */
  workspace?: string;
  uniqueID?: string;
  /** Default: one list with the cues 1 to 20. */
  cues?: CueSheet;
  /** With it every right; without it none. Left out: everybody has every right. */
  passcode?: string;
  /** Instead of `passcode`: the rights of each passcode, `''` for whoever has none. */
  access?: Readonly<Record<string, readonly Permission[]>>;
  /** The double-GO window, in milliseconds; default 0. */
  minGoTimeMs?: number;
  /** How long a panic fades, in milliseconds; default 2000. */
  panicFadeMs?: number;
}

export interface Fired {
  number: string;
  name: string;
  uniqueID: string;
  /** When, on the simulator's monotonic clock; after its pre-wait. */
  at: MonoMs;
  /** go, start: told over OSC. operator: pressed at QLab. follow: a group, an auto-continue or an auto-follow. */
  by: 'go' | 'start' | 'operator' | 'follow';
  workspace: string;
}

export interface CueNode {
  uniqueID: string;
  number: string;
  name: string;
  type: string;
  durationMs: number;
  preWaitMs: number;
  continueMode: 0 | 1 | 2;
  broken: boolean;
  /** One that is not takes every command and never fires. */
  armed: boolean;
  flagged: boolean;
  colorName: string;
  notes: string;
  /** What else was written to it: it is told again, and nothing goes by it. */
  kept: Map<string, Value>;
  children: CueNode[];
  parent: CueNode | undefined;
}

/** What an operator, or a client with the right to edit, may change of a cue. */
export type CueEdit = Partial<
  Pick<
    CueNode,
    | 'number'
    | 'name'
    | 'durationMs'
    | 'preWaitMs'
    | 'continueMode'
    | 'broken'
    | 'armed'
    | 'flagged'
    | 'colorName'
    | 'notes'
  >
>;

interface Run {
  timer: AbortController;
  startedAt: number;
  endsAt: number;
  /** What was left when it was paused. */
  leftMs: number | undefined;
  how: { isAudition?: boolean; isPreview?: boolean };
}

/** What a workspace tells of itself: to whoever listens, to whoever wants updates, and to the protocol of a test. */
export interface WorkspaceListener {
  event(event: string, cue: CueNode | undefined): void;
  update(path: string, ...args: string[]): void;
  fired(fired: Fired): void;
}

/** What QLab calls a cart of cues, and a list of them. */
export const CART = 'Cart';
export const LIST = 'Cue List';

export class SimulatedWorkspace {
  readonly uniqueID: string;
  /** As it is shown; a workspace that is saved under another name keeps its ID. */
  name: string;
  /** Every GO is an audition: it goes to the audition outputs, and is told as one. */
  alwaysAudition = false;
  /** What its settings are by address, where they were written. */
  readonly settings = new Map<string, Value>();
  /** What QLab calls the parent of its lists; it is another word from 5.5 on. */
  rootID = '__root__';
  readonly access: Readonly<Record<string, readonly Permission[]>>;
  readonly lists: CueNode[];
  minGoTimeMs: number;
  /** The list that a bare GO goes to. */
  currentList: CueNode | undefined;
  selected: CueNode[] = [];
  readonly #clock: Clock;
  readonly #listener: WorkspaceListener;
  readonly #panicFadeMs: number;
  readonly #runs = new Map<CueNode, Run>();
  readonly #loaded = new Set<CueNode>();
  readonly #auditioned = new Set<CueNode>();
  /** Cues in their pre-wait, and since when. */
  readonly #waits = new Map<CueNode, { timer: AbortController; sinceMs: number }>();
  readonly #playheads = new Map<CueNode, CueNode | undefined>();
  #lastGoMs = Number.NEGATIVE_INFINITY;
  #panic: AbortController | undefined;
  #cues = 0;

  constructor(options: WorkspaceOptions, index: number, clock: Clock, listener: WorkspaceListener) {
    this.#clock = clock;
    this.#listener = listener;
    this.uniqueID = options.uniqueID ?? `00000000-0000-4000-8000-${String(index + 1).padStart(12, '0')}`;
    this.name = options.workspace ?? (index === 0 ? 'Simulated Show' : `Simulated Show ${index + 1}`);
    const all = ['view', 'edit', 'control'] as const;
    this.access = options.access ?? { [options.passcode ?? '']: all };
    this.minGoTimeMs = options.minGoTimeMs ?? 0;
    this.#panicFadeMs = options.panicFadeMs ?? 2000;
    const sheet = options.cues ?? Array.from({ length: 20 }, (_, at) => String(at + 1));
    const lists = 'lists' in sheet ? sheet.lists : [{ name: 'Main Cue List', cues: sheet }];
    this.lists = lists.map((list) => this.#list(list, index));
    for (const list of this.lists) if (list.type !== CART) this.#playheads.set(list, list.children[0]);
    this.currentList = this.lists.find((list) => list.type !== CART);
  }

  /** Where the GO of a list would go. */
  playheadOf = (list: CueNode): CueNode | undefined => this.#playheads.get(list);

  /** The operator gives a cue another number. */
  renumber(cue: CueNode, number: string): void {
    this.edit(cue, { number });
  }

  /** The operator changes a cue. */
  edit(cue: CueNode, change: CueEdit): void {
    Object.assign(cue, change);
    this.#changed(cue);
  }

  /** Keeps what nothing goes by. */
  keep(cue: CueNode, key: string, value: Value): void {
    cue.kept.set(key, value);
    this.#changed(cue);
  }

  /** QLab tells of a selection as of a change of the light dashboard. @see Companion's QLab module, Cue-View */
  select(cues: CueNode[]): void {
    this.selected = cues;
    this.#listener.update('dashboard');
  }

  /** The operator deletes a cue; a playhead that stood at it stands at the next one. */
  remove(cue: CueNode): void {
    const list = this.listOf(cue);
    const next = this.#next(cue);
    const siblings = cue.parent?.children ?? [];
    siblings.splice(siblings.indexOf(cue), 1);
    if (this.#playheads.get(list) === cue) this.#setPlayhead(list, next);
    this.selected = this.selected.filter((other) => other !== cue);
    this.stop(cue);
    this.#listener.update('');
  }

  /** Where the current list's GO would go. */
  get playhead(): CueNode | undefined {
    return this.currentList && this.#playheads.get(this.currentList);
  }

  /** Every cue and list, in order. */
  all(): CueNode[] {
    const deep = (cue: CueNode): CueNode[] => [cue, ...cue.children.flatMap(deep)];
    return this.lists.flatMap(deep);
  }

  isRunning = (cue: CueNode): boolean =>
    this.#waits.has(cue) || (this.#runs.get(cue)?.leftMs === undefined && this.#runs.has(cue));
  isWaiting = (cue: CueNode): boolean => this.#waits.has(cue);
  /** How much of its pre-wait is over. */
  waitedMs = (cue: CueNode): number => {
    const wait = this.#waits.get(cue);
    return wait ? this.#clock.mono() - wait.sinceMs : 0;
  };
  isPaused = (cue: CueNode): boolean => this.#runs.get(cue)?.leftMs !== undefined;
  /** How long it has run, without its pauses. */
  elapsedMs = (cue: CueNode): number => {
    const run = this.#runs.get(cue);
    if (!run) return 0;
    return run.leftMs === undefined ? this.#clock.mono() - run.startedAt : cue.durationMs - run.leftMs;
  };
  isLoaded = (cue: CueNode): boolean => this.#loaded.has(cue);
  isAuditioning = (cue: CueNode): boolean => this.#auditioned.has(cue);
  get isPanicking(): boolean {
    return this.#panic !== undefined;
  }

  doubleGoLeftMs(): number {
    return Math.max(0, this.#lastGoMs + this.minGoTimeMs - this.#clock.mono());
  }

  /**
   * GO, of the current list, of a list by its number, or after the playhead went to a cue by its number.
   * @returns whether a cue went: not inside the double-GO window, and not without a cue to go to.
   */
  go(by: Fired['by'], target?: string, isAudition?: boolean): boolean {
    const named = target === undefined ? this.currentList : this.all().find((other) => other.number === target);
    return named !== undefined && this.goTo(by, named, isAudition);
  }

  /** GO of a list, or of a cue that the playhead is moved to first. @returns as `go`. */
  goTo(by: Fired['by'], listOrCue: CueNode, isAudition = this.alwaysAudition): boolean {
    if (this.doubleGoLeftMs() > 0) return false;
    const list = this.listOf(listOrCue);
    const cue = list === listOrCue ? this.#playheads.get(list) : listOrCue;
    if (!cue || list.type === CART) return false;
    this.#lastGoMs = this.#clock.mono();
    this.#listener.event(isAudition ? 'auditionGo' : 'go', cue);
    this.start(cue, by, { isAudition });
    let last = cue;
    for (let next = this.#next(last); next && last.continueMode !== 0; next = this.#next(last)) last = next;
    this.#setPlayhead(list, this.#next(last));
    return true;
  }

  /**
   * Starts a cue: it fires after its pre-wait. One that runs already starts anew, and counts again.
   * @param how.isPreview  without its pre-wait, and without the cue that would follow.
   */
  start(cue: CueNode, by: Fired['by'], how: { isAudition?: boolean; isPreview?: boolean } = {}): void {
    if (cue.broken || !cue.armed) return;
    this.#runs.get(cue)?.timer.abort();
    this.#waits.get(cue)?.timer.abort();
    this.#waits.delete(cue);
    this.#loaded.delete(cue);
    if (how.isAudition) this.#auditioned.add(cue);
    else this.#auditioned.delete(cue);
    if (cue.preWaitMs === 0 || how.isPreview) {
      this.#fire(cue, by, how);
      return;
    }
    const timer = new AbortController();
    this.#waits.set(cue, { timer, sinceMs: this.#clock.mono() });
    this.#changed(cue);
    void this.#clock.sleep(cue.preWaitMs, timer.signal).then(() => {
      if (timer.signal.aborted) return;
      this.#waits.delete(cue);
      this.#fire(cue, by, how);
    });
  }

  #fire(cue: CueNode, by: Fired['by'], how: { isAudition?: boolean; isPreview?: boolean }): void {
    const { number, name, uniqueID } = cue;
    this.#listener.fired({ number, name, uniqueID, at: this.#clock.mono(), by, workspace: this.uniqueID });
    this.#run(cue, cue.durationMs, how);
    this.#listener.event('cue/start', cue);
    this.#changed(cue);
    const { isAudition = false } = how;
    for (const child of cue.children) this.start(child, 'follow', { isAudition });
    const next = cue.continueMode === 1 && !how.isPreview ? this.#next(cue) : undefined;
    if (next) this.start(next, 'follow', { isAudition });
  }

  stop(cue: CueNode): void {
    const run = this.#runs.get(cue) ?? this.#waits.get(cue);
    this.#loaded.delete(cue);
    if (run) {
      run.timer.abort();
      this.#runs.delete(cue);
      this.#waits.delete(cue);
      this.#auditioned.delete(cue);
      this.#listener.event('cue/stop', cue);
    }
    this.#changed(cue);
    for (const child of cue.children) this.stop(child);
  }

  pause(cue: CueNode): void {
    const run = this.#runs.get(cue);
    if (!run || run.leftMs !== undefined) return;
    run.leftMs = Math.max(0, run.endsAt - this.#clock.mono());
    run.timer.abort();
    this.#changed(cue);
  }

  resume(cue: CueNode): void {
    const run = this.#runs.get(cue);
    if (run?.leftMs === undefined) return;
    this.#run(cue, run.leftMs, run.how);
    this.#changed(cue);
  }

  load(cue: CueNode): void {
    this.#loaded.add(cue);
    this.#changed(cue);
  }

  running(): CueNode[] {
    return [...this.#waits.keys(), ...this.#runs.keys()];
  }

  /** Fades everything out; called again while it fades, stops at once. */
  panic(): void {
    this.#listener.event('panicAll', undefined);
    if (this.#panic || this.#panicFadeMs === 0) {
      this.hardStop();
      return;
    }
    const panic = new AbortController();
    this.#panic = panic;
    void this.#clock.sleep(this.#panicFadeMs, panic.signal).then(() => {
      if (!panic.signal.aborted) this.hardStop();
    });
  }

  hardStop(): void {
    this.#panic?.abort();
    this.#panic = undefined;
    for (const cue of this.running()) this.stop(cue);
  }

  reset(): void {
    this.hardStop();
    this.movePlayhead(this.currentList?.children[0]);
  }

  /** Moves the playhead of the cue's list, which becomes the current one, or takes it from that. @returns as `putPlayhead`. */
  movePlayhead(cue: CueNode | undefined): boolean {
    const list = cue ? this.listOf(cue) : this.currentList;
    if (!list || !this.putPlayhead(list, cue)) return false;
    this.currentList = list;
    return true;
  }

  /** Moves a list's playhead, and leaves the current list as it is. A cart has none. @returns whether it could. */
  putPlayhead(list: CueNode, cue: CueNode | undefined): boolean {
    if (list.type !== LIST || cue === list || (cue && this.listOf(cue) !== list)) return false;
    this.#setPlayhead(list, cue);
    return true;
  }

  #setPlayhead(list: CueNode, cue: CueNode | undefined): void {
    this.#playheads.set(list, cue);
    this.#listener.event('playhead', cue);
    this.#listener.update(`cueList/${list.uniqueID}/playbackPosition`, ...(cue ? [cue.uniqueID] : []));
  }

  /** Settings were changed, as by an operator. */
  tellSettings(name: string): void {
    this.tell(`settings/${name}`);
  }

  /** Tells of a change, such as `settings/general`; '' is the workspace as a whole. */
  tell(path: string): void {
    this.#listener.update(path);
  }

  /** The cue beside one in its list or group. */
  beside(cue: CueNode | undefined, by: 1 | -1, list = this.currentList): CueNode | undefined {
    const siblings = cue?.parent?.children ?? list?.children ?? [];
    return cue ? siblings[siblings.indexOf(cue) + by] : siblings[by === 1 ? 0 : siblings.length - 1];
  }

  /** Nothing of it goes on: the simulator ends, or the operator closed the workspace. */
  close(): void {
    this.#panic?.abort();
    for (const { timer } of [...this.#runs.values(), ...this.#waits.values()]) timer.abort();
    this.#runs.clear();
    this.#waits.clear();
  }

  #run(cue: CueNode, durationMs: number, how: Run['how']): void {
    const timer = new AbortController();
    const now = this.#clock.mono();
    const startedAt = now - (cue.durationMs - durationMs);
    this.#runs.set(cue, { timer, startedAt, endsAt: now + durationMs, leftMs: undefined, how });
    void this.#clock.sleep(durationMs, timer.signal).then(() => {
      if (timer.signal.aborted) return;
      this.#runs.delete(cue);
      this.#auditioned.delete(cue);
      this.#listener.event('cue/stop', cue);
      this.#changed(cue);
      const next = cue.continueMode === 2 && !how.isPreview ? this.#next(cue) : undefined;
      if (next) this.start(next, 'follow', { isAudition: how.isAudition ?? false });
    });
  }

  #changed(cue: CueNode): void {
    this.#listener.update(`cue_id/${cue.uniqueID}`);
  }

  #next(cue: CueNode): CueNode | undefined {
    return this.beside(cue, 1);
  }

  /** The list or cart that a cue is in, or that it is. */
  listOf(cue: CueNode): CueNode {
    let top = cue;
    while (top.parent) top = top.parent;
    return top;
  }

  #list(list: SimulatedList, workspace: number): CueNode {
    const { name = 'Main Cue List', number = '', isCart = false, cues } = list;
    const node = this.#cue({ number, name, type: isCart ? CART : LIST, durationMs: 0 }, undefined, workspace);
    node.children = cues.map((cue) => this.#cue(typeof cue === 'string' ? { number: cue } : cue, node, workspace));
    return node;
  }

  #cue(cue: SimulatedCue, parent: CueNode | undefined, workspace: number): CueNode {
    this.#cues += 1;
    const uniqueID =
      cue.uniqueID ??
      `${String(workspace + 1).padStart(8, '0')}-0000-4000-8000-${String(this.#cues).padStart(12, '0')}`;
    const node: CueNode = {
      uniqueID,
      number: cue.number,
      name: cue.name ?? `Cue ${cue.number}`,
      type: cue.type ?? (cue.cues ? 'Group' : 'Audio'),
      durationMs: cue.durationMs ?? 2000,
      preWaitMs: cue.preWaitMs ?? 0,
      continueMode: cue.continueMode ?? 0,
      broken: cue.broken ?? false,
      armed: true,
      flagged: false,
      colorName: 'none',
      notes: '',
      kept: new Map(),
      children: [],
      parent,
    };
    node.children = (cue.cues ?? []).map((child) => this.#cue(child, node, workspace));
    if (node.children.length > 0 && cue.durationMs === undefined) {
      node.durationMs = Math.max(...node.children.map((child) => child.durationMs));
    }
    return node;
  }
}
