/** The workspace in use: it is followed under another name, and no other one takes its place. */
import { expect, onTestFinished, test } from 'vitest';
import { never, testIo } from '../../src/adapter-sdk/testing/rig.js';
import { qlabDevice, simulated } from '../../test/support/qlab-desk.js';
import { TestClock } from '../../test/support/test-clock.js';
import { eventually, within } from '../../test/support/waiting.js';
import { qlabAdapter } from './adapter.js';

/** One device of the bridge file, and each of its connections. */
function device(config: ReturnType<typeof qlabDevice>, clock = new TestClock()) {
  const connect = async () => {
    const connection = await qlabAdapter.connect(config, { ...testIo(), clock }, never());
    onTestFinished(() => connection.close());
    return connection;
  };
  return { connect, clock };
}

test('a workspace that is saved under another name is told, stays in use, and is found again on the next connection', async () => {
  const qlab = await simulated({ workspace: 'Hamlet', otherWorkspaces: [{ workspace: 'Preshow' }] });
  const { connect, clock } = device(qlabDevice(qlab, { workspace: 'Hamlet' }));
  const first = await connect();
  expect(first.health().status).toBe('up');
  qlab.workspace.name = 'Hamlet, second night';
  await clock.advance(5000);
  const told = {
    status: 'degraded',
    code: 'NOT_FOUND',
    detail: 'the workspace "Hamlet" is now called "Hamlet, second night": mend its name in the bridge file',
  };
  await eventually(() => first.health().status === 'degraded', 'the new name is noticed');
  expect(first.health()).toMatchObject(told);
  await first.send({ start: '1' }, never());
  await first.close();
  const second = await connect();
  expect(second.health()).toMatchObject(told);
  await second.send({ start: '2' }, never());
  expect(qlab.fired.map(({ number, workspace }) => [number, workspace])).toEqual([
    ['1', qlab.workspace.uniqueID],
    ['2', qlab.workspace.uniqueID],
  ]);
});

test('when the workspace in use is closed, no other open one takes its place', async () => {
  const qlab = await simulated({ workspace: 'Hamlet', otherWorkspaces: [{ workspace: 'Preshow' }] });
  const { connect, clock } = device(qlabDevice(qlab));
  const first = await connect();
  const hamlet = qlab.workspace;
  qlab.forgetWorkspace(hamlet);
  await clock.advance(6000);
  expect(await within(first.closed, 'the end')).toMatchObject({ code: 'DEVICE_CLOSED' });
  await expect(connect()).rejects.toMatchObject({
    code: 'DEVICE_UNREACHABLE',
    message: expect.stringContaining('"Hamlet" that was in use is not open in QLab; open is Preshow'),
  });
  expect(qlab.fired).toEqual([]);
});

test('a GO with the playhead at no cue is refused before it leaves', async () => {
  const qlab = await simulated({ cues: ['1', '2'] });
  const { connect } = device(qlabDevice(qlab));
  const connection = await connect();
  await eventually(() => connection.health().playhead === '1', 'the playhead is known');
  qlab.operatorPlayhead(undefined);
  await eventually(() => connection.health().playhead !== '1', 'the playhead is gone');
  await expect(connection.send({ go: true }, never())).rejects.toMatchObject({
    message: 'the playhead of "Main Cue List" stands at no cue: GO would do nothing',
  });
  expect(qlab.received.map(({ address }) => address)).not.toContain(`/workspace/${qlab.workspace.uniqueID}/go`);
});
