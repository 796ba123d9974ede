/**
 * Many subscribers that only listen, and one client that speaks: url, how many, events a second. Prints a line when all
 * of them are live; ends with SIGTERM.
 */
import { once } from 'node:events';
import { connect, frame } from './contestants.mjs';

const [url, count, perSecond = 0] = process.argv.slice(2);
for (let i = 0; i < Number(count); i++) {
  const socket = await connect(url);
  // Who does not know the bridge's messages, as the references, needs no snapshot and is sent everything.
  if (url.endsWith('/ws')) {
    socket.send(frame('SnapshotRequested', { reason: 'connect' }));
    await once(socket, 'message');
  }
  // What comes is taken in and not looked at: this process shall not be what is measured.
  socket._socket.removeAllListeners('data');
  socket._socket.on('data', () => {});
}
console.log('{"live":true}');
if (Number(perSecond) > 0) {
  const speaker = await connect(url);
  const began = performance.now();
  let said = 0;
  setInterval(() => {
    const due = ((performance.now() - began) / 1000) * perSecond;
    for (; said < due; said++) speaker.send(frame('TimerSetOverride', { timerId: 't', value: '00:00:01.000' }));
  }, 1);
}
