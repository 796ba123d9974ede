/** What the gateway holds itself to, besides the limits of the bridge file (`server.limits`). */

/** A larger frame ends its session with 1009, in bytes; up to here one above `frameBytesMax` only gets FRAME_TOO_LARGE. */
export const FRAME_BYTES_HARD_MAX = 1024 * 1024;
/** How many clients one turn of the event loop writes to, so that a crowd of tablets cannot delay the next GO. */
export const FANOUT_CHUNK_CLIENTS = 50;
/** And how long such a turn may take, in milliseconds: on a busy machine fewer clients fit into it. */
export const FANOUT_TURN_MS = 0.5;
/** After a pass that took longer than a turn, the next one waits so many times as long, and at most so many milliseconds. */
export const FANOUT_REST_TIMES = 3;
export const FANOUT_REST_MAX_MS = 25;
/** The newest events kept framed in memory, from which live clients and short absences are served. */
export const TAIL_ENTRIES_MAX = 4096;
export const TAIL_BYTES_MAX = 4 * 1024 * 1024;
/** What a catching-up client is given at once before its socket must have drained, in bytes. */
export const RESUME_CHUNK_BYTES = 256 * 1024;
/** A client that goes on with bad, forbidden or too many frames is let go with 1008 after so many in the window. */
export const FAULTS_MAX = 100;
export const FAULT_WINDOW_MS = 10_000;
/** A client from which nothing came through so many heartbeats, no frame and no pong, is gone. */
export const SILENT_BEATS_MAX = 3;
/** What a client has for its side of the closing handshake, in milliseconds. */
export const GOODBYE_MS = 1000;
/** TCP connections beyond `clientsMax`, for plain HTTP and for saying that the house is full. */
export const SPARE_CONNECTIONS = 512;
/** Connections that ask for nothing; beyond so many the one that has waited longest is closed. */
export const WAITING_CONNECTIONS_MAX = 128;
/** Of `clientsMax` one user has at most this share, and always this many places. */
export const USER_SHARE = 0.25;
export const USER_PLACES_MIN = 8;
/** Of `clientsMax` so much is kept for stage management, at most so many places; of a small one nothing. */
export const BOOK_SHARE = 0.05;
export const BOOK_PLACES_MAX = 20;
/** How many may read `/v1/log` at once. */
export const LOG_READERS_MAX = 16;
/** A plain HTTP connection on which nothing moves for so long is closed, in milliseconds. */
export const HTTP_IDLE_MS = 30_000;
/** What a request's head may take, in bytes and in milliseconds. */
export const HEAD_BYTES_MAX = 16 * 1024;
export const HEAD_MS_MAX = 5000;
/** How often that is looked at, and how long a connection is kept open after an answer, in milliseconds. */
export const CONNECTIONS_LOOK_MS = 1000;
export const KEEP_ALIVE_MS = 5000;
/** A request body, in bytes: only `POST /v1/session` has one. */
export const BODY_BYTES_MAX = 4 * 1024;
