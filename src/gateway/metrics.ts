import { Counter, Gauge, type Registry } from 'prom-client';

/** What `/metrics` tells of clients. The names are a promise: dashboards are built on them. */
export interface GatewayMetrics {
  readonly registry: Registry;
  readonly accepted: Counter;
  readonly refused: Counter<'code'>;
  readonly framesReceived: Counter;
  readonly published: Counter;
  readonly dropped: Counter<'reason'>;
  readonly reloads: Counter<'outcome'>;
}

/** @param clients  how many are connected now. @param lastEventSeq  where the show is. */
export function gatewayMetrics(
  registry: Registry,
  now: { clients: () => number; lastEventSeq: () => number; troubles: () => readonly { code: string }[] },
): GatewayMetrics {
  const registers = [registry];
  const gauge = (name: string, help: string, value: () => number) =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(value());
      },
    });
  gauge('pacebuddy_clients', 'Connected WebSocket clients.', now.clients);
  gauge('pacebuddy_last_event_seq', 'The number of the last durable event.', now.lastEventSeq);
  new Gauge({
    name: 'pacebuddy_troubles',
    help: 'What is wrong with the bridge itself now, by code.',
    labelNames: ['code'],
    registers,
    collect() {
      this.reset();
      for (const { code } of now.troubles()) this.inc({ code });
    },
  });
  return {
    registry,
    reloads: new Counter({
      name: 'pacebuddy_reloads_total',
      help: 'Bridge files that were loaded anew while the show ran: taken, or refused.',
      labelNames: ['outcome'],
      registers,
    }),
    accepted: new Counter({
      name: 'pacebuddy_events_accepted_total',
      help: 'Proposals of clients that became events.',
      registers,
    }),
    refused: new Counter({
      name: 'pacebuddy_events_refused_total',
      help: 'Frames of clients that were refused, by code.',
      labelNames: ['code'],
      registers,
    }),
    framesReceived: new Counter({ name: 'pacebuddy_frames_received_total', help: 'Frames from clients.', registers }),
    published: new Counter({
      name: 'pacebuddy_events_published_total',
      help: 'Events passed on to clients, from whomever they came.',
      registers,
    }),
    dropped: new Counter({
      name: 'pacebuddy_clients_dropped_total',
      help: 'Clients that the bridge let go: slow, silent, abuse.',
      labelNames: ['reason'],
      registers,
    }),
  };
}
