/** Every profile that comes with the bridge, both ways, against a console that speaks as documented. */
import { afterEach, describe, expect, test } from 'vitest';
import type { Adapter, Input, Pattern } from '../../src/adapter-sdk/adapter.js';
import type { Overdue } from '../../src/adapter-sdk/overdue.js';
import { never } from '../../src/adapter-sdk/testing/rig.js';
import { decodePacket } from '../../src/wire/osc/codec.js';
import { freePort } from '../../test/support/free-port.js';
import { connectOsc, resolvedOsc } from '../../test/support/osc-device.js';
import { eventually } from '../../test/support/waiting.js';
import { oscAdapter } from './adapter.js';
import { packetsOf, problemOfCommand } from './command.js';
import { type ConsoleKind, type ConsoleSimulator, startConsole } from './console-simulator.js';
import { oscProfiles } from './profile.js';
import { consoleOf } from './settings.js';

const adapter: Adapter = oscAdapter;
const endings: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

/** The bridge and a console, as a technician wires them with what the profile leaves open. */
async function wired(kind: ConsoleKind, overUdp = kind !== 'eos') {
  const transport = overUdp ? 'udp' : 'tcp';
  const there = await freePort(transport);
  const here = await freePort('udp');
  const desk = await startConsole(
    kind,
    overUdp
      ? { transport, listen: `127.0.0.1:${there}`, to: { host: '127.0.0.1', port: here } }
      : { transport, listen: `127.0.0.1:${there}`, framing: 'length-prefix' },
  );
  endings.push(() => desk.close());
  const places = overUdp ? { transport, port: there, listen: `127.0.0.1:${here}` } : { port: there };
  const bridge = await connectOsc({ profile: kind, host: '127.0.0.1', ...places });
  endings.push(() => bridge.connection.close());
  const fitting = (pattern: Pattern): Input[] => bridge.inputs.filter((input) => adapter.matches?.(pattern, input));
  return { desk, ...bridge, fitting };
}

/** One command of each kind, and what it is on the wire. */
const WIRE: Readonly<Record<ConsoleKind, Record<string, { with?: object; is: unknown[][] }>>> = {
  eos: {
    fire: { with: { cue: '1/45.5' }, is: [['/eos/cue/1/45.5/fire', '']] },
    go: {
      is: [
        ['/eos/key/go_0', 'f', 1],
        ['/eos/key/go_0', 'f', 0],
      ],
    },
    stop: {
      is: [
        ['/eos/key/stop', 'f', 1],
        ['/eos/key/stop', 'f', 0],
      ],
    },
    macro: { with: { macro: '7' }, is: [['/eos/macro/7/fire', '']] },
    submaster: { with: { submaster: 3, level: 1 }, is: [['/eos/sub/3', 'f', 1]] },
    commandLine: { with: { text: 'Chan 1 At 75 Enter' }, is: [['/eos/user/0/newcmd', 's', 'Chan 1 At 75 Enter']] },
  },
  grandma3: {
    goto: { with: { sequence: 1, cue: '5.5' }, is: [['/cmd', 's', 'Goto Cue 5.5 Sequence 1']] },
    go: { with: { sequence: '1' }, is: [['/cmd', 's', 'Go+ Sequence 1']] },
    pause: { with: { sequence: 1 }, is: [['/cmd', 's', 'Pause Sequence 1']] },
    off: { with: { sequence: 1 }, is: [['/cmd', 's', 'Off Sequence 1']] },
    key: {
      with: { page: 1, key: 201 },
      is: [
        ['/Page1/Key201', 'i', 1],
        ['/Page1/Key201', 'i', 0],
      ],
    },
    fader: { with: { page: 1, fader: 201, percent: 50 }, is: [['/Page1/Fader201', 'f', 50]] },
    commandLine: { with: { text: 'Go+ Exec 402' }, is: [['/cmd', 's', 'Go+ Exec 402']] },
  },
  qlcplus: {
    press: {
      with: { path: '/pacebuddy/go' },
      is: [
        ['/pacebuddy/go', 'f', 1],
        ['/pacebuddy/go', 'f', 0],
      ],
    },
    level: { with: { path: '/house', level: '0.5' }, is: [['/house', 'f', 0.5]] },
  },
  'linux-show-player': {
    go: { is: [['/lisp/go', '']] },
    start: { with: { cue: '12' }, is: [['/lisp/cue/12/start', '']] },
    startConfirmed: { with: { cue: '12' }, is: [['/lisp/cue/12/start', '']] },
    stop: { is: [['/lisp/stop', '']] },
    pause: { is: [['/lisp/pause', '']] },
    resume: { is: [['/lisp/resume', '']] },
    reset: { is: [['/lisp/reset', '']] },
  },
  reaper: {
    play: { is: [['/play', 'f', 1]] },
    stop: { is: [['/stop', 'f', 1]] },
    pause: { is: [['/pause', 'f', 1]] },
    marker: { with: { marker: 3 }, is: [['/marker/3', 'f', 1]] },
    region: { with: { region: 3 }, is: [['/region/3', 'f', 1]] },
    playMarker: {
      with: { marker: 3 },
      is: [
        ['/marker/3', 'f', 1],
        ['/play', 'f', 1],
      ],
    },
    action: { with: { action: '_SWS_ABOUT' }, is: [['/action/_SWS_ABOUT', 'f', 1]] },
  },
};

test('there is a table of every profile here, and a simulated console for it', async () => {
  expect(await oscProfiles.names()).toEqual(Object.keys(WIRE).sort());
});

describe.each(Object.keys(WIRE) as ConsoleKind[])('%s', (kind) => {
  test('every command is on the wire as its maker documents it', async () => {
    const console = consoleOf(await resolvedOsc({ profile: kind, host: '127.0.0.1', port: 1 }));
    expect(Object.keys(console?.profile.commands ?? {})).toEqual(Object.keys(WIRE[kind]));
    for (const [command, { with: given, is }] of Object.entries(WIRE[kind])) {
      const sent = packetsOf({ command, ...(given && { with: given }) }, console).flatMap((packet) => {
        const { messages, fault } = decodePacket(packet);
        if (fault) throw new Error(fault);
        return messages;
      });
      const plain = sent.map(({ address, types, args }) => [
        address,
        types,
        ...args.flatMap((arg) => ('value' in arg ? [arg.value] : [])),
      ]);
      expect(plain, command).toEqual(is);
    }
  });

  test('a prefix that is set at the device stands before every address, both ways', async () => {
    const config = await resolvedOsc({ profile: kind, prefix: '/stage', host: '127.0.0.1', port: 1 });
    const console = consoleOf(config);
    const [first] = Object.entries(WIRE[kind]).map(([command, { with: given = {} }]) =>
      console?.messagesOf(command, { ...given }),
    );
    expect(first?.[0]?.address).toBe(`/stage${String(Object.values(WIRE[kind])[0]?.is[0]?.[0])}`);
  });
});

describe('Eos', () => {
  test.each([
    ['TCP', false],
    ['UDP', true],
  ])('a fire over %s is confirmed by the desk, and is no press', async (_, overUdp) => {
    const { connection, desk, fitting } = await wired('eos', overUdp);
    const receipt = await connection.send({ command: 'fire', with: { cue: '1/45' } }, never());
    expect(receipt.reached).toBe('sent');
    await receipt.confirmed;
    expect(desk.fired).toEqual(['1/45']);
    await eventually(() => fitting({ event: 'go', attribution: 'any' }).length > 0, 'the report');
    expect(fitting({ event: 'go', attribution: 'echo' })).toMatchObject([{ cueNumber: '1/45' }]);
    expect(fitting({ event: 'go' })).toEqual([]);
  });

  test.each([
    ['TCP', false],
    ['UDP', true],
  ])('a GO at the desk over %s is one press, although event and active cue come', async (_, overUdp) => {
    const { desk, fitting, inputs, connection } = await wired('eos', overUdp);
    if (!overUdp) await eventually(() => desk.simulator.links() === 1, 'the link');
    await desk.press('1/45');
    await eventually(
      () => inputs.some(({ address, args }) => address === '/eos/out/active/cue/1/45' && String(args) === '1'),
      'all of it',
    );
    expect(fitting({ event: 'go' })).toEqual([
      {
        address: '/eos/out/event/cue/1/45/fire',
        args: ['Look 1/45'],
        types: 's',
        from: expect.any(String),
        event: 'go',
        cueNumber: '1/45',
        list: '1',
        cue: '45',
        name: 'Look 1/45',
        attribution: 'operator',
      },
    ]);
    expect(fitting({ event: 'go', where: { list: '1' } })).toHaveLength(1);
    expect(fitting({ event: 'go', where: { list: '2' } })).toHaveLength(0);
    await eventually(() => connection.health().status === 'up', 'an answer to the first ping');
  });

  test('GO without a number is confirmed by whatever the desk fires; the next GO at the desk is a press', async () => {
    const { connection, desk, fitting } = await wired('eos');
    await (await connection.send({ command: 'go' }, never())).confirmed;
    await desk.press('1/2');
    await eventually(() => fitting({ event: 'go' }).length === 1, 'the press');
    expect(desk.fired).toEqual(['1/1', '1/2']);
    expect(fitting({ event: 'go' })).toMatchObject([{ cueNumber: '1/2' }]);
  });

  test('of two fires on their way each is confirmed by its own', async () => {
    const { connection, desk } = await wired('eos');
    desk.isStalled = true;
    const first = await connection.send({ command: 'go' }, never());
    const second = await connection.send({ command: 'fire', with: { cue: '1/45' } }, never());
    await eventually(() => desk.fired.length === 2, 'both');
    await desk.release();
    await Promise.all([first.confirmed, second.confirmed]);
  });

  test('a report that a stalled network held until after the failure is ours, and puts it right', async () => {
    const { connection, desk, fitting, inputs } = await wired('eos');
    desk.isStalled = true;
    const { confirmed } = await connection.send({ command: 'fire', with: { cue: '1/45' } }, never());
    const failure: unknown = await confirmed?.catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'DEVICE_TIMEOUT' });
    expect(connection.health().status).toBe('degraded');
    await desk.release();
    await (failure as Overdue).late;
    expect(inputs.filter(({ event }) => event === 'go')).toMatchObject([{ cueNumber: '1/45', attribution: 'echo' }]);
    expect(fitting({ event: 'go' })).toEqual([]);
    await eventually(() => connection.health().status === 'up', 'the trouble is over');
    await desk.press('1/45');
    await eventually(() => fitting({ event: 'go' }).length === 1, 'the next one is a press');
  });

  test('while a macro of ours is awaited, a GO at the desk may be its doing or not: it is doubtful, and no press', async () => {
    const { connection, desk, fitting } = await wired('eos');
    await connection.send({ command: 'macro', with: { macro: 7 } }, never());
    await desk.press('1/45');
    await eventually(() => fitting({ event: 'go', attribution: 'any' }).length === 1, 'the report');
    expect(fitting({ event: 'go', attribution: 'any' })).toMatchObject([
      { cueNumber: '1/45', attribution: 'doubtful' },
    ]);
    expect(fitting({ event: 'go' })).toEqual([]);
  });

  test('a rule for the bare address does not take our own fire for a press either', async () => {
    const { connection, desk, fitting } = await wired('eos');
    const address = '/eos/out/event/cue/*/*/fire';
    await (await connection.send({ command: 'fire', with: { cue: '1/2' } }, never())).confirmed;
    await desk.press('1/45');
    await eventually(() => fitting({ event: 'go' }).length === 1, 'the press');
    expect(fitting({ address })).toHaveLength(1);
    expect(fitting({ address, attribution: 'any' })).toHaveLength(2);
  });

  test('macros are confirmed, pings are no inputs', async () => {
    const { connection, inputs } = await wired('eos');
    await (await connection.send({ command: 'macro', with: { macro: 7 } }, never())).confirmed;
    await eventually(() => connection.health().status === 'up', 'an answered ping');
    expect(inputs.filter(({ address }) => address === '/eos/out/ping')).toEqual([]);
    expect(connection.counters?.()).toMatchObject({ 'sent.packets': 1, 'received.answers': expect.any(Number) });
  });
});

describe('grandMA3', () => {
  test('a GO of ours is sent, never confirmed, and its report is no press', async () => {
    const { connection, fitting } = await wired('grandma3');
    const receipt = await connection.send({ command: 'go', with: { sequence: 1 } }, never());
    expect(receipt).toEqual({ reached: 'sent', sentAt: expect.any(Number) });
    await eventually(() => fitting({ event: 'sequence', attribution: 'any' }).length === 2, 'press and release');
    expect(fitting({ event: 'sequence', where: { action: 'Go+', value: 1 } })).toEqual([]);
  });

  test('Go+ at the desk is one press', async () => {
    const { desk, fitting } = await wired('grandma3');
    await desk.press('4');
    await eventually(() => fitting({ event: 'sequence', attribution: 'any' }).length === 2, 'press and release');
    expect(fitting({ event: 'sequence', where: { action: 'Go+', value: 1 } })).toMatchObject([
      { sequence: '4', name: 'Cue 3', attribution: 'operator' },
    ]);
  });

  test.each([1, 3])('a fader of data pool %i that is moved at the desk is no press of a key', async (pool) => {
    const { desk, fitting, inputs } = await wired('grandma3');
    for (const fader of ['FaderMaster', 'FaderTemp', 'FaderRate', 'FaderOfTomorrow']) {
      for (const level of [10.5, 50, 100]) {
        const args = [
          { type: 's', value: fader } as const,
          { type: 'i', value: 1 } as const,
          { type: 'f', value: level } as const,
        ];
        await desk.simulator.send({ address: `/14.14.${pool}.6.4`, args });
      }
    }
    await eventually(() => inputs.length === 12, 'all of them');
    expect(fitting({ event: 'sequence', attribution: 'any' })).toEqual([]);
    expect(fitting({ event: 'fader', where: { sequence: '4', pool: String(pool) } })).toHaveLength(12);
    expect(fitting({ event: 'fader', where: { level: 10.5 } })).toHaveLength(4);
    expect(fitting({ event: 'fader', where: { fader: 'Master' } })).toHaveLength(3);
  });

  test('while a key of ours is awaited, another’s Go+ may be it or not: it is doubtful, and no press', async () => {
    const { connection, desk, fitting } = await wired('grandma3');
    await connection.send({ command: 'key', with: { page: 1, key: 201 } }, never());
    await desk.press('9');
    await eventually(() => fitting({ event: 'sequence', attribution: 'any' }).length === 2, 'press and release');
    expect(fitting({ event: 'sequence', attribution: 'any' })).toMatchObject([
      { sequence: '9', value: 1, attribution: 'doubtful' },
      { value: 0 },
    ]);
    expect(fitting({ event: 'sequence', where: { value: 1 } })).toEqual([]);
  });

  test('health stays unverified: nothing there answers', async () => {
    const { connection, desk, inputs } = await wired('grandma3');
    await desk.press('4');
    await eventually(() => inputs.length > 0, 'something heard');
    expect(connection.health().status).toBe('unverified');
  });
});

test.each<[ConsoleKind, object, string | undefined]>([
  ['eos', { command: 'fire', with: { cue: '1/45' } }, '1/45'],
  ['eos', { command: 'go' }, undefined],
  ['eos', { command: 'macro', with: { macro: 7 } }, undefined],
  ['eos', { address: '/eos/cue/1/45/fire' }, undefined],
  ['qlcplus', { command: 'press', with: { path: '/a' } }, undefined],
])('the cue that %s reports a GO of, of %j, is %j', async (profile, command, cue) => {
  const config = await resolvedOsc({ profile, host: '127.0.0.1', port: 1 });
  expect(adapter.firesCue?.({ ...command }, config)).toBe(cue);
});

describe('QLC+', () => {
  test.each(['press', 'level'])('a path that comes back as another is refused by check: %s', async (command) => {
    const config = await resolvedOsc({ profile: 'qlcplus', host: '127.0.0.1', port: 1 });
    const problem = (path: string) =>
      problemOfCommand({ command, with: { path, ...(command === 'level' && { level: 1 }) } }, config);
    for (const path of ['/lx_1', '/stage/lx_1', '/_1', '/lx__']) expect(problem(path), path).toMatch(/second value/);
    for (const path of ['/lx1', '/lx_10', '/lx-1', '/l_x1', '/stage_1/go', '/a'])
      expect(problem(path), path).toBeUndefined();
  });

  test('a press is confirmed by the button, and told once although its feedback comes twice', async () => {
    const { connection, fitting, inputs } = await wired('qlcplus');
    await (await connection.send({ command: 'press', with: { path: '/pacebuddy/go' } }, never())).confirmed;
    await eventually(() => inputs.length === 3, 'both feedbacks and the level');
    expect(fitting({ event: 'control', attribution: 'any' })).toMatchObject([
      { path: '/pacebuddy/go', value: 1, attribution: 'echo' },
    ]);
    expect(fitting({ event: 'level' })).toMatchObject([{ universe: '0', channel: '3', value: 1 }]);
  });

  test('a button at QLC+ is one press when it comes on', async () => {
    const { desk, fitting } = await wired('qlcplus');
    const on = { event: 'control', where: { path: '/booth/go', value: 1 } };
    await desk.press('/booth/go');
    await eventually(() => fitting(on).length === 1, 'the press');
    await desk.press('/booth/go');
    await eventually(() => fitting({ event: 'control', where: { value: 0 } }).length === 1, 'the end');
    expect(fitting(on)).toHaveLength(1);
  });
});

describe('Linux Show Player', () => {
  test('a cue that tells of itself is confirmed; another is only sent', async () => {
    const { connection, fitting } = await wired('linux-show-player');
    const told = await connection.send({ command: 'startConfirmed', with: { cue: '12' } }, never());
    await told.confirmed;
    expect(await connection.send({ command: 'start', with: { cue: '13' } }, never())).not.toHaveProperty('confirmed');
    expect(fitting({ event: 'go' })).toEqual([]);
  });

  test('GO there is a press with its cue number', async () => {
    const { desk, fitting } = await wired('linux-show-player');
    await desk.press('12');
    await eventually(() => fitting({ event: 'go' }).length === 1, 'the press');
    expect(fitting({ event: 'go' })).toMatchObject([{ cueNumber: '12', attribution: 'operator' }]);
  });
});

describe('REAPER', () => {
  test('play is confirmed by its state, and where it plays already nothing is awaited', async () => {
    const { connection, fitting, desk } = await wired('reaper');
    await (await connection.send({ command: 'play' }, never())).confirmed;
    const again = await connection.send({ command: 'play' }, never());
    expect(again).not.toHaveProperty('confirmed');
    await (await connection.send({ command: 'stop' }, never())).confirmed;
    expect(fitting({ event: 'playing' })).toEqual([]);
    await desk.press('/play');
    await eventually(() => fitting({ event: 'playing' }).length === 1, 'the press');
  });

  test('a marker that is passed is told', async () => {
    const { desk, fitting } = await wired('reaper');
    await desk.press('/marker/3');
    await eventually(() => fitting({ event: 'marker' }).length === 1, 'the marker');
    expect(fitting({ event: 'marker' })).toMatchObject([{ marker: '3' }]);
  });
});

test.each(Object.keys(WIRE) as ConsoleKind[])(
  '%s without listen over UDP: sent, and nothing is awaited',
  async (kind) => {
    const desk: ConsoleSimulator = await startConsole(kind, { transport: 'udp' });
    endings.push(() => desk.close());
    const config = { profile: kind, transport: 'udp', host: '127.0.0.1', port: desk.simulator.port };
    const { connection } = await connectOsc(config);
    endings.push(() => connection.close());
    const [command = '', { with: given } = {}] = Object.entries(WIRE[kind])[0] ?? [];
    const receipt = await connection.send({ command, ...(given && { with: given }) }, never());
    expect(receipt).toEqual({ reached: 'sent', sentAt: expect.any(Number) });
    await eventually(() => desk.simulator.received.length > 0, 'the command');
    expect(connection.health().status).toBe('unverified');
  },
);

test.each<[ConsoleKind, string, string]>([
  ['eos', '1/45', 'go'],
  ['grandma3', '4', 'help'],
  ['qlcplus', '/booth/go', 'go'],
  ['linux-show-player', '12', 'go now'],
  ['reaper', '/play', 'play'],
])('an operator at %s fires %s and not %s, and its words say how', async (kind, what, nothing) => {
  const desk = await startConsole(kind, { transport: 'udp' });
  endings.push(() => desk.close());
  expect(await desk.press(nothing)).toBe(false);
  expect(desk.fired).toEqual([]);
  expect(await desk.press(what)).toBe(true);
  expect(desk.fired).toHaveLength(1);
  expect(desk.firable).toContain(what);
});
