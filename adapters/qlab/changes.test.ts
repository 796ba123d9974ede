/** What changes at QLab while the bridge is connected, and what was so before it came. */
import { expect, onTestFinished, test } from 'vitest';
import { never, testIo } from '../../src/adapter-sdk/testing/rig.js';
import { about, connected, qlabDevice, simulated } from '../../test/support/qlab-desk.js';
import { TestClock } from '../../test/support/test-clock.js';
import { eventually, within } from '../../test/support/waiting.js';
import { qlabAdapter } from './adapter.js';
import type { QlabSimulator } from './simulator.js';

const asked = (qlab: QlabSimulator, path: string) =>
  qlab.received.filter(({ address }) => address.endsWith(path)).length;

test('a GO that somebody pressed before the bridge came still holds the next one back', async () => {
  for (const version of ['5.5.10', '4.7.3']) {
    const qlab = await simulated({ version, minGoTimeMs: 60_000 });
    qlab.operatorGo();
    const { connection } = await connected(qlab);
    await expect(connection.send({ go: true }, never())).rejects.toMatchObject({
      code: 'DEVICE_REFUSED',
      message: expect.stringContaining("QLab's double-GO window still runs for"),
    });
    expect(qlab.fired).toHaveLength(1);
  }
});

test('QLab 4 tells no GO: its window is asked for when the playhead moves', async () => {
  const { qlab, connection } = await connected(await simulated({ version: '4.7.3', minGoTimeMs: 60_000 }));
  const before = asked(qlab, '/doubleGoWindowRemaining');
  qlab.operatorGo();
  await eventually(() => asked(qlab, '/doubleGoWindowRemaining') > before, 'the window is asked for');
  // Answers come in order: with this one, that one is there.
  await connection.send({ load: '7' }, never());
  await expect(connection.send({ go: true }, never())).rejects.toMatchObject({ code: 'DEVICE_REFUSED' });
  expect(qlab.fired).toHaveLength(1);
});

test('a double-GO window that cannot be read once is not forgotten', async () => {
  const { qlab, connection } = await connected(await simulated({ minGoTimeMs: 60_000 }), { replyTimeoutMs: 60 });
  await qlab.setFaults({ dropReplies: (path) => path.includes('minGoTime') });
  qlab.workspace.tellSettings('general');
  await eventually(() => asked(qlab, '/minGoTime') === 2, 'it is read again');
  await connection.send({ go: true }, never());
  await connection.send({ load: '7' }, never());
  await connection.send({ load: '8' }, never());
  await expect(connection.send({ go: true }, never())).rejects.toMatchObject({ code: 'DEVICE_REFUSED' });
});

test('whoever is given the right to view while connected hears and follows from then on', async () => {
  const access = { '': ['control'] as ('control' | 'view')[] };
  const { qlab, connection, inputs } = await connected(await simulated({ access }));
  expect(connection.health()).toMatchObject({ status: 'degraded', detail: expect.stringContaining('view') });
  access[''] = ['view', 'control'];
  qlab.workspace.tellSettings('network.access.osc');
  await eventually(() => asked(qlab, '/listen/go') === 1, 'it listens');
  await eventually(() => connection.health().playhead === '1', 'the playhead is known');
  qlab.operatorGo('3');
  await eventually(() => about(inputs, 'go').length === 1, 'the GO is heard');
  await eventually(() => connection.health().playhead === '4', 'the playhead is followed');
  await (await connection.send({ start: '2' }, never())).confirmed;
  expect(connection.health().status).toBe('up');
});

test('settings that change in a burst are one question each, not closer than QLab lets pass', async () => {
  const qlab = await simulated({ duplicateFilterMs: 100, minGoTimeMs: 500 });
  const { connection } = await connected(qlab);
  const before = asked(qlab, '/connect');
  for (let i = 0; i < 10; i++) {
    qlab.workspace.tellSettings('network.access.osc');
    qlab.workspace.tellSettings('general');
  }
  await eventually(() => asked(qlab, '/connect') === before + 2, 'the access is asked for twice');
  await connection.send({ start: '1' }, never());
  expect(connection.health().status).toBe('up');
  expect(qlab.counters['dropped.duplicate'] ?? 0).toBe(0);
});

test('a right that is given back is seen at once, without a command', async () => {
  const access = { '': ['view', 'control'] as ('control' | 'view')[] };
  const { qlab, connection } = await connected(await simulated({ access }));
  access[''] = ['view'];
  qlab.workspace.tellSettings('network.access.osc');
  await eventually(
    () => connection.health().detail === '"Simulated Show" does not allow control to whoever has no passcode',
    'the right is gone',
  );
  await expect(connection.send({ start: '1' }, never())).rejects.toMatchObject({ code: 'DEVICE_REFUSED' });
  access[''] = ['view', 'control'];
  qlab.workspace.tellSettings('network.access.osc');
  await eventually(() => connection.health().status === 'up', 'the right is back');
});

test.for([
  ['QLab says error to', {}],
  ['QLab does not answer', { dropReplies: (path: string) => path === '/thump' }],
] as const)(
  'a second workspace, and one that closes without a word, are noticed by the next thump, which %s',
  async ([, faults]) => {
    const qlab = await simulated({ workspace: 'Hamlet', otherWorkspaces: [{ workspace: 'Preshow' }] });
    const clock = new TestClock();
    const connection = await qlabAdapter.connect(qlabDevice(qlab), { ...testIo(), clock }, never());
    onTestFinished(() => connection.close());
    expect(connection.health()).toMatchObject({ status: 'degraded', code: 'CONFLICT' });
    const [preshow, hamlet] = [qlab.workspaces[1], qlab.workspaces[0]];
    if (!preshow || !hamlet) throw new Error('two workspaces were asked for');
    qlab.forgetWorkspace(preshow);
    await clock.advance(5000);
    await eventually(() => connection.health().status === 'up', 'only one is open');
    qlab.openWorkspace();
    await clock.advance(5000);
    await eventually(() => connection.health().status === 'degraded', 'two are open again');
    qlab.forgetWorkspace(hamlet);
    await qlab.setFaults(faults);
    await clock.advance(5000);
    // The reply is overdue after one second; one that came needs none.
    if ('dropReplies' in faults) await clock.advance(1000);
    expect(await within(connection.closed, 'the end')).toMatchObject({ message: 'QLab closed the workspace "Hamlet"' });
  },
);

test('a cue of the same number in another workspace is no evidence that ours fired', async () => {
  const qlab = await simulated({ workspace: 'Preshow', otherWorkspaces: [{ workspace: 'Hamlet' }] });
  const { connection, inputs } = await connected(qlab, { workspace: 'Hamlet', confirmTimeoutMs: 150 });
  await eventually(() => connection.health().playhead === '1', 'the cues are known');
  await qlab.setFaults({ swallow: true });
  const { confirmed } = await connection.send({ start: '3' }, never());
  qlab.operatorStart('3');
  await expect(confirmed).rejects.toMatchObject({ code: 'DEVICE_TIMEOUT' });
  expect(inputs).toEqual([]);
});

test('QLab 4: a cue that had been running before is no evidence that it was started again', async () => {
  const { qlab, connection } = await connected(await simulated({ version: '4.7.3' }), { confirmTimeoutMs: 400 });
  qlab.operatorStart('1');
  await eventually(
    () => qlab.workspace.running().some((cue) => qlab.workspace.elapsedMs(cue) > 250),
    'it runs a while',
  );
  await qlab.setFaults({ swallow: true });
  const { confirmed } = await connection.send({ start: '1' }, never());
  await expect(confirmed).rejects.toMatchObject({ code: 'DEVICE_TIMEOUT' });
});

test('QLab 4: a playhead that the operator moves is no evidence of our GO', async () => {
  const { qlab, connection } = await connected(await simulated({ version: '4.7.3' }), { confirmTimeoutMs: 300 });
  await eventually(() => connection.health().playhead === '1', 'the playhead is known');
  await qlab.setFaults({ swallow: true });
  const { confirmed } = await connection.send({ go: true }, never());
  qlab.operatorPlayhead('9');
  await expect(confirmed).rejects.toMatchObject({ code: 'DEVICE_TIMEOUT' });
});

test("an operator's GO of another cue is no evidence of the GO that QLab swallowed, and stays a press", async () => {
  const { qlab, connection, inputs } = await connected(await simulated(), { confirmTimeoutMs: 200 });
  await eventually(() => connection.health().playhead === '1', 'the cues are known');
  await qlab.setFaults({ swallow: true });
  const { confirmed } = await connection.send({ go: '5' }, never());
  qlab.operatorGo('8');
  await expect(confirmed).rejects.toMatchObject({ code: 'DEVICE_TIMEOUT' });
  expect(about(inputs, 'go')).toMatchObject([{ cueNumber: '8', attribution: 'operator' }]);
});

test.for([
  ['5.5.10', { code: 'DEVICE_REFUSED', message: 'QLab could not do: start 99: it knows no cue 99' }],
  ['5.2.4', { code: 'DEVICE_TIMEOUT', message: 'QLab did not answer: it knows no cue 99' }],
] as const)('a cue that QLab %s does not know is said to be none', async ([version, error]) => {
  const { connection } = await connected(await simulated({ version }), { replyTimeoutMs: 150 });
  await eventually(() => connection.health().playhead === '1', 'the cues are known');
  await expect(connection.send({ start: '99' }, never())).rejects.toMatchObject(error);
});

test('what QLab denies is not told as a cue that it does not know', async () => {
  const { connection } = await connected(await simulated({ access: { '': ['view'] } }));
  await eventually(() => connection.health().playhead === '1', 'the cues are known');
  await expect(connection.send({ start: '99' }, never())).rejects.toMatchObject({
    code: 'DEVICE_REFUSED',
    message: 'QLab denied: start 99',
  });
});

test('two panics are one: the second would cut off what fades', async () => {
  const { qlab, connection } = await connected(await simulated());
  await connection.send({ start: '1' }, never());
  const both = await Promise.allSettled([
    connection.send({ panic: true }, never()),
    connection.send({ panic: true }, never()),
  ]);
  // While QLab has not answered the first, nobody knows.
  expect(both.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
  // Once it has, what is asked for is so already: no red word in the middle of an emergency.
  expect(await connection.send({ panic: true }, never())).toMatchObject({ reached: 'acknowledged' });
  expect(asked(qlab, '/panic')).toBe(1);
  expect(qlab.workspace.isPanicking).toBe(true);
  expect(qlab.workspace.running()).toHaveLength(1);
});

test("an operator's GO from a remote that plays QLab as well is not done twice", async () => {
  const { qlab, connection, inputs } = await connected(await simulated());
  qlab.operatorGo('13');
  await eventually(() => about(inputs, 'go').length === 1, 'the GO is heard');
  await expect(connection.send({ start: '13' }, never())).rejects.toMatchObject({
    code: 'DEVICE_REFUSED',
    message: expect.stringMatching(/^an operator did that at QLab \d+ ms ago \(cue 13\)$/),
  });
  expect(qlab.fired).toHaveLength(1);
});

test('a playhead that is put to the same place twice at once is put there in two ways; nothing is dropped', async () => {
  const { qlab, connection } = await connected(await simulated({ duplicateFilterMs: 100 }));
  await Promise.all([connection.send({ playhead: '4' }, never()), connection.send({ playhead: '4' }, never())]);
  await eventually(() => connection.health().playhead === '4', 'the playhead');
  expect(qlab.counters['dropped.duplicate'] ?? 0).toBe(0);
  await expect(connection.send({ playhead: '4' }, never())).rejects.toMatchObject({ code: 'DEVICE_REFUSED' });
});
