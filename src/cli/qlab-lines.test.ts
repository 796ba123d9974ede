import { expect, test } from 'vitest';
import type { QlabSimulator } from '../../adapters/qlab/simulator.js';
import { qlabClient } from '../../test/support/qlab-client.js';
import { simulated } from '../../test/support/qlab-desk.js';
import { eventually } from '../../test/support/waiting.js';
import { lineHelp, qlabLines } from './qlab-lines.js';

const list = (qlab: QlabSimulator) => qlab.workspace.lists[0]?.children.map(({ number }) => number);

test.for([
  // what is typed, what is then asked, and the answer
  ['audition on', '/alwaysAudition', true],
  ['show on', '/showMode', true],
  ['mingo 1.5', '/settings/general/minGoTime', 1.5],
  ['prewait 2 0.5', '/cue/2/preWait', 0.5],
  ['duration 2 9', '/cue/2/duration', 9],
  ['disarm 2', '/cue/2/armed', false],
  ['break 2', '/cue/2/isBroken', true],
  ['renumber 2 2.5', '/cue/2.5/number', '2.5'],
  ['playhead 3', '/playhead', '3'],
  ['playhead', '/playhead', 'none'],
  ['go 2', '/playhead', '3'],
  ['start 2', '/cue/2/isRunning', true],
  ['select 2', '/cue/selected/number', '2'],
] as const)('what is typed happens there: %s', async ([typed, address, data]) => {
  const qlab = await simulated({ cues: ['1', '2', '3'] });
  const { send, heard, settled } = await qlabClient(qlab);
  await qlabLines(qlab)(typed);
  send(address);
  await settled();
  expect(JSON.parse(String(heard('/reply')[0]?.args[0]))).toMatchObject({ status: 'ok', data });
});

test('a cue is stopped, paused, let on, armed, mended and deleted', async () => {
  const qlab = await simulated({ cues: ['1', '2', '3'].map((number) => ({ number, durationMs: 60_000 })) });
  const obey = qlabLines(qlab);
  const [cue] = qlab.workspace.lists[0]?.children ?? [];
  if (!cue) throw new Error('there is a cue');
  await obey('start 1');
  await obey('pause 1');
  expect(qlab.workspace.isPaused(cue)).toBe(true);
  await obey('resume 1');
  expect(qlab.workspace.isRunning(cue)).toBe(true);
  await obey('stop 1');
  expect(qlab.workspace.isRunning(cue)).toBe(false);
  for (const [off, on] of [
    ['disarm 1', 'arm 1'],
    ['break 1', 'mend 1'],
  ] as const) {
    const before = qlab.fired.length;
    await obey(off);
    await obey('start 1');
    expect(qlab.fired).toHaveLength(before);
    await obey(on);
    await obey('start 1');
    expect(qlab.fired).toHaveLength(before + 1);
  }
  await obey('delete 1');
  expect(list(qlab)).toEqual(['2', '3']);
});

test('the workspace is renamed, vanishes and is opened; whoever wants updates is told of the name', async () => {
  const qlab = await simulated({ uniqueID: 'W' });
  const obey = qlabLines(qlab);
  const { send, ask, heard, settled } = await qlabClient(qlab);
  send('/updates', 1);
  await settled();
  expect(await obey('name Hamlet, Act 2')).toBe('the workspace is saved under another name');
  expect(await ask('/workspaces')).toMatchObject({ data: [{ displayName: 'Hamlet, Act 2' }] });
  expect(heard('/update').map(({ address }) => address)).toEqual(['/update/workspace/W']);
  await obey('vanish');
  expect(await ask('/workspaces')).toMatchObject({ data: [] });
  expect(heard('/update')).toHaveLength(1);
  await obey('open');
  expect((await ask('/workspaces')).data).toHaveLength(1);
});

test('faults add up until all is well', async () => {
  const qlab = await simulated({ uniqueID: 'W' });
  const obey = qlabLines(qlab);
  const { send, ask, heard, settled } = await qlabClient(qlab);
  send('/listen');
  await settled();
  await obey('mute');
  await obey('bare');
  qlab.operatorGo();
  send('/workspace/W/thump');
  await settled();
  expect(heard('/qlab/event')).toEqual([]);
  expect(heard('/reply/thump')).toHaveLength(1);
  await obey('deaf');
  send('/go');
  await eventually(() => qlab.counters['messages.lost'] === 1, 'the GO is lost');
  await obey('well');
  expect(await ask('/workspace/W/thump')).toMatchObject({ data: 'thump' });
  expect(qlab.fired).toHaveLength(1);
  await obey('hangup 3');
  const other = await qlabClient(qlab);
  await other.settled();
  await other.settled();
  other.send('/version');
  await new Promise((resolve) => other.socket.once('close', resolve));
});

test.for([
  ['go 2', 'GO at cue 2'],
  ['go', 'GO at cue 1'],
  ['start 3', 'cue 3 is started'],
  ['disarm 2', 'cue 2 is disarmed: it takes every command and never fires'],
  ['disarm 2; go 2', 'GO at cue 2, which is disarmed: it does not fire'],
  ['disarm 2; start 2', 'cue 2 is started, which is disarmed: it does not fire'],
  ['disarm 2; arm 2', 'cue 2 is armed'],
  ['break 2', 'cue 2 is broken: its file is missing'],
  ['break 2; playhead 2; go', 'GO at cue 2, whose file is missing: it does not fire'],
  ['break 2; mend 2', 'cue 2 is whole again'],
  ['playhead 3', 'the playhead is at cue 3'],
  ['playhead', 'the playhead is at no cue'],
  ['playhead; go', 'no cue went: the playhead is at none'],
  ['mingo 9; go 2; go 3', 'no cue went: GO at cue 3 is in the double-GO window, or in a cart'],
  ['select 2', 'cue 2 is selected'],
  ['pause 2', 'cue 2 does not run'],
  ['start 2; pause 2', 'cue 2 is paused'],
  ['start 2; pause 2; resume 2', 'cue 2 goes on'],
  ['resume 2', 'cue 2 does not run'],
  ['stop 2', 'cue 2 is stopped'],
  ['prewait 2 0.5', 'cue 2 waits 0.5 s before it fires'],
  ['duration 2 9', 'cue 2 lasts 9 s from its next start on'],
  ['renumber 2 2.5', 'cue 2 is cue 2.5'],
  ['delete 2', 'cue 2 is deleted'],
  ['audition on', 'every GO is an audition'],
  ['audition off', 'no GO is an audition'],
  ['show on', 'show mode is on'],
  ['show off', 'edit mode is on'],
  ['mingo 1.5', 'the double-GO window is 1.5 s'],
  ['help', lineHelp()],
] as const)('what was done is said, with the number of the cue: %s', async ([typed, words]) => {
  const qlab = await simulated({ cues: ['1', '2', '3'].map((number) => ({ number, durationMs: 60_000 })) });
  const obey = qlabLines(qlab);
  const said: string[] = [];
  for (const line of typed.split('; ')) said.push(await obey(line));
  expect(said.at(-1)).toBe(words);
});

test.for([
  ['go 99', 'there is no cue 99'],
  ['playhead 99', 'there is no cue 99'],
  ['start 1 2', 'write start NUMBER'],
  ['help me', 'write help alone'],
  ['nonsense', /^there is no nonsense; there are go, start, /],
  ['constructor', /^there is no constructor; /],
  ['stop', 'write stop NUMBER'],
  ['stop 1 2', 'write stop NUMBER'],
  ['stop 99', 'there is no cue 99'],
  ['panic now', 'write panic alone'],
  ['audition maybe', 'write audition on|off'],
  ['prewait 1', 'write prewait NUMBER SECONDS'],
  ['prewait 1 soon', 'write prewait NUMBER SECONDS'],
  ['prewait 1 99999999', 'write prewait NUMBER SECONDS'],
  ['mingo -1', 'write mingo SECONDS'],
  ['renumber 1', 'write renumber NUMBER NUMBER'],
  ['renumber 1 2', 'there is a cue 2'],
  ['delete 1 2', 'write delete NUMBER'],
  ['delete L', 'a list stays'],
  ['hangup 0', 'write hangup MESSAGES'],
  ['slow down', 'write slow MS'],
  ['name', 'write name NAME'],
] as const)('what cannot be done is told: %s', async ([typed, words]) => {
  const qlab = await simulated({ cues: { lists: [{ number: 'L', cues: ['1', '2'] }] } });
  expect(await qlabLines(qlab)(typed)).toMatch(words);
  expect(list(qlab)).toEqual(['1', '2']);
});

test('the help has a line for each, and none is wider than a terminal', () => {
  const lines = lineHelp().split('\n');
  for (const name of ['help', 'audition', 'name', 'prewait', 'renumber', 'vanish', 'mute', 'bare']) {
    expect(lines.filter((line) => line.startsWith(`  ${name} `))).toHaveLength(1);
  }
  expect(lines.filter((line) => line.length > 120)).toEqual([]);
});
