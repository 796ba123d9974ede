import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Connections that ask for nothing now: silent ones, and those kept open after an answer. Beyond a limit the one that has
 * waited longest is closed, so that whoever has something to ask always gets in.
 */
export class WaitingConnections {
  readonly #waiting = new Set<Socket>();

  /** @param most  how many may wait. @param onClosed  told of each that was closed to make room. */
  constructor(server: Server, most: number, onClosed: (peer: string | undefined) => void) {
    const wait = (socket: Socket): void => {
      if (socket.destroyed) return;
      this.#waiting.add(socket);
      if (this.#waiting.size <= most) return;
      const [longest] = this.#waiting;
      if (!longest) return;
      this.#waiting.delete(longest);
      onClosed(longest.remoteAddress);
      longest.destroy();
    };
    server.on('connection', (socket: Socket) => {
      socket.once('close', () => this.#waiting.delete(socket));
      wait(socket);
    });
    server.on('request', ({ socket }: { socket: Socket }, response: ServerResponse) => {
      this.#waiting.delete(socket);
      response.once('close', () => wait(socket));
    });
    server.on('upgrade', ({ socket }: { socket: Socket }) => this.#waiting.delete(socket));
  }

  get size(): number {
    return this.#waiting.size;
  }
}
