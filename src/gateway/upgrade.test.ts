import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { keptLog } from '../../test/support/log-lines.js';
import { within } from '../../test/support/waiting.js';
import { systemClock } from '../kit/clock.js';
import { RareLog } from '../kit/rate.js';
import { Access } from './access.js';
import { type House, upgrader } from './upgrade.js';

test('a handshake over which the bridge itself fails ends its own connection, aloud, and nothing else', async () => {
  const kept = keptLog();
  const house: Pick<House, 'access' | 'rareLog' | 'noPlaceFor'> = {
    access: new Access(undefined, []),
    rareLog: new RareLog(kept.log, systemClock()),
    noPlaceFor: () => {
      throw new Error('a fault of ours');
    },
  };
  const server = createServer((_, response) => response.end('here')).on('upgrade', upgrader(house as House));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  for (let attempts = 0; attempts < 3; attempts += 1) {
    const socket = connect(port, '127.0.0.1').on('error', () => undefined);
    socket.write('GET /ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    await within(once(socket, 'close'), 'the connection ends');
  }
  expect(kept.named('upgrade.failed')).toMatchObject([{ code: 'INTERNAL' }]);
  expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe('here');
});
