import { useEffect, useState } from 'preact/hooks';
import { type Client, mayPropose, type Proposal, type ShowState, timerValueMs } from '../../client/index.js';
import type { Cause, Following } from './hooks.js';
import { clock, useTick } from './hooks.js';
import { DEVICE_SHAPE, Mark } from './marks.js';
import { DEVICE_WORDS, duration, milliseconds, seconds, sentence, timeOfDay } from './words.js';

type Role = Proposal['actor']['role'];
type Output = ShowState['outputs'][number];

const STAGES = ['accepted', 'sent', 'acknowledged', 'confirmed'] as const;

/** What became of the last GO, or of a stop, at each device: only what was seen, stage by stage. */
export function Outputs({ state, cause }: { state: ShowState; cause: Cause | undefined }) {
  const { outputs } = state;
  const none = cause !== undefined && !outputs.some(({ causationId }) => causationId === cause.messageId);
  return (
    <section class="panel outputs" aria-labelledby="outputs-title">
      <h2 id="outputs-title">
        {cause ? cause.what : 'Last outputs'}
        {cause && (
          <span>
            {timeOfDay(cause.atMs)} by {cause.by}
          </span>
        )}
      </h2>
      {none || outputs.length === 0 ? (
        <p class="quiet">{cause ? 'Accepted. Nothing was sent to a device.' : 'Nothing was sent yet.'}</p>
      ) : (
        <ul>
          {outputs.map((output) => (
            <OutputRow key={`${output.causationId} ${output.outputId}`} output={output} />
          ))}
        </ul>
      )}
    </section>
  );
}

/** A cue that fires later than this is told with its time, in milliseconds. */
const LATE_MS = 1000;

function OutputRow({ output }: { output: Output }) {
  const { device, summary, stage, latencyMs, code, detail } = output;
  const failed = stage === 'failed';
  const isLate = stage === 'confirmed' && latencyMs !== undefined && latencyMs > LATE_MS;
  const reached = failed ? 0 : STAGES.indexOf(stage);
  return (
    <li class={failed ? 'output failed' : 'output'} data-stage={stage}>
      <span class="device">{device}</span>
      <span class="summary">{summary}</span>
      <span class="ms">{latencyMs === undefined ? '' : milliseconds(latencyMs)}</span>
      <span class="stages" aria-hidden="true">
        {STAGES.map((name, index) => (
          <i key={name} class={index <= reached ? 'on' : ''} />
        ))}
      </span>
      <span class="stage">
        {failed && <Mark shape="cross" />}
        {failed ? `failed ${code ?? ''}` : isLate ? `fired after ${seconds(latencyMs)}` : stage}
      </span>
      {failed && detail && <span class="detail">{sentence(detail)}</span>}
    </li>
  );
}

/** What is known of each device. Down and degraded come first. */
export function Devices({ client, state }: { client: Client; state: ShowState }) {
  const unused = useUnused(client);
  const order = ['down', 'degraded', 'connecting', 'unverified', 'up'];
  const devices = [...state.devices].sort((a, b) => order.indexOf(a.status) - order.indexOf(b.status));
  return (
    <section class="panel devices" aria-labelledby="devices-title">
      <h2 id="devices-title">Devices</h2>
      {devices.length === 0 && <p class="quiet">The bridge file names no devices.</p>}
      <ul>
        {devices.map(({ device, adapter, status, code, detail, since }) => (
          <li key={device} class={`device-row ${status}`} data-device={device}>
            <Mark shape={DEVICE_SHAPE[status]} />
            <span class="device">{device}</span>
            <span class="adapter">{adapter}</span>
            <span class="status" title={detail}>
              {DEVICE_WORDS[status]}
            </span>
            {status !== 'up' && status !== 'unverified' && (
              <span class="detail">
                {code ?? ''} {detail ?? ''} · since {timeOfDay(Date.parse(since))}
              </span>
            )}
            {unused.get(device) && <span class="detail unused">{unused.get(device)}</span>}
          </li>
        ))}
      </ul>
    </section>
  );
}

/** How often it is asked what devices said in vain, in milliseconds. */
const ASK_UNUSED_MS = 3000;

/** What each device said that did nothing, in words: "2 in vain, 19:31:02: line "G0": no rule fits it". */
function useUnused(client: Client): ReadonlyMap<string, string> {
  const [words, setWords] = useState<ReadonlyMap<string, string>>(new Map());
  useEffect(() => {
    const life = new AbortController();
    const ask = async () => {
      while (!life.signal.aborted) {
        if (client.status === 'live') {
          const answer = await fetch('v1/devices', { signal: life.signal }).catch(() => undefined);
          const said = answer?.ok ? ((await answer.json().catch(() => ({}))) as DevicesAnswer) : undefined;
          if (life.signal.aborted) return;
          if (said?.devices) setWords(new Map(said.devices.flatMap(inVain)));
        }
        await clock.sleep(ASK_UNUSED_MS, life.signal);
      }
    };
    void ask();
    return () => life.abort();
  }, [client]);
  return words;
}

interface DevicesAnswer {
  devices?: { device: string; unused?: { count: number; last: { at: string; words: string } } }[];
}

const inVain = ({ device, unused }: NonNullable<DevicesAnswer['devices']>[number]): [string, string][] =>
  unused ? [[device, `${unused.count} in vain, ${timeOfDay(Date.parse(unused.last.at))}: ${unused.last.words}`]] : [];

interface ActingProps {
  client: Client;
  state: ShowState;
  role: Role;
  following: Following;
}

/** From a device that is so nothing comes: a timer that followed it goes on by the clock alone. */
const UNHEARD: ReadonlySet<string> = new Set(['down', 'connecting']);

export function Timers({ client, state, role, following }: ActingProps) {
  if (state.timers.length === 0) return null;
  const may = client.status === 'live' && mayPropose(role, 'TimerStarted');
  const ask = async (what: string, eventType: 'TimerStarted' | 'TimerPaused' | 'TimerReset', timerId: string) =>
    following.tell(what, await client.propose(eventType, { timerId }));
  return (
    <section class="panel timers" aria-labelledby="timers-title">
      <h2 id="timers-title">Timers</h2>
      <ul>
        {state.timers.map((timer) => {
          const { id, label = id, status, held } = timer;
          const running = status === 'running';
          const source = state.devices.find(({ device }) => device === timer.by);
          return (
            <li key={id} class={`timer ${status}`}>
              <span class="label">{label}</span>
              <TimerValue client={client} timer={timer} />
              <span class="status">
                {held ? 'held' : status}
                {source && ` by ${source.device}`}
                {source && running && UNHEARD.has(source.status) && (
                  <span class="detail">
                    <Mark shape={DEVICE_SHAPE[source.status]} /> {source.device} is {DEVICE_WORDS[source.status]}: runs
                    on by itself
                  </span>
                )}
              </span>
              <span class="acts">
                <button
                  type="button"
                  aria-disabled={!may}
                  aria-label={`${running ? 'Pause' : 'Start'} ${label}`}
                  onClick={() => void ask('Timer', running ? 'TimerPaused' : 'TimerStarted', id)}
                >
                  {running ? 'Pause' : 'Start'}
                </button>
                <button
                  type="button"
                  aria-disabled={!may || status === 'stopped'}
                  aria-label={`Reset ${label}`}
                  onClick={() => void ask('Timer', 'TimerReset', id)}
                >
                  Reset
                </button>
              </span>
            </li>
          );
        })}
      </ul>
    </section>
  );
}

function TimerValue({ client, timer }: { client: Client; timer: ShowState['timers'][number] }) {
  useTick(200);
  const valueMs = timerValueMs(timer, client.serverNow());
  return <span class={valueMs < 0 ? 'value over' : 'value'}>{duration(valueMs)}</span>;
}

/** Who wears what now, and who should by the plot. */
export function Mics({ state }: { state: ShowState }) {
  if (state.mics.length === 0) return null;
  const names = new Map(state.performers.map(({ id, name }) => [id, name]));
  const segment = state.acts
    .flatMap(({ segments }) => segments)
    .find(({ cues }) => cues.some(({ id }) => id === state.currentCueId));
  return (
    <section class="panel mics" aria-labelledby="mics-title">
      <h2 id="mics-title">Mics</h2>
      <ul>
        {state.mics.map(({ id, label = id, channel, performerId, plot }) => {
          const planned = plot?.find(({ segmentId }) => segmentId === segment?.id)?.performerId;
          const differs = planned !== undefined && planned !== performerId;
          return (
            <li key={id} class={differs ? 'mic differs' : 'mic'}>
              <span class="label">
                {label}
                {channel !== undefined && <small> ch {channel}</small>}
              </span>
              <span class={performerId === null ? 'wearer spare' : 'wearer'}>
                {performerId === null ? 'spare' : (names.get(performerId) ?? performerId)}
              </span>
              {differs && (
                <span class="detail">
                  <Mark shape="triangle" /> by the plot {names.get(planned) ?? planned}
                </span>
              )}
            </li>
          );
        })}
      </ul>
    </section>
  );
}

/** A word for later. Offline it waits on this device, and is sent when the line is back. */
export function Notes({ client, state, following }: ActingProps) {
  useTick(500);
  const [text, setText] = useState('');
  const open = state.notes.filter(({ resolved }) => !resolved).slice(-5);
  const add = async () => {
    const said = text.trim();
    if (said === '') return;
    setText('');
    // The next Space is GO again.
    (document.activeElement as HTMLElement | null)?.blur();
    const { currentCueId } = state;
    const scope = currentCueId === null ? ({ type: 'show' } as const) : ({ type: 'cue', id: currentCueId } as const);
    const noteId = `note-${Math.floor(client.serverNow()).toString(36)}-${client.pending.length}`;
    following.tell('Note', await client.propose('NoteAdded', { noteId, scope, text: said }));
  };
  return (
    <section class="panel notes" aria-labelledby="notes-title">
      <h2 id="notes-title">Notes</h2>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void add();
        }}
      >
        <input
          aria-label="A note at the current cue"
          aria-describedby="keys-type-here"
          placeholder="A note at this cue"
          maxLength={4000}
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
        />
        <button type="submit">Add</button>
        <small id="keys-type-here">Keys type here, Esc returns to GO</small>
      </form>
      <ul>
        {open.map(({ id, text: said, priority }) => (
          <li key={id} class={`note ${priority}`}>
            {said}
          </li>
        ))}
        {client.pending.map((proposal) =>
          proposal.eventType === 'NoteAdded' ? (
            <li key={proposal.messageId} class="note unsent">
              {proposal.payload.text} <em>not sent yet</em>
            </li>
          ) : null,
        )}
      </ul>
    </section>
  );
}
