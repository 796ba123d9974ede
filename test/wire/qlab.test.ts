/** The simulated QLab before a client that is none of ours: liblo's oscsend and oscdump. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { startQlabSimulator } from '../../adapters/qlab/simulator.js';
import { freePort } from '../support/free-port.js';
import { eventually } from '../support/waiting.js';

const run = promisify(execFile);

async function oscdump(port: number): Promise<{ lines: () => string[]; process: ChildProcess }> {
  const dump = spawn('oscdump', ['-L', String(port)], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(dump, 'spawn');
  onTestFinished(() => void dump.kill());
  let text = '';
  dump.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString('utf8');
  });
  const probe = createSocket('udp4');
  onTestFinished(() => void probe.close());
  // It says nothing when it is ready: it is once it prints a message.
  await eventually(() => {
    probe.send(Buffer.from('/probe\0\0,\0\0\0', 'latin1'), port, '127.0.0.1');
    return text.includes('/probe');
  }, 'oscdump is listening');
  return { process: dump, lines: () => text.split('\n').filter((line) => line !== '' && !line.includes('/probe')) };
}

test('oscsend over UDP fires cues, and oscdump sees the replies and the broadcast', async () => {
  const qlab = await startQlabSimulator({ port: 0, cues: ['1', '2', '12.5'] });
  onTestFinished(() => qlab.close());
  const replyPort = await freePort('udp');
  const dump = await oscdump(replyPort);
  const oscsend = (...words: string[]) => run('oscsend', ['127.0.0.1', String(qlab.port), ...words]);
  await oscsend('/udpReplyPort', 'i', String(replyPort));
  await oscsend('/alwaysReply', 'i', '1');
  await oscsend('/listen/go');
  await oscsend('/go');
  await oscsend('/cue/1/start');
  await oscsend('/go', 's', '12.5');
  await oscsend('/go', 'd', '2');
  await oscsend('/version');
  const saw = (part: string) => dump.lines().filter((line) => line.includes(part));
  await eventually(
    () => saw('/reply/version').length === 1,
    () => dump.lines().join('\n'),
  );
  expect(qlab.fired).toMatchObject([
    { number: '1', by: 'go' },
    { number: '1', by: 'start' },
    { number: '12.5', by: 'go' },
  ]);
  await eventually(
    () => saw('/qlab/event/workspace/go ssss').length === 2,
    () => dump.lines().join('\n'),
  );
  expect(saw('/reply/cue/1/start')[0]).toContain('status');
  expect(saw('/reply/go')).toHaveLength(2);
});
