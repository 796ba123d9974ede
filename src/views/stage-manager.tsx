/** The page to press GO on. */
import { render } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import { type Actor, type Client, connect, localStorageStore } from '../client/index.js';
import { CueList, NowAndNext } from './parts/cues.js';
import { EmergencyBanner } from './parts/emergency.js';
import { GoPanel } from './parts/go.js';
import { Header } from './parts/header.js';
import { clock, useFollowing } from './parts/hooks.js';
import { Devices, Mics, Notes, Outputs, Timers } from './parts/panels.js';
import { SignIn } from './parts/sign-in.js';
import { askWho, type Who } from './parts/who.js';

/** How often a bridge that did not answer is asked again, in milliseconds. */
const ASK_AGAIN_MS = 1000;

/** A line of which nothing was heard for three of these is dead, in milliseconds. */
const HEARTBEAT_MS = 1000;

function App() {
  const [who, setWho] = useState<Who>();
  const [asked, setAsked] = useState(0);
  useEffect(() => {
    const life = new AbortController();
    const ask = async () => {
      for (;;) {
        const answer = await askWho();
        if (life.signal.aborted) return;
        setWho(answer);
        if (answer.is !== 'unreachable') return;
        await clock.sleep(ASK_AGAIN_MS, life.signal);
      }
    };
    void ask();
    return () => life.abort();
  }, [asked]);
  const again = () => setAsked((n) => n + 1);

  if (who?.is === 'unknown') return <SignIn message={who.message} onDone={again} />;
  if (who?.is !== 'known')
    return <p class="waiting">{who ? 'The bridge does not answer. Trying again…' : 'Connecting…'}</p>;
  return <Desk actor={who.actor} showId={who.showId} onStranger={(message) => setWho({ is: 'unknown', message })} />;
}

function Desk({
  actor,
  showId,
  onStranger,
}: {
  actor: Actor;
  showId: string | undefined;
  onStranger: (why: string) => void;
}) {
  const client = useMemo(
    () =>
      connect({
        url: location.origin,
        actor,
        view: 'stageManager',
        heartbeatMs: HEARTBEAT_MS,
        storage: localStorageStore('pacebuddy.proposal.'),
        ...(showId === undefined ? {} : { showId }),
      }),
    [actor, showId],
  );
  useEffect(() => () => void client.close(), [client]);
  const { status, reason } = useStatus(client);
  useEffect(() => {
    if (status === 'refused' && reason?.code === 'UNAUTHENTICATED')
      onStranger('The bridge does not know this token any more.');
  }, [status, reason, onStranger]);
  return <Page client={client} actor={actor} />;
}

function useStatus(client: Client) {
  const [info, setInfo] = useState(client.statusInfo);
  useEffect(() => {
    setInfo(client.statusInfo);
    return client.onStatus(setInfo);
  }, [client]);
  return info;
}

function Page({ client, actor: { role, deviceId } }: { client: Client; actor: Actor }) {
  const following = useFollowing(client, deviceId);
  const { state } = client;
  if (!state) {
    return (
      <>
        <Header client={client} />
        <p class="waiting">Waiting for the show…</p>
      </>
    );
  }
  const parts = { client, state, role, following };
  return (
    <>
      <Header client={client} />
      <EmergencyBanner {...parts} />
      <main class={client.status === 'live' ? 'desk' : 'desk stale'}>
        <div class="centre">
          <NowAndNext state={state} ownDeviceId={deviceId} />
          <GoPanel {...parts} />
        </div>
        <CueList state={state} />
        <div class="rack">
          <Outputs state={state} cause={following.cause} />
          <Devices client={client} state={state} />
          <Timers {...parts} />
          <Mics state={state} />
          <Notes {...parts} />
        </div>
      </main>
    </>
  );
}

const page = document.getElementById('page');
if (page) render(<App />, page);
