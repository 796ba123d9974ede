import type { CallRef, Cue } from '../generated/types.js';
import type { EventOf } from '../protocol/envelope.js';
import { cueAt, type Place, type RunningOrder, runningOrder } from '../show/running-order.js';
import { isAhead, nextCue, type ShowState } from '../show/state.js';
import { cueWithin } from './event-view.js';
import { type Backup, type Command, type CompiledOutput, callRef, cueOf, type DeviceKinds } from './outputs.js';
import { NO_VALUE } from './placeholders.js';

/** A call, and where its cue stands. */
interface Called {
  place: Place;
  call: CallRef;
  /** Sent by a bare GO: it has gone only with the device's own GO, or its playhead would stay behind for good. */
  isBare: boolean;
}

/** By device and by the cue's number there. */
type Index = Map<string, Map<string, Called[]>>;

/** Whose call a device has fired by itself: that for which a rule of the GO sends the device this very cue. */
export class CallIndex {
  readonly #rules: readonly CompiledOutput[];
  readonly #backupsOf: (device: string) => readonly Backup[];
  readonly #kinds: DeviceKinds;
  /** Made once for each arrangement of the cues: a show has thousands, and an operator waits. */
  readonly #known = new WeakMap<RunningOrder, Index>();

  constructor(rules: readonly CompiledOutput[], backupsOf: (device: string) => readonly Backup[], kinds: DeviceKinds) {
    // What is sent all the same is nobody's whom a GO leaves out.
    this.#rules = rules.filter(({ rule: { call, cue, echo } }) => call !== undefined && cue !== 'next' && !echo);
    this.#backupsOf = backupsOf;
    this.#kinds = kinds;
  }

  /** Makes the index, so that no press has to wait for it. */
  prepare(state: ShowState): Index {
    const order = runningOrder(state.acts);
    const known = this.#known.get(order) ?? this.#index(state, order);
    this.#known.set(order, known);
    return known;
  }

  /**
   * Of several cues that send the device the same: the current one if its call has not gone, else the one that may go now (the
   * next, or one that stands by), else the current one, else the nearest ahead, else the nearest behind.
   */
  find(device: string, cueNumber: string, movedPlayhead: boolean, state: ShowState): CallRef | undefined {
    const all = this.prepare(state).get(device)?.get(cueNumber) ?? [];
    const found = all.filter(({ isBare }) => movedPlayhead || !isBare);
    const order = runningOrder(state.acts);
    const here = state.currentCueId === null ? -1 : (order.byCueId.get(state.currentCueId)?.order ?? -1);
    const nextId = nextCue(state)?.id;
    const rank = ({ place, call }: Called): number => {
      const cue = cueAt(state.acts, place);
      if (!cue) return 4;
      if (cue.id === state.currentCueId) return hasGone(cue, call) ? 2 : 0;
      if (cue.id === nextId || cue.status === 'standby') return 1;
      return isAhead(cue) ? 3 : 4;
    };
    const distance = ({ place }: Called) => Math.abs(place.order - here);
    return found.toSorted((a, b) => rank(a) - rank(b) || distance(a) - distance(b))[0]?.call;
  }

  #index(state: ShowState, { places }: RunningOrder): Index {
    const index: Index = new Map();
    for (const output of this.#rules) {
      const { call: department, send } = output.rule;
      const devices = [send.device, ...this.#backupsOf(send.device).map(({ device }) => device)];
      for (const place of places) {
        const event = advanceTo(place);
        if (!output.test(event.payload)) continue;
        const found = cueWithin(state, place);
        for (const call of found?.cue.calls ?? []) {
          if (call.department !== department) continue;
          const command = output.fill({ show: { title: state.title }, event, actor: event.actor, ...found, call });
          if (command === NO_VALUE) continue;
          for (const device of devices) {
            const fires = this.#kinds.firesCue?.(device, command as Command);
            const cueNumber = cueOf(this.#kinds, device, fires, call.targets);
            const isBare = fires === true;
            const called = { place, call: callRef(place.cueId, call), isBare };
            if (cueNumber !== undefined) add(index, device, cueNumber, called);
          }
        }
      }
    }
    return index;
  }
}

function add(index: Index, device: string, cueNumber: string, called: Called): void {
  const numbers = index.get(device) ?? new Map<string, Called[]>();
  index.set(device, numbers);
  const others = numbers.get(cueNumber);
  if (others) others.push(called);
  else numbers.set(cueNumber, [called]);
}

const hasGone = (cue: Cue, { department, number }: CallRef): boolean =>
  cue.calls?.some((call) => call.department === department && call.number === number && call.fired) ?? false;

/** A GO to a cue, of nobody: what rules make of it does not hang on who pressed. */
const advanceTo = ({ cueId, segmentId }: Place): EventOf<'CueAdvanced'> => ({
  kind: 'event',
  version: '1.0.0',
  messageId: '00000000-0000-4000-8000-000000000000',
  showId: '',
  eventType: 'CueAdvanced',
  createdAt: '',
  actor: { userId: '', role: 'bridge', deviceId: '' },
  payload: { segmentId, fromCueId: null, toCueId: cueId },
  eventSeq: 0,
  recordedAt: '',
});
