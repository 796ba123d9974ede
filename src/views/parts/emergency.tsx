import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Client, PayloadByType, ShowState } from '../../client/index.js';
import type { Following } from './hooks.js';
import { useTick } from './hooks.js';
import { Mark } from './marks.js';
import { type Role, whyNotResolve } from './why.js';
import { duration, EMERGENCY_CODES, sentence } from './words.js';

type Level = PayloadByType['EmergencyTriggered']['level'];

/** From the mildest to the gravest. */
const LEVELS: readonly { level: Level; word: string; what: string }[] = [
  { level: 'hold', word: 'Hold', what: 'GO is refused, timers freeze' },
  { level: 'stop', word: 'Stop', what: 'the same, and devices with a rule for it are told' },
  { level: 'evacuate', word: 'Evacuate', what: 'as Stop, and all pages say so' },
];

interface Props {
  client: Client;
  state: ShowState;
  role: Role;
  following: Following;
}

/** What holds the show, in everybody's face, with the way out for those who may. */
export function EmergencyBanner({ client, state, role, following }: Props) {
  const [asks, setAsks] = useState(false);
  const { emergency } = state;
  if (!emergency) return null;
  const { emergencyId, level, code, message, location, triggeredAt, triggeredBy } = emergency;
  const no = whyNotResolve(client, role);
  const resolve = async () => {
    setAsks(false);
    following.tell('Resolve', await client.propose('EmergencyResolved', { emergencyId }));
  };
  return (
    <section class={`emergency ${level}`} role="alert">
      <Mark shape={level === 'hold' ? 'bar' : 'triangle'} />
      <p>
        <strong>{level.toUpperCase()}</strong> <span>{code}</span>
        {message && <span>{sentence(message)}</span>}
        {location && <span>{location}</span>}
        <small>
          by {triggeredBy}, <Since client={client} utc={triggeredAt} />
        </small>
      </p>
      {asks ? (
        <>
          <button type="button" class="danger" onClick={() => void resolve()}>
            Yes, the show goes on
          </button>
          <button type="button" onClick={() => setAsks(false)}>
            No
          </button>
        </>
      ) : (
        <button
          type="button"
          aria-disabled={no !== undefined}
          onClick={() => (no ? following.tell('Resolve', no) : setAsks(true))}
        >
          Resolve…
        </button>
      )}
    </section>
  );
}

function Since({ client, utc }: { client: Client; utc: string }) {
  useTick(500);
  return <>{duration(client.serverNow() - Date.parse(utc))} ago</>;
}

/** Two steps, so that no elbow stops a show: open it beside the button, then say why and how far. What stands can be made graver. */
export function EmergencyPanel({ client, following, onDone }: Omit<Props, 'state' | 'role'> & { onDone: () => void }) {
  const standing = client.state?.emergency;
  const [code, setCode] = useState<(typeof EMERGENCY_CODES)[number]>(standing?.code ?? 'technical');
  const graver = LEVELS.slice(LEVELS.findIndex(({ level }) => level === standing?.level) + 1);
  const first = useRef<HTMLButtonElement>(null);
  useLayoutEffect(() => {
    first.current?.focus();
  }, []);
  const trigger = async (level: Level) => {
    onDone();
    const emergencyId = `em-${Math.floor(client.serverNow()).toString(36)}`;
    following.tell('Emergency', await client.propose('EmergencyTriggered', { emergencyId, code, level }));
  };
  return (
    <section class="panel emergency-panel" aria-labelledby="emergency-title">
      <h2 id="emergency-title">
        <label>
          Why{' '}
          <select value={code} onChange={(event) => setCode(event.currentTarget.value as typeof code)}>
            {EMERGENCY_CODES.map((name) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <span>not a safety-rated emergency stop</span>
      </h2>
      <div class="levels">
        {graver.map(({ level, word, what }, index) => (
          <button
            key={level}
            {...(index === 0 ? { ref: first } : {})}
            type="button"
            class={`level ${level}`}
            onClick={() => void trigger(level)}
          >
            <strong>{word}</strong>
            <small>{what}</small>
          </button>
        ))}
        <button type="button" class="level" onClick={onDone}>
          <strong>No</strong>
          <small>{standing ? `it stays ${standing.level.toUpperCase()}` : 'the show goes on'}</small>
        </button>
      </div>
    </section>
  );
}
