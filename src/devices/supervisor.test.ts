import { expect, test } from 'vitest';
import { TestClock } from '../../test/support/test-clock.js';
import type { Adapter, AdapterIo, Command, Connection, Health, Input, Pattern } from '../adapter-sdk/adapter.js';
import { BridgeError } from '../kit/errors.js';
import { silentLog } from '../kit/log.js';
import { Outputs, type StageReport } from './outputs.js';
import { OWNS_ALL } from './ownership.js';
import type { DeviceReport } from './supervised-device.js';
import { Supervisor } from './supervisor.js';

/** A device on the test's desk: it can be absent, refuse, hang, vanish, press and take commands. */
class Desk {
  mode: 'there' | 'absent' | 'refuses' | 'hangs' | 'slow' = 'there';
  tries = 0;
  took: Command[] = [];
  /** The patterns each time that the connection was told of new rules. */
  heardRules: (readonly Pattern[])[] = [];
  letIn: () => void = () => {};
  live: { vanish(why: BridgeError): void; press(input: Input): void; feel(health: Health): void } | undefined;

  readonly adapter: Adapter = {
    kind: 'desk',
    summarise: (command) => `do ${String(command.do)}`,
    connect: async (_config, io, signal) => {
      this.tries += 1;
      if (this.mode === 'absent') throw new BridgeError('DEVICE_UNREACHABLE', 'nobody there');
      if (this.mode === 'refuses') throw new BridgeError('DEVICE_REFUSED', 'badpass');
      if (this.mode === 'hangs') {
        await new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('aborted'))));
      }
      if (this.mode === 'slow') await new Promise<void>((resolve) => (this.letIn = resolve));
      return this.#connection(io);
    },
  };

  #connection(io: AdapterIo): Connection {
    const inputs = new Set<(input: Input) => void>();
    const healths = new Set<(health: Health) => void>();
    let health: Health = { status: 'up' };
    let end: (why: BridgeError | undefined) => void = () => {};
    const closed = new Promise<BridgeError | undefined>((resolve) => {
      end = resolve;
    });
    this.live = {
      vanish: (why) => end(why),
      press: (input) => {
        for (const listener of inputs) listener(input);
      },
      feel: (next) => {
        health = next;
        for (const listener of healths) listener(next);
      },
    };
    return {
      closed,
      health: () => health,
      onHealth: (listener) => {
        healths.add(listener);
        return () => healths.delete(listener);
      },
      onInput: (listener) => {
        inputs.add(listener);
        return () => inputs.delete(listener);
      },
      send: async (command) => {
        this.took.push(command);
        return { reached: 'sent' };
      },
      rulesChanged: () => this.heardRules.push(io.patterns),
      close: async () => end(undefined),
    };
  }
}

function rig() {
  const clock = new TestClock();
  const desk = new Desk();
  const told: DeviceReport[] = [];
  const inputs: Input[] = [];
  const supervisor = new Supervisor({
    clock,
    log: silentLog,
    listener: { onStatus: (report) => told.push(report), onInput: (_, input) => inputs.push(input) },
  });
  const spec = { name: 'desk-1', adapter: desk.adapter, config: {}, patterns: [], baseDir: '/' };
  const statuses = () => told.map((report) => report.status);
  return { clock, desk, told, inputs, supervisor, spec, statuses };
}

test('a device that comes back is found within a second, whatever it missed', async () => {
  const { clock, desk, supervisor, spec, statuses } = rig();
  desk.mode = 'absent';
  await supervisor.configure([spec]);
  await clock.advance(60_000);
  expect(statuses()).toEqual(['connecting', 'down']);
  desk.mode = 'there';
  await clock.advance(1000);
  expect(statuses()).toEqual(['connecting', 'down', 'up']);
  await supervisor.close();
});

test('new rules reach the living connection: nothing is connected anew', async () => {
  const { clock, desk, supervisor, spec, inputs, statuses } = rig();
  await supervisor.configure([spec]);
  await clock.advance(0);
  const patterns = [{ line: 'GO' }];
  await supervisor.configure([{ ...spec, patterns }]);
  await supervisor.configure([{ ...spec, patterns: [...patterns] }]);
  expect(desk.heardRules).toEqual([patterns]);
  expect(desk.tries).toBe(1);
  desk.live?.press({ line: 'GO' });
  expect(inputs).toEqual([{ line: 'GO' }]);
  expect(statuses()).toEqual(['connecting', 'up']);
  await supervisor.close();
});

test('rules that change while a device connects are heard once it has', async () => {
  const { clock, desk, supervisor, spec } = rig();
  desk.mode = 'slow';
  await supervisor.configure([spec]);
  await clock.advance(0);
  await supervisor.configure([{ ...spec, patterns: [{ line: 'GO' }] }]);
  desk.letIn();
  await clock.advance(0);
  expect(desk.heardRules).toEqual([[{ line: 'GO' }]]);
  await supervisor.close();
});

test('a device that hangs up at once is not hammered', async () => {
  const { clock, desk, supervisor, spec } = rig();
  await supervisor.configure([spec]);
  await clock.advance(0);
  for (let i = 0; i < 100; i++) {
    desk.live?.vanish(new BridgeError('DEVICE_CLOSED', 'hung up'));
    await clock.advance(100);
  }
  expect(desk.tries).toBeLessThan(35);
  await supervisor.close();
});

test('a device that said no is asked again only after a new bridge file', async () => {
  const { clock, desk, supervisor, spec, statuses } = rig();
  desk.mode = 'refuses';
  await supervisor.configure([spec]);
  await clock.advance(600_000);
  expect(desk.tries).toBe(1);
  desk.mode = 'there';
  await supervisor.configure([spec]);
  await clock.advance(0);
  expect(statuses()).toEqual(['connecting', 'down', 'connecting', 'up']);
  await supervisor.close();
});

test('a device that never answers is tried again, not waited for', async () => {
  const { clock, desk, supervisor, spec, told } = rig();
  desk.mode = 'hangs';
  await supervisor.configure([spec]);
  await clock.advance(5000);
  expect(told.at(-1)).toMatchObject({ status: 'down', code: 'DEVICE_TIMEOUT' });
  desk.mode = 'there';
  await clock.advance(1000);
  expect(told.at(-1)?.status).toBe('up');
  await supervisor.close();
});

test('what a try needs may take as long as it takes: a slow machine starts no driver again and again', async () => {
  const { clock, desk, supervisor, spec, told } = rig();
  let prepared = 0;
  const prepare = async () => {
    await clock.sleep(12_000);
    prepared += 1;
  };
  await supervisor.configure([{ ...spec, adapter: { ...desk.adapter, prepare } }]);
  await clock.advance(11_999);
  expect(told.map(({ status }) => status)).toEqual(['connecting']);
  await clock.advance(1);
  expect([told.at(-1)?.status, prepared, desk.tries]).toEqual(['up', 1, 1]);
  await supervisor.close();
});

test('what is sent to a lost device is refused and never sent later', async () => {
  const { clock, desk, supervisor, spec } = rig();
  await supervisor.configure([spec]);
  await clock.advance(0);
  desk.live?.vanish(new BridgeError('DEVICE_CLOSED', 'pulled'));
  await clock.advance(0);
  await expect(supervisor.send('desk-1', { do: 'go' })).rejects.toMatchObject({ code: 'DEVICE_CLOSED' });
  await clock.advance(2000);
  expect(desk.took).toEqual([]);
  await supervisor.send('desk-1', { do: 'go' });
  expect(desk.took).toEqual([{ do: 'go' }]);
  await supervisor.close();
});

test('a connection that was replaced can no longer press', async () => {
  const { clock, desk, supervisor, spec, inputs } = rig();
  await supervisor.configure([spec]);
  await clock.advance(0);
  const old = desk.live;
  old?.vanish(new BridgeError('DEVICE_CLOSED', 'pulled'));
  await clock.advance(1000);
  old?.press({ line: 'GO' });
  desk.live?.press({ line: 'GO' });
  expect(inputs).toHaveLength(1);
  await supervisor.close();
});

test('a new bridge file touches only the devices that it changes', async () => {
  const { clock, desk, supervisor, spec } = rig();
  await supervisor.configure([spec]);
  await clock.advance(0);
  await supervisor.configure([{ ...spec }]);
  expect(desk.tries).toBe(1);
  await supervisor.configure([{ ...spec, config: { port: 2 } }]);
  expect(desk.tries).toBe(2);
  await supervisor.configure([]);
  expect(supervisor.report()).toEqual([]);
  await supervisor.close();
});

test('an output that is too old is dropped aloud', async () => {
  const clock = new TestClock('2026-03-01T19:30:05.000Z');
  const told: StageReport[] = [];
  const sent: Command[] = [];
  const outputs = new Outputs({
    ownership: OWNS_ALL,
    clock,
    log: silentLog,
    summarise: () => 'start 12',
    tell: (report) => told.push(report),
    send: async (_, command) => {
      sent.push(command);
      return { reached: 'sent' };
    },
  });
  const cause = { eventSeq: 1, messageId: 'm', recordedAt: '2026-03-01T19:30:02.000Z' };
  outputs.perform(cause, [{ ruleId: 'r', outputId: 'r', device: 'd', command: {}, maxLateMs: 2000 }]);
  expect(told).toMatchObject([{ stage: 'failed', code: 'OUTPUT_LATE' }]);
  expect(sent).toEqual([]);
});

test('an output tells each stage with its milliseconds, and that a confirmation never came', async () => {
  const clock = new TestClock('2026-03-01T19:30:00.000Z');
  const told: StageReport[] = [];
  let refuse: (error: BridgeError) => void = () => {};
  const confirmed = new Promise<void>((_, reject) => {
    refuse = reject;
  });
  const outputs = new Outputs({
    ownership: OWNS_ALL,
    clock,
    log: silentLog,
    summarise: () => 'start 12',
    tell: (report) => told.push(report),
    send: async () => {
      const sentAt = clock.mono();
      await clock.sleep(12);
      return { reached: 'acknowledged', sentAt, confirmed };
    },
  });
  outputs.perform({ eventSeq: 1, messageId: 'm', recordedAt: '2026-03-01T19:30:00.000Z' }, [
    { ruleId: 'r', outputId: 'r', device: 'd', command: {}, maxLateMs: 2000 },
  ]);
  await clock.advance(12);
  expect(told).toMatchObject([{ stage: 'sent', reached: 'acknowledged', latencyMs: 0, acknowledgedMs: 12 }]);
  refuse(new BridgeError('DEVICE_TIMEOUT', 'not seen to fire'));
  await clock.advance(0);
  expect(told.at(-1)).toMatchObject({ stage: 'failed', code: 'DEVICE_TIMEOUT' });
});
