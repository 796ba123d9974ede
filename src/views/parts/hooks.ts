/** The client, as something that a page can be drawn from. */
import { useEffect, useReducer, useState } from 'preact/hooks';
import {
  type Client,
  type ClientOutcome,
  type ClientRefusal,
  type PayloadByType,
  type ReceivedEvent,
  type ShowState,
  systemClock,
} from '../../client/index.js';
import { forget, NOTHING_SEEN, type Seen, see, seeState, seeStopInVain } from './asides.js';
import { emergencyOf, isOver, type Notice } from './notices.js';
import { byWhom, milliseconds, numberOf, wishName } from './words.js';

export const clock = systemClock();

/** What outputs come from that this page saw come by: a GO, a cue that is sent once more, or an emergency. */
export interface Cause {
  messageId: string;
  /** "GO 25", "STOP". */
  what: string;
  by: string;
  atMs: number;
}

export interface Following {
  notice: Notice | undefined;
  cause: Cause | undefined;
  /** What became of the last press, as long as nothing else has happened since: "GO taken in 32 ms". */
  took: string | undefined;
  seen: Seen;
  dismiss(): void;
  /** Puts away an aside, or a failure of an earlier cause, by its key. */
  forget(key: string): void;
  /**
   * Tells a refusal, also one that the client made itself; what is taken puts away what was told of the same wish.
   * @param tookMs  from the press to the answer; left out: that it was taken shows elsewhere.
   */
  tell(what: string, outcome: ClientOutcome, tookMs?: number): void;
}

/** An output of a stop is heard of within this time, in milliseconds. */
const STOP_OUTPUT_MS = 1500;

/** What moves or holds the show: what was told of the press before it is no longer the newest. */
const MOVES: ReadonlySet<string> = new Set(['CueAdvanced', 'CueReverted', 'EmergencyTriggered', 'EmergencyResolved']);

/** Draws the page anew when the client changes: once a frame, however much comes. */
export function useFollowing(client: Client, ownDeviceId: string): Following {
  const [, redraw] = useReducer((n: number) => n + 1, 0);
  const [notice, setNotice] = useState<Notice>();
  const [cause, setCause] = useState<Cause>();
  const [took, setTook] = useState<string>();
  const [seen, setSeen] = useState(NOTHING_SEEN);
  const cueNow = () => client.state?.currentCueId ?? null;
  // What was dropped is told twice: to whoever listens, and to whoever waits for the outcome.
  const note = (what: string, refusal: ClientRefusal) => {
    setTook(undefined);
    setNotice((before) =>
      before?.refusal === refusal
        ? before
        : {
            id: (before?.id ?? 0) + 1,
            what,
            refusal,
            atMono: clock.mono(),
            cueId: cueNow(),
            emergency: emergencyOf(client.state),
          },
    );
  };

  useEffect(() => {
    let frame = 0;
    const life = new AbortController();
    const soon = () => {
      cancelAnimationFrame(frame);
      frame = requestAnimationFrame(() => redraw(undefined));
    };
    const onEvent = (event: ReceivedEvent, state: ShowState) => {
      if (event.withheld) return;
      const what = whatOf(event, state);
      if (what !== undefined) {
        const { messageId, actor, recordedAt } = event;
        setCause({ messageId, what, by: byWhom(actor, ownDeviceId), atMs: Date.parse(recordedAt) });
      }
      if (MOVES.has(event.eventType)) setTook(undefined);
      setSeen((before) => see(before, event, state, ownDeviceId));
      if (event.eventType === 'EmergencyTriggered' && event.payload.level !== 'hold') void watchStop(event.messageId);
    };
    /** Without a line nothing is known of outputs: it is judged when the line is back. */
    const watchStop = async (stopId: string) => {
      do await clock.sleep(STOP_OUTPUT_MS, life.signal);
      while (!life.signal.aborted && (client.status !== 'live' || (client.silentMs ?? 0) > STOP_OUTPUT_MS));
      const { state } = client;
      if (state && !life.signal.aborted) setSeen((before) => seeStopInVain(before, stopId, state));
    };
    const onStatus = () => {
      const { status, state } = client;
      if (status !== 'live') setTook(undefined);
      else if (state) setSeen((before) => seeState(before, state));
      soon();
    };
    const awake = () => {
      if (document.visibilityState === 'visible') client.reconnect();
    };
    const unsubscribe = [
      client.onState(soon),
      client.onStatus(onStatus),
      client.onTroubles(soon),
      client.onEvent(onEvent),
      client.onDropped((proposal, refusal) => note(wishName(proposal), refusal)),
    ];
    window.addEventListener('online', awake);
    document.addEventListener('visibilitychange', awake);
    // It may have been live before anyone listened.
    onStatus();
    return () => {
      life.abort();
      cancelAnimationFrame(frame);
      for (const stop of unsubscribe) stop();
      window.removeEventListener('online', awake);
      document.removeEventListener('visibilitychange', awake);
    };
  }, [client, ownDeviceId]);

  useTick(notice ? 500 : undefined);
  return {
    notice: notice && !isOver(notice, client, clock.mono()) ? notice : undefined,
    cause,
    took,
    seen,
    dismiss: () => setNotice(undefined),
    forget: (key) => setSeen((before) => forget(before, key)),
    tell: (what, outcome, tookMs) => {
      if (!outcome.ok) return note(what, outcome);
      setNotice((before) => (before?.what === what ? undefined : before));
      if (tookMs !== undefined) setTook(`${what} taken in ${milliseconds(tookMs)}`);
    },
  };
}

/** What sends outputs, in words; undefined for all else. */
function whatOf({ eventType, payload }: ReceivedEvent, state: ShowState): string | undefined {
  if (eventType === 'CueAdvanced') return `GO ${numberOf(state, (payload as PayloadByType['CueAdvanced']).toCueId)}`;
  if (eventType === 'CallFired') return `Sent again: ${numberOf(state, (payload as PayloadByType['CallFired']).cueId)}`;
  if (eventType === 'EmergencyTriggered') return (payload as PayloadByType['EmergencyTriggered']).level.toUpperCase();
  return undefined;
}

/** Draws the calling part anew every `everyMs`; never while that is undefined. */
export function useTick(everyMs: number | undefined): void {
  const [, redraw] = useReducer((n: number) => n + 1, 0);
  useEffect(() => {
    if (everyMs === undefined) return;
    const life = new AbortController();
    const run = async () => {
      while (!life.signal.aborted) {
        await clock.sleep(everyMs, life.signal);
        redraw(undefined);
      }
    };
    void run();
    return () => life.abort();
  }, [everyMs]);
}

/** A line that is said to be live, and of which nothing was heard for so long, may well be dead, in milliseconds. */
const SILENT_MS = 1800;

/**
 * Why this page may know less than it shows, though the line counts as live: nothing was heard for a while, or the browser
 * says that its network is down and nothing was heard since.
 */
export function useDoubt(client: Client): string | undefined {
  useTick(250);
  const [offlineMono, setOffline] = useState<number>();
  useEffect(() => {
    const life = new AbortController();
    const { signal } = life;
    window.addEventListener('offline', () => setOffline(clock.mono()), { signal });
    window.addEventListener('online', () => setOffline(undefined), { signal });
    return () => life.abort();
  }, []);
  const { status, silentMs } = client;
  if (status !== 'live' || silentMs === undefined) return undefined;
  const heard = `last heard ${Math.round(silentMs / 1000)} s ago`;
  if (silentMs >= SILENT_MS) return heard;
  if (offlineMono !== undefined && clock.mono() - silentMs <= offlineMono) return 'the network of this machine is down';
  return undefined;
}
