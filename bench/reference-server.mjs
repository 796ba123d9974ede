/**
 * What the bridge is measured against: the smallest WebSocket server that turns a frame into one UDP packet, without a
 * journal (`fnet`) or with an append and an fdatasync before it (`ref`). Prints its port.
 */
import { createSocket } from 'node:dgram';
import { open } from 'node:fs/promises';
import { WebSocketServer } from 'ws';

const [mode, udpPort, path] = process.argv.slice(2);
const packet = Buffer.from('2f676f00 2c000000'.replaceAll(' ', ''), 'hex');
const udp = createSocket('udp4');
await new Promise((resolve) => udp.connect(Number(udpPort), '127.0.0.1', resolve));
const file = mode === 'ref' ? await open(path, 'a') : undefined;
const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false });
server.on('connection', (socket) => {
  socket._socket.setNoDelay(true);
  socket.on('message', async (data) => {
    const event = JSON.parse(data);
    if (file) {
      await file.write(`${JSON.stringify(event)}\n`);
      await file.datasync();
    }
    udp.send(packet);
    socket.send(JSON.stringify({ kind: 'ack', ackOf: event.messageId, status: 'ok' }));
  });
});
server.on('listening', () => console.log(JSON.stringify({ port: server.address().port })));
