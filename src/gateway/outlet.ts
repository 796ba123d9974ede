import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';

/**
 * What is written to one client: in the order of the calls, coalesced by turn, and never much more than it reads.
 * Frames come ready made and go to the socket beneath the WebSocket as they are.
 */
export class Outlet {
  readonly #ws: WebSocket;
  readonly #socket: Socket;
  readonly #onSlow: (bufferedBytes: number) => void;
  /** Bytes of a snapshot or of a piece of the log that are under way: they are not held against the client. */
  #allowanceBytes = 0;
  #corked = false;
  #ended = false;

  /** @param onSlow  called once, when the client has left too much unread; it says so and ends the outlet. */
  constructor(ws: WebSocket, socket: Socket, onSlow: (bufferedBytes: number) => void) {
    this.#ws = ws;
    this.#socket = socket;
    this.#onSlow = onSlow;
  }

  get isOpen(): boolean {
    return !this.#ended && this.#ws.readyState === this.#ws.OPEN;
  }

  /** @param bufferedBytesMax  how much the client may have left unread, in bytes. */
  send(frames: Buffer, bufferedBytesMax: number): void {
    if (!this.isOpen || frames.length === 0) return;
    if (this.#socket.writableLength > bufferedBytesMax + this.#allowanceBytes) {
      this.#onSlow(this.#socket.writableLength);
      return;
    }
    // What one turn says to a client, such as the acks of a batch, goes out at once.
    if (!this.#corked) {
      this.#corked = true;
      this.#socket.cork();
      process.nextTick(uncork, this);
    }
    this.#socket.write(frames);
  }

  /** Called by `process.nextTick`. */
  uncork(): void {
    this.#corked = false;
    this.#socket.uncork();
  }

  /** Resolves when the socket has taken everything, or is gone: for what is large and may take its time. */
  async sendAndDrain(frames: Buffer): Promise<void> {
    if (!this.isOpen || this.#socket.write(frames)) return;
    this.#allowanceBytes = frames.length;
    await new Promise<void>((resolve) => {
      const done = () => {
        this.#socket.off('drain', done);
        this.#socket.off('close', done);
        resolve();
      };
      this.#socket.on('drain', done);
      this.#socket.on('close', done);
    });
    this.#allowanceBytes = 0;
  }

  /**
   * Says goodbye; the other side has a moment to answer before the socket goes.
   * @param lastWords  a frame to go before it, whatever the client has left unread.
   */
  close(code: number, reason: string, lastWords?: Buffer): void {
    if (!this.isOpen) return;
    this.#ended = true;
    if (lastWords) this.#socket.write(lastWords);
    this.#ws.close(code, reason);
  }

  /** Cuts the connection. */
  terminate(): void {
    this.#ended = true;
    this.#ws.terminate();
  }
}

const uncork = (outlet: Outlet): void => outlet.uncork();
