import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { simulateConsole } from './simulate.js';

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
