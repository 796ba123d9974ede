/**
 * The gateway and the sequencer, joined as `src/app/bridge.ts` joins them but without devices, as a process of their own.
 *
 *     log   with the log in a folder
 *     none  with a log that forgets at once
 *
 * Prints its port. A line on stdin is answered by what its heap and buffers hold, in bytes.
 */
import { openGateway } from '../dist/src/gateway/gateway.js';
import { systemClock } from '../dist/src/kit/clock.js';
import { silentLog } from '../dist/src/kit/log.js';
import { answerMemory } from './memory-answer.mjs';
import { withLog, withoutLog } from './sequencer-rig.mjs';

const [mode, folder] = process.argv.slice(2);
let gateway;
const effects = { perform: () => {}, publish: (entries, state) => gateway?.publish(entries, state) };
const more = { effects, patches: true };
const sequencer = mode === 'log' ? await withLog(folder, more) : withoutLog(more);
const limits = {
  frameBytesMax: 65_536,
  messagesPerSecond: 1e6,
  messagesBurst: 1e6,
  clientsMax: 5000,
  bufferedBytesMax: 4_194_304,
};
gateway = await openGateway({
  listen: '127.0.0.1:0',
  allowedOrigins: [],
  heartbeatMs: 10_000,
  limits,
  show: sequencer,
  devices: () => [],
  deviceIds: () => new Set(),
  clock: systemClock(),
  log: silentLog,
});
console.log(JSON.stringify({ port: Number(new URL(gateway.url).port) }));
answerMemory();
