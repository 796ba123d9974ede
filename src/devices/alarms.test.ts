import { expect, onTestFinished, test } from 'vitest';
import { keptLog } from '../../test/support/log-lines.js';
import { TestClock } from '../../test/support/test-clock.js';
import type { Adapter, Health, Receipt } from '../adapter-sdk/adapter.js';
import { BaseConnection } from '../adapter-sdk/base-connection.js';
import { BridgeError } from '../kit/errors.js';
import { type Log, silentLog } from '../kit/log.js';
import { Supervisor } from './supervisor.js';

class Desk extends BaseConnection {
  async send(): Promise<Receipt> {
    return { reached: 'sent' };
  }
  async close(): Promise<void> {
    this.lose(undefined);
  }
  feel = (health: Health): void => this.tellHealth(health);
  lose = (why: BridgeError | undefined): void => this.tellEnd(why);
}

/** A device whose health the test decides, and what the supervisor told of it. */
async function rig(first: Health = { status: 'up' }, log: Log = silentLog) {
  const clock = new TestClock();
  const told: string[] = [];
  const moved: (string | null | undefined)[] = [];
  let desk: Desk | undefined;
  const adapter: Adapter = {
    kind: 'desk',
    summarise: () => 'do',
    connect: async () => {
      desk = new Desk(silentLog, first);
      return desk;
    },
  };
  const supervisor: Supervisor = new Supervisor({
    clock,
    log,
    listener: {
      onStatus: ({ status, code = '', detail = '' }) => told.push([status, code, detail].join(' ').trim()),
      onInput: () => undefined,
      onPlayhead: (device) => moved.push(supervisor.playheadOf(device)),
    },
  });
  onTestFinished(() => supervisor.close());
  await supervisor.configure([{ name: 'q', adapter, config: {}, patterns: [], baseDir: '/' }]);
  await clock.advance(0);
  told.length = 0;
  return {
    clock,
    supervisor,
    told,
    moved,
    feel: (health: Health) => desk?.feel(health),
    lose: () => desk?.lose(gone),
  };
}
const gone = new BridgeError('DEVICE_CLOSED', 'pulled');
const alarm = (detail: string) => ({ code: 'PLAYHEAD_DIVERGED', detail }) as const;

test('what is wrong with a device is a warning in the log, and its end is none', async () => {
  const kept = keptLog();
  const { supervisor, feel } = await rig({ status: 'up' }, kept.log);
  supervisor.raise('q', alarm('it stands at 1'));
  supervisor.raise('q', undefined);
  feel({ status: 'degraded', code: 'RATE_LIMITED' });
  const told = kept.named('device.changed').map(({ level, status, code = '' }) => `${level} ${status} ${code}`.trim());
  expect(told).toEqual(['info up', 'warn degraded PLAYHEAD_DIVERGED', 'info up', 'warn degraded RATE_LIMITED']);
});

test('an alarm shows a working device as degraded, says so when its words change, and goes as it came', async () => {
  const { supervisor, told } = await rig();
  supervisor.raise('q', alarm('q stands at 14'));
  supervisor.raise('q', alarm('q stands at 14'));
  supervisor.raise('q', alarm('q stands at 15'));
  expect(supervisor.report()).toMatchObject([{ status: 'degraded', code: 'PLAYHEAD_DIVERGED' }]);
  supervisor.raise('q', undefined);
  supervisor.raise('q', undefined);
  supervisor.raise('nobody', alarm('x'));
  expect(told).toEqual([
    'degraded PLAYHEAD_DIVERGED q stands at 14',
    'degraded PLAYHEAD_DIVERGED q stands at 15',
    'up',
  ]);
});

test('an alarm hides no trouble of the device itself, and is shown once that is over', async () => {
  const { supervisor, told, feel } = await rig({ status: 'unverified' });
  feel({ status: 'degraded', code: 'DEVICE_TIMEOUT', detail: 'no answer' });
  supervisor.raise('q', alarm('q stands at 14'));
  feel({ status: 'unverified' });
  supervisor.raise('q', undefined);
  expect(told).toEqual([
    'degraded DEVICE_TIMEOUT no answer',
    'degraded PLAYHEAD_DIVERGED q stands at 14',
    'unverified',
  ]);
});

test('every move of the playhead is passed on and none of them is a change of status; a lost device has none', async () => {
  const { clock, supervisor, told, moved, feel, lose } = await rig({ status: 'up', playhead: '1' });
  feel({ status: 'up', playhead: '2' });
  feel({ status: 'up', playhead: '2' });
  feel({ status: 'up', playhead: null });
  expect(told).toEqual([]);
  lose();
  await clock.advance(0);
  expect(moved).toEqual(['1', '2', null, undefined]);
  expect(told).toEqual(['down DEVICE_CLOSED pulled']);
  expect(supervisor.report()[0]).not.toHaveProperty('playhead');
});
