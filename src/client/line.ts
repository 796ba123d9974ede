import { deferred } from '../kit/deferred.js';
import { wordsOf } from '../kit/errors.js';
import type { ClientClock, SocketConstructor, SocketLike } from './types.js';

/** How long opening may take, in milliseconds. */
const OPEN_MAX_MS = 5000;
/** After so many heartbeats without a frame the line counts as dead. */
const SILENT_BEATS = 3;
/** The first heartbeats come sooner, in milliseconds, so that the clock and the round trip are known soon. */
const FIRST_BEATS_MS = [250, 500, 1000];
/** How long a goodbye may take, in milliseconds, where a socket can be ended without one. */
const GOODBYE_MAX_MS = 1000;

/** Why a line is no more. `httpStatus` is known in Node alone; a browser does not tell. */
export interface LineEnd {
  opened: boolean;
  detail: string;
  httpStatus?: number;
}

export interface Line {
  /** Sent in the order of the calls; before the opening and after the end it does nothing. */
  send(frame: object): void;
  /** Nothing is heard of it from now on. */
  end(detail: string): void;
  /** How long nothing was heard of it, in milliseconds; undefined until it is open. */
  silentMs(): number | undefined;
  /** Aborts when the line is no more, for what waits beside it. */
  readonly signal: AbortSignal;
  /** Resolves once, when it is no more. Never rejects. */
  readonly ended: Promise<LineEnd>;
  /** Resolves when the socket has gone too, or its goodbye has taken too long. Never rejects. */
  readonly gone: Promise<void>;
}

export interface LineOptions {
  url: string;
  protocols: string[];
  WebSocket: SocketConstructor;
  clock: ClientClock;
  heartbeatMs: number;
  onOpen(): void;
  onText(text: string): void;
  /** It is time to say that this client is there. */
  onBeat(): void;
}

/** One WebSocket, from opening to its end. Single-use: the next attempt makes a new one. */
export function openLine(options: LineOptions): Line {
  const { clock, heartbeatMs } = options;
  const life = new AbortController();
  const goodbye = new AbortController();
  const ended = deferred<LineEnd>();
  const gone = deferred<void>();
  let socket: SocketLike | undefined;
  let opened = false;
  let lastHeard = clock.mono();
  let trouble = '';

  const end = (detail: string) => {
    if (life.signal.aborted) return;
    life.abort();
    const httpStatus = Number(/server response: (\d{3})$/.exec(trouble)?.[1]);
    ended.resolve({ opened, detail: trouble || detail, ...(Number.isNaN(httpStatus) ? {} : { httpStatus }) });
    void leave();
  };
  /** A dead network answers no close frame, so the goodbye has a limit. */
  const leave = async () => {
    socket?.close(1000);
    if (socket) await clock.sleep(GOODBYE_MAX_MS, goodbye.signal);
    if (!goodbye.signal.aborted) socket?.terminate?.();
    gone.resolve();
  };
  const watchOpening = async () => {
    await clock.sleep(OPEN_MAX_MS, life.signal);
    if (!opened) end(`no answer within ${OPEN_MAX_MS} ms`);
  };
  const beat = async () => {
    for (let beats = 0; ; beats++) {
      await clock.sleep(Math.min(heartbeatMs, FIRST_BEATS_MS[beats] ?? heartbeatMs), life.signal);
      if (life.signal.aborted) return;
      const silentMs = clock.mono() - lastHeard;
      if (silentMs >= SILENT_BEATS * heartbeatMs) end(`nothing heard for ${Math.round(silentMs)} ms`);
      else options.onBeat();
    }
  };

  try {
    socket = new options.WebSocket(options.url, options.protocols);
    socket.addEventListener('open', () => {
      if (life.signal.aborted) return;
      opened = true;
      lastHeard = clock.mono();
      options.onOpen();
      void beat();
    });
    socket.addEventListener('message', (event) => {
      if (life.signal.aborted) return;
      lastHeard = clock.mono();
      if (typeof event.data === 'string') options.onText(event.data);
    });
    socket.addEventListener('error', (event) => {
      trouble = event.message ?? '';
    });
    socket.addEventListener('close', (event) => {
      goodbye.abort();
      end(event.reason || 'the connection was closed');
    });
    void watchOpening();
  } catch (error) {
    end(wordsOf(error));
  }

  return {
    send: (frame) => {
      if (opened && !life.signal.aborted) socket?.send(JSON.stringify(frame));
    },
    end,
    silentMs: () => (opened ? clock.mono() - lastHeard : undefined),
    signal: life.signal,
    ended: ended.promise,
    gone: gone.promise,
  };
}
