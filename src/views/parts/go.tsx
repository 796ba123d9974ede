import { useEffect, useRef, useState } from 'preact/hooks';
import {
  type Client,
  type ClientOutcome,
  type ClientRefusal,
  mayPropose,
  nextCue,
  type Proposal,
  refusal,
} from '../../client/index.js';
import { EmergencyPanel } from './emergency.js';
import type { Following } from './hooks.js';
import { clock, useTick } from './hooks.js';
import { useKeys, useTyping } from './keys.js';
import { Mark } from './marks.js';
import { useMoment } from './press.js';
import { hintOf, milliseconds, sentence, timeOfDay } from './words.js';

/** A press without an answer for so long is told, in milliseconds. */
const SLOW_MS = 500;

/** Why a GO would not go now; undefined when it would. */
function whyNotGo(client: Client, role: Role): ClientRefusal | undefined {
  const { state, status, statusInfo } = client;
  if (status === 'refused') return statusInfo.reason ?? refusal('CLIENT_OFFLINE', 'the bridge refused this page');
  if (status === 'connecting' || !state) return refusal('CLIENT_OFFLINE', 'not connected yet');
  if (status === 'offline') {
    return refusal('CLIENT_OFFLINE', `offline since ${timeOfDay(statusInfo.sinceMs)}: a GO would not arrive`);
  }
  if (!mayPropose(role, 'CueAdvanced')) return refusal('FORBIDDEN', `the role ${role} may not press GO`);
  if (state.emergency) return refusal('EMERGENCY_ACTIVE', `held: ${state.emergency.level}, ${state.emergency.code}`);
  if (!nextCue(state)) return refusal('CONFLICT', 'that was the last cue');
  return undefined;
}

type Role = Proposal['actor']['role'];

interface Props {
  client: Client;
  role: Role;
  following: Following;
}

/** The button, its neighbours, their keys, and what became of the last press. */
export function GoPanel({ client, role, following }: Props) {
  const [pressedMono, setPressed] = useState<number>();
  const [took, setTook] = useState<string>();
  /** What is asked a second time before it is done. */
  const [asks, setAsks] = useState<'back' | 'emergency'>();
  const goButton = useRef<HTMLButtonElement>(null);
  const why = whyNotGo(client, role);
  const current = client.state?.currentCueId ?? null;
  const live = client.status === 'live';
  const mayBack = live && current !== null && mayPropose(role, 'CueReverted');
  const mayHold = live && !client.state?.emergency && mayPropose(role, 'EmergencyTriggered');

  const press = async (what: string, act: () => Promise<ClientOutcome>) => {
    const sentMono = clock.mono();
    setPressed(sentMono);
    setTook(undefined);
    const outcome = await act();
    setPressed((mono) => (mono === sentMono ? undefined : mono));
    if (outcome.ok) setTook(`${what} taken in ${milliseconds(clock.mono() - sentMono)}`);
    else following.tell(what, outcome);
  };
  const go = () => {
    setAsks(undefined);
    if (why !== undefined) following.tell('GO', why);
    else void press('GO', () => client.go());
  };
  const standby = () => {
    const next = client.state && nextCue(client.state);
    if (next && why === undefined) void press('Standby', () => client.propose('CueStandbySet', { cueIds: [next.id] }));
  };
  const back = () => {
    setAsks(undefined);
    goButton.current?.focus();
    void press('Back', () => client.back());
  };
  const moment = useMoment(go);
  const typing = useTyping();
  useKeys({ Space: go, KeyS: standby, Escape: () => setAsks(undefined) });

  return (
    <section class="go-panel" aria-label="GO">
      {asks === 'emergency' && mayHold && (
        <EmergencyPanel client={client} following={following} onDone={() => setAsks(undefined)} />
      )}
      <Told following={following} />
      <div class="buttons">
        <button
          ref={goButton}
          type="button"
          class="go"
          aria-disabled={why !== undefined}
          aria-describedby="why"
          aria-keyshortcuts="Space"
          {...moment}
        >
          GO
        </button>
        {asks === 'back' ? (
          <AskBack current={numberOf(client, current)} onYes={back} onNo={() => setAsks(undefined)} />
        ) : (
          <>
            <button type="button" class="side standby" aria-disabled={why !== undefined} onClick={standby}>
              Standby <kbd>S</kbd>
            </button>
            <button type="button" class="side" aria-disabled={!mayBack} onClick={() => mayBack && setAsks('back')}>
              Back…
            </button>
          </>
        )}
        <button
          type="button"
          class="side hold"
          aria-disabled={!mayHold}
          aria-expanded={asks === 'emergency'}
          onClick={() => setAsks(mayHold && asks !== 'emergency' ? 'emergency' : undefined)}
        >
          <Mark shape="bar" /> Hold…
        </button>
      </div>
      <p class="under" id="why">
        {pressedMono === undefined ? (
          why ? (
            sentence(why.message)
          ) : typing ? (
            'Keys type in the text field: Esc returns to GO'
          ) : (
            (took ?? 'Space is GO')
          )
        ) : (
          <Slow sinceMono={pressedMono} />
        )}
      </p>
    </section>
  );
}

function numberOf(client: Client, cueId: string | null): string {
  const cues = client.state?.acts.flatMap(({ segments }) => segments.flatMap(({ cues }) => cues)) ?? [];
  return cues.find(({ id }) => id === cueId)?.number ?? '';
}

function Slow({ sinceMono }: { sinceMono: number }) {
  useTick(100);
  const ms = clock.mono() - sinceMono;
  return (
    <span class={ms > SLOW_MS ? 'slow' : ''}>{ms > SLOW_MS ? `No answer yet, ${milliseconds(ms)}` : 'Pressed'}</span>
  );
}

/** Taking a GO back is asked twice, beside the button and not over the page. */
function AskBack({ current, onYes, onNo }: { current: string; onYes: () => void; onNo: () => void }) {
  const yes = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    yes.current?.focus({ focusVisible: true } as FocusOptions);
  }, []);
  return (
    <fieldset class="ask" aria-label="Take the last GO back?">
      <button ref={yes} type="button" class="side danger" onClick={onYes}>
        Take back cue {current}
      </button>
      <button type="button" class="side" onClick={onNo}>
        No
      </button>
    </fieldset>
  );
}

/** What was not taken, in words. Stays until the show moves or it is put away; never in the way of the button. */
function Told({ following: { notice, dismiss } }: { following: Following }) {
  return (
    <div class="told" role="alert" aria-live="assertive">
      {notice && (
        <p key={notice.id} class="notice" data-code={notice.refusal.code}>
          <strong>{notice.what} not taken</strong>
          <span>{sentence(notice.refusal.message)}</span>
          <span class="hint">{hintOf(notice.refusal)}</span>
          <code>{notice.refusal.code}</code>
          <button type="button" aria-label="Put away" onClick={dismiss}>
            ✕
          </button>
        </p>
      )}
    </div>
  );
}
