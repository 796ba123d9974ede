/** Whatever is sent to it, the simulated QLab goes on. */
import { createSocket } from 'node:dgram';
import { expect, onTestFinished, test } from 'vitest';
import { qlabClient } from '../../test/support/qlab-client.js';
import { simulated } from '../../test/support/qlab-desk.js';
import { eventually } from '../../test/support/waiting.js';
import { encodeMessage } from './codec.js';

function datagrams(port: number): (packet: Uint8Array) => void {
  const socket = createSocket('udp4');
  onTestFinished(() => void socket.close());
  return (packet) => socket.send(packet, port, '127.0.0.1');
}

test('a number in an address is a pattern, of which no length and no number of stars is slow', async () => {
  const cues = ['1', '12.5', 'ab', 'a.b', '[x', 'a'.repeat(31), 'b'.repeat(300)];
  const qlab = await simulated({ cues });
  const { ask, heard, settled, send } = await qlabClient(qlab);
  const fitting = async (pattern: string) => {
    const before = heard('/reply').length;
    send(`/cue/${pattern}/number`);
    await settled();
    const replies = heard('/reply').slice(before, -1);
    return replies.map(({ args }) => (JSON.parse(String(args[0])) as { data?: string }).data);
  };
  expect(await fitting('1*')).toEqual(['1', '12.5']);
  expect(await fitting('a?b')).toEqual(['a.b']);
  expect(await fitting('a{.b,b}')).toEqual(['ab', 'a.b']);
  expect(await fitting('[0-9]')).toEqual(['1']);
  expect(await fitting('[!0-9]?')).toEqual(['ab', '[x']);
  expect(await fitting('a+')).toEqual([undefined]);
  expect(await fitting('[x')).toEqual([undefined]);
  // As it stands it may be of any length; with wildcards it, and what it is held against, may not.
  expect(await fitting('b'.repeat(300))).toEqual(['b'.repeat(300)]);
  expect(await fitting('bb*')).toEqual([undefined]);
  expect(await fitting(`${'?'.repeat(225)}${'*'.repeat(31)}`)).toEqual([undefined]);
  expect(await fitting(`${'a'.repeat(31)}${'*'.repeat(225)}`)).toEqual(['a'.repeat(31)]);
  expect(await fitting(`${'a'.repeat(31)}${'*'.repeat(226)}`)).toEqual([undefined]);
  // As a regular expression this takes longer than a test may.
  expect(await ask(`/cue/${'a*'.repeat(28)}b/number`)).toMatchObject({ status: 'error' });
});

test('one datagram with a number of 45,000 characters, or with as many wildcards, ends nothing', async () => {
  const qlab = await simulated({ cues: ['1'] });
  const send = datagrams(qlab.port);
  const { ask } = await qlabClient(qlab);
  for (const number of ['x'.repeat(45_000), '*x'.repeat(22_000), '{'.repeat(45_000), `{${','.repeat(45_000)}}`]) {
    const before = qlab.received.length;
    send(encodeMessage(`/cue/${number}/number`));
    await eventually(() => qlab.received.length > before, 'the datagram');
    expect(await ask('/version')).toMatchObject({ status: 'ok' });
  }
});

test('a reply that cannot be written is told, and the next message is answered', async () => {
  const faults: string[] = [];
  const qlab = await simulated({
    cues: ['1'],
    plainTextPort: 0,
    onFault: (fault, from) => void faults.push(`${from}: ${(fault as Error).message}`),
  });
  const { ask, send, settled } = await qlabClient(qlab);
  const type = datagrams(qlab.plainTextPort ?? 0);
  // An OSC text ends at a NUL, a line of plain text does not.
  type(Buffer.from('/cue/\0/name'));
  await eventually(() => faults.length === 1, 'the fault');
  expect(faults).toEqual(['udp 127.0.0.1: an OSC text cannot hold a NUL']);
  expect(qlab.counters.faults).toBe(1);
  // Also where it leaves later than the message that brought it about.
  send('/listen');
  await settled();
  await qlab.setFaults({ delayMs: 1, jitterMs: () => 1 });
  type(Buffer.from('/cue/1/number "a\0b"'));
  type(Buffer.from('/go'));
  await eventually(() => faults.length > 1, 'the fault of what is told of the cue');
  expect(faults.at(-1)).toMatch('tcp 1: an OSC text cannot hold a NUL');
  expect(await ask('/version')).toMatchObject({ status: 'ok' });
});

test('a message that fails, at once or behind a wrong passcode, is told and ends nothing', async () => {
  const faults: string[] = [];
  const qlab = await simulated({
    access: { '': ['view'], '1234': ['view'] },
    faults: {
      dropReplies: (address) => {
        if (address === '/thump' || address === '/connect') throw new Error(`no ${address}`);
        return false;
      },
    },
    onFault: (fault, from) => void faults.push(`${from}: ${(fault as Error).message}`),
  });
  const { ask, send } = await qlabClient(qlab);
  send('/thump');
  send('/connect', '1');
  send('/connect', '2');
  send('/thump');
  await eventually(() => faults.length === 4, 'the faults');
  expect(faults.toSorted()).toEqual([...Array(2).fill('tcp 1: no /connect'), ...Array(2).fill('tcp 1: no /thump')]);
  expect(await ask('/version')).toMatchObject({ status: 'ok' });
});

test('a format of replies is no longer than 1024 characters: each of its words may stand for a whole address', async () => {
  const qlab = await simulated();
  const { ask, send } = await qlabClient(qlab);
  send('/alwaysReply', 1);
  expect(await ask('/replyFormat', '#address#'.repeat(114))).toMatchObject({ status: 'error' });
  expect(await ask('/replyFormat')).toMatchObject({ data: '' });
});
