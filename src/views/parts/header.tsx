import type { Client } from '../../client/index.js';
import { clock, useDoubt, useTick } from './hooks.js';
import { Mark, type Shape } from './marks.js';
import { duration, milliseconds, sentence, timeOfDay } from './words.js';

/** Where the show is in time, and whether this page still knows. */
export function Header({ client }: { client: Client }) {
  const title = client.state?.title || client.showId || 'PaceBuddy';
  return (
    <header class="top">
      <h1 title={client.showId}>{title}</h1>
      <Line client={client} />
      <Clocks client={client} />
    </header>
  );
}

function Line({ client }: { client: Client }) {
  const doubt = useDoubt(client);
  const { status, sinceMs, reason } = client.statusInfo;
  const waiting = client.pending.length;
  const kept = waiting > 0 ? `${waiting} waiting` : '';
  const forMs = Math.max(0, clock.wall() - sinceMs);
  const roundTrip = client.roundTripMs;
  const said = {
    live: doubt
      ? { shape: 'triangle', word: 'Live?', more: doubt }
      : { shape: 'disc', word: 'Live', more: roundTrip === undefined ? '' : milliseconds(roundTrip) },
    connecting: { shape: 'ring', word: 'Connecting', more: '' },
    offline: { shape: 'triangle', word: `Offline since ${timeOfDay(sinceMs)}`, more: duration(forMs) },
    refused: { shape: 'cross', word: 'Refused', more: sentence(reason?.message ?? '') },
  } satisfies Record<string, { shape: Shape; word: string; more: string }>;
  const { shape, word, more } = said[status];
  return (
    <p class={`line line-${doubt ? 'doubtful' : status}`} data-status={doubt ? 'doubtful' : status}>
      <Mark shape={shape} />
      <strong role="status">{word}</strong>
      {more && <span>{more}</span>}
      {kept && <span class="kept">{kept}</span>}
    </p>
  );
}

function Clocks({ client }: { client: Client }) {
  useTick(200);
  const nowMs = client.serverNow();
  const startedAt = client.state?.startedAt;
  const running = startedAt ? duration(nowMs - Date.parse(startedAt)) : '–:––:––';
  return (
    <dl class="clocks">
      <div>
        <dt>Show</dt>
        <dd>{running}</dd>
      </div>
      <div>
        <dt>Time</dt>
        <dd>{timeOfDay(nowMs)}</dd>
      </div>
    </dl>
  );
}
