import { expect, test } from 'vitest';
import { LiveShow } from '../../test/support/live-show.js';

const [first, second] = ['00000000-0000-4000-8000-0000000000a1', '00000000-0000-4000-8000-0000000000a2'];
const stage = (eventType: string, causationId: string | undefined, payload: object = {}) => ({
  eventType,
  role: 'bridge' as const,
  ...(causationId === undefined ? {} : { causationId }),
  payload: { device: 'qlab', ruleId: 'go', summary: 'start 12.5', ...payload },
});
const failed = { code: 'DEVICE_TIMEOUT', detail: 'no answer' };

test('a dead wire is seen even when nothing was sent', () => {
  const show = new LiveShow().take(stage('OutputFailed', first, failed));
  expect(show.state.outputs).toMatchObject([{ causationId: first, stage: 'failed', ...failed }]);
});

test('what fired has fired, though a failure was told before', () => {
  const show = new LiveShow().take(stage('OutputFailed', first, failed), stage('OutputConfirmed', first));
  expect(show.state.outputs).toEqual([
    { causationId: first, device: 'qlab', ruleId: 'go', outputId: 'go', summary: 'start 12.5', stage: 'confirmed' },
  ]);
});

test('what fired has fired, though a failure is told after', () => {
  const show = new LiveShow().take(stage('OutputConfirmed', first));
  expect(show.state.outputs).toEqual([]);
  show.take(stage('OutputSent', first), stage('OutputConfirmed', first), stage('OutputFailed', first, failed));
  expect(show.state.outputs).toMatchObject([{ stage: 'confirmed' }]);
});

test('an older cause that is told late does not take the place of the newer one', () => {
  const show = new LiveShow().take(stage('OutputSent', second, { causeSeq: 9 }));
  show.take(stage('OutputSent', first, { causeSeq: 4 }), stage('OutputFailed', first, { causeSeq: 4, ...failed }));
  expect(show.state.outputs).toMatchObject([{ causationId: second, causeSeq: 9, stage: 'sent' }]);
});

test('without numbers the cause that is told last is shown, but a late confirmation opens no list', () => {
  const show = new LiveShow().take(stage('OutputSent', first), stage('OutputSent', second));
  expect(show.state.outputs).toMatchObject([{ causationId: second }]);
  show.take(stage('OutputConfirmed', first));
  expect(show.state.outputs).toMatchObject([{ causationId: second, stage: 'sent' }]);
});

test('a device is in its status since it came into it', () => {
  const status = (it: string, detail: string) => ({
    eventType: 'DeviceStatusChanged',
    role: 'bridge' as const,
    payload: { device: 'qlab', adapter: 'qlab', status: it, detail },
  });
  const show = new LiveShow().take(status('down', 'refused'), status('down', 'still refused'));
  expect(show.state.devices).toMatchObject([{ since: '2026-03-01T19:30:01.000Z', detail: 'still refused' }]);
  show.take(status('up', 'here'));
  expect(show.state.devices).toMatchObject([{ since: '2026-03-01T19:30:03.000Z', status: 'up' }]);
});

test('a stage that is told again is shown as it was told last', () => {
  const show = new LiveShow().take(stage('OutputFailed', first, failed));
  show.take(stage('OutputFailed', first, { code: 'PLAYHEAD_DIVERGED', detail: 'fired cue 9' }));
  expect(show.state.outputs).toMatchObject([{ stage: 'failed', code: 'PLAYHEAD_DIVERGED', detail: 'fired cue 9' }]);
  show.take(stage('OutputConfirmed', first), stage('OutputConfirmed', first, { summary: 'start 12.5: cue 12.5' }));
  expect(show.state.outputs).toMatchObject([{ stage: 'confirmed', summary: 'start 12.5: cue 12.5' }]);
  show.take(stage('OutputSent', first), stage('OutputSent', first, { reached: 'acknowledged' }));
  expect(show.state.outputs).toMatchObject([{ stage: 'confirmed' }]);
});

test('a stage that was told is never lowered', () => {
  const show = new LiveShow().take(stage('OutputSent', first, { reached: 'acknowledged' }), stage('OutputSent', first));
  expect(show.state.outputs).toMatchObject([{ stage: 'acknowledged' }]);
  show.take(stage('OutputFailed', first, failed), stage('OutputSent', first, { reached: 'acknowledged' }));
  expect(show.state.outputs).toMatchObject([{ stage: 'failed' }]);
});

const unsent = (causationId: string, cueId: string, outputId = 'go') =>
  stage('OutputFailed', causationId, { code: 'OUTPUT_UNSENT', outputId, cueId });
const shown = ({ state }: LiveShow) => state.outputs.map(({ cueId, outputId, stage: at }) => [cueId, outputId, at]);
const sendAgain = (cueId: string, outputId?: string) => ({
  eventType: 'CallFired',
  payload: { cueId, kind: 'rerun', ...(outputId === undefined ? {} : { outputId }) },
});

test('what was taken and not sent stands for every cause, beside what another one sends', () => {
  const show = new LiveShow().take(unsent(first, 'cue-1'), unsent(second, 'cue-2'), unsent(second, 'cue-2', 'light'));
  expect(shown(show)).toEqual([
    ['cue-1', 'go', 'failed'],
    ['cue-2', 'go', 'failed'],
    ['cue-2', 'light', 'failed'],
  ]);
  const third = '00000000-0000-4000-8000-0000000000a3';
  show.take(sendAgain('cue-2', 'light'), stage('OutputSent', third, { outputId: 'light' }));
  show.take(stage('OutputConfirmed', third, { outputId: 'light' }));
  expect(shown(show)).toEqual([
    ['cue-1', 'go', 'failed'],
    ['cue-2', 'go', 'failed'],
    [undefined, 'light', 'confirmed'],
  ]);
  show.take(sendAgain('cue-1'));
  expect(shown(show)[0]).toEqual(['cue-2', 'go', 'failed']);
});

test('what was taken and not sent is over when the show goes on', () => {
  const show = new LiveShow();
  show.take(unsent(first, 'cue-1'), stage('OutputSent', second));
  show.take({ eventType: 'CueAdvanced', payload: { segmentId: 'seg-1', fromCueId: null, toCueId: 'cue-1' } });
  expect(shown(show)).toEqual([[undefined, 'go', 'sent']]);
});

test('what a machine tells of its device says whose it is; what one machine alone tells does not', () => {
  const up = { device: 'qlab', adapter: 'qlab', status: 'up' };
  const told = (payload: object) => ({ eventType: 'DeviceStatusChanged', role: 'bridge' as const, payload });
  const show = new LiveShow().take(told(up), told({ ...up, device: 'desk', node: 'main' }));
  show.take(stage('OutputSent', first, { node: 'main' }));
  expect(show.state.devices.map((device) => 'node' in device && device.node)).toEqual([false, 'main']);
  expect(show.state.outputs).toMatchObject([{ node: 'main' }]);
});
