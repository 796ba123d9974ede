import { execFileSync, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { qlabAdapter } from '../../adapters/qlab/adapter.js';
import { encodeMessage } from '../../adapters/qlab/codec.js';
import { never, testIo } from '../../src/adapter-sdk/testing/rig.js';
import { systemClock } from '../../src/kit/clock.js';
import { packageRoot } from '../../src/kit/package.js';
import { resolvedDevice } from '../support/checked-device.js';
import { type Daemon, startDaemon } from '../support/daemon.js';
import { proposal } from '../support/messages.js';
import { pacebuddy, Talking } from '../support/program.js';
import { smallShow } from '../support/small-show.js';
import { eventually, within } from '../support/waiting.js';
import { WireClient } from '../support/wire-client.js';

const clock = systemClock();

test('the demo fires the simulated QLab from a press, and follows a GO that is pressed in QLab', async () => {
  const demo = new Talking(['demo', '--port', '0', '--json']);
  await demo.line(({ msg }) => msg === 'demo.ready');
  const up = (line: Record<string, unknown>) =>
    line.eventType === 'DeviceStatusChanged' &&
    (line.payload as { device: string; status: string }).device === 'booth-qlab' &&
    (line.payload as { status: string }).status === 'up';
  await demo.line(up);
  const advancedTo =
    (cue: string) =>
    ({ eventType, payload }: Record<string, unknown>) =>
      eventType === 'CueAdvanced' && (payload as { toCueId: string }).toCueId === cue;
  demo.say('operator');
  const byQlab = await demo.line(advancedTo('cue-2'));
  expect(byQlab.actor).toMatchObject({ deviceId: 'booth-qlab' });
  await demo.line(({ eventType, causationId }) => eventType === 'OutputSent' && causationId === byQlab.messageId);
  const echoed = demo.lines.filter(
    ({ eventType, causationId, payload }) =>
      eventType === 'OutputSent' &&
      causationId === byQlab.messageId &&
      (payload as { device: string }).device === 'booth-qlab',
  );
  expect(echoed).toEqual([]);
  demo.say('go');
  await demo.line(({ msg, code }) => msg === 'press.refused' && code === 'GO_GUARD');
  demo.say('quit');
  expect(await demo.ended).toBe(0);
});

test('a demo whose ports are taken says so first of all, and where it is instead', async () => {
  const [page, qlab] = [createServer(), createServer()];
  page.listen(0, '127.0.0.1');
  await once(page, 'listening');
  const { port } = page.address() as AddressInfo;
  // Where another program has it, it is taken as well.
  qlab.on('error', () => undefined).listen(53000, '127.0.0.1');
  const demo = new Talking(['demo', '--port', String(port), '--json']);
  const { url, qlabPort } = await demo.line(({ msg }) => msg === 'demo.ready');
  demo.say('quit');
  expect(await demo.ended).toBe(0);
  for (const server of [page, qlab]) server.close();
  const [first] = demo.lines;
  expect(first).toEqual({
    msg: 'demo.moved',
    port: 53000,
    why: 'taken',
    words: `the simulated QLab is at 127.0.0.1:${qlabPort}`,
  });
  expect(demo.lines).toContainEqual({ msg: 'demo.moved', port, why: 'taken', words: `the page is at ${url}/` });
  expect(String(url)).not.toMatch(`:${port}`);
});

test.runIf(process.platform === 'linux')('Space twice in the demo is one GO, and the other is told', async () => {
  const command = `${process.execPath} ${join(packageRoot, 'dist/src/cli/index.js')} demo --port 0`;
  // A terminal of its own.
  const demo = spawn('script', ['-qefc', command, '/dev/null'], { env: { ...process.env, NO_COLOR: '1' } });
  let said = '';
  demo.stdout.on('data', (data) => {
    said += data;
  });
  await eventually(() => said.includes('Q quits'), 'the demo is ready');
  demo.stdin.write('    q');
  await once(demo, 'close');
  expect(said.match(/ GO 1 /g)).toHaveLength(1);
  // A key that is held says it thirty times a second.
  expect(said.match(/GO was not taken: GO_GUARD, it came again within 0.7 s/g)).toHaveLength(1);
});

test('check tells every problem with its place and fails, or says how much there is', async () => {
  const good = await pacebuddy(['check', join(packageRoot, 'examples/opening-night/bridge.yaml')]);
  expect(good).toMatchObject({ code: 0 });
  expect(good.out).toContain('64 cues, 3 devices');
  const { folder, file } = await smallShow({ cues: 2 });
  await writeFile(
    file,
    `${await readFile(file, 'utf8')}\noutputs:\n  - { id: a, event: CueAdvancd, send: { device: dsk } }\n`,
  );
  const bad = await pacebuddy(['check', file, '--json']);
  expect(bad.code).toBe(1);
  const { ok, problems } = JSON.parse(bad.out) as {
    ok: boolean;
    problems: { line: number; column: number; message: string }[];
  };
  expect(ok).toBe(false);
  expect(problems.map(({ line }) => line)).toEqual([7, 7]);
  expect(problems.map(({ message }) => message).join()).toMatch(/CueAdvanced.*dsk|dsk.*CueAdvanced/s);
  await rm(folder, { recursive: true });
});

test('a bridge file with a problem does not start, and says why', async () => {
  const { folder, file } = await smallShow({ cues: 1, parts: 'devices: { d: { adapter: osk } }' });
  const { code, out } = await pacebuddy(['run', file]);
  expect(code).toBe(1);
  expect(out).toContain("did you mean 'osc'");
  await rm(folder, { recursive: true });
});

test('send waits for the ack and its exit code tells scripts what became of it', async () => {
  const { folder, file } = await smallShow({ cues: 3, goGuardMs: 60_000 / 6 });
  const daemon = await startDaemon(file);
  const send = (...args: string[]) => pacebuddy(['send', ...args, '--url', daemon.url, '--json']);
  const first = await send('CueAdvanced');
  expect(first.code).toBe(0);
  expect(JSON.parse(first.out)).toMatchObject({ ok: true, eventSeq: 1 });
  const second = await send('CueAdvanced');
  expect(second.code).toBe(1);
  expect(JSON.parse(second.out)).toMatchObject({ ok: false, code: 'GO_GUARD' });
  expect((await send('CueAdvancd')).code).toBe(2);
  expect(await daemon.stop()).toBe(0);
  expect((await send('CueAdvanced', '--timeout', '1')).code).toBe(3);

  const verified = await pacebuddy(['log', 'verify', file, '--json']);
  expect(JSON.parse(verified.out)).toMatchObject({ ok: true, events: 1 });
  const exported = await pacebuddy(['log', 'export', join(folder, 'data/small')]);
  expect(JSON.parse(exported.out)).toMatchObject({ eventSeq: 1, eventType: 'CueAdvanced' });
  await rm(folder, { recursive: true });
});

test('every example that the help of send shows works, and what only a person can know is asked for', async () => {
  const { folder, file } = await smallShow({ cues: 3 });
  const daemon = await startDaemon(file);
  const { out } = await pacebuddy(['send', '--help']);
  const examples = [...out.matchAll(/^pacebuddy send (\w+)(?: '(.+?)')? /gm)].map(([, type = '', payload]) => [
    type,
    ...(payload === undefined ? [] : [payload]),
  ]);
  expect(examples.map(([type]) => type)).toEqual([
    'CueAdvanced',
    'NoteAdded',
    'EmergencyTriggered',
    'EmergencyResolved',
  ]);
  const send = (...args: string[]) => pacebuddy(['send', ...args, '--url', daemon.url]);
  for (const example of examples) expect(await send(...example)).toMatchObject({ code: 0, err: '' });
  // Two of one kind are two, each with an id of its own; what is typed stays.
  expect(await send('NoteAdded', '{"text":"again","scope":{"type":"show"}}')).toMatchObject({ code: 0 });
  expect(await send('EmergencyTriggered')).toMatchObject({ code: 0 });
  const lacking = await send('NoteAdded');
  expect(lacking).toMatchObject({ code: 1, err: expect.stringContaining('VALIDATION_FAILED: text is missing') });
  const exported = await pacebuddy(['log', 'export', join(folder, 'data/small')]);
  const payloads = exported.out
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { payload: object }).payload);
  expect(payloads).toMatchObject([
    { segmentId: 's', fromCueId: null, toCueId: 'c0' },
    { text: 'mic 3 crackles', scope: { type: 'cue', id: 'c0' } },
    { code: 'technical', level: 'hold' },
    { emergencyId: (payloads[2] as { emergencyId: string }).emergencyId },
    { text: 'again', scope: { type: 'show' } },
    { code: 'other', level: 'hold' },
  ]);
  expect(await daemon.stop()).toBe(0);
  const nobody = await send('NoteAdded', '{"text":"x"}', '--timeout', '1');
  expect(nobody).toMatchObject({ code: 3, err: expect.stringContaining(`no answer from ${daemon.url} within 1 s`) });
  await rm(folder, { recursive: true });
});

test('with an access list, send and tail speak as the user of their token', async () => {
  const parts = 'access: [{ userId: u-ana, role: stageManager, token: "${SM_TOKEN}" }]';
  const { folder, file } = await smallShow({ cues: 3, parts });
  const token = 'a-long-secret';
  const daemon = await startDaemon(file, { SM_TOKEN: token });
  const sent = await pacebuddy(['send', 'CueAdvanced', '--url', daemon.url], { PACEBUDDY_TOKEN: token });
  expect(sent).toMatchObject({ code: 0 });
  const refused = await pacebuddy(['send', 'CueAdvanced', '--url', daemon.url, '--json'], {
    PACEBUDDY_TOKEN: 'another',
  });
  expect(JSON.parse(refused.out)).toMatchObject({ code: 'UNAUTHENTICATED' });
  const tokenFile = join(folder, 'token');
  await writeFile(tokenFile, `${token}\n`, { mode: 0o600 });
  const note = ['send', 'NoteAdded', '{"noteId":"n","scope":{"type":"show"},"text":"by file"}', '--url', daemon.url];
  expect(await pacebuddy([...note, '--token-file', tokenFile])).toMatchObject({ code: 0, err: '' });
  expect(await pacebuddy([...note, '--token', token])).toMatchObject({ err: expect.stringContaining('--token-file') });
  expect(await pacebuddy([...note, '--token-file', join(folder, 'none')])).toMatchObject({
    code: 1,
    err: expect.stringContaining('CONFIG_UNREADABLE'),
  });
  const log = await (await fetch(`${daemon.url}/v1/log`, { headers: { authorization: `Bearer ${token}` } })).text();
  expect(JSON.parse(log.split('\n')[0] ?? '')).toMatchObject({
    eventSeq: 1,
    actor: { userId: 'u-ana', role: 'stageManager' },
  });
  expect(JSON.stringify(daemon.lines)).not.toContain(token);
  expect(await daemon.stop()).toBe(0);
  await rm(folder, { recursive: true });
});

test('SIGHUP takes a new bridge file over, and a broken one changes nothing', async () => {
  const { folder, file } = await smallShow({ cues: 3, goGuardMs: 10_000 });
  const daemon = await startDaemon(file);
  const client = await WireClient.connect(daemon.url);
  const press = async (from: string | null, to: string) => {
    const go = proposal('CueAdvanced', { segmentId: 's', fromCueId: from, toCueId: to });
    client.send(go);
    return client.take(({ ackOf }) => ackOf === go.messageId);
  };
  const text = await readFile(file, 'utf8');
  expect(await press(null, 'c0')).toMatchObject({ status: 'ok' });
  await writeFile(file, text.replace('goGuardMs: 10000', 'goGuardMs: 0\n  nonsense: 1'));
  daemon.process.kill('SIGHUP');
  await daemon.line(({ msg }) => msg === 'config.refused');
  expect(await press('c0', 'c1')).toMatchObject({ code: 'GO_GUARD' });
  await writeFile(file, text.replace('goGuardMs: 10000', 'goGuardMs: 0'));
  daemon.process.kill('SIGHUP');
  await daemon.line(({ msg }) => msg === 'config.reloaded');
  expect(await press('c0', 'c1')).toMatchObject({ status: 'ok' });
  client.drop();
  expect(await daemon.stop()).toBe(0);
  await rm(folder, { recursive: true });
});

test('after a change of the show file a client that resumes gets the show anew; without one, only what it missed', async () => {
  const { folder, file } = await smallShow({ cues: 3 });
  const resumed = async (act: (client: WireClient) => Promise<unknown> = async () => {}) => {
    const daemon = await startDaemon(file);
    const client = await WireClient.connect(daemon.url);
    const hello = proposal('SnapshotRequested', { reason: 'connect', lastEventSeq: 1 });
    client.send(hello);
    await client.take(({ ackOf }) => ackOf === hello.messageId);
    await act(client);
    client.drop();
    expect(await daemon.stop()).toBe(0);
    return client.got.filter(({ kind }) => kind === 'snapshot').map(({ state }) => JSON.stringify(state));
  };
  const go = (from: string | null, to: string) => async (client: WireClient) => {
    const press = proposal('CueAdvanced', { segmentId: 's', fromCueId: from, toCueId: to });
    client.send(press);
    expect(await client.take(({ ackOf }) => ackOf === press.messageId)).toMatchObject({ status: 'ok' });
  };
  await resumed(go(null, 'c0'));
  await resumed(go('c0', 'c1'));
  expect(await resumed()).toEqual([]);
  const show = join(folder, 'show.yaml');
  await writeFile(show, (await readFile(show, 'utf8')).replace('Cue 1', 'Curtain'));
  const [snapshot] = await resumed();
  expect(snapshot).toContain('Curtain');
  expect(snapshot).toContain('"currentCueId":"c1"');
  expect(await resumed()).toHaveLength(1);
  await rm(folder, { recursive: true });
});

test('a log that somebody deletes while the bridge runs takes no further GO', async () => {
  const { folder, file } = await smallShow({ cues: 3 });
  const daemon = await startDaemon(file);
  const client = await WireClient.connect(daemon.url);
  const press = async (from: string | null, to: string) => {
    const go = proposal('CueAdvanced', { segmentId: 's', fromCueId: from, toCueId: to });
    client.send(go);
    return client.take(({ ackOf }) => ackOf === go.messageId);
  };
  expect(await press(null, 'c0')).toMatchObject({ status: 'ok' });
  await rm(join(folder, 'data'), { recursive: true });
  expect(await press('c0', 'c1')).toMatchObject({ code: 'JOURNAL_UNAVAILABLE' });
  expect((await fetch(`${daemon.url}/readyz`)).status).toBe(503);
  client.drop();
  expect(await daemon.stop()).toBe(0);
  await rm(folder, { recursive: true });
});

test('a show file without the cue that the log ends at is told aloud', async () => {
  const { folder, file } = await smallShow({ cues: 3 });
  const first = await startDaemon(file);
  expect((await pacebuddy(['send', 'CueAdvanced', '--url', first.url])).code).toBe(0);
  expect(await first.stop()).toBe(0);
  const show = join(folder, 'show.yaml');
  await writeFile(show, (await readFile(show, 'utf8')).replace('id: c0,', 'id: other,'));
  const second = await startDaemon(file);
  expect(await second.line(({ msg }) => msg === 'show.changed')).toMatchObject({ code: 'SHOW_FILE_CHANGED' });
  expect(await second.stop()).toBe(0);
  await rm(folder, { recursive: true });
});

test('verify tells what the next start would: events that were stored once and are gone', async () => {
  const { folder, file } = await smallShow({ cues: 3 });
  const daemon = await startDaemon(file);
  expect((await pacebuddy(['send', 'CueAdvanced', '--url', daemon.url])).code).toBe(0);
  expect(await daemon.stop()).toBe(0);
  const segment = join(folder, 'data/small/000000000001.jsonl');
  await writeFile(segment, (await readFile(segment)).subarray(0, -17));
  const verified = await pacebuddy(['log', 'verify', file]);
  expect(verified.code).toBe(1);
  expect(verified.out).toContain('events 1 to 1 were stored once');
  const started = await pacebuddy(['run', file]);
  expect(started.code).toBe(1);
  expect(started.out).toContain('JOURNAL_CORRUPT');
  await rm(folder, { recursive: true });
});

test('SIGTERM in the middle of many GOs: what was acked is on the disk, and the bridge is gone within 3 s', async () => {
  const { folder, file } = await smallShow({ cues: 2000 });
  const daemon: Daemon = await startDaemon(file);
  const client = await WireClient.connect(daemon.url);
  for (let n = 0; n < 500; n++) {
    client.send(proposal('CueAdvanced', { segmentId: 's', fromCueId: n === 0 ? null : `c${n - 1}`, toCueId: `c${n}` }));
  }
  await client.take(({ kind }) => kind === 'ack');
  const began = clock.mono();
  expect(await daemon.stop()).toBe(0);
  expect(clock.mono() - began).toBeLessThan(3000);
  const acked = client.got.filter(({ kind, status }) => kind === 'ack' && status === 'ok').length;
  const verified = JSON.parse((await pacebuddy(['log', 'verify', file, '--json'])).out) as {
    ok: boolean;
    events: number;
  };
  expect(verified.ok).toBe(true);
  expect(verified.events).toBeGreaterThanOrEqual(acked);
  client.drop();
  await rm(folder, { recursive: true });
});

test('a second bridge on the same log is turned away, and the first goes on', async () => {
  const { folder, file } = await smallShow({ cues: 1 });
  const daemon = await startDaemon(file);
  const second = await pacebuddy(['run', file]);
  expect(second.code).toBe(1);
  expect(second.out).toContain('JOURNAL_LOCKED');
  expect((await fetch(`${daemon.url}/readyz`)).status).toBe(200);
  expect(await daemon.stop()).toBe(0);
  await rm(folder, { recursive: true });
});

test.each([
  [['run', '--log-level', 'silly'], 2, 'Allowed choices are'],
  [['demo', '--port', '99999'], 2, 'It must be a number from 0 to 65535'],
  [['simulate', 'qlab', '--port', 'abc'], 2, 'It must be a number from 0 to 65535'],
  [['log', 'export', packageRoot, '--from', 'abc'], 2, 'It must be a number from 1'],
  [['log', 'verify', packageRoot], 1, 'there is no log in'],
])('pacebuddy %j says what is wrong with it', async (args, code, words) => {
  const ended = await pacebuddy(args as string[]);
  expect(ended).toMatchObject({ code, err: expect.stringContaining(words as string) });
  expect(ended.err).not.toContain('    at ');
});

test('whoever reads the log lines may stop reading: the show goes on, and ends in time', async () => {
  const { folder, file } = await smallShow({ cues: 3 });
  const daemon = await startDaemon(file);
  daemon.process.stdout?.pause();
  const client = await WireClient.connect(daemon.url);
  for (let at = 0; at < 1900; at++) client.send(proposal('TimerPaused', { timerId: 'x'.repeat(100) }));
  const note = proposal('NoteAdded', { noteId: 'last', scope: { type: 'show' }, text: 'still here' });
  client.send(note);
  const ack = await client.take(({ ackOf }) => ackOf === note.messageId, 'the ack of the note');
  expect(ack).toMatchObject({ status: 'ok' });
  const exit = once(daemon.process, 'exit');
  daemon.process.kill('SIGTERM');
  expect(await within(exit, 'the end', 3000)).toEqual([0, null]);
  client.drop();
  await rm(folder, { recursive: true });
});

test('what is typed at pacebuddy simulate qlab happens there: an operator, a fault, and help for what is neither', async () => {
  const program = new Talking(['simulate', 'qlab', '--port', '0', '--cues', '1,2,3', '--json']);
  try {
    const { port } = await program.line(({ msg }) => msg === 'qlab.ready');
    const typed = async (text: string) => {
      program.say(text);
      return (await program.line((line) => line.msg === 'qlab.typed' && line.typed === text)).words;
    };
    expect(await typed('go 2')).toBe('GO at cue 2');
    await program.line(({ msg, number, by }) => msg === 'qlab.fired' && number === '2' && by === 'operator');
    expect(await typed('start 9')).toBe('there is no cue 9');
    expect(await typed('help')).toMatch(/^ {2}go \[NUMBER\] .*\n(.*\n)+ {2}well /);
    expect(await typed('slow')).toBe('write slow MS');
    expect(await typed('panic now')).toBe('write panic alone');
    expect(await typed('fly')).toMatch(/^there is no fly; there are go, start, /);

    const device = await resolvedDevice(qlabAdapter, { host: '127.0.0.1', port, confirmTimeoutMs: 300 });
    const connection = await qlabAdapter.connect(device, testIo('qlab'), never());
    expect(await typed('swallow')).toBe('commands are answered with ok, and nothing fires');
    const receipt = await connection.send({ start: '3' }, never());
    await expect(receipt.confirmed).rejects.toMatchObject({ code: 'DEVICE_TIMEOUT' });
    expect(await typed('well')).toBe('no fault any more');
    await (await connection.send({ start: '1' }, never())).confirmed;
    await connection.close();
    expect(program.lines.filter(({ msg }) => msg === 'qlab.fired').map(({ number }) => number)).toEqual(['2', '1']);
  } finally {
    program.process.kill('SIGTERM');
    expect(await program.ended).toBe(0);
  }
});

/** Sends datagrams to a port of this machine. Resolves once they have left. */
async function datagrams(port: unknown, packets: readonly Uint8Array[]): Promise<void> {
  const socket = createSocket('udp4');
  for (const packet of packets) {
    await new Promise((sent) => socket.send(packet, Number(port), '127.0.0.1', sent));
  }
  socket.close();
}

const hostile = ['x'.repeat(45_000), '{'.repeat(45_000), '*a'.repeat(20_000)].map((number) =>
  encodeMessage(`/cue/${number}/number`),
);

test('no datagram ends pacebuddy simulate qlab', async () => {
  const program = new Talking(['simulate', 'qlab', '--port', '0', '--json']);
  try {
    const { port } = await program.line(({ msg }) => msg === 'qlab.ready');
    await datagrams(port, [...hostile, encodeMessage('/go')]);
    await program.line(({ msg, by }) => msg === 'qlab.fired' && by === 'go');
  } finally {
    program.process.kill('SIGTERM');
    expect(await program.ended).toBe(0);
  }
});

test('no datagram ends pacebuddy demo, whose simulated QLab and bridge are one process', async () => {
  const demo = new Talking(['demo', '--port', '0', '--json']);
  const { qlabPort } = await demo.line(({ msg }) => msg === 'demo.ready');
  await demo.line(
    ({ eventType, payload }) =>
      eventType === 'DeviceStatusChanged' &&
      (payload as { device: string }).device === 'booth-qlab' &&
      (payload as { status: string }).status === 'up',
  );
  await datagrams(qlabPort, hostile);
  demo.say('operator');
  await demo.line(({ eventType }) => eventType === 'CueAdvanced');
  demo.say('quit');
  expect(await demo.ended).toBe(0);
});

test.runIf(process.platform === 'linux')('a simulated QLab that has no socket left for a reply goes on', async () => {
  const program = new Talking(['simulate', 'qlab', '--port', '0', '--cues', '1', '--json']);
  try {
    const { port } = await program.line(({ msg }) => msg === 'qlab.ready');
    // Fewer than it has open by now.
    execFileSync('prlimit', ['--pid', String(program.process.pid), '--nofile=10']);
    await datagrams(port, [encodeMessage('/version'), encodeMessage('/go')]);
    await program.line(({ msg }) => msg === 'qlab.fired');
    program.say('go');
    await program.line(({ msg }) => msg === 'qlab.typed');
  } finally {
    program.process.kill('SIGTERM');
    expect(await program.ended).toBe(0);
  }
});
