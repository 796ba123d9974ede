import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type ServerOptions, type WebSocket, WebSocketServer } from 'ws';
import { ERRORS, toBridgeError } from '../kit/errors.js';
import type { RareLog } from '../kit/rate.js';
import { SUBPROTOCOL } from '../protocol/version.js';
import {
  type Access,
  type Admission,
  BEARER_PROTOCOL,
  type Identity,
  protocolsOf,
  type Turned,
  turned,
} from './access.js';
import type { Guesses } from './guesses.js';
import { FRAME_BYTES_HARD_MAX, GOODBYE_MS } from './limits.js';

/** What the handshake asks of the gateway. */
export interface House {
  readonly access: Access;
  /** Why there is no place for this client, if so. @param identity  undefined in the open mode */
  noPlaceFor(identity: Identity | undefined): string | undefined;
  readonly guesses: Guesses;
  readonly rareLog: RareLog;
  /** A client has come in. @param socket  the socket beneath `ws`. */
  receive(ws: WebSocket, socket: Socket, identity: Identity | undefined): void;
}

/** The path of the WebSocket. */
export const WS_PATH = '/ws';

/** @returns the listener for the HTTP server's `upgrade`. A refusal is plain HTTP, before the upgrade. */
export function upgrader(house: House): (request: IncomingMessage, socket: Duplex, head: Buffer) => void {
  // `closeTimeout` is missing from @types/ws.
  const options: ServerOptions & { closeTimeout: number } = {
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: FRAME_BYTES_HARD_MAX,
    closeTimeout: GOODBYE_MS,
  };
  const server = new WebSocketServer(options);
  const take = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    const admission = admit(request, house);
    if (!admission.ok) {
      house.rareLog.warn(
        { code: admission.code, peer: request.socket.remoteAddress, detail: admission.message },
        'client.turned-away',
      );
      if (!admission.isGuess) {
        refuse(socket, admission);
        return;
      }
      void house.guesses.wrong(request.socket.remoteAddress).then((inTime) => {
        if (inTime) refuse(socket, admission);
        else socket.destroy();
      });
      return;
    }
    // A token among the subprotocols goes no further, and is never echoed.
    if (protocolsOf(request.headers).includes(SUBPROTOCOL)) request.headers['sec-websocket-protocol'] = SUBPROTOCOL;
    else delete request.headers['sec-websocket-protocol'];
    server.handleUpgrade(request, socket, head, (ws) => house.receive(ws, socket as Socket, admission.identity));
  };
  return (request, socket, head) => {
    socket.on('error', () => socket.destroy());
    // Whatever a handshake holds, what fails over it ends this connection and nothing else.
    try {
      take(request, socket, head);
    } catch (error) {
      const { code } = toBridgeError(error);
      house.rareLog.error({ code, peer: request.socket.remoteAddress, err: error }, 'upgrade.failed');
      socket.destroy();
    }
  };
}

function admit(request: IncomingMessage, house: House): Admission {
  const { headers, url = '/' } = request;
  const [path, query = ''] = url.split('?', 2);
  if (headers.upgrade?.toLowerCase() !== 'websocket') {
    return turned(400, 'VALIDATION_FAILED', 'only a WebSocket can be upgraded to');
  }
  const visit = house.access.visits(headers, request.socket.remoteAddress);
  if (visit) return visit;
  if (path !== WS_PATH) return turned(404, 'NOT_FOUND', `the WebSocket is at ${WS_PATH}`);
  if (new URLSearchParams(query).has('token')) {
    return turned(
      401,
      'UNAUTHENTICATED',
      `a token never goes into the URL, where it is written down: send it as Authorization: Bearer, as the subprotocol ${BEARER_PROTOCOL}TOKEN, or as the cookie of POST /v1/session`,
    );
  }
  const admission = house.access.admit(headers);
  if (!admission.ok) return admission;
  const offered = protocolsOf(headers);
  if (offered.length > 0 && !offered.includes(SUBPROTOCOL)) {
    return turned(400, 'UNSUPPORTED_VERSION', `this bridge speaks the subprotocol ${SUBPROTOCOL}; offer it too`);
  }
  const full = house.noPlaceFor(admission.identity);
  if (full !== undefined) return turned(503, 'RATE_LIMITED', full);
  return admission;
}

/** Answers a request whose socket is no longer the HTTP server's. */
export function refuse(socket: Duplex, { status, code, message }: Turned): void {
  if (!socket.writable) return void socket.destroy();
  const body = JSON.stringify({ code, message, hint: ERRORS[code].hint });
  socket.once('finish', () => socket.destroy());
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'Connection: close',
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...(status === 401 ? ['WWW-Authenticate: Bearer realm="pacebuddy"'] : []),
    ...(status === 503 ? ['Retry-After: 5'] : []),
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}
