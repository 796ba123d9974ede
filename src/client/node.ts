/** The client of the bridge for Node, which has no WebSocket of its own before version 22. */
import { WebSocket } from 'ws';
import { BridgeClient } from './client.js';
import type { Client, ClientOptions, SocketConstructor } from './types.js';

const BEARER = 'bearer.';
/** The largest frame that is read, in bytes: a snapshot of a show at its limits fits. */
const FRAME_BYTES_MAX = 64 * 1024 * 1024;

/** A socket that shows its token as a header, where any token fits; a subprotocol takes only some characters. */
class NodeSocket extends WebSocket {
  constructor(url: string, protocols: string[]) {
    const bearer = protocols.find((protocol) => protocol.startsWith(BEARER));
    super(
      url,
      protocols.filter((protocol) => protocol !== bearer),
      {
        perMessageDeflate: false,
        maxPayload: FRAME_BYTES_MAX,
        headers: bearer === undefined ? {} : { authorization: `Bearer ${bearer.slice(BEARER.length)}` },
      },
    );
  }
}

/**
 * Connects, and stays connected until `close()`.
 * @throws TypeError when `url` is no address
 */
export const connect = (options: ClientOptions): Client =>
  new BridgeClient({ WebSocket: NodeSocket as unknown as SocketConstructor, ...options });

export { fileStore } from './file-store.js';
export * from './index.js';
