import { expect, test } from 'vitest';
import { firesCue, messageOf, problemOfCommand, readCommand, summarise } from './commands.js';
import * as validators from './generated/validators.js';

for (const [command, words] of [
  [{ start: '12.5' }, 'start 12.5'],
  [{ startId: 'A-1' }, 'start id A-1'],
  [{ go: true }, 'GO'],
  [{ go: '53' }, 'GO 53'],
  [{ stop: true }, 'stop all'],
  [{ panic: true }, 'panic'],
] as const) {
  test(`${JSON.stringify(command)} is called "${words}"`, () => expect(summarise(command)).toBe(words));
}

test('cue numbers that OSC takes for a pattern or cannot hold are found, with advice', () => {
  for (const number of ['1 A', '1*', 'a?', '[1]', '{1}', '1,5', '#1', '1/2', 'Ä1']) {
    expect(problemOfCommand({ start: number }), number).toMatch(/startId/);
  }
  for (const number of ['1', '12.5', 'A-1', '1.10', '0_x']) expect(problemOfCommand({ start: number })).toBeUndefined();
});

test.each([
  [{ start: '12.5' }, '12.5'],
  [{ go: '53' }, '53'],
  [{ go: true }, true],
  [{ startId: 'A-1' }, undefined],
  [{ stop: '12.5' }, undefined],
  [{ load: '12.5' }, undefined],
  [{ playhead: '12.5' }, undefined],
  [{ panic: true }, undefined],
])('the cue that %j fires is %j', (command, cue) => expect(firesCue(command)).toBe(cue));

test('the number of a GO travels as text, so that any will do', () => {
  expect(problemOfCommand({ go: '1 A' })).toBeUndefined();
  expect(messageOf(readCommand({ go: '1 A' }), 'W', 5)).toEqual({ address: '/workspace/W/go', args: ['1 A'] });
});

test('what QLab takes for whichever cues are so just then is no target', () => {
  for (const cue of ['selected', 'playhead', 'playbackPosition', 'active']) {
    for (const verb of ['start', 'load', 'stop', 'startId', 'playhead', 'go']) {
      expect(problemOfCommand({ [verb]: cue }), `${verb} ${cue}`).toBe(
        `"${cue}" is no cue to QLab but whichever is ${cue} just then: name the cue`,
      );
    }
  }
});

test('what is no command is a problem, not a guess', () => {
  for (const command of [{}, { start: 5 }, { start: '' }, { panic: false }, { fire: '1' }]) {
    expect(problemOfCommand(command)).toBeDefined();
    expect(() => readCommand(command)).toThrowError(expect.objectContaining({ code: 'CODEC_MALFORMED' }));
  }
});

test('QLab 4 spells playheadId in its own way', () => {
  const command = readCommand({ playheadId: 'X' });
  expect(messageOf(command, 'W', 4).address).toBe('/workspace/W/playheadId/X');
  expect(messageOf(command, 'W', 5).address).toBe('/workspace/W/playheadID/X');
});

test('the bridge file takes exactly one command, cues as text, and no unknown event', () => {
  const qlab = validators;
  const send = (command: object) => qlab?.send({ device: 'q', ...command });
  expect(send({ start: '1' })).toBe(true);
  expect(send({ start: '$call.targets.qlab' })).toBe(true);
  expect(send({ go: true })).toBe(true);
  for (const wrong of [{}, { start: 1 }, { go: false }, { start: '1', panic: true }, { fire: '1' }, { panic: 'yes' }]) {
    expect(send(wrong), JSON.stringify(wrong)).toBe(false);
  }
  const when: Record<string, unknown> = { device: 'q', event: 'go' };
  expect(qlab?.when(when)).toBe(true);
  expect(when.attribution).toBe('operator');
  expect(qlab?.when({ device: 'q', event: 'GO' })).toBe(false);
  const device: Record<string, unknown> = { adapter: 'qlab' };
  expect(qlab?.device(device)).toBe(true);
  expect(device).toEqual({
    adapter: 'qlab',
    host: '127.0.0.1',
    port: 53000,
    connectTimeoutMs: 3000,
    replyTimeoutMs: 1000,
    confirmTimeoutMs: 2000,
  });
});
