/** Who may come in: tokens, origins, and the machine's own people. Pure. */

import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { AccessEntry, Role } from '../generated/types.js';
import type { ErrorCode } from '../kit/errors.js';
import { isLoopback } from '../kit/loopback.js';

/** Whom a token stands for. */
export interface Identity {
  userId: string;
  role: Role;
  displayName?: string;
}

export const COOKIE = 'pacebuddy_token';
/** Before a token that comes as a WebSocket subprotocol. */
export const BEARER_PROTOCOL = 'bearer.';

export interface Turned {
  ok: false;
  status: 400 | 401 | 403 | 404 | 503;
  code: ErrorCode;
  message: string;
  /** A token was shown, and it is nobody's. */
  isGuess?: true;
}

/** @param identity  undefined in the open mode: the session's first event says who it is. */
export type Admission = { ok: true; identity: Identity | undefined } | Turned;

/** What is said of a token that is nobody's. */
export const UNKNOWN_TOKEN: Turned = {
  ok: false,
  status: 401,
  code: 'UNAUTHENTICATED',
  message: 'the token is not of the access list',
  isGuess: true,
};

interface Keyed {
  digest: Buffer;
  identity: Identity;
}

/** A refusal at the door. */
export const turned = (status: Turned['status'], code: ErrorCode, message: string): Turned => ({
  ok: false,
  status,
  code,
  message,
});

/** The door as the bridge file has it now. */
export class Access {
  /** Without an access list only loopback is served, and no token is asked for. */
  readonly open: boolean;
  readonly #keys: readonly Keyed[];
  readonly #origins: ReadonlySet<string>;

  constructor(entries: readonly AccessEntry[] | undefined, allowedOrigins: readonly string[]) {
    this.open = entries === undefined;
    this.#origins = new Set(allowedOrigins.map((origin) => origin.toLowerCase()));
    this.#keys = (entries ?? []).flatMap(({ token, userId, role, displayName }) => {
      if (token === undefined) return [];
      const identity = { userId, role, ...(displayName === undefined ? {} : { displayName }) };
      return [{ digest: digestOf(token), identity }];
    });
  }

  /** Whether this caller may speak to the bridge at all: where it is, and which page it comes from. */
  visits(headers: IncomingHttpHeaders, peer: string | undefined): Turned | undefined {
    if (this.open) {
      if (!isLoopback(peer ?? '')) {
        return turned(403, 'FORBIDDEN', 'this bridge has no access list and serves only its own machine');
      }
      // A page of the internet whose name was made to point here still carries that name.
      if (!isLoopbackHost(headers.host)) {
        return turned(403, 'FORBIDDEN', 'this bridge has no access list: call it localhost or 127.0.0.1');
      }
    }
    const { origin } = headers;
    if (origin !== undefined && !this.mayAsk(origin, headers.host)) {
      return turned(403, 'FORBIDDEN', `pages of ${origin.slice(0, 200)} may not connect; see server.allowedOrigins`);
    }
    return undefined;
  }

  /** Whether a page of `origin` may ask: the bridge's own, or one of allowedOrigins. */
  mayAsk(origin: string, host: string | undefined): boolean {
    return this.#origins.has(origin.toLowerCase()) || isSameHost(origin, host);
  }

  /** Whether `origin` is foreign and let in by the bridge file, so that its pages may read the answers too. */
  isListed(origin: string): boolean {
    return this.#origins.has(origin.toLowerCase());
  }

  /** Whether this caller has shown a token of the access list. */
  admit(headers: IncomingHttpHeaders): Admission {
    if (this.open) return { ok: true, identity: undefined };
    const token = tokenOf(headers);
    if (token === undefined) return turned(401, 'UNAUTHENTICATED', 'a token is needed');
    const identity = this.identify(token);
    return identity ? { ok: true, identity } : UNKNOWN_TOKEN;
  }

  /** Takes the same time for every token, right or wrong. */
  identify(token: string): Identity | undefined {
    const digest = digestOf(token);
    let found: Identity | undefined;
    for (const key of this.#keys) if (timingSafeEqual(key.digest, digest)) found = key.identity;
    return found;
  }

  /**
   * Somebody whom the access list of before let in, as this one knows them.
   * @returns undefined when their token, user or role is no longer in it.
   */
  successorOf(before: Access, identity: Identity): Identity | undefined {
    const was = before.#keys.find((key) => key.identity === identity);
    const now = was && this.#keys.find(({ digest }) => digest.equals(was.digest));
    if (now?.identity.userId !== identity.userId || now.identity.role !== identity.role) return undefined;
    return now.identity;
  }
}

const digestOf = (token: string): Buffer => createHash('sha256').update(token).digest();

/** The token of a request: Authorization, then the subprotocol, then the cookie. Never the URL: URLs are written down. */
export function tokenOf(headers: IncomingHttpHeaders): string | undefined {
  const bearer = /^Bearer +(\S+) *$/i.exec(headers.authorization ?? '')?.[1];
  if (bearer !== undefined) return bearer;
  const offered = protocolsOf(headers).find((name) => name.startsWith(BEARER_PROTOCOL));
  if (offered !== undefined) return offered.slice(BEARER_PROTOCOL.length);
  for (const pair of (headers.cookie ?? '').split(';')) {
    const [name, ...value] = pair.trim().split('=');
    if (name === COOKIE) return value.join('=');
  }
  return undefined;
}

export const protocolsOf = (headers: IncomingHttpHeaders): string[] =>
  (headers['sec-websocket-protocol'] ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');

/** The name or address of a Host header: `localhost:8420`, `[::1]:8420`. */
const HOST = /^(?:\[([^\]]*)\]|([^:]*))(?::\d{1,5})?$/;

/** @param host  the Host header. */
export function isLoopbackHost(host: string | undefined): boolean {
  const [, bracketed, plain] = HOST.exec(host ?? '') ?? [];
  return isLoopback(bracketed ?? plain ?? '');
}

function isSameHost(origin: string, host: string | undefined): boolean {
  if (host === undefined || !URL.canParse(origin)) return false;
  const { protocol, host: from } = new URL(origin);
  return (protocol === 'http:' || protocol === 'https:') && from === withoutDefaultPort(host.toLowerCase(), protocol);
}

/** A browser leaves the default port out of Origin; another client may write it into Host. */
const withoutDefaultPort = (host: string, protocol: string): string =>
  host.replace(protocol === 'https:' ? /:443$/ : /:80$/, '');
