import { expect, test } from 'vitest';
import type { ShowEvent } from '../protocol/envelope.js';
import type { RuleCommand } from './outputs.js';
import { unsentOf } from './unsent.js';

const at = (ms: number) => new Date(Date.parse('2026-03-01T19:30:00.000Z') + ms).toISOString();
const go = (seq: number, ms: number) =>
  ({
    eventType: 'CueAdvanced',
    eventSeq: seq,
    messageId: `m${seq}`,
    recordedAt: at(ms),
    payload: {},
  }) as unknown as ShowEvent;
const told = (eventType: string, of: number, outputId: string, ms: number) =>
  ({
    eventType,
    causationId: `M${of}`,
    recordedAt: at(ms),
    payload: { ruleId: 'go', outputId },
  }) as unknown as ShowEvent;
const command = (outputId: string): RuleCommand => ({
  ruleId: 'go',
  outputId,
  device: 'desk',
  command: {},
  maxLateMs: 2000,
});
const commandsFor = ({ eventType }: ShowEvent) =>
  eventType === 'CueAdvanced' ? [command('go#1'), command('go#2')] : [];
const found = (...events: ShowEvent[]) =>
  unsentOf(events, commandsFor).map(({ event, command: { outputId } }) => `${event.eventSeq} ${outputId}`);

test('of the last events, each output that nothing tells of is named', () => {
  expect(found(go(1, 0), told('OutputSent', 1, 'go#1', 5), told('OutputFailed', 1, 'go#2', 6), go(4, 400))).toEqual([
    '4 go#1',
    '4 go#2',
  ]);
  expect(found(go(1, 0), told('OutputSent', 1, 'go#2', 5))).toEqual(['1 go#1']);
});

test('what was seen to fire without a word of its sending was sent by somebody: only sending and failing count', () => {
  expect(found(go(1, 0), told('OutputConfirmed', 1, 'go#1', 5))).toEqual(['1 go#1', '1 go#2']);
});

test('of a cue that is to come again its next GO sends everything', () => {
  const ofCue = (cueId: string) => [{ ...command('go'), call: { cueId, department: 'sound' } }, command('any')];
  const names = (isAhead: (cueId: string) => boolean) =>
    unsentOf([go(1, 0)], () => ofCue('c1'), isAhead).map(({ command: { outputId } }) => outputId);
  expect(names((cueId) => cueId === 'c1')).toEqual(['any']);
  expect(names((cueId) => cueId === 'c2')).toEqual(['go', 'any']);
});

test('an event of long before the end was told of in its time, and is left alone', () => {
  expect(found(go(1, 0), go(2, 10_001))).toEqual(['2 go#1', '2 go#2']);
  expect(found(go(1, 0), go(2, 10_000))).toHaveLength(4);
  expect(found()).toEqual([]);
});
