import { expect, test } from 'vitest';
import { LiveShow } from '../../test/support/live-show.js';
import { complete } from './complete.js';
import { decide } from './decide.js';

const show = new LiveShow();
const draft = show.draft({ eventType: 'CueAdvanced' });

function completed(extra: object) {
  const outcome = complete(show.state, Object.assign(structuredClone(draft), extra), show.nowMs);
  if (!outcome.ok) throw new Error(outcome.message);
  return outcome.proposal;
}

test('what only the server writes is dropped', () => {
  const patch = [{ op: 'replace', path: '/currentCueId', value: 'cue-7' }];
  const proposal = completed({ patch, eventSeq: 7, recordedAt: '2026-01-01T00:00:00Z', withheld: false });
  for (const member of ['patch', 'eventSeq', 'recordedAt', 'withheld']) expect(proposal).not.toHaveProperty(member);
});

test('everything else of the envelope is kept, and the draft is left alone', () => {
  const before = structuredClone(draft);
  const correlationId = '0198f3a2-7c00-7000-8000-0000000000aa';
  expect(completed({ correlationId })).toMatchObject({ ...draft, correlationId, payload: { toCueId: 'cue-1' } });
  expect(draft).toEqual(before);
});

test('a payload that is called withheld is looked at all the same', () => {
  const outcome = complete(
    show.state,
    Object.assign(structuredClone(draft), { withheld: true, payload: { toCueId: { toString: 1 } } }),
    show.nowMs,
  );
  expect(outcome).toMatchObject({ ok: false, code: 'VALIDATION_FAILED', pointer: '/payload/toCueId' });
});

test('the same draft at the same moment makes the same proposal', () => {
  expect(completed({})).toEqual(completed({}));
});

test('the decision looks at the role by itself', () => {
  const proposal = completed({});
  const actor = { ...proposal.actor, role: 'performer' as const };
  const decision = decide(show.state, { ...proposal, actor }, { nowMs: show.nowMs, goGuardMs: 300 });
  expect(decision).toMatchObject({ ok: false, code: 'FORBIDDEN' });
});
