/**
 * One press, and a QLab whose word of it comes late: a stalled network holds back everything but the answer to the command.
 * The show moves once, nothing fires at another desk, and the log says in the end what really happened.
 */
import { describe, test } from 'vitest';
import { systemClock } from '../../src/kit/clock.js';
import { qlabHouse, type Scene } from '../support/qlab-house.js';
import { eventually } from '../support/waiting.js';

const clock = systemClock();
/** So long after the last word nobody has anything left to say, in milliseconds. */
const QUIET_MS = 400;

const scenes: [string, Scene][] = [];
for (const holdMs of [2600, 4500]) {
  for (const when of ['go', 'cueStarted']) {
    for (const send of ['go: true', 'go: $call.targets.qlab', 'start: $call.targets.qlab']) {
      scenes.push([`${send}, heard as ${when}, held for ${holdMs} ms`, { when, send, holdMs }]);
    }
  }
  scenes.push([
    `go: $call.targets.qlab at main and backup, held for ${holdMs} ms`,
    { when: 'go', send: 'go: $call.targets.qlab', holdMs, withBackup: true },
  ]);
}
for (const when of ['go', 'cueStarted']) {
  for (const send of ['go: $call.targets.qlab', 'start: $call.targets.qlab']) {
    scenes.push([`${send}, heard as ${when}, a pre-wait of 3 s`, { when, send, cue: { preWaitMs: 3000 } }]);
  }
}

describe('one press is one advance, however late QLab tells of it', () => {
  test.concurrent.for(scenes)('%s', { timeout: 20_000 }, async ([, scene], context) => {
    const { expect } = context;
    const { bridge, qlabs, desk, names, of, stages } = await qlabHouse(scene, context);
    const { holdMs = 0 } = scene;
    for (const qlab of qlabs) await qlab.setFaults({ holdMs });
    await bridge.press('CueAdvanced', {}, 'desk-button');
    const isTold = () => names.every((name) => stages(name).at(-1) === 'Confirmed');
    await eventually(
      isTold,
      () => `it is seen to fire: ${names.map((name) => stages(name)).join(' ')} ${JSON.stringify(bridge.devices())}`,
      12_000,
    );
    await eventually(() => qlabs.every(({ fired }) => fired.length === 1), 'it has fired', 6000);
    // What was held comes in a burst; nothing may follow from it.
    await clock.sleep(QUIET_MS);
    expect(of('CueAdvanced')).toHaveLength(1);
    expect(of('ExternalCueFired')).toEqual([]);
    expect(desk.fired.map(({ number }) => number)).toEqual(['1']);
    for (const { fired } of qlabs) expect(fired.map(({ number }) => number)).toEqual(['1']);
    for (const name of names) {
      expect(stages(name)).toEqual(holdMs > 0 ? ['Sent', 'Failed', 'Confirmed'] : ['Sent', 'Confirmed']);
      if (holdMs === 0) continue;
      const [confirmed] = of('OutputConfirmed', name);
      expect(Object(confirmed?.payload).latencyMs).toBeGreaterThanOrEqual(holdMs);
      const [failed] = of('OutputFailed', name);
      expect(Object(confirmed?.payload).outputId).toBe(Object(failed?.payload).outputId);
    }
    // The operator's own press after all that is a press.
    for (const qlab of qlabs) await qlab.setFaults({});
    qlabs[0]?.operatorGo('2');
    await eventually(
      () => of('CueAdvanced').length === 2,
      () => `the operator's GO moves the show: ${JSON.stringify(bridge.devices())}`,
      6000,
    );
    await eventually(() => desk.fired.length === 2, 'and fires at the other desk');
  });
});

describe('where nobody can be sure, nothing moves, and it is said', () => {
  /** What is recorded of cues that QLab fired, and every advance. */
  const told = ({ of }: Awaited<ReturnType<typeof qlabHouse>>) => ({
    fired: of('ExternalCueFired').map(({ payload }) => [Object(payload).cueNumber, Object(payload).attribution]),
    advances: of('CueAdvanced').length,
  });

  test.concurrent('a bare GO that fires another cue than the one at the playhead names it, and fails', async (context) => {
    const { expect } = context;
    const house = await qlabHouse({ when: 'go', send: 'go: true' }, context);
    const [qlab] = house.qlabs;
    // The playhead is moved, and the word of it is held back.
    await qlab?.setFaults({ holdMs: 600 });
    qlab?.operatorPlayhead('3');
    await house.bridge.press('CueAdvanced', {}, 'desk-button');
    await eventually(() => house.of('OutputFailed', 'qlab-main').length === 1, 'it is told as failed');
    expect(house.of('OutputFailed', 'qlab-main')[0]?.payload).toMatchObject({
      code: 'PLAYHEAD_DIVERGED',
      detail: 'GO: QLab fired cue 3, not 1: the playhead had been moved, or an operator pressed GO',
    });
    await clock.sleep(QUIET_MS);
    expect(told(house)).toEqual({ fired: [['3', 'doubtful']], advances: 1 });
    expect(house.desk.fired).toHaveLength(1);
    expect(house.bridge.devices()[0]).toMatchObject({ status: 'degraded', code: 'PLAYHEAD_DIVERGED' });
  });

  test.concurrent('a bare GO tells which cue it fired, and fails where that is not the one that the show calls', async (context) => {
    const { expect } = context;
    const house = await qlabHouse({ when: 'go', send: 'go: true' }, context);
    await house.bridge.press('CueAdvanced', {}, 'desk-button');
    await eventually(() => house.stages('qlab-main').length === 2, 'the first is seen');
    expect(house.of('OutputConfirmed', 'qlab-main')[0]?.payload).toMatchObject({ summary: 'GO: cue 1' });
    house.qlabs[0]?.operatorPlayhead('3');
    await eventually(() => house.bridge.devices()[0]?.playhead === '3', 'the playhead is followed');
    // QLab drops the same message within 0.1 s.
    await clock.sleep(150);
    await house.bridge.press('CueAdvanced', {}, 'desk-button');
    await eventually(() => house.stages('qlab-main').at(-1) === 'Failed', 'the second is told as failed');
    expect(house.of('OutputFailed', 'qlab-main')[0]?.payload).toMatchObject({
      code: 'PLAYHEAD_DIVERGED',
      detail: "GO fired cue 3; the show's is 2",
    });
  });

  test.concurrent('a GO of ours that was on its way when the connection was lost, and is told on the next one', async (context) => {
    const { expect } = context;
    const house = await qlabHouse(
      { when: 'cueStarted', send: 'start: $call.targets.qlab', cue: { preWaitMs: 1500 } },
      context,
    );
    await house.bridge.press('CueAdvanced', {}, 'desk-button');
    await eventually(() => house.stages('qlab-main').length === 1, 'QLab has it');
    house.qlabs[0]?.dropClients();
    await eventually(() => house.bridge.devices()[0]?.connects === 2, 'a new connection');
    await eventually(() => house.qlabs[0]?.fired.length === 1, 'its pre-wait is over');
    await clock.sleep(QUIET_MS);
    expect(told(house)).toEqual({ fired: [['1', 'doubtful']], advances: 1 });
    expect(house.desk.fired).toHaveLength(1);
  });
});
