/** The client, as something that a page can be drawn from. */
import { useEffect, useReducer, useState } from 'preact/hooks';
import {
  type Client,
  type ClientOutcome,
  type ClientRefusal,
  type ReceivedEvent,
  systemClock,
} from '../../client/index.js';
import { wishName } from './words.js';

export const clock = systemClock();

/** A refusal as the page tells it. `id` grows, so that the same words twice are two tellings. */
export interface Notice {
  id: number;
  what: string;
  refusal: ClientRefusal;
}

/** The last GO that this page saw come by, from whomever. */
export interface LastGo {
  messageId: string;
  toCueId: string;
  by: string;
  atMs: number;
}

export interface Following {
  notice: Notice | undefined;
  lastGo: LastGo | undefined;
  dismiss(): void;
  /** Tells a refusal that the client made itself, since it never became a proposal. */
  tell(what: string, outcome: ClientOutcome): void;
}

/** Draws the page anew when the client changes: once a frame, however much comes. */
export function useFollowing(client: Client, ownDeviceId: string): Following {
  const [, redraw] = useReducer((n: number) => n + 1, 0);
  const [notice, setNotice] = useState<Notice>();
  const [lastGo, setLastGo] = useState<LastGo>();
  // What was dropped is told twice: to whoever listens, and to whoever waits for the outcome.
  const note = (what: string, refusal: ClientRefusal) =>
    setNotice((before) => (before?.refusal === refusal ? before : { id: (before?.id ?? 0) + 1, what, refusal }));

  useEffect(() => {
    let frame = 0;
    const soon = () => {
      cancelAnimationFrame(frame);
      frame = requestAnimationFrame(() => redraw(undefined));
    };
    const onEvent = (event: ReceivedEvent) => {
      // What a stop sends is shown as its own, not as what the last GO sent.
      if (event.eventType === 'EmergencyTriggered') setLastGo(undefined);
      if (event.eventType !== 'CueAdvanced' || event.withheld) return;
      const { messageId, actor, recordedAt, payload } = event;
      const by = actor.deviceId === ownDeviceId ? 'you' : (actor.displayName ?? actor.userId);
      setLastGo({ messageId, toCueId: payload.toCueId, by, atMs: Date.parse(recordedAt) });
      setNotice(undefined);
    };
    const awake = () => {
      if (document.visibilityState === 'visible') client.reconnect();
    };
    const unsubscribe = [
      client.onState(soon),
      client.onStatus(soon),
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

  return {
    notice,
    lastGo,
    dismiss: () => setNotice(undefined),
    tell: (what, outcome) => {
      if (!outcome.ok) note(what, outcome);
    },
  };
}

/** Draws the calling part anew every `everyMs`. */
export function useTick(everyMs: number): void {
  const [, redraw] = useReducer((n: number) => n + 1, 0);
  useEffect(() => {
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
