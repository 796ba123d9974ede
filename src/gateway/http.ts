import { existsSync } from 'node:fs';
import type { Socket } from 'node:net';
import fastifyStatic from '@fastify/static';
import fastify, { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { Registry } from 'prom-client';
import type { Clock } from '../kit/clock.js';
import { ERRORS, type ErrorCode, toBridgeError } from '../kit/errors.js';
import type { Log } from '../kit/log.js';
import { packageVersion } from '../kit/package.js';
import { type Access, COOKIE, type Turned, turned, UNKNOWN_TOKEN } from './access.js';
import { type Stamp, snapshotText } from './answers.js';
import type { GatewayShow, Viewer } from './contract.js';
import type { Guesses } from './guesses.js';
import {
  BODY_BYTES_MAX,
  CONNECTIONS_LOOK_MS,
  HEAD_BYTES_MAX,
  HEAD_MS_MAX,
  HTTP_IDLE_MS,
  KEEP_ALIVE_MS,
} from './limits.js';
import { LogReaders } from './log-readers.js';
import type { Trouble } from './troubles.js';
import { refuse, WS_PATH } from './upgrade.js';

/** What the plain HTTP doors ask of the gateway. */
export interface HttpHouse {
  readonly show: GatewayShow;
  readonly access: Access;
  readonly registry: Registry;
  readonly guesses: Guesses;
  readonly clock: Clock;
  readonly log: Log;
  /** What `/v1/devices` tells. */
  devices(): unknown[];
  stateText(viewer: Viewer): string;
  /** What is wrong with the bridge itself now. */
  readonly troubles: readonly Trouble[];
  stamp: () => Stamp;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Set below `/v1`: for whose eyes the answer is. */
    viewer: Viewer;
  }
}

const HINT = 'GET / names the doors';
const HELP = `PaceBuddy bridge ${packageVersion}

  GET  /ws            WebSocket, subprotocol pacebuddy.v1; first frame: a SnapshotRequested event
  GET  /v1/show       the show as it stands, as a snapshot
  GET  /v1/log        every event as JSON Lines; ?from=N begins at number N
  GET  /v1/devices    the devices and how they are
  GET  /v1/session    who you are; POST {"token": "…"} to come in, DELETE to leave
  GET  /healthz       the process runs
  GET  /readyz        the log can be written
  GET  /metrics       for Prometheus
`;

/** The HTTP doors. @param pagesDir  the pages at `/`; without it a text names the doors. */
export async function httpDoors(house: HttpHouse, pagesDir: string | undefined): Promise<FastifyInstance> {
  const { log } = house;
  const app = fastify({
    logger: false,
    bodyLimit: BODY_BYTES_MAX,
    connectionTimeout: HTTP_IDLE_MS,
    requestTimeout: HTTP_IDLE_MS,
    forceCloseConnections: true,
    keepAliveTimeout: KEEP_ALIVE_MS,
    http: {
      maxHeaderSize: HEAD_BYTES_MAX,
      headersTimeout: HEAD_MS_MAX,
      connectionsCheckingInterval: CONNECTIONS_LOOK_MS,
    },
    clientErrorHandler: (error, socket) => onBadRequest(error, socket as Socket),
  });
  app.removeContentTypeParser('text/plain');
  app.decorateRequest('viewer');
  app.addHook('onRequest', async (request, reply) => {
    reply.headers(securityHeaders(request));
    const visit = house.access.visits(request.headers, request.socket.remoteAddress);
    if (visit) return turnAway(reply, visit);
    const { origin } = request.headers;
    if (origin === undefined || !house.access.isListed(origin)) return;
    reply.headers({ 'access-control-allow-origin': origin, vary: 'Origin' });
    if (request.method !== 'OPTIONS') return;
    const headers = 'authorization, content-type';
    return reply.code(204).headers({ 'access-control-allow-headers': headers }).send();
  });
  app.setNotFoundHandler((request, reply) => notFound(app, request, reply));
  app.setErrorHandler<FastifyError>((error, request, reply) => {
    const { code, message, status } = told(error);
    if (status >= 500) log.error({ code, err: error, url: request.url }, 'http.failed');
    return answer(reply, status, code, message);
  });

  processDoors(app, house);
  sessionDoors(app, house);
  await app.register(async (v1) => showDoors(v1, house), { prefix: '/v1' });
  app.get(WS_PATH, (_, reply) => {
    return answer(reply.header('upgrade', 'websocket'), 426, 'VALIDATION_FAILED', 'this is the door for a WebSocket');
  });
  if (pagesDir !== undefined && existsSync(pagesDir)) {
    await app.register(fastifyStatic, { root: pagesDir, dotfiles: 'ignore', decorateReply: false });
  } else {
    app.get('/', (_, reply) => reply.type('text/plain; charset=utf-8').send(HELP));
  }
  return app;
}

/** For whoever watches the process; no token is asked for. */
function processDoors(app: FastifyInstance, house: HttpHouse): void {
  const { show, clock, registry } = house;
  const startedAt = clock.mono();
  app.get('/healthz', async () => ({
    status: 'ok',
    version: packageVersion,
    uptimeSeconds: Math.round(clock.mono() - startedAt) / 1000,
  }));
  app.get('/readyz', async (_, reply) => {
    const { failure } = show;
    const failed = failure && toBridgeError(failure, 'JOURNAL_UNAVAILABLE');
    const why = failed ?? house.troubles.find(({ code }) => code.startsWith('JOURNAL_'));
    if (!why) return { status: 'ready', showId: show.showId, lastEventSeq: show.lastEventSeq };
    const { code, message } = why;
    const { hint } = ERRORS[code];
    return reply.code(503).send({ status: 'unready', code, message, hint, reasons: [{ code, message, hint }] });
  });
  app.get('/metrics', async (_, reply) => reply.type(registry.contentType).send(await registry.metrics()));
}

/** How a browser page comes in: the token once, from then on a cookie that no script can read. */
function sessionDoors(app: FastifyInstance, house: HttpHouse): void {
  const setCookie = (reply: FastifyReply, value: string, maxAgeSeconds: number) =>
    reply.header('set-cookie', `${COOKIE}=${value}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${maxAgeSeconds}`);
  app.post('/v1/session', async (request, reply) => {
    if (house.access.open) return { open: true };
    const token = (request.body as { token?: unknown } | null | undefined)?.token;
    if (typeof token !== 'string') return answer(reply, 400, 'VALIDATION_FAILED', 'send {"token": "…"} as JSON');
    const identity = house.access.identify(token);
    if (!identity) return turnGuessAway(house, request, reply);
    setCookie(reply, token, 7 * 24 * 3600);
    return { open: false, ...identity };
  });
  app.delete('/v1/session', async (_, reply) => setCookie(reply, '', 0).code(204).send());
}

/** What only people of the access list may read. */
function showDoors(v1: FastifyInstance, house: HttpHouse): void {
  const { show } = house;
  const readers = new LogReaders(show, house.log);
  v1.addHook('onRequest', async (request, reply) => {
    const admission = house.access.admit(request.headers);
    if (!admission.ok) return admission.isGuess ? turnGuessAway(house, request, reply) : turnAway(reply, admission);
    request.viewer = admission.identity ?? 'everyone';
    reply.header('cache-control', 'no-store');
  });
  v1.get('/session', async ({ viewer }) => {
    const { showId } = show;
    return viewer === 'everyone' ? { open: true, showId } : { open: false, showId, ...viewer };
  });
  v1.get('/devices', async () => ({ devices: house.devices() }));
  v1.get('/show', async ({ viewer }, reply) => {
    const text = snapshotText(house.stamp(), show.showId, show.lastEventSeq, house.stateText(viewer), house.troubles);
    return reply.type('application/json; charset=utf-8').send(text);
  });
  v1.get('/log', async (request, reply) => {
    const { from = '1' } = request.query as { from?: unknown };
    if (typeof from !== 'string' || !/^[1-9]\d{0,15}$/.test(from) || !Number.isSafeInteger(Number(from))) {
      return answer(reply, 400, 'VALIDATION_FAILED', 'from must be the number of an event: 1 or more');
    }
    reply.type('application/x-ndjson; charset=utf-8');
    if (request.method === 'HEAD') return reply.send();
    const lines = readers.open(Number(from), request.viewer);
    if (!lines) return turnAway(reply, turned(503, 'RATE_LIMITED', 'too many are reading the log'));
    return reply.send(lines);
  });
}

/** Safari counts a WebSocket to the page's own host as foreign to 'self', so it is named. */
function securityHeaders({ headers }: FastifyRequest): Record<string, string> {
  const host = /^[\w.:[\]-]+$/.test(headers.host ?? '') ? ` ws://${headers.host} wss://${headers.host}` : '';
  return {
    'content-security-policy': `default-src 'self'; connect-src 'self'${host}; frame-ancestors 'none'; base-uri 'none'`,
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
  };
}

function notFound(app: FastifyInstance, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const path = request.url.split('?', 1)[0] ?? '/';
  const served = (['GET', 'HEAD', 'POST', 'DELETE'] as const).filter((method) => app.hasRoute({ url: path, method }));
  if (served.length === 0) return answer(reply, 404, 'NOT_FOUND', `there is no ${path.slice(0, 200)}`, HINT);
  reply.header('allow', served.join(', '));
  return answer(reply, 405, 'VALIDATION_FAILED', `${path} takes ${served.join(', ')}, not ${request.method}`, HINT);
}

function told(error: FastifyError): { code: ErrorCode; message: string; status: number } {
  const { statusCode = 500, message } = error;
  if (statusCode === 413) return { code: 'FRAME_TOO_LARGE', message, status: statusCode };
  if (statusCode < 500) return { code: 'VALIDATION_FAILED', message, status: statusCode };
  const { code } = toBridgeError(error);
  return { code, message: code === 'INTERNAL' ? 'the bridge failed to answer' : message, status: 500 };
}

const turnAway = (reply: FastifyReply, { status, code, message }: Turned): FastifyReply => {
  if (status === 401) reply.header('www-authenticate', 'Bearer realm="pacebuddy"');
  if (status === 503) reply.header('retry-after', '5');
  return answer(reply, status, code, message);
};

/** A wrong token is answered the slower the more there are. */
async function turnGuessAway(
  { guesses }: HttpHouse,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  if (await guesses.wrong(request.socket.remoteAddress)) return turnAway(reply, UNKNOWN_TOKEN);
  request.socket.destroy();
  return reply.hijack();
}

const answer = (
  reply: FastifyReply,
  status: number,
  code: ErrorCode,
  message: string,
  hint: string = ERRORS[code].hint,
) => reply.code(status).send({ code, message, hint });

/** Bytes that are no HTTP request. */
function onBadRequest(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET') return void socket.destroy();
  refuse(socket, turned(400, 'VALIDATION_FAILED', 'this is no HTTP request that the bridge can read'));
}
