/** Who may do what: passcodes, what each grants, and who waits behind a wrong one. */
import { expect, test } from 'vitest';
import { qlabClient, readTold } from '../../test/support/qlab-client.js';
import { simulated } from '../../test/support/qlab-desk.js';
import { TestClock } from '../../test/support/test-clock.js';
import { eventually } from '../../test/support/waiting.js';
import type { OscArgument } from './codec.js';

test('rights are those of the dictionary: all may look, control acts, edit writes', async () => {
  const access = { v: ['view'], e: ['edit'], c: ['control'] } as const;
  const qlab = await simulated({ access });
  const replied = async (passcode: keyof typeof access, address: string, ...args: OscArgument[]) => {
    const { send, ask } = await qlabClient(qlab);
    await ask('/connect', passcode);
    send('/alwaysReply', 1);
    return (await ask(address, ...args)).status;
  };
  for (const [address, args, ...allowed] of [
    ['/cueLists', [], 'v', 'e', 'c'],
    ['/cue/1/armed', [], 'v', 'e', 'c'],
    ['/cue/1/armed', [1], 'e'],
    ['/cue/1/notes', ['x'], 'v', 'e', 'c'],
    ['/showMode', [1], 'e'],
    ['/liveFadePreview', [1], 'e', 'c'],
    ['/overrides/midiInputEnabled', [1], 'e', 'c'],
    ['/cue/1/start', [], 'c'],
    ['/go', [], 'c'],
    ['/playhead/1', [], 'c'],
    ['/listen/go', [], 'v'],
    ['/delete/99', [], 'e'],
  ] as [string, OscArgument[], ...string[]][]) {
    for (const passcode of ['v', 'e', 'c'] as const) {
      const status = await replied(passcode, address, ...args);
      expect([address, passcode, status === 'denied']).toEqual([address, passcode, !allowed.includes(passcode)]);
    }
  }
});

test('/connect without a passcode is no guess: it is answered at once, and delays nothing', async () => {
  const clock = new TestClock();
  const qlab = await simulated({ clock, passcode: '1234' });
  const { ask } = await qlabClient(qlab);
  for (let times = 0; times < 5; times++) {
    expect(await ask('/connect')).toMatchObject({ status: 'ok', data: 'badpass' });
    expect(await ask('/connect', '')).toMatchObject({ data: 'badpass' });
  }
  expect(await ask('/connect', '1234')).toMatchObject({ data: 'ok:view|edit|control' });
  expect(clock.sleeping).toBe(0);
  expect(await ask('/showMode')).toMatchObject({ status: 'ok' });
});

test('to let in whoever has no passcode forgives no guess, and no guess delays that', async () => {
  const clock = new TestClock();
  const qlab = await simulated({ clock, access: { 1234: ['view', 'control'], '': ['view'] } });
  const { send, ask, heard } = await qlabClient(qlab);
  // A passcode that is no text is a wrong one, not none.
  expect(await ask('/connect', 1234)).toMatchObject({ data: 'badpass' });
  expect(await ask('/connect')).toMatchObject({ data: 'ok:view' });
  expect(clock.sleeping).toBe(0);
  send('/connect', '1234');
  await eventually(() => clock.sleeping === 1, 'the guess before makes it wait');
  await clock.advance(500);
  await eventually(() => heard('/reply/connect').length === 3, 'it is let in');
});

test('what comes behind a /connect that is delayed is judged by what that one grants', async () => {
  const clock = new TestClock();
  const qlab = await simulated({ clock, passcode: '1234' });
  const { send, ask, heard, settled } = await qlabClient(qlab);
  expect(await ask('/connect', 1234)).toMatchObject({ data: 'badpass' });
  send('/connect', '1234');
  send('/connect');
  send('/showMode');
  await eventually(() => clock.sleeping === 1, 'the delay begins');
  await settled();
  expect(heard('/reply/showMode')).toEqual([]);
  await clock.advance(500);
  await eventually(() => heard('/reply/showMode').length === 1, 'the mode');
  expect(
    heard('/reply')
      .map(readTold)
      .map(({ data }) => data),
  ).toEqual([...['badpass', '5.5.10', 'ok:view|edit|control', 'badpass', false]]);
});

test('a passcode that is a name of every object is a wrong one', async () => {
  const qlab = await simulated({ passcode: '1234', clock: new TestClock() });
  expect(await (await qlabClient(qlab)).ask('/connect', 'constructor')).toMatchObject({ data: 'badpass' });
});

test('no more than 512 messages wait behind a /connect', async () => {
  const clock = new TestClock();
  const qlab = await simulated({ clock, passcode: '1234' });
  const { send, ask, settled, heard } = await qlabClient(qlab);
  for (const round of [1, 2]) {
    await ask('/connect', 'no');
    send('/connect', '1234');
    for (let times = 0; times < 515; times++) send('/thump');
    await settled();
    expect(qlab.counters['dropped.waiting']).toBe(3 * round);
    await clock.advance(500);
    await eventually(() => heard('/reply/thump').length === 512 * round, 'the thumps');
  }
});

test('whoever disconnects is forgotten: its rights, its updates, and what it listened to', async () => {
  const qlab = await simulated({ passcode: '1234' });
  const { send, ask, settled, heard } = await qlabClient(qlab);
  await ask('/connect', '1234');
  send('/listen');
  send('/updates', 1);
  send('/disconnect');
  expect(await ask('/showMode')).toMatchObject({ status: 'denied' });
  await ask('/connect', '1234');
  qlab.operatorGo();
  await settled();
  expect([...heard('/qlab/event'), ...heard('/update')]).toEqual([]);
  expect(heard('/reply/disconnect')).toEqual([]);
});
