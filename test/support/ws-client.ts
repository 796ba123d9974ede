/** A client of the gateway for tests: the `ws` package, and what came in, in order. */
import { WebSocket } from 'ws';
import type { Actor, Role } from '../../src/generated/types.js';
import { newId } from '../../src/kit/ids.js';
import { PROTOCOL_VERSION, SUBPROTOCOL } from '../../src/protocol/version.js';
import { eventually, within } from './waiting.js';

/** A frame as it came in; tests look at what they expect of it. */
export interface Frame {
  kind: string;
  messageId: string;
  [name: string]: unknown;
}

export interface ClientOptions {
  token?: string;
  showId?: string;
  userId?: string;
  role?: Role;
  deviceId?: string;
  protocols?: string[];
  headers?: Record<string, string>;
}

export class TestClient {
  readonly ws: WebSocket;
  readonly frames: Frame[] = [];
  readonly actor: Actor;
  readonly showId: string;
  closed: { code: number; reason: string } | undefined;
  #looked = 0;

  constructor(url: string, options: ClientOptions = {}) {
    const { token, showId = 'pb_test', userId = 'u-sm', role = 'stageManager' } = options;
    // A device belongs to one user.
    const { deviceId = userId === 'u-sm' ? 'tablet-1' : `tablet-${userId}` } = options;
    const { protocols = [SUBPROTOCOL], headers = {} } = options;
    this.actor = { userId, role, deviceId };
    this.showId = showId;
    this.ws = new WebSocket(`${url.replace('http', 'ws')}/ws`, protocols, {
      headers: { ...(token === undefined ? {} : { authorization: `Bearer ${token}` }), ...headers },
    });
    this.ws.on('message', (data, isBinary) => {
      if (isBinary) throw new Error('the server sent a binary frame');
      this.frames.push(JSON.parse(String(data)));
    });
    this.ws.on('close', (code, reason) => {
      this.closed = { code, reason: String(reason) };
    });
    this.ws.on('error', () => undefined);
  }

  /** Connected, and nothing said yet. */
  static async open(url: string, options?: ClientOptions): Promise<TestClient> {
    const client = new TestClient(url, options);
    await within(
      new Promise<void>((resolve, reject) => {
        client.ws.once('open', resolve);
        client.ws.once('error', reject);
        client.ws.once('unexpected-response', (_, response) => reject(new Error(`HTTP ${response.statusCode}`)));
      }),
      'the WebSocket to open',
    );
    return client;
  }

  /** Connected and live. @param lastEventSeq  resume from there. */
  static async live(url: string, options?: ClientOptions, lastEventSeq?: number): Promise<TestClient> {
    const client = await TestClient.open(url, options);
    await client.hello(lastEventSeq);
    return client;
  }

  /** Asks for a snapshot, or for what was missed since `lastEventSeq`, and waits for the ack. */
  async hello(lastEventSeq?: number): Promise<Frame> {
    const request = this.say('SnapshotRequested', {
      reason: 'connect',
      ...(lastEventSeq === undefined ? {} : { lastEventSeq }),
    });
    return this.ackOf(request);
  }

  /** Sends an event and returns its messageId. */
  say(eventType: string, payload: object, over: object = {}): string {
    const messageId = newId();
    const event = {
      kind: 'event',
      version: PROTOCOL_VERSION,
      messageId,
      showId: this.showId,
      eventType,
      createdAt: '2026-03-01T19:30:00.000Z',
      actor: this.actor,
      payload,
      ...over,
    };
    this.ws.send(JSON.stringify(event));
    return 'messageId' in over ? String(over.messageId) : messageId;
  }

  /** The first frame that fits, whether it is here already or still to come. */
  async frame(fits: (frame: Frame) => boolean, what: string, withinMs?: number): Promise<Frame> {
    await eventually(
      () => this.frames.some(fits),
      () => `${what}; there are ${JSON.stringify(this.frames.slice(-5)).slice(0, 2000)}`,
      withinMs,
    );
    return this.frames.find(fits) as Frame;
  }

  /** The next frame that was not looked at yet and fits; those before it count as looked at. */
  async next(fits: (frame: Frame) => boolean, what: string): Promise<Frame> {
    const from = this.#looked;
    await eventually(() => this.frames.slice(from).some(fits), what);
    const index = this.frames.findIndex((frame, i) => i >= from && fits(frame));
    this.#looked = index + 1;
    return this.frames[index] as Frame;
  }

  ackOf(messageId: string): Promise<Frame> {
    return this.frame((frame) => frame.kind === 'ack' && frame.ackOf === messageId, `the ack of ${messageId}`);
  }

  error(code: string): Promise<Frame> {
    return this.frame((frame) => frame.kind === 'error' && frame.code === code, `the error ${code}`);
  }

  event(eventType: string): Promise<Frame> {
    return this.frame((frame) => frame.kind === 'event' && frame.eventType === eventType, eventType);
  }

  eventSeq(seq: number, withinMs?: number): Promise<Frame> {
    return this.frame((frame) => frame.eventSeq === seq && frame.kind === 'event', `event ${seq}`, withinMs);
  }

  /** The numbers of the events that came in, in the order in which they came. */
  get seqs(): number[] {
    return this.frames
      .filter(({ kind, eventSeq }) => kind === 'event' && eventSeq !== undefined)
      .map((f) => Number(f.eventSeq));
  }

  async closing(withinMs?: number): Promise<{ code: number; reason: string }> {
    await eventually(() => this.closed !== undefined, 'the connection to close', withinMs);
    return this.closed as { code: number; reason: string };
  }

  async close(): Promise<void> {
    this.ws.close();
    await this.closing();
  }
}

/** What a refused upgrade answered. */
export function refusedUpgrade(
  url: string,
  options: { protocols?: string[]; headers?: Record<string, string>; path?: string } = {},
): Promise<{
  status: number;
  headers: Record<string, unknown>;
  body: { code: string; message: string; hint: string };
}> {
  const { protocols = [SUBPROTOCOL], headers = {}, path = '/ws' } = options;
  return within(
    new Promise((resolve, reject) => {
      const ws = new WebSocket(`${url.replace('http', 'ws')}${path}`, protocols, { headers });
      ws.on('open', () => reject(new Error('the upgrade was not refused')));
      ws.on('error', reject);
      ws.on('unexpected-response', (_, response) => {
        let text = '';
        response.on('data', (chunk) => {
          text += chunk;
        });
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: JSON.parse(text) }),
        );
      });
    }),
    'the refusal',
  );
}
