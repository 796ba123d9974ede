/** What must be seen wherever the page is scrolled to: the bridge's own troubles, what did not go out, and lost devices. */
import { useState } from 'preact/hooks';
import { type Client, mayPropose, type ShowState } from '../../client/index.js';
import { type Aside, EARLIER_MAX, type Failure, failureKey } from './asides.js';
import type { Following } from './hooks.js';
import { DEVICE_SHAPE, Mark, type Shape } from './marks.js';
import { isLogTrouble } from './notices.js';
import { useOnce } from './press.js';
import type { Role } from './why.js';
import { DEVICE_WORDS, numberOf, sentence, timeOfDay, withoutDurations } from './words.js';

interface Alarm {
  /** Told anew, it is another: it comes back after it was put away. */
  key: string;
  shape: Shape;
  kind: 'bad' | 'warn' | 'good';
  code?: string;
  title: string;
  words: string;
  /** What was taken and not sent, and may be sent now. */
  unsent?: { cueId: string; outputId: string };
  /** What stands as long as its cause does. */
  stays?: true;
  /** All of its words are shown, however narrow the page is: they stand nowhere else. */
  whole?: true;
}

/** So many are shown, and so many while the room is needed; the others are counted, and stand in their panels. */
const SHOWN_MAX = 3;
const SHOWN_NARROW_MAX = 1;

interface Props {
  client: Client;
  state: ShowState;
  role: Role;
  following: Following;
  /** Whether something else needs the room now. */
  narrow: boolean;
}

/** In the order of what the stage manager has to know first. */
export function Alarms({ client, state, role, following, narrow }: Props) {
  const [away, setAway] = useState<ReadonlySet<string>>(new Set());
  const alarms = alarmsOf(client, state, following).filter(({ key }) => !away.has(key));
  const putAway = (key: string) => {
    setAway((before) => new Set([...before, key]));
    following.forget(key);
  };
  const { isBusy, once } = useOnce();
  const send = ({ key, title, unsent }: Alarm) =>
    once(async () => {
      if (!unsent) return;
      const outcome = await client.propose('CallFired', { ...unsent, kind: 'rerun' });
      if (outcome.ok) putAway(key);
      following.tell(`Send now (${title})`, outcome);
    });
  const maySend = mayPropose(role, 'CallFired');
  const shown = narrow ? SHOWN_NARROW_MAX : SHOWN_MAX;
  const more = alarms.length - shown;
  return (
    <div class="alarms" role="status" aria-live="assertive" aria-label="Alarms">
      {alarms.slice(0, shown).map((alarm) => {
        const { key, shape, kind, code, title, words, unsent, stays, whole } = alarm;
        return (
          <div key={key} class={`alarm ${kind}${whole ? ' whole' : ''}`} data-alarm={code ?? ''}>
            <Mark shape={shape} />
            <p>
              <strong>{title}</strong> <span>{sentence(words)}</span>
            </p>
            {unsent && maySend && (
              <>
                <button type="button" class="send" aria-disabled={isBusy} onClick={() => void send(alarm)}>
                  Send now
                </button>
                <button type="button" onClick={() => putAway(key)}>
                  Leave it
                </button>
              </>
            )}
            {!(unsent && maySend) && !stays && (
              <button type="button" class="away" aria-label={`Put away: ${title}`} onClick={() => putAway(key)}>
                ✕
              </button>
            )}
          </div>
        );
      })}
      {more > 0 && <p class="quiet">and {more} more: put one away to see the next</p>}
    </div>
  );
}

function alarmsOf({ troubles }: Client, state: ShowState, { seen }: Following): Alarm[] {
  const { outputs, devices } = state;
  const own = troubles.map(({ code, message, since }): Alarm => {
    const isLog = isLogTrouble({ code });
    return {
      key: `${code} ${since} ${message}`,
      shape: isLog ? 'cross' : 'triangle',
      kind: isLog ? 'bad' : 'warn',
      code,
      title: isLog ? 'GO may not be taken' : 'Bridge',
      words: message,
      ...(isLog ? { stays: true } : {}),
    };
  });
  const failed = outputs.flatMap((output): Alarm[] => {
    const { stage, outputId, device, summary, code, cueId } = output;
    if (stage !== 'failed') return [];
    const cue = cueId === undefined ? '' : `cue ${numberOf(state, cueId)}, `;
    return [
      {
        ...failureAlarm(output),
        title: `${device}: ${cue}${summary}`,
        ...(code === UNSENT && cueId !== undefined ? { unsent: { cueId, outputId } } : {}),
      },
    ];
  });
  const isHeld = (failure: Failure) =>
    outputs.some(({ causationId, outputId }) => causationId === failure.causationId && outputId === failure.outputId);
  const earlier = seen.failures
    .filter((failure) => !isHeld(failure))
    .slice(-EARLIER_MAX)
    .map((failure): Alarm => {
      const { device, summary, cause } = failure;
      return { ...failureAlarm(failure), title: `${device}: ${cause ? `${cause.name}, ` : ''}${summary}` };
    });
  const lost = devices.flatMap(({ device, status, code = '', detail = '', since }): Alarm[] => {
    if (status !== 'down' && status !== 'degraded') return [];
    return [
      {
        key: JSON.stringify([device, status, since, code, withoutDurations(detail)]),
        shape: DEVICE_SHAPE[status],
        kind: status === 'down' ? 'bad' : 'warn',
        code,
        title: `${device} ${DEVICE_WORDS[status]} since ${timeOfDay(Date.parse(since))}`,
        words: detail || code,
      },
    ];
  });
  const asides = seen.asides.map(
    ({ key, shape, title, words }): Alarm => ({ key, shape, kind: ASIDE_KIND[shape], title, words, whole: true }),
  );
  const inVain = asides.filter(({ kind }) => kind === 'bad');
  const aside = asides.filter(({ kind }) => kind !== 'bad');
  return [...own, ...inVain, ...failed, ...aside, ...lost.sort((a, b) => a.kind.localeCompare(b.kind)), ...earlier];
}

/** Taken, and perhaps never sent. */
const UNSENT = 'OUTPUT_UNSENT';

const ASIDE_KIND = { disc: 'good', triangle: 'warn', cross: 'bad' } as const satisfies Record<Aside['shape'], string>;

/** A failed output, of the newest cause or of an earlier one. */
function failureAlarm(failure: { causationId: string; outputId: string; code?: string; detail?: string }) {
  const { code = '', detail = code } = failure;
  const words = code === UNSENT ? 'taken, not sent: look whether it went' : `failed: ${detail}`;
  return { key: failureKey(failure), shape: 'cross', kind: 'bad', code, words } as const;
}
