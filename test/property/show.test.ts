import fc from 'fast-check';
import { applyPatch, type Operation } from 'rfc6902';
import { expect, test } from 'vitest';
import { validateShowEvent, validateShowState } from '../../src/generated/messages.js';
import { EVENT_TYPES } from '../../src/protocol/envelope.js';
import { apply } from '../../src/show/apply.js';
import { diff } from '../../src/show/patch.js';
import { cuesOf, initialState, nextCue, type ShowState } from '../../src/show/state.js';
import { timerValueMs } from '../../src/show/timers.js';
import { mayRead, type Viewer, visibleState, withhold } from '../../src/show/visibility.js';
import { LiveShow } from '../support/live-show.js';
import { show, wish } from './show-arbitraries.js';

const wishes = fc.array(wish, { maxLength: 80, size: 'max' });
const copy = <T>(value: T): T => JSON.parse(JSON.stringify(value));

/** What of the cues to come has gone already: only what an operator was early with, told with where. */
function expectSoundCalls(state: ShowState): void {
  for (const { status, calls = [] } of cuesOf(state)) {
    for (const { fired } of calls) {
      if (fired?.by === 'operator') expect(fired.devices).not.toEqual([]);
      if (fired?.by !== 'rerun') expect(fired?.devices !== undefined).toBe(fired?.by === 'operator');
      if (!fired || (status !== 'pending' && status !== 'standby')) continue;
      expect(fired.by).toBe('operator');
      expect(state.emergency).toBeNull();
    }
  }
}

/** What holds in every state that a show can come into. */
function expectSound(state: ShowState): void {
  const cues = cuesOf(state);
  const current = cues.filter(({ status }) => status === 'current').map(({ id }) => id);
  expect(current).toEqual(state.currentCueId === null ? [] : [state.currentCueId]);
  expect(state.startedAt === null).toBe(state.currentCueId === null);
  expectSoundCalls(state);
  const standing = cues.filter(({ status }) => status === 'standby').map(({ id }) => id);
  expect(state.standby.cueIds.toSorted()).toEqual(standing.toSorted());
  expect(new Set(state.standby.acknowledged).size).toBe(state.standby.acknowledged.length);
  if (state.standby.cueIds.length === 0) expect(state.standby.acknowledged).toEqual([]);
  expect(new Set(state.notes.map(({ id }) => id)).size).toBe(state.notes.length);
  expect(new Set(state.timers.map(({ id }) => id)).size).toBe(state.timers.length);
  expect(new Set(state.outputs.map(({ causationId }) => causationId)).size).toBeLessThanOrEqual(1);
  for (const { status, held, anchorAt } of state.timers) {
    if (held) expect(status).toBe('paused');
    if (status === 'running') expect(anchorAt).not.toBeNull();
    if (state.emergency) expect(status).not.toBe('running');
    else expect(held).toBe(false);
  }
}

test('any proposals leave the show sound, and its state is what a snapshot may carry', () => {
  fc.assert(
    fc.property(show, wishes, (file, all) => {
      const live = new LiveShow(file);
      for (const one of all) {
        const before = copy(live.state);
        const held = live.state;
        const outcome = live.propose(one);
        // Whoever holds an older state may keep it.
        expect(held).toEqual(before);
        if (!outcome.ok) expect(live.state).toBe(held);
        expectSound(live.state);
      }
      expect(copy(live.state)).toEqual(live.state);
      validateShowState(live.state);
      expect(validateShowState.errors).toBeNull();
    }),
    { numRuns: 400 },
  );
});

test('whatever is taken is a valid event, numbered without a gap', () => {
  const taken = new Set<string>();
  let early = 0;
  fc.assert(
    fc.property(show, wishes, (file, all) => {
      const live = new LiveShow(file);
      for (const one of all) {
        live.propose(one);
        const ahead = cuesOf(live.state).filter(({ status }) => status === 'pending' || status === 'standby');
        if (ahead.some(({ calls = [] }) => calls.some(({ fired }) => fired))) early += 1;
      }
      expect(live.events.map(({ eventSeq }) => eventSeq)).toEqual(live.events.map((_, index) => index + 1));
      for (const event of live.events) {
        taken.add(event.eventType);
        validateShowEvent(event);
        expect(validateShowEvent.errors).toBeNull();
      }
    }),
    { numRuns: 300 },
  );
  // The wishes must come to something, or the properties of this file would say nothing.
  const stored = Object.entries(EVENT_TYPES).filter(([, { stored }]) => stored);
  expect(stored.map(([type]) => type).filter((type) => !taken.has(type))).toEqual([]);
  expect(early).toBeGreaterThan(20);
});

test('a draft of any shape throws nothing: it is refused, or becomes a valid event', () => {
  const strange = fc.record({ toString: fc.constant(1) });
  const member = fc.oneof(fc.jsonValue({ maxDepth: 2 }), strange, fc.constantFrom('c0', 's0', 'm0', 'p0', 'n0', 't0'));
  const names = [
    'fromCueId',
    'toCueId',
    'segmentId',
    'actId',
    'toIndex',
    'cueIds',
    'department',
    'micId',
    'performerId',
  ];
  const more = [
    'fromMicId',
    'toMicId',
    'noteId',
    'scope',
    'text',
    'timerId',
    'duration',
    'value',
    'emergencyId',
    'level',
  ];
  const payload = fc.dictionary(fc.constantFrom(...names, ...more, '__proto__'), member, { maxKeys: 5 });
  const server = fc.record(
    { withheld: fc.boolean(), patch: fc.constant('x'), eventSeq: fc.constant(-1) },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(show, wishes, wish, payload, server, (file, all, last, odd, added) => {
      const live = new LiveShow(file);
      for (const one of all.slice(0, 10)) live.propose(one);
      const outcome = live.propose({ ...last, ...added, payload: odd });
      if (outcome.ok) expect(validateShowEvent(outcome.event)).toBe(true);
      else expect(outcome.message).not.toBe('');
      expectSound(live.state);
    }),
    { numRuns: 2000 },
  );
});

test('replaying the log gives the live state, also when the log came through JSON', () => {
  fc.assert(
    fc.property(show, wishes, (file, all) => {
      const live = new LiveShow(file);
      for (const one of all) live.propose(one);
      const replayed = copy(live.events).reduce(apply, initialState(file));
      expect(replayed).toEqual(live.state);
    }),
    { numRuns: 300 },
  );
});

test('who does not know of calls that have gone sees the same show otherwise', () => {
  const withoutCalls = (value: unknown) =>
    JSON.parse(JSON.stringify(value, (name, inner) => (name === 'fired' || name === 'call' ? undefined : inner)));
  fc.assert(
    fc.property(show, wishes, (file, all) => {
      const live = new LiveShow(file);
      for (const one of all) live.propose(one);
      const seen = (withoutCalls(live.events) as typeof live.events).reduce(apply, initialState(file));
      expect(seen).toEqual(withoutCalls(live.state));
    }),
    { numRuns: 200 },
  );
});

test('replay goes on from any snapshot', () => {
  fc.assert(
    fc.property(show, wishes, fc.nat(), (file, all, cut) => {
      const live = new LiveShow(file);
      for (const one of all) live.propose(one);
      const at = cut % (live.events.length + 1);
      const snapshot = copy(live.events.slice(0, at).reduce(apply, live.initial));
      expect(live.events.slice(at).reduce(apply, snapshot)).toEqual(live.state);
    }),
    { numRuns: 200 },
  );
});

test('the patch of every event turns the state before into the state after', () => {
  fc.assert(
    fc.property(show, wishes, (file, all) => {
      const live = new LiveShow(file);
      let mirror = copy(live.state);
      for (const one of all) {
        const before = live.state;
        live.propose(one);
        const patch = copy(diff(before, live.state)) as Operation[];
        if (before === live.state) expect(patch).toEqual([]);
        expect(applyPatch(mirror, patch).filter((fault) => fault !== null)).toEqual([]);
        expect(mirror).toEqual(live.state);
        mirror = copy(mirror);
      }
    }),
    { numRuns: 300 },
  );
});

test('a log replayed over another show file throws nothing and leaves a valid state', () => {
  fc.assert(
    fc.property(show, show, wishes, (file, other, all) => {
      const live = new LiveShow(file);
      for (const one of all) live.propose(one);
      let state = initialState(other);
      for (const event of live.events) {
        state = apply(state, event);
        expect(cuesOf(state).filter(({ status }) => status === 'current').length).toBeLessThanOrEqual(1);
      }
      validateShowState(state);
      expect(validateShowState.errors).toBeNull();
      expect(copy(state)).toEqual(state);
      if (state.currentCueId !== null) expect(cuesOf(state).map(({ id }) => id)).toContain(state.currentCueId);
    }),
    { numRuns: 200 },
  );
});

test('a bare GO takes the next cue or says why not, and never skips one', () => {
  fc.assert(
    fc.property(show, wishes, (file, all) => {
      const live = new LiveShow(file);
      for (const one of all) live.propose(one);
      const { state } = live;
      const next = nextCue(state);
      const outcome = live.propose({ eventType: 'CueAdvanced', afterMs: 10_000 });
      if (outcome.ok) expect(live.state.currentCueId).toBe(next?.id);
      else expect(state.emergency ? ['EMERGENCY_ACTIVE', 'CONFLICT'] : ['CONFLICT']).toContain(outcome.code);
      if (outcome.ok) {
        const skipped = (it: ShowState) => cuesOf(it).filter(({ status }) => status === 'skipped').length;
        expect(skipped(live.state)).toBe(skipped(state));
      }
    }),
    { numRuns: 200 },
  );
});

test('of two that press GO on what they see, exactly one counts', () => {
  fc.assert(
    fc.property(show, wishes, fc.nat(400), (file, all, apartMs) => {
      const live = new LiveShow(file);
      for (const one of all) live.propose(one);
      const next = nextCue(live.state);
      fc.pre(next !== undefined && live.state.emergency === null);
      const payload = { fromCueId: live.state.currentCueId, toCueId: next?.id };
      const before = live.events.length;
      const first = live.propose({ eventType: 'CueAdvanced', afterMs: 10_000, payload });
      const second = live.propose({ eventType: 'CueAdvanced', afterMs: apartMs, payload });
      expect(first.ok).toBe(true);
      expect(second).toMatchObject({ ok: false, code: 'CONFLICT' });
      expect(live.events.length).toBe(before + 1);
    }),
    { numRuns: 200 },
  );
});

test('a timer shows the time that it ran, whatever pauses and holds lay between', () => {
  const step = fc.record({
    what: fc.constantFrom('TimerStarted', 'TimerPaused', 'EmergencyTriggered', 'EmergencyResolved', 'NoteAdded'),
    afterMs: fc.nat(7_200_000),
  });
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 30, size: 'max' }),
      fc.constantFrom('show', 'interval'),
      (steps, timerId) => {
        const live = new LiveShow();
        live.nowMs = Date.parse('2026-03-01T23:30:00.000Z');
        let ranMs = 0;
        let runs = false;
        let held = false;
        for (const { what, afterMs } of steps) {
          if (runs) ranMs += afterMs;
          const payload = what.startsWith('Timer') ? { timerId } : what === 'NoteAdded' ? { text: 'x' } : {};
          if (!live.propose({ eventType: what, afterMs, payload }).ok) continue;
          if (what === 'TimerStarted') runs = true;
          if (what === 'TimerPaused') [runs, held] = [false, false];
          if (what === 'EmergencyTriggered') [held, runs] = [runs, false];
          if (what === 'EmergencyResolved') [runs, held] = [held || runs, false];
        }
        const timer = live.state.timers.find(({ id }) => id === timerId);
        const shown = timer && timerValueMs(timer, live.nowMs);
        expect(shown).toBe(timerId === 'show' ? ranMs : 1_200_000 - ranMs);
      },
    ),
    { numRuns: 300 },
  );
});

test('who follows the events that they may read holds the same as their snapshot', () => {
  const viewers: Viewer[] = [
    { userId: 'u-performer', role: 'performer' },
    { userId: 'u-director', role: 'director' },
    { userId: 'u-other', role: 'soundOperator' },
  ];
  fc.assert(
    fc.property(show, wishes, fc.constantFrom(...viewers), fc.boolean(), (file, all, viewer, atTheEnd) => {
      const live = new LiveShow(file);
      const before: ShowState[] = [];
      for (const one of all) {
        const state = live.state;
        const count = live.events.length;
        live.propose(one);
        if (live.events.length > count) before.push(state);
      }
      // Told as it happens (the state before each event), and out of the log at the end (the state as it is now).
      let seen = visibleState(live.initial, viewer);
      for (const [index, event] of live.events.entries()) {
        const known = atTheEnd ? live.state : (before[index] ?? live.state);
        const received = mayRead(known, event, viewer) ? event : withhold(event);
        expect(validateShowEvent(copy(received))).toBe(true);
        seen = apply(seen, received);
      }
      expect(seen).toEqual(visibleState(live.state, viewer));
    }),
    { numRuns: 300 },
  );
});
