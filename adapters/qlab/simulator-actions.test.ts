/** What a client may do to cues: run, audition, preview and stop them, move the playhead, select and delete. */
import { expect, test } from 'vitest';
import { qlabClient, readTold } from '../../test/support/qlab-client.js';
import { simulated } from '../../test/support/qlab-desk.js';
import { TestClock } from '../../test/support/test-clock.js';
import type { OscArgument } from './codec.js';

test('whichever cues run, stand or are selected answer for themselves, by their ID', async () => {
  const qlab = await simulated({ uniqueID: 'W', cues: ['1', '2', '3'] });
  const { send, settled, heard } = await qlabClient(qlab);
  const ids = qlab.workspace.all().map(({ uniqueID }) => uniqueID);
  send('/cue/1/start');
  send('/cue/3/start');
  send('/select/2');
  send('/cue/active/number');
  send('/cue_id/active/isRunning');
  send('/workspace/W/cue/selected/number');
  send('/cue/playhead/number');
  await settled();
  const told = (prefix: string) => heard(prefix).map((message) => [message.address, readTold(message)] as const);
  expect(told('/reply/cue_id').map(([address, { data }]) => [address, data])).toEqual([
    [`/reply/cue_id/${ids[1]}/number`, '1'],
    [`/reply/cue_id/${ids[3]}/number`, '3'],
    [`/reply/cue_id/${ids[1]}/isRunning`, true],
    [`/reply/cue_id/${ids[3]}/isRunning`, true],
    [`/reply/cue_id/${ids[1]}/number`, '1'],
  ]);
  expect(told('/reply/workspace/W/cue_id')).toMatchObject([
    [`/reply/workspace/W/cue_id/${ids[2]}/number`, { data: '2' }],
  ]);
  // Version 5 names the workspace in the JSON.
  expect(told('/reply/cue_id')[0]?.[1].address).toBe(`/workspace/W/cue_id/${ids[1]}/number`);
});

test('an audition is told as one, for a GO that is one and while every GO is', async () => {
  const qlab = await simulated({ cues: ['1', '2', '3', '4'] });
  const { send, ask, settled, heard } = await qlabClient(qlab);
  send('/listen');
  send('/auditionGo');
  expect(await ask('/cue/1/isAuditioning')).toMatchObject({ data: true });
  send('/go');
  expect(await ask('/cue/2/isAuditioning')).toMatchObject({ data: false });
  send('/alwaysAudition', 1);
  send('/go/3');
  send('/auditionGo', '4');
  send('/cue/4/stop');
  expect(await ask('/cue/4/isAuditioning')).toMatchObject({ data: false });
  send('/cue/1/start');
  expect(await ask('/cue/1/isAuditioning')).toMatchObject({ data: false });
  await settled();
  const whole = heard('/qlab/event/workspace').filter(({ address }) => /[gG]o$/.test(address));
  expect(whole.map(({ address, args }) => [address.split('/').at(-1), args[0]])).toEqual([
    ['auditionGo', '1'],
    ['go', '2'],
    ['auditionGo', '3'],
    ['auditionGo', '4'],
  ]);
});

test('an audition is over when its cue is', async () => {
  const clock = new TestClock();
  const qlab = await simulated({ clock, cues: [{ number: '1', durationMs: 1000 }] });
  const { send, ask } = await qlabClient(qlab);
  send('/auditionGo');
  expect(await ask('/cue/1/isAuditioning')).toMatchObject({ data: true });
  await clock.advance(1000);
  expect(await ask('/cue/1/isAuditioning')).toMatchObject({ data: false });
});

test('a preview has no pre-wait, and no cue follows it', async () => {
  const clock = new TestClock();
  const cues = [
    { number: '1', preWaitMs: 5000, continueMode: 1 as const },
    '2',
    { number: '3', continueMode: 2 as const },
    '4',
  ];
  const qlab = await simulated({ clock, cues });
  const { send, settled } = await qlabClient(qlab);
  send('/cue/1/preview');
  send('/cue/3/auditionPreview');
  await settled();
  await clock.advance(10_000);
  expect(qlab.fired.map(({ number }) => number)).toEqual(['1', '3']);
});

test('a cue in its pre-wait that is previewed is over with its preview', async () => {
  const clock = new TestClock();
  const qlab = await simulated({ clock, cues: [{ number: '1', preWaitMs: 60_000, durationMs: 1000 }] });
  const { send, ask, settled } = await qlabClient(qlab);
  send('/cue/1/start');
  expect(await ask('/cue/1/isRunning')).toMatchObject({ data: true });
  expect(await ask('/cue/1/isActionRunning')).toMatchObject({ data: false });
  await clock.advance(6000);
  expect(await ask('/cue/1/percentPreWaitElapsed')).toMatchObject({ data: 0.1 });
  send('/cue/1/preview');
  expect(await ask('/cue/1/isActionRunning')).toMatchObject({ data: true });
  await clock.advance(1000);
  await settled();
  expect(await ask('/cue/1/isRunning')).toMatchObject({ data: false });
  await clock.advance(60_000);
  expect(qlab.fired).toHaveLength(1);
});

test('no more than all of a cue has gone by, though it was made shorter while it ran', async () => {
  const clock = new TestClock();
  const qlab = await simulated({ clock, cues: [{ number: '1', durationMs: 10_000 }] });
  const { send, ask, settled } = await qlabClient(qlab);
  send('/cue/1/start');
  await settled();
  await clock.advance(5000);
  expect(await ask('/cue/1/percentActionElapsed')).toMatchObject({ data: 0.5 });
  send('/cue/1/duration', 2);
  expect(await ask('/cue/1/percentActionElapsed')).toMatchObject({ data: 1 });
});

test('a solo stops the others of its list, and itself not', async () => {
  const lists = [{ cues: ['1', '2', '3'] }, { number: 'B', cues: ['b1'] }];
  const qlab = await simulated({ cues: { lists } });
  const { send, ask } = await qlabClient(qlab);
  for (const number of ['1', '2', 'b1']) send(`/cue/${number}/start`);
  send('/cue/1/soloCueInTime', 0);
  const running = (await ask('/runningCues/shallow')).data as { number: string }[];
  expect(running.map(({ number }) => number)).toEqual(['1', 'b1']);
});

test('a QLab that swallows commands still listens, and takes what is written', async () => {
  const qlab = await simulated({ cues: ['1'], faults: { swallow: true } });
  const { send, ask, settled, heard } = await qlabClient(qlab);
  send('/listen/go');
  send('/cue/1/start');
  send('/go');
  expect(await ask('/playhead')).toMatchObject({ data: '1' });
  qlab.operatorGo();
  await settled();
  expect(qlab.fired.map(({ by }) => by)).toEqual(['operator']);
  expect(heard('/qlab/event')).toHaveLength(4);
});

test('a cue that is disarmed takes every command and never fires', async () => {
  const qlab = await simulated({ cues: ['1', '2'] });
  const { send, ask } = await qlabClient(qlab);
  send('/cue/1/armed', 0);
  send('/go');
  send('/cue/1/start');
  expect(await ask('/playhead')).toMatchObject({ data: '2' });
  expect(qlab.fired).toEqual([]);
});

test('a playhead goes where it is told to, the one of a list too', async () => {
  const lists = [
    { cues: ['1', { number: '2', continueMode: 1 as const }, '3', '4'] },
    { number: 'B', cues: ['b1', 'b2'] },
    { number: 'C', isCart: true, cues: ['c1'] },
  ];
  const qlab = await simulated({ cues: { lists } });
  const { send, ask } = await qlabClient(qlab);
  const at = async (address: string, read = '/playhead', ...args: OscArgument[]) => {
    send(address, ...args);
    return (await ask(read)).data;
  };
  expect(await at('/playhead/nextSequence')).toBe('2');
  expect(await at('/playhead/nextSequence')).toBe('4');
  expect(await at('/playhead/previousSequence')).toBe('2');
  expect(await at('/playhead/none')).toBe('none');
  expect(await at('/playbackPosition/next')).toBe('1');
  send('/cue/3/start');
  send('/select/4');
  expect(await at('/playhead/active')).toBe('3');
  expect(await at('/playhead/selected')).toBe('4');
  expect(await at('/cue/B/playhead', '/cue/B/playhead', 'b2')).toBe('b2');
  expect(await at('/cue/B/playhead/previous', '/cue/B/playhead')).toBe('b1');
  expect(await at('/cue/B/playhead/1', '/cue/B/playhead')).toBe('b1');
  expect(await at('/playhead/c1')).toBe('4');
  expect(await at('/playhead/B')).toBe('4');
  expect((await ask('/currentCueList')).data).toBe('');
  expect(await at('/currentCueList', '/playhead', 'B')).toBe('b1');
  expect(await at('/playhead/3')).toBe('3');
  expect(await ask('/cue/C/playhead')).toMatchObject({ status: 'error' });
});

test('cues are selected, deleted and renumbered', async () => {
  const qlab = await simulated({ cues: ['1', '2', '3', '4'] });
  const { send, ask } = await qlabClient(qlab);
  const numbers = async (address: string) =>
    ((await ask(address)).data as { number: string }[]).map((cue) => cue.number);
  send('/select/next');
  expect(await numbers('/selectedCues/shallow')).toEqual(['1']);
  send('/select/next');
  expect(await numbers('/selectedCues')).toEqual(['2']);
  send('/delete/selected');
  expect(await numbers('/selectedCues')).toEqual([]);
  send('/select/{3,4}');
  send('/renumber', 10, 0.5, 'Q', 'x');
  const [list] = qlab.workspace.lists;
  expect(await numbers(`/cue_id/${list?.uniqueID}/children`)).toEqual(['1', 'Q10x', 'Q10.5x']);
  send('/renumber', 1, 1);
  expect(await numbers('/selectedCues')).toEqual(['Q10x', 'Q10.5x']);
  // Behind the last one there is none: that is no error, and changes nothing.
  send('/alwaysReply', 1);
  send('/select/Q10.5x');
  expect(await ask('/select/next')).toMatchObject({ status: 'ok' });
  expect(await numbers('/selectedCues')).toEqual(['Q10.5x']);
  send('/alwaysReply', 0);
  send('/cue/1/start');
  send('/delete/active');
  expect(await numbers('/runningCues')).toEqual([]);
  send('/delete_id/*');
  expect(await numbers('/cueLists')).toEqual(['']);
});
