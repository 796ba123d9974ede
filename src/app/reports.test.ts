import { expect, test } from 'vitest';
import { Node } from './node.js';
import type { Wish } from './propose.js';
import { Reports } from './reports.js';

test('each stage of an output names the call that it sends, a failure as well', () => {
  const told: Wish[] = [];
  const reports = new Reports(async (wish) => {
    told.push(wish);
    return { ok: true };
  }, new Node());
  const call = { cueId: 'c1', department: 'sound' };
  const cause = { eventSeq: 7, messageId: 'm', recordedAt: '' };
  const about = { ...{ cause, ruleId: 'r', outputId: 'r', device: 'd', summary: 's' }, latencyMs: 1, call };
  reports.tellStage({ ...about, stage: 'sent', reached: 'sent' });
  reports.tellStage({ ...about, stage: 'confirmed' });
  reports.tellStage({ ...about, stage: 'failed', code: 'DEVICE_TIMEOUT', detail: 'nothing' });
  expect(told.map(({ eventType, payload }) => [eventType, Object(payload).call])).toEqual([
    ['OutputSent', call],
    ['OutputConfirmed', call],
    ['OutputFailed', call],
  ]);
});
