import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { packageRoot } from '../kit/package.js';
import { simulateConsole, simulateMidi } from './simulate.js';

test('a console that finds its port taken says so', async () => {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  onTestFinished(() => void socket.close());
  const { port } = socket.address();
  await expect(simulateConsole('grandma3', { host: '127.0.0.1', port: String(port) })).rejects.toMatchObject({
    code: 'LISTEN_FAILED',
    message: expect.stringContaining(`the simulated grandma3 cannot listen on 127.0.0.1:${port}`),
  });
});

test('so does one over TCP', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const { port } = server.address() as { port: number };
  await expect(simulateConsole('eos', { host: '127.0.0.1', port: String(port) })).rejects.toMatchObject({
    code: 'LISTEN_FAILED',
  });
});

test('a MIDI desk of a format that there is not is refused before any port is made', async () => {
  await expect(simulateMidi({ name: 'Desk', deviceId: '1', format: 'lightning', channel: '1' })).rejects.toMatchObject({
    code: 'CODEC_MALFORMED',
    message: expect.stringContaining('no format "lightning"'),
  });
});

test('every kind that a README says can be simulated has its command', () => {
  const folders = readdirSync(join(packageRoot, 'adapters')).filter((name) => !name.includes('.'));
  const files = ['README.md', 'adapters/README.md', ...folders.map((name) => `adapters/${name}/README.md`)];
  const text = (path: string) => readFileSync(join(packageRoot, path), 'utf8');
  const said = files.flatMap((path) =>
    [...text(path).matchAll(/pacebuddy simulate ([a-z]+)/g)].map(([, kind]) => kind),
  );
  const commands = [...text('src/cli/program.ts').matchAll(/^simulate\n {2}\.command\('([a-z]+)'\)/gm)];
  expect([...new Set(said)].sort()).toEqual(commands.map(([, kind]) => kind).sort());
});
