/**
 * The contract that every adapter keeps. Call `adapterContract('osc over udp', makeRig, traits)` at the top of an
 * adapter's test file; every test makes its own rig, with a device (simulator) of its own.
 */
import { getEventListeners } from 'node:events';
import { expect, test } from 'vitest';
import { systemClock } from '../../kit/clock.js';
import { BridgeError, type ErrorCode } from '../../kit/errors.js';
import type { Input, Pattern } from '../adapter.js';
import { Bench, fits, never, type Rig, type Traits, testIo } from './rig.js';
import { eventually, within } from './waiting.js';

export { type Rig, type Traits, testIo };

const clock = systemClock();

/** Registers the contract's tests for one kind of device. */
export function adapterContract(name: string, makeRig: () => Promise<Rig>, traits: Traits = {}): void {
  const { answers = false, presses: canPress = true, takesCommands = true, linkless = false } = traits;
  const { absent = 'DEVICE_UNREACHABLE', health = 'up', noticedWithinMs = 4000 } = traits;

  const contract = (behaviour: string, body: (bench: Bench) => Promise<void>): void =>
    test(`${name}: ${behaviour}`, async () => {
      const bench = new Bench(await makeRig());
      try {
        await body(bench);
      } finally {
        await bench.end();
      }
    });

  /** What a send was refused with; fails the test when it was taken. */
  const refusal = async (sending: Promise<unknown>): Promise<ErrorCode> => {
    const error = await within(
      sending.then(
        () => undefined,
        (reason: unknown) => reason,
      ),
      'a send that is refused',
    );
    expect(error, 'send() must reject with a BridgeError').toBeInstanceOf(BridgeError);
    return (error as BridgeError).code;
  };

  contract('connects, and its health claims no more than was seen', async (bench) => {
    const { connection } = await bench.connect();
    expect(connection.health().status).toBe(health);
    for (const count of Object.values(connection.counters?.() ?? {})) {
      expect(Number.isInteger(count) && count >= 0, 'counters are whole numbers from 0').toBe(true);
    }
  });

  contract(
    'close() can be called twice, ends in `closed` without a reason, and leaves nothing behind',
    async (bench) => {
      const connecting = new AbortController();
      const { connection } = await bench.connect(connecting.signal);
      const told: string[] = [];
      connection.onHealth((now) => told.push(now.status));
      await Promise.all([connection.close(), connection.close()]);
      await connection.close();
      expect(await within(connection.closed, '`closed` after close()')).toBeUndefined();
      expect(connection.health().status).toBe('down');
      expect(told.at(-1)).toBe('down');
      expect(getEventListeners(connecting.signal, 'abort'), 'listeners left on the signal of connect').toHaveLength(0);
      expect(await refusal(connection.send(bench.rig.command(0), never()))).toBe('DEVICE_CLOSED');
      const { links } = bench.rig;
      if (links) await eventually(() => links() === 0, 'the device sees the link end');
    },
  );

  if (canPress) {
    contract('rules that come later reach the living connection, and nothing is interrupted', async (bench) => {
      let asked: readonly Pattern[] = [];
      const io = {
        ...testIo('device'),
        get patterns() {
          return asked;
        },
      };
      const { connection, presses } = await bench.connect(never(), io);
      const told: string[] = [];
      connection.onHealth((now) => told.push(now.status));
      asked = bench.rig.patterns;
      connection.rulesChanged?.();
      await bench.press(presses, 1);
      expect(told.includes('down')).toBe(false);
    });
  }

  contract('a signal that has aborted, or aborts at once, stops connect', async (bench) => {
    const { adapter, config, patterns, links } = bench.rig;
    await expect(adapter.connect(config, testIo('device', patterns), AbortSignal.abort())).rejects.toBeDefined();
    const stop = new AbortController();
    const connecting = adapter.connect(config, testIo('device', patterns), stop.signal);
    stop.abort();
    const ended = connecting.then(
      (connection) => connection.close().then(() => 'connected'),
      () => 'stopped',
    );
    expect(await within(ended, 'the end of connect after its signal aborted')).toBe('stopped');
    expect(getEventListeners(stop.signal, 'abort'), 'listeners left on the signal').toHaveLength(0);
    if (links) await eventually(() => links() === 0, 'the device sees no link left over');
    const { connection } = await bench.connect();
    expect(connection.health().status).toBe(health);
  });

  contract('says in time that a device is not there', async (bench) => {
    await bench.rig.unplug();
    const { adapter, config, patterns } = bench.rig;
    const connecting = adapter.connect(config, testIo('device', patterns), never());
    if (absent === 'connects') {
      const connection = await within(connecting, 'connect', noticedWithinMs);
      const { status } = connection.health();
      await connection.close();
      expect(status, 'nothing was seen of the device').not.toBe('up');
      return;
    }
    const failed = await within(
      connecting.then(
        (connection) => connection.close(),
        (reason: unknown) => reason,
      ),
      'connect to an absent device',
      noticedWithinMs,
    );
    expect(failed).toBeInstanceOf(BridgeError);
    expect((failed as BridgeError).code).toBe(absent);
  });

  contract('notices when the device goes away, and works again when it is back', async (bench) => {
    const { rig } = bench;
    let { connection, presses } = await bench.connect();
    let count = 0;
    for (let cycle = 0; cycle < 5; cycle++) {
      const told: string[] = [];
      connection.onHealth((now) => told.push(now.status));
      await rig.unplug();
      if (!linkless) {
        const reason = await within(connection.closed, '`closed` after the device went away', noticedWithinMs);
        expect(reason).toBeInstanceOf(BridgeError);
        expect(connection.health().status).toBe('down');
        expect(told.at(-1)).toBe('down');
        await within(connection.close(), 'close() of a connection that is gone');
      }
      await rig.replug();
      if (linkless) await rig.joined?.(connection);
      else {
        ({ connection, presses } = await bench.connect());
        count = 0;
      }
      if (canPress) {
        count += 2;
        await bench.press(presses, count - 1);
        await bench.press(presses, count);
        expect(presses, 'presses after the device is back').toHaveLength(count);
      }
      if (takesCommands) {
        await connection.send(rig.command(cycle), never());
        await bench.got(cycle + 1);
      }
    }
    if (takesCommands) expect(rig.got()).toEqual([0, 1, 2, 3, 4]);
  });

  contract('two devices at once have nothing in common', async (bench) => {
    const other = new Bench(await makeRig());
    try {
      const here = await bench.connect();
      const there = await other.connect();
      if (canPress) {
        await other.press(there.presses, 1);
        await bench.press(here.presses, 1);
        expect([here.presses.length, there.presses.length]).toEqual([1, 1]);
      }
      if (takesCommands) {
        await here.connection.send(bench.rig.command(1), never());
        await there.connection.send(other.rig.command(2), never());
        await Promise.all([bench.got(1), other.got(1)]);
        expect([bench.rig.got(), other.rig.got()]).toEqual([[1], [2]]);
      }
      // A press may have turned 'unverified' into 'up'; the other's end must change nothing.
      const before = there.connection.health();
      await here.connection.close();
      expect(there.connection.health()).toEqual(before);
      if (canPress) await other.press(there.presses, 2);
    } finally {
      await other.end();
    }
  });

  if (canPress) registerPresses(contract);
  if (takesCommands) registerCommands(contract, { answers, linkless, noticedWithinMs }, refusal);
  else {
    contract('refuses commands', async (bench) => {
      const { connection } = await bench.connect();
      expect(await refusal(connection.send(bench.rig.command(0), never()))).toBe('DEVICE_REFUSED');
    });
  }
}

type Contract = (behaviour: string, body: (bench: Bench) => Promise<void>) => void;

function registerPresses(contract: Contract): void {
  contract('a press arrives exactly once, as plain data that its pattern fits', async (bench) => {
    const { adapter, patterns } = bench.rig;
    const { connection, presses } = await bench.connect();
    for (let count = 1; count <= 5; count++) {
      await bench.press(presses, count);
      expect(presses).toHaveLength(count);
    }
    const [input] = presses as [Input];
    expect(JSON.parse(JSON.stringify(input)), 'inputs are JSON data').toEqual(input);
    const matches = adapter.matches ?? ((pattern: Pattern) => fits(pattern, input));
    expect(patterns.some((pattern) => matches(pattern, input))).toBe(true);
    expect(connection.health().status).not.toBe('down');
  });

  contract('a listener that throws costs no other listener its input, and not the connection', async (bench) => {
    const { connection, presses: before } = await bench.connect();
    connection.onInput(() => {
      throw new Error('a listener of the test');
    });
    const after: Input[] = [];
    connection.onInput((input) => {
      if (fits(bench.rig.pressedInput, input)) after.push(input);
    });
    await bench.press(before, 1);
    await bench.press(before, 2);
    expect([before.length, after.length]).toEqual([2, 2]);
    expect(connection.health().status).not.toBe('down');
  });

  contract('a listener that was taken off, and a connection that was closed, hear nothing more', async (bench) => {
    const { connection, presses } = await bench.connect();
    let heard = 0;
    const off = connection.onInput(() => {
      heard += 1;
    });
    off();
    off();
    await bench.press(presses, 1);
    expect(heard).toBe(0);
    await connection.close();
    const next = await bench.connect();
    await bench.press(next.presses, 1);
    expect([presses.length, next.presses.length]).toEqual([1, 1]);
  });
}

function registerCommands(
  contract: Contract,
  traits: { answers: boolean; linkless: boolean; noticedWithinMs: number },
  refusal: (sending: Promise<unknown>) => Promise<ErrorCode>,
): void {
  contract('a command arrives exactly once, and its receipt says how far it came', async (bench) => {
    const { adapter } = bench.rig;
    const { connection } = await bench.connect();
    const command = bench.rig.command(3);
    expect(adapter.summarise(command)).not.toBe('');
    expect(adapter.problemOfCommand?.(command)).toBeUndefined();
    const before = clock.mono();
    const sending = new AbortController();
    const receipt = await within(connection.send(command, sending.signal), 'the receipt');
    receipt.confirmed?.catch(() => undefined);
    expect(receipt.reached).toBe(traits.answers ? 'acknowledged' : 'sent');
    if (receipt.sentAt !== undefined) {
      expect(receipt.sentAt).toBeGreaterThanOrEqual(before);
      expect(receipt.sentAt).toBeLessThanOrEqual(clock.mono());
    }
    await bench.got(1);
    await connection.send(bench.rig.command(4), never());
    await bench.got(2);
    expect(bench.rig.got()).toEqual([3, 4]);
    expect(getEventListeners(sending.signal, 'abort'), 'listeners left on the signal of send').toHaveLength(0);
  });

  contract('commands keep the order of the calls', async (bench) => {
    const { connection } = await bench.connect();
    const numbers = Array.from({ length: 20 }, (_, n) => n);
    const receipts = await Promise.all(numbers.map((n) => connection.send(bench.rig.command(n), never())));
    for (const receipt of receipts) receipt.confirmed?.catch(() => undefined);
    await bench.got(numbers.length);
    expect(bench.rig.got()).toEqual(numbers);
  });

  contract('a send whose signal has aborted sends nothing', async (bench) => {
    const { connection } = await bench.connect();
    await expect(connection.send(bench.rig.command(1), AbortSignal.abort())).rejects.toBeDefined();
    await connection.send(bench.rig.command(2), never());
    await bench.got(1);
    expect(bench.rig.got()).toEqual([2]);
  });

  contract('what is sent to a device that is gone never reaches it later', async (bench) => {
    const { rig } = bench;
    let { connection } = await bench.connect();
    await rig.unplug();
    if (traits.linkless) {
      await connection.send(rig.command(7), never()).catch(() => undefined);
    } else {
      await within(connection.closed, '`closed` after the device went away', traits.noticedWithinMs);
      expect(await refusal(connection.send(rig.command(7), never()))).toBe('DEVICE_CLOSED');
    }
    await rig.replug();
    if (traits.linkless) await rig.joined?.(connection);
    else ({ connection } = await bench.connect());
    await connection.send(rig.command(8), never());
    await bench.got(1);
    expect(rig.got()).toEqual([8]);
  });
}
