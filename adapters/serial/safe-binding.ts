/**
 * The ports of `serialport`, made safe to lose. A hung-up tty reads 0 bytes for ever; bindings-cpp 13 reads again at
 * once and spins a core without ever saying that the device is gone (upstream #162; seen at 11 of 24 unplugs
 * while data flowed). Here 0 bytes are a disconnect. No operation runs on a file descriptor that close() has given back.
 */
import { type read as fsRead, read, write } from 'node:fs';

/** An open port. After close() every call rejects; nothing is ever kept for a later port. */
export interface Port {
  /** @returns at least 1 byte. Rejects when the device is gone. */
  read(buffer: Buffer, offset: number, length: number): Promise<{ bytesRead: number }>;
  /**
   * Resolves once the system has all bytes. Only one at a time. @param signal  when it aborts, nothing more is given to the
   *   system. (On Windows the end of the port ends the write.)
   */
  write(bytes: Buffer, signal?: AbortSignal): Promise<void>;
  /** Resolves once all that was written has left the machine; a flush ends it too. */
  drain(): Promise<void>;
  /** Throws away what is neither read nor sent yet. */
  flush(): Promise<void>;
  /** The lines that the other side drives. Rejects where the port has none (a pty). */
  get(): Promise<ModemLines>;
  /** The lines that this side drives, all at once. Rejects where the port has none. */
  set(levels: SetLevels): Promise<void>;
  close(): Promise<void>;
}

/** true: on. Ring (RI) is not told by bindings-cpp. */
export interface ModemLines {
  cts: boolean;
  dsr: boolean;
  dcd: boolean;
}

/** What this side drives; true: on. */
export interface Levels {
  rts: boolean;
  dtr: boolean;
}

/** Every member must be there: bindings-cpp throws for one that is not. The last four are always false here. */
export interface SetLevels extends Levels {
  brk: boolean;
  cts: boolean;
  dsr: boolean;
  lowLatency: boolean;
}

export const setLevels = ({ rts, dtr }: Levels): SetLevels => ({
  rts,
  dtr,
  brk: false,
  cts: false,
  dsr: false,
  lowLatency: false,
});

/** What `serialport` calls a binding: the way to the system's ports. */
export interface Binding {
  open(options: PortOptions): Promise<Port>;
  list(): Promise<readonly PortInfo[]>;
}

export interface PortOptions {
  path: string;
  baudRate: number;
  dataBits: 5 | 6 | 7 | 8;
  stopBits: 1 | 1.5 | 2;
  parity: 'none' | 'even' | 'odd' | 'mark' | 'space';
  rtscts: boolean;
  /** Nobody else may open the port meanwhile. */
  lock: boolean;
}

export interface PortInfo {
  path: string;
  vendorId?: string | undefined;
  productId?: string | undefined;
  serialNumber?: string | undefined;
}

/** The part of a Linux or macOS port of bindings-cpp that is used here; its read and write are not. */
interface UnixPort extends Port {
  readonly fd: number | null;
  readonly poller: { once(event: 'readable' | 'writable', callback: (error: Error | null) => void): unknown };
}

const isUnix = (port: Port): port is UnixPort => 'poller' in port && 'fd' in port;

/** Wraps the binding of `serialport`. Windows' ports have another way of reading, and are left as they are. */
export function safeBinding(native: Binding): Binding {
  return {
    list: () => native.list(),
    open: async (options) => {
      const port = await native.open(options);
      return isUnix(port) ? new SafeUnixPort(port) : port;
    },
  };
}

const AGAIN = new Set<unknown>(['EAGAIN', 'EWOULDBLOCK', 'EINTR']);
const codeOf = (error: unknown): unknown => (error instanceof Error && 'code' in error ? error.code : undefined);

/** Exported for its test. */
export class SafeUnixPort implements Port {
  readonly #native: UnixPort;
  readonly #read: typeof fsRead;
  readonly #underWay = new Set<Promise<unknown>>();
  #closing: Promise<void> | undefined;

  /** @param reader  fs.read, or a test's stand-in for a tty in trouble. */
  constructor(native: UnixPort, reader: typeof fsRead = read) {
    this.#native = native;
    this.#read = reader;
  }

  async read(buffer: Buffer, offset: number, length: number): Promise<{ bytesRead: number }> {
    for (;;) {
      const bytesRead = await this.#attempt('readable', (fd, done) =>
        this.#read(fd, buffer, offset, length, null, done),
      );
      if (bytesRead === 0) throw new Error('the line was hung up');
      if (bytesRead !== undefined) return { bytesRead };
    }
  }

  async write(bytes: Buffer, signal?: AbortSignal): Promise<void> {
    let offset = 0;
    while (offset < bytes.length) {
      // A flush makes room, and must not let the rest of what was given up out.
      if (signal?.aborted) throw new Error('the write was given up');
      const from = offset;
      offset += (await this.#attempt('writable', (fd, done) => write(fd, bytes, from, null, null, done))) ?? 0;
    }
  }

  drain(): Promise<void> {
    return this.#native.drain();
  }

  flush(): Promise<void> {
    return this.#native.flush();
  }

  get(): Promise<ModemLines> {
    return this.#whileOpen(() => this.#native.get());
  }

  set(levels: SetLevels): Promise<void> {
    return this.#whileOpen(() => this.#native.set(levels));
  }

  /** Idempotent. */
  close(): Promise<void> {
    this.#closing ??= Promise.allSettled(this.#underWay).then(() => this.#native.close());
    return this.#closing;
  }

  /** A call that close() waits for. */
  async #whileOpen<T>(call: () => Promise<T>): Promise<T> {
    if (this.#closing) throw new Error('the port is closed');
    const calling = call();
    this.#underWay.add(calling);
    try {
      return await calling;
    } finally {
      this.#underWay.delete(calling);
    }
  }

  /** One non-blocking system call; when there is nothing to do yet, waits until there may be. @returns the bytes done. */
  async #attempt(
    readiness: 'readable' | 'writable',
    call: (fd: number, done: (error: Error | null, bytes: number) => void) => void,
  ): Promise<number | undefined> {
    const fd = this.#native.fd;
    if (this.#closing || fd === null) throw new Error('the port is closed');
    const attempt = new Promise<number>((resolve, reject) => {
      call(fd, (error, bytes) => (error ? reject(error) : resolve(bytes)));
    });
    this.#underWay.add(attempt);
    try {
      return await attempt;
    } catch (error) {
      if (!AGAIN.has(codeOf(error))) throw error;
    } finally {
      this.#underWay.delete(attempt);
    }
    if (this.#closing) throw new Error('the port is closed');
    // close() ends this wait: it makes the poller call back with an error.
    await new Promise<void>((resolve, reject) => {
      this.#native.poller.once(readiness, (error) => (error ? reject(error) : resolve()));
    });
    return undefined;
  }
}
