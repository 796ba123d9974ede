/**
 * What the bridge is measured against: the smallest WebSocket server that turns a CueAdvanced into one UDP packet.
 *
 *     fnet   without a journal
 *     ref    with an append and an fdatasync before the packet
 *     naive  the same, and each event is sent to every other client in a plain loop, as a server without limits does
 *
 * Prints its port. A line `memory` on stdin is answered by what its heap and buffers hold, in bytes.
 */
import { createSocket } from 'node:dgram';
import { open } from 'node:fs/promises';
import { WebSocketServer } from 'ws';
import { answerMemory } from './memory-answer.mjs';

const [mode, udpPort, path] = process.argv.slice(2);
const packet = Buffer.from('2f676f00 2c000000'.replaceAll(' ', ''), 'hex');
const udp = createSocket('udp4');
await new Promise((resolve) => udp.connect(Number(udpPort), '127.0.0.1', resolve));
const file = mode === 'fnet' ? undefined : await open(path, 'a');
const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false });
server.on('connection', (socket) => {
  socket._socket.setNoDelay(true);
  socket.on('message', async (data) => {
    const event = JSON.parse(data);
    if (file) {
      await file.write(`${JSON.stringify(event)}\n`);
      await file.datasync();
    }
    if (event.eventType === 'CueAdvanced') udp.send(packet);
    socket.send(JSON.stringify({ kind: 'ack', ackOf: event.messageId, status: 'ok' }));
    if (mode === 'naive') for (const other of server.clients) if (other !== socket) other.send(JSON.stringify(event));
  });
});
server.on('listening', () => console.log(JSON.stringify({ port: server.address().port })));
answerMemory();
