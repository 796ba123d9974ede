/**
 * The far end of the wire, in a thread of its own: it notes when a packet is there, however busy the presser is with
 * its acks. Times are microseconds of the machine's monotonic clock, the same in every thread and process.
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';

export const nowUs = () => Number(process.hrtime.bigint()) / 1000;

if (!isMainThread) {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1', () => parentPort.postMessage({ port: socket.address().port }));
  socket.on('message', (data) => parentPort.postMessage({ atUs: nowUs(), data }));
}

/** One UDP port. `next` resolves with the time at which its next packet came, `nextMessage` with the JSON in it. */
export async function wire() {
  const worker = new Worker(fileURLToPath(import.meta.url));
  const [{ port }] = await once(worker, 'message');
  let arrived;
  worker.on('message', (packet) => arrived?.(packet));
  const packet = () => new Promise((resolve) => (arrived = resolve));
  return {
    port,
    next: async () => (await packet()).atUs,
    nextMessage: async () => JSON.parse(Buffer.from((await packet()).data)),
    close: () => worker.terminate(),
  };
}
