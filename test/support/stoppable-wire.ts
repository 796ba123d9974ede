/** A TCP wire that can be made to stand still. */
import { once } from 'node:events';
import { type AddressInfo, createServer, connect as dial, type Socket } from 'node:net';

export interface StoppableWire {
  /** `http://…` of this end. */
  url: string;
  /** What is sent towards the far end from now on arrives when it goes on; with `bothWays` nothing comes back either. */
  stop(bothWays?: boolean): void;
  goOn(): void;
  close(): void;
}

/** @param farUrl  of the bridge */
export async function stoppableWire(farUrl: string): Promise<StoppableWire> {
  const pairs = new Set<[Socket, Socket]>();
  let [there, back] = [true, true];
  const server = createServer((near) => {
    const far = dial(Number(new URL(farUrl).port), '127.0.0.1');
    const pair: [Socket, Socket] = [near, far];
    pairs.add(pair);
    if (there) near.pipe(far);
    if (back) far.pipe(near);
    for (const end of pair) end.on('error', () => undefined).on('close', () => pairs.delete(pair));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: (bothWays = false) => {
      [there, back] = [false, !bothWays];
      for (const [near, far] of pairs) {
        near.unpipe(far);
        if (bothWays) far.unpipe(near);
      }
    },
    goOn: () => {
      for (const [near, far] of pairs) {
        if (!there) near.pipe(far);
        if (!back) far.pipe(near);
      }
      [there, back] = [true, true];
    },
    close: () => {
      for (const pair of pairs) for (const end of pair) end.destroy();
      server.close();
    },
  };
}
