import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { type Client, type ClientOutcome, type ClientRefusal, nextCue } from '../../client/index.js';
import { Alarms } from './alarms.js';
import { EmergencyPanel } from './emergency.js';
import type { Following } from './hooks.js';
import { clock, useDoubt, useTick } from './hooks.js';
import { useKeys, useTyping } from './keys.js';
import { Mark } from './marks.js';
import { isLogTrouble, tellingOf } from './notices.js';
import { useMoment } from './press.js';
import { type Role, whyNotBack, whyNotGo, whyNotHold, whyNotStandby } from './why.js';
import { milliseconds, numberOf, sentence } from './words.js';

/** A press without an answer for so long is told, in milliseconds. */
const SLOW_MS = 500;

interface Props {
  client: Client;
  role: Role;
  following: Following;
}

/** The button, its neighbours, their keys, and what became of the last press. */
export function GoPanel({ client, role, following }: Props) {
  const [pressedMono, setPressed] = useState<number>();
  /** What is asked a second time before it is done. */
  const [asks, setAsks] = useState<'back' | 'emergency'>();
  const goButton = useRef<HTMLButtonElement>(null);
  const { state } = client;
  const why = whyNotGo(client, role);
  const current = state?.currentCueId ?? null;
  const [noStandby, noBack, noHold] = [whyNotStandby(client, role), whyNotBack(client, role), whyNotHold(client, role)];
  /** The bridge decides; that it may well say no is told before the press. */
  const cannotStore = client.troubles.some(isLogTrouble);
  const doubt = useDoubt(client);

  const press = async (what: string, act: () => Promise<ClientOutcome>) => {
    const sentMono = clock.mono();
    setPressed(sentMono);
    const outcome = await act();
    setPressed((mono) => (mono === sentMono ? undefined : mono));
    following.tell(what, outcome, clock.mono() - sentMono);
  };
  /** Does it, or says at once why not. */
  const unless = (no: ClientRefusal | undefined, what: string, act: () => void) =>
    no ? following.tell(what, no) : act();
  const go = () => {
    setAsks(undefined);
    unless(why, 'GO', () => void press('GO', () => client.go()));
  };
  const standby = () =>
    unless(noStandby, 'Standby', () => {
      const next = state && nextCue(state);
      if (next) void press('Standby', () => client.propose('CueStandbySet', { cueIds: [next.id] }));
    });
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
      {asks === 'emergency' && !noHold && (
        <EmergencyPanel client={client} following={following} onDone={() => setAsks(undefined)} />
      )}
      {state && (
        <Alarms client={client} state={state} role={role} following={following} narrow={asks === 'emergency'} />
      )}
      <Told client={client} following={following} />
      <div class="buttons">
        <button
          ref={goButton}
          type="button"
          class={cannotStore ? 'go faulted' : 'go'}
          aria-disabled={why !== undefined}
          aria-describedby="why"
          aria-keyshortcuts="Space"
          {...moment}
        >
          GO
        </button>
        {asks === 'back' ? (
          <AskBack
            current={state && current !== null ? numberOf(state, current) : ''}
            onYes={back}
            onNo={() => setAsks(undefined)}
          />
        ) : (
          <>
            <button type="button" class="side standby" aria-disabled={noStandby !== undefined} onClick={standby}>
              Standby <kbd>S</kbd>
            </button>
            <button
              type="button"
              class="side"
              aria-disabled={noBack !== undefined}
              onClick={() => unless(noBack, 'Back', () => setAsks('back'))}
            >
              Back…
            </button>
          </>
        )}
        <button
          type="button"
          class="side hold"
          aria-disabled={noHold !== undefined}
          aria-expanded={asks === 'emergency'}
          onClick={() => unless(noHold, 'Hold', () => setAsks(asks === 'emergency' ? undefined : 'emergency'))}
        >
          <Mark shape="bar" /> {state?.emergency ? 'Raise…' : 'Hold…'}
        </button>
      </div>
      <p class="under" id="why">
        {pressedMono === undefined ? (
          why ? (
            sentence(why.message)
          ) : cannotStore ? (
            <span class="fault">
              <Mark shape="cross" /> The log takes nothing: a GO may not be taken. Call the cue by voice.
            </span>
          ) : doubt ? (
            <span class="slow">{sentence(doubt)} A GO may not arrive.</span>
          ) : typing ? (
            'Keys type in the text field: Esc returns to GO'
          ) : (
            (following.took ?? 'Space is GO')
          )
        ) : (
          <Slow sinceMono={pressedMono} />
        )}
      </p>
    </section>
  );
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
  // At once: between a question that stands there and a focus that follows it, Space would be a GO.
  useLayoutEffect(() => {
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
function Told({ client, following: { notice, dismiss } }: Pick<Props, 'client' | 'following'>) {
  const told = notice && tellingOf(notice, client.status === 'live');
  return (
    <div class="told" role="alert" aria-live="assertive">
      {told && (
        <p key={notice.id} class="notice" data-code={notice.refusal.code}>
          <strong>{told.title}</strong>
          <span>{told.words}</span>
          <span class="hint">{told.hint}</span>
          <code>{notice.refusal.code}</code>
          <button type="button" aria-label="Put away" onClick={dismiss}>
            ✕
          </button>
        </p>
      )}
    </div>
  );
}
