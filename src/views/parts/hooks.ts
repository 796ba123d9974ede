/** The client, as something that a page can be drawn from. */
import { useEffect, useReducer, useRef, useState } from 'preact/hooks';
import {
  type Client,
  type ClientOutcome,
  type ClientRefusal,
  cuesOf,
  type PayloadByType,
  type ReceivedEvent,
  type ShowState,
  systemClock,
} from '../../client/index.js';
import { isOver, type Notice } from './notices.js';
import { seconds, wishName } from './words.js';

export const clock = systemClock();

/** What outputs come from that this page saw come by: a GO, a cue that is sent once more, or an emergency. */
export interface Cause {
  messageId: string;
  /** "GO 25", "STOP". */
  what: string;
  by: string;
  atMs: number;
}

/** What happened beside the presses and is to be known, until the show goes on: a late cue, or one of nobody knows whose. */
export interface Aside {
  key: string;
  shape: 'disc' | 'triangle';
  title: string;
  words: string;
}

export interface Following {
  notice: Notice | undefined;
  cause: Cause | undefined;
  asides: readonly Aside[];
  dismiss(): void;
  /** Tells a refusal, also one that the client made itself; what is taken puts away what was told of the same wish. */
  tell(what: string, outcome: ClientOutcome): void;
}

/** How many asides are kept. */
const ASIDES_MAX = 4;

/** Draws the page anew when the client changes: once a frame, however much comes. */
export function useFollowing(client: Client, ownDeviceId: string): Following {
  const [, redraw] = useReducer((n: number) => n + 1, 0);
  const [notice, setNotice] = useState<Notice>();
  const [cause, setCause] = useState<Cause>();
  const [asides, setAsides] = useState<readonly Aside[]>([]);
  /** Outputs that were told as failed, by cause and output: one that fires after that is told as put right. */
  const failed = useRef(new Set<string>());
  const cueNow = () => client.state?.currentCueId ?? null;
  // What was dropped is told twice: to whoever listens, and to whoever waits for the outcome.
  const note = (what: string, refusal: ClientRefusal) =>
    setNotice((before) =>
      before?.refusal === refusal
        ? before
        : { id: (before?.id ?? 0) + 1, what, refusal, atMono: clock.mono(), cueId: cueNow() },
    );
  const asideOf = (aside: Aside) =>
    setAsides((before) => [...before.filter(({ key }) => key !== aside.key), aside].slice(-ASIDES_MAX));

  useEffect(() => {
    let frame = 0;
    const soon = () => {
      cancelAnimationFrame(frame);
      frame = requestAnimationFrame(() => redraw(undefined));
    };
    const onEvent = (event: ReceivedEvent, state: ShowState) => {
      if (event.withheld) return;
      const what = whatOf(event, state);
      if (what !== undefined) {
        const { messageId, actor, recordedAt } = event;
        const by = actor.deviceId === ownDeviceId ? 'you' : (actor.displayName ?? actor.userId);
        setCause({ messageId, what, by, atMs: Date.parse(recordedAt) });
      }
      if (event.eventType === 'CueAdvanced') {
        failed.current.clear();
        setAsides([]);
      } else if (event.eventType === 'OutputFailed') failed.current.add(outputKey(event.causationId, event.payload));
      else if (event.eventType === 'OutputConfirmed') {
        const key = outputKey(event.causationId, event.payload);
        const { device, summary, latencyMs } = event.payload;
        if (!failed.current.delete(key)) return;
        const after = latencyMs === undefined ? '' : ` after ${seconds(latencyMs)}`;
        asideOf({ key, shape: 'disc', title: `${device} fired after all`, words: `${summary} fired${after}` });
      } else if (event.eventType === 'ExternalCueFired' && event.payload.attribution === 'doubtful') {
        const { device, cueNumber } = event.payload;
        const words = 'ours or an operator’s? Nothing moved: look where the show is';
        asideOf({ key: event.messageId, shape: 'triangle', title: `${device} fired ${cueNumber}`, words });
      }
    };
    const awake = () => {
      if (document.visibilityState === 'visible') client.reconnect();
    };
    const unsubscribe = [
      client.onState(soon),
      client.onStatus(soon),
      client.onTroubles(soon),
      client.onEvent(onEvent),
      client.onDropped((proposal, refusal) => note(wishName(proposal), refusal)),
    ];
    window.addEventListener('online', awake);
    document.addEventListener('visibilitychange', awake);
    soon();
    return () => {
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
    asides,
    dismiss: () => setNotice(undefined),
    tell: (what, outcome) => {
      if (!outcome.ok) note(what, outcome);
      else setNotice((before) => (before?.what === what ? undefined : before));
    },
  };
}

const outputKey = (
  causationId: string | undefined,
  { outputId, ruleId }: Pick<PayloadByType['OutputFailed'], 'outputId' | 'ruleId'>,
): string => JSON.stringify([causationId, outputId ?? ruleId]);

/** What sends outputs, in words; undefined for all else. */
function whatOf({ eventType, payload }: ReceivedEvent, state: ShowState): string | undefined {
  const numberOf = (cueId: string) => cuesOf(state).find(({ id }) => id === cueId)?.number ?? '';
  if (eventType === 'CueAdvanced') return `GO ${numberOf((payload as PayloadByType['CueAdvanced']).toCueId)}`;
  if (eventType === 'CallFired') return `Sent again: ${numberOf((payload as PayloadByType['CallFired']).cueId)}`;
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
