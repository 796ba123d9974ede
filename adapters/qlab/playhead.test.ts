import { describe, expect, test } from 'vitest';
import type { Connection } from '../../src/adapter-sdk/adapter.js';
import { never } from '../../src/adapter-sdk/testing/rig.js';
import { connected, simulated } from '../../test/support/qlab-desk.js';
import { eventually } from '../../test/support/waiting.js';
import { chooseList, readRoster } from './roster.js';
import type { QlabSimulator, QlabSimulatorOptions } from './simulator.js';

const stands = (connection: Connection, playhead: string | null | undefined) =>
  eventually(
    () => connection.health().playhead === playhead,
    () => `the playhead at ${String(playhead)}; it is told at ${String(connection.health().playhead)}`,
  );
const idOf = (qlab: QlabSimulator, number: string): string =>
  qlab.workspace.all().find((cue) => cue.number === number)?.uniqueID ?? '';
const start = async (options: QlabSimulatorOptions = {}, more: Parameters<typeof connected>[1] = {}) =>
  connected(await simulated(options), more);

for (const version of ['5.5.10', '5.2', '4.7.3']) {
  test(`QLab ${version}: the playhead is known from the beginning and followed wherever it goes`, async () => {
    const { qlab, connection } = await start({ version, cues: ['1', '12.5', { number: '' }, '3'] });
    await stands(connection, '1');
    await connection.send({ go: true }, never());
    await stands(connection, '12.5');
    qlab.operatorGo();
    await stands(connection, '');
    qlab.operatorPlayhead('3');
    await stands(connection, '3');
    qlab.operatorPlayhead(undefined);
    await stands(connection, null);
    expect(connection.health().status).toBe('up');
  });
}

test('a start leaves the playhead where it is; the bridge can move it', async () => {
  const { connection } = await start();
  await stands(connection, '1');
  await connection.send({ start: '7' }, never());
  await connection.send({ playhead: '8' }, never());
  await stands(connection, '8');
});

test('a move that comes before the cue lists is told once they are there', async () => {
  const { qlab, connection } = await start({ faults: { dropReplies: (path) => path === '/cueLists' } });
  await eventually(() => qlab.received.some(({ address }) => address.endsWith('/cueLists')), 'the lists are asked for');
  qlab.operatorGo('4');
  expect(connection.health().playhead).toBeUndefined();
  await qlab.setFaults({});
  qlab.sendUpdate('');
  await stands(connection, '5');
});

test('a move to a cue that is new since the lists were read is told once its number is known', async () => {
  const { qlab, connection } = await start();
  await stands(connection, '1');
  const list = qlab.workspace.lists[0];
  const cue = qlab.workspace.all().find(({ number }) => number === '4');
  if (!list || !cue) throw new Error('no such cue');
  cue.number = '4.5';
  cue.uniqueID = 'new-cue';
  await qlab.setFaults({ delayMs: 60 });
  qlab.operatorPlayhead('4.5');
  await stands(connection, undefined);
  await stands(connection, '4.5');
});

test('a cue at the playhead that is given another number is told by it; one that is deleted gives way', async () => {
  const { qlab, connection } = await start();
  qlab.operatorPlayhead('4');
  await stands(connection, '4');
  const cue = qlab.workspace.all().find(({ number }) => number === '4');
  if (!cue) throw new Error('no such cue');
  qlab.workspace.renumber(cue, '4.1');
  await stands(connection, '4.1');
  qlab.workspace.remove(cue);
  await stands(connection, '5');
});

describe('of several lists', () => {
  const lists = [
    { name: 'Buttons', number: 'B', cues: ['b1', 'b2'] },
    { name: 'Show', number: 'S', cues: ['1', '2', '3'] },
  ];

  test('the first counts, unless one is named', async () => {
    const qlab = await simulated({ cues: { lists } });
    const unnamed = await connected(qlab);
    await stands(unnamed.connection, 'b1');
    for (const cueList of ['Show', 'S', idOf(qlab, 'S')]) {
      const { connection } = await connected(qlab, { cueList });
      await stands(connection, '1');
    }
    const { connection } = await connected(qlab, { cueList: 'Show' });
    await stands(connection, '1');
    qlab.operatorGo('b1');
    qlab.operatorGo('2');
    await stands(connection, '3');
    await stands(unnamed.connection, 'b2');
  });

  test('one that is not there is told, until it is', async () => {
    const { qlab, connection } = await start({ cues: { lists } }, { cueList: 'Act two' });
    await eventually(() => connection.health().status === 'degraded', 'the list is missed');
    expect(connection.health()).toMatchObject({
      code: 'NOT_FOUND',
      detail: 'the workspace "Simulated Show" has no cue list "Act two"',
    });
    const list = qlab.workspace.lists[1];
    if (!list) throw new Error('no list');
    list.name = 'Act two';
    qlab.sendUpdate('');
    await stands(connection, '1');
    expect(connection.health().status).toBe('up');
  });

  test('a GO of a list by its number is seen to fire though the cue is called otherwise', async () => {
    const { qlab, connection } = await start({ cues: { lists } }, { cueList: 'Show' });
    await stands(connection, '1');
    await (await connection.send({ go: 'S' }, never())).confirmed;
    expect(qlab.fired).toMatchObject([{ number: '1', by: 'go' }]);
  });
});

test('another workspace moves no playhead of ours', async () => {
  const { qlab, connection } = await start(
    { workspace: 'Preshow', otherWorkspaces: [{ workspace: 'Hamlet' }] },
    { workspace: 'Hamlet' },
  );
  await stands(connection, '1');
  qlab.operatorGo('9');
  await connection.send({ playhead: '3' }, never());
  await stands(connection, '3');
});

test('without the right to view, nothing is claimed of the playhead', async () => {
  const { qlab, connection } = await start({ access: { '': ['control'] } });
  await connection.send({ go: true }, never());
  expect(connection.health()).not.toHaveProperty('playhead');
  expect(qlab.received.some(({ address }) => address.endsWith('/cueLists'))).toBe(false);
});

test('a roster takes what is as documented, however deep, and leaves the rest out', () => {
  const roster = readRoster([
    { uniqueID: 'c', number: 'C', name: 'Carts', type: 'Cart', cues: [{ uniqueID: 'c1', number: '1' }] },
    {
      uniqueID: 'l',
      number: '',
      listName: 'Main',
      type: 'Cue List',
      cues: [{ uniqueID: 'g', cues: [{ uniqueID: 'x', number: 7 }] }],
    },
    { number: 'nobody' },
    null,
    'what',
  ]);
  expect([...roster.numbers]).toEqual([
    ['c', 'C'],
    ['c1', '1'],
    ['l', ''],
    ['g', ''],
    ['x', '7'],
  ]);
  expect(chooseList(roster, undefined)?.name).toBe('Main');
  expect(chooseList(roster, 'Carts')).toBeUndefined();
  expect(readRoster('no list').lists).toEqual([]);
});
