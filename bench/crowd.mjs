/** Many subscribers that only listen. Prints a line when all of them are live; ends with SIGTERM. */
import { once } from 'node:events';
import { connect, frame } from './go-to-wire.mjs';

const [url, count] = process.argv.slice(2);
for (let i = 0; i < Number(count); i++) {
  const socket = await connect(url);
  socket.send(frame('SnapshotRequested', { reason: 'connect' }));
  await once(socket, 'message');
}
console.log('live');
