import { describe, expect, test } from 'vitest';
import { change, GOOD_BRIDGE, GOOD_SHOW, loadTexts, told } from '../../test/support/bridge-files.js';

/** A bridge file with a mistake in nearly every line, and a show file with more. */
const MANY_BRIDGE = `version: 1
show: { id: pb 1, file: show.yaml, goGuardMs: "300" }
server: { listen: 0.0.0.0:8420, heartbeatMs: 5 }
journal: { pth: ./data }
devices:
  button: { adapter: box, path: /dev/ttyUSB0, baudRat: 115200 }
  other: { adapter: bix, path: x }
  sound: { adapter: player, transport: tcp, host: "\${SOUND_HOST}" }
inputs:
  - { id: go, when: { device: buton, line: GO }, propose: CueAdvance }
  - { id: go, when: { device: button, lin: GO }, propose: CueAdvanced }
outputs:
  - { id: fire, event: CueAdvanced, call: sound, send: { device: sound, start: 12 } }
  - { id: read, event: CueAdvanced, call: sound, send: { device: sound, start: $call.target.qlab } }
`;
const MANY_SHOW = `version: 1
title: Test
acts:
  - id: act-1
    segments:
      - id: seg-1
        cues:
          - { id: cue-1, number: 1.10, calls: [{ department: sound }] }
          - { id: cue-1, number: "2", plannedAt: 1:30 }
`;

describe('all at once', () => {
  test('a file with many mistakes gets all of them, in the order of the lines', async () => {
    const result = await loadTexts(MANY_BRIDGE, MANY_SHOW, {
      env: {},
      lint: ({ outputs }) => [
        {
          file: 'bridge',
          pointer: `/outputs/${outputs.findIndex(({ id }) => id === 'read')}/send/start`,
          code: 'CONFIG_PLACEHOLDER',
          severity: 'error',
          message: 'unknown placeholder $call.target.qlab',
        },
      ],
    });
    expect(result.ok).toBe(false);
    expect(told(result).map((line) => line.split(' ').slice(0, 3).join(' '))).toEqual([
      'bridge.yaml:2:13 error CONFIG_INVALID',
      'bridge.yaml:2:47 error CONFIG_INVALID',
      'bridge.yaml:3:19 error CONFIG_ACCESS_REQUIRED',
      'bridge.yaml:3:46 error CONFIG_INVALID',
      'bridge.yaml:4:12 error CONFIG_UNKNOWN_KEY',
      'bridge.yaml:6:47 error CONFIG_UNKNOWN_KEY',
      'bridge.yaml:7:21 error CONFIG_UNKNOWN_NAME',
      'bridge.yaml:8:51 error CONFIG_ENV_MISSING',
      'bridge.yaml:10:31 error CONFIG_UNKNOWN_NAME',
      'bridge.yaml:10:59 error CONFIG_INVALID',
      'bridge.yaml:11:11 error CONFIG_DUPLICATE',
      'bridge.yaml:11:39 error CONFIG_UNKNOWN_KEY',
      'bridge.yaml:13:80 error CONFIG_INVALID',
      'bridge.yaml:14:80 error CONFIG_PLACEHOLDER',
      'show.yaml:8:34 error CONFIG_INVALID',
      'show.yaml:9:19 error CONFIG_DUPLICATE',
      'show.yaml:9:50 error CONFIG_INVALID',
    ]);
  });

  test('broken YAML in the bridge file does not hide what is wrong in the show file', async () => {
    const bridge = change(GOOD_BRIDGE, 'line: GO }', 'line: GO');
    const lines = told(await loadTexts(bridge, change(GOOD_SHOW, 'number: "1"', 'number: 1')));
    expect(lines.map((line) => line.split(' ')[0])).toEqual(['bridge.yaml:12:1', 'show.yaml:8:34']);
  });

  test('the lint sees the rules that are sound, and its places are those of the file', async () => {
    const bridge = change(GOOD_BRIDGE, 'call: sound, send', 'cal: sound, send');
    let seen: string[] = [];
    const result = await loadTexts(bridge, GOOD_SHOW, {
      lint: ({ outputs }) => {
        seen = outputs.map(({ id }) => id);
        return [
          { file: 'bridge', pointer: '/outputs/0/id', code: 'CONFIG_INVALID', severity: 'error', message: 'here' },
        ];
      },
    });
    expect(seen).toEqual(['stop']);
    expect(told(result).at(-1)).toBe('bridge.yaml:14:11 error CONFIG_INVALID here');
  });

  test('a problem of the lint is placed in the show file, and the nearest name is suggested', async () => {
    const result = await loadTexts(GOOD_BRIDGE, GOOD_SHOW, {
      lint: () => [
        {
          file: 'show',
          pointer: '/acts/0/segments/0/cues/0/calls/0/targets/qlab',
          on: 'key',
          code: 'CONFIG_INVALID',
          severity: 'warn',
          message: 'odd',
          unknown: { name: 'qlb', among: ['qlab', 'eos'] },
        },
      ],
    });
    expect(result.ok).toBe(true);
    expect(told(result)).toEqual(["show.yaml:8:79 warn CONFIG_INVALID odd, did you mean 'qlab'?"]);
  });
});

describe('what is good', () => {
  test('gets its defaults, its environment, absolute paths and a fingerprint', async () => {
    const result = await loadTexts(GOOD_BRIDGE);
    if (!result.ok) throw new Error(told(result).join('\n'));
    const { bridge, warnings } = result;
    expect(warnings).toEqual([]);
    expect(bridge.config.access?.[0]?.token).toBe('token-of-ana');
    expect(bridge.config.server.limits.frameBytesMax).toBe(65536);
    expect(bridge.config.devices.button).toEqual({
      adapter: 'box',
      path: '/dev/ttyUSB0',
      baudRate: 9600,
      rtscts: false,
    });
    expect(bridge.showFile.acts[0]?.segments[0]?.cues[1]?.calls).toEqual([]);
    expect(bridge.journalPath).toBe(
      `${bridge.baseDir}/data`.replaceAll('/', bridge.baseDir.includes('\\') ? '\\' : '/'),
    );
    expect(bridge.path.startsWith(bridge.baseDir)).toBe(true);
    expect(bridge.fingerprint).toMatch(/^[0-9a-f]{64}$/);
  });

  test('the fingerprint is that of the show, not of its spelling', async () => {
    const of = async (show: string) => {
      const result = await loadTexts(GOOD_BRIDGE, show);
      return result.ok ? result.bridge.fingerprint : told(result).join();
    };
    const first = await of(GOOD_SHOW);
    expect(await of(change(GOOD_SHOW, '{ id: p-1, name: Mia }', '{ name: "Mia", id: p-1 } # the lead'))).toBe(first);
    expect(await of(change(GOOD_SHOW, 'name: Mia', 'name: Mio'))).not.toBe(first);
  });

  test.each([
    ['a host', 'host: 10.0.0.5', 'host: "${HOST}"', { HOST: 'mac' }, 'host', 'mac'],
    ['a default', 'host: 10.0.0.5', 'host: "${HOST:-booth}"', {}, 'host', 'booth'],
    ['a default for an empty variable', 'host: 10.0.0.5', 'host: "${HOST:-booth}"', { HOST: '' }, 'host', 'booth'],
    ['a part of a text', 'host: 10.0.0.5', 'host: "10.0.0.${N}"', { N: '7' }, 'host', '10.0.0.7'],
    ['an escaped one', 'host: 10.0.0.5', 'host: "$${HOST}"', {}, 'host', '${HOST}'],
    ['a number', 'host: 10.0.0.5', 'host: x, port: "${PORT}"', { PORT: '53000' }, 'port', 53000],
  ])('the environment gives %s', async (_, from, to, env, name, value) => {
    const result = await loadTexts(change(GOOD_BRIDGE, from, to), GOOD_SHOW, {
      env: { SM_TOKEN: 'token-of-ana', ...env },
    });
    if (!result.ok) throw new Error(told(result).join('\n'));
    expect((result.bridge.config.devices.sound as unknown as Record<string, unknown>)[name]).toBe(value);
  });

  test('a placeholder is no variable of the environment, and may stand where a number must', async () => {
    const bridge = change(GOOD_BRIDGE, 'start: $call.targets.qlab', 'start: "x $call.number", channel: $call.number');
    expect(told(await loadTexts(bridge))).toEqual([]);
  });

  test('anchors and aliases may be used', async () => {
    const bridge = change(
      GOOD_BRIDGE,
      'send: { device: sound, stop: true }',
      'send: &halt { device: sound, stop: true }',
    );
    const more = '  - { id: stop2, event: EmergencyResolved, send: *halt }\n';
    expect(told(await loadTexts(bridge + more))).toEqual([]);
  });

  test('without an access list anybody on this machine may press, under any name', async () => {
    const open = GOOD_BRIDGE.replace(/access:\n.*\n.*\n/, '');
    expect(told(await loadTexts(open))).toEqual([]);
    for (const host of ['localhost', '[::1]', '127.1.2.3']) {
      expect(
        told(await loadTexts(change(open, 'listen: 127.0.0.1:', `listen: "${host}:`).replace('8420 }', '8420" }'))),
      ).toEqual([]);
    }
    for (const host of ['0.0.0.0', '[::]', '192.168.1.4', 'booth.local', '127.0.0.1.evil.example']) {
      const lines = told(await loadTexts(change(open, 'listen: 127.0.0.1:8420', `listen: "${host}:8420"`)));
      expect(lines.map((line) => line.split(' ')[2])).toEqual(['CONFIG_ACCESS_REQUIRED']);
    }
  });
});

describe('limits', () => {
  test('a file of more than 4 MiB is not read', async () => {
    const [line] = told(await loadTexts(`${GOOD_BRIDGE}#${' '.repeat(4 * 1024 * 1024)}`));
    expect(line).toBe('bridge.yaml:1:1 error CONFIG_UNREADABLE bridge.yaml: larger than 4 MiB');
  });

  test('a file of more pieces than any show has is not parsed, which would take seconds', async () => {
    const [line] = told(await loadTexts(`a: [${'1,'.repeat(500_000)}]`));
    expect(line).toBe('bridge.yaml:1:1 error CONFIG_SYNTAX more than 500000 lines, commas, colons and brackets');
  });

  test('a few lines of aliases that stand for billions are refused', async () => {
    const bomb = [
      'a: &a [1,2,3,4,5,6,7,8,9]',
      ...'bcdefghij'
        .split('')
        .map((name, index) => `${name}: &${name} [${Array(9).fill(`*${'abcdefghi'[index]}`).join(',')}]`),
    ];
    const lines = told(await loadTexts(`${bomb.join('\n')}\n`));
    expect(lines.filter((line) => line.includes('aliases stand for more than 20000 values')).length).toBeGreaterThan(0);
  });

  test('an alias inside of itself is refused', async () => {
    const lines = told(await loadTexts(change(GOOD_BRIDGE, 'show: {', 'show: &s { x: *s,')));
    expect(lines).toContain('bridge.yaml:2:15 error CONFIG_SYNTAX this alias stands inside of what it stands for');
  });

  test.each([100, 100_000])('%i brackets in each other are refused', async (depth) => {
    expect(told(await loadTexts(`a: ${'['.repeat(depth)}${']'.repeat(depth)}`))[0]).toContain('nested too deeply');
  });

  test('what is no UTF-8 text is said to be none', async () => {
    const [line] = told(await loadTexts(Uint8Array.from([0xff, 0xfe, 0x76, 0x00])));
    expect(line).toBe('bridge.yaml:1:1 error CONFIG_SYNTAX the file is no UTF-8 text; save it as UTF-8');
  });

  test('a bridge file that is not there, and one that is a folder', async () => {
    const { loadBridge } = await import('./load-bridge.js');
    const adapters = async () => ({ kinds: [], parts: {}, problems: [] });
    const options = { env: {}, adapters, cwd: import.meta.dirname };
    expect(told(await loadBridge('nothing.yaml', options))).toEqual([
      'nothing.yaml:1:1 error CONFIG_UNREADABLE nothing.yaml: there is no such file',
    ]);
    const [line] = told(await loadBridge('..', options));
    expect(line).toMatch(/CONFIG_UNREADABLE/);
  });
});

test('no value of a secret is ever told, wherever it came from', async () => {
  const secrets = [
    's3cret value',
    's3cret\\',
    '${X',
    '9999999999999',
    '[s3cret]',
    '{ s3cret: 1 }',
    '"s3cret',
    '&s3cret',
    '*s3cret',
    '!s3cret x',
    '@s3cret',
    '|s3cret',
  ];
  for (const secret of secrets) {
    for (const [from, to] of [
      ['token: token-of-sound', 'token: '],
      ['host: 10.0.0.5', 'host: x, passcode: '],
    ] as const) {
      const lines = told(await loadTexts(change(GOOD_BRIDGE, from, to + secret)));
      expect(lines.join('\n')).not.toMatch(/s3cret|99999999/);
    }
  }
  const bad = await loadTexts(change(GOOD_BRIDGE, 'id: pb_1', 'id: "${SM_TOKEN}"'), GOOD_SHOW, {
    env: { SM_TOKEN: 's3cret value' },
  });
  expect(told(bad).length).toBeGreaterThan(0);
  expect(told(bad).join('\n')).not.toContain('s3cret');
});
