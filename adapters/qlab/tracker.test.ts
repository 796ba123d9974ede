/** What becomes of a command that has left: by QLab's reports, late ones too, and by what it may be told. */
import { expect, onTestFinished, test } from 'vitest';
import { Overdue } from '../../src/adapter-sdk/overdue.js';
import { never } from '../../src/adapter-sdk/testing/rig.js';
import { about, connected, simulated } from '../../test/support/qlab-desk.js';
import { eventually } from '../../test/support/waiting.js';

test('what was sent without the right to view is nobody’s when that comes: the next start is the operator’s', async () => {
  const access = { '': ['control'] as ('control' | 'view')[] };
  const { qlab, connection, inputs } = await connected(await simulated({ access }));
  await connection.send({ stop: '1' }, never());
  await connection.send({ start: '1' }, never());
  access[''] = ['view', 'control'];
  qlab.workspace.tellSettings('network.access.osc');
  await eventually(() => connection.health().playhead === '1', 'what may be seen is seen');
  qlab.operatorStart('1');
  await eventually(() => about(inputs, 'cueStarted').length === 1, 'the start');
  expect(about(inputs, 'cueStarted')).toMatchObject([{ cueNumber: '1', attribution: 'operator' }]);
});

test('a GO of a list by its number is ours, whichever cue it goes to', async () => {
  const lists = [{ cues: ['1', '2'] }, { number: 'B', cues: ['b1', 'b2'] }];
  const { connection, inputs } = await connected(await simulated({ cues: { lists } }));
  await eventually(() => connection.health().playhead === '1', 'the lists are known');
  await connection.send({ go: 'B' }, never());
  await eventually(() => about(inputs, 'go').length === 1, 'the GO');
  expect(about(inputs, 'go')).toMatchObject([{ cueNumber: 'b1' }]);
  expect(about(inputs, 'go')[0]?.attribution).not.toBe('operator');
});

test('a GO that was told as failed, and that goes to another cue after all, is not told as fired', async () => {
  const { qlab, connection } = await connected(await simulated(), { confirmTimeoutMs: 200 });
  await eventually(() => connection.health().playhead === '1', 'the playhead is known');
  await qlab.setFaults({ swallow: true });
  const { confirmed } = await connection.send({ go: true }, never());
  const failure = await confirmed?.catch((error: unknown) => error);
  if (!(failure instanceof Overdue)) throw new Error('it was told as failed');
  let isFired = false;
  void failure.late.then(() => {
    isFired = true;
  });
  qlab.operatorGo('8');
  await eventually(() => connection.health().code === 'PLAYHEAD_DIVERGED', 'the other cue is told');
  expect(isFired).toBe(false);
});

test('QLab 4: after a GO that nobody saw, a playhead that moves is doubtful, even where the cue did not answer', async () => {
  const { qlab, connection, inputs } = await connected(await simulated({ version: '4.7.3' }), {
    ...{ confirmTimeoutMs: 300, replyTimeoutMs: 150 },
  });
  await eventually(() => connection.health().playhead === '1', 'the playhead is known');
  await qlab.setFaults({ swallow: true, dropReplies: (path) => path.endsWith('/valuesForKeys') });
  const { confirmed } = await connection.send({ go: true }, never());
  await expect(confirmed).rejects.toMatchObject({ code: 'DEVICE_TIMEOUT' });
  qlab.operatorPlayhead('5');
  await eventually(() => about(inputs, 'playhead').length === 1, 'the playhead');
  expect(about(inputs, 'playhead')).toMatchObject([{ attribution: 'doubtful' }]);
});

test('QLab 4 with two lists: a GO at no cue is acknowledged, and nothing is awaited of it', async () => {
  const lists = [{ cues: ['1'] }, { cues: ['2'] }];
  const { qlab, connection } = await connected(await simulated({ version: '4.7.3', cues: { lists } }));
  qlab.operatorPlayhead(undefined);
  await eventually(() => connection.health().playhead === null, 'the playhead stands at no cue');
  const receipt = await connection.send({ go: true }, never());
  expect(receipt).toMatchObject({ reached: 'acknowledged' });
  expect(receipt.confirmed).toBeUndefined();
});

test('our stop of all, and our reset, make no panic ours', async () => {
  const { qlab, connection, inputs } = await connected(await simulated());
  await connection.send({ stop: true }, never());
  await connection.send({ reset: true }, never());
  qlab.operatorPanic();
  await eventually(() => about(inputs, 'panic').length === 1, 'the panic');
  expect(about(inputs, 'panic')).toMatchObject([{ attribution: 'operator' }]);
});

test('a connection that ends while a cue is awaited says that QLab was lost, not that the cue did not fire', async () => {
  const { qlab, connection } = await connected(await simulated(), { confirmTimeoutMs: 5000 });
  await qlab.setFaults({ swallow: true });
  const { confirmed } = await connection.send({ start: '1' }, never());
  onTestFinished(() => qlab.setFaults({}));
  qlab.dropClients();
  await expect(confirmed).rejects.toMatchObject({
    code: 'DEVICE_CLOSED',
    message: 'QLab was lost before start 1 was seen',
  });
});
