import { useLayoutEffect, useRef } from 'preact/hooks';
import { nextCue, type ShowState } from '../../client/index.js';
import { Mark } from './marks.js';
import { byWhom, callsOf, departmentName, goneOf, standbyOf, timeOfDay } from './words.js';

type Cue = ShowState['acts'][number]['segments'][number]['cues'][number];

/** How many cues the list shows before and after the current one. */
const BEFORE_MAX = 20;
const AFTER_MAX = 60;

/** The cue that the show is at, and the one that the next GO means. */
export function NowAndNext({ state, ownDeviceId }: { state: ShowState; ownDeviceId: string }) {
  const cues = rowsOf(state);
  const current = cues.find(({ cue }) => cue.id === state.currentCueId);
  const next = nextCue(state);
  const after = next && nextCue({ ...state, currentCueId: next.id });
  const answered = state.standby.acknowledged;
  return (
    <>
      <section class="now" aria-label="Now">
        <p class="kicker">
          Now {current && <span>{current.place}</span>} <LastGo state={state} ownDeviceId={ownDeviceId} />
        </p>
        {current ? (
          <p class="headline">
            <span class="number">{current.cue.number}</span>
            <span class="label">{current.cue.label ?? ''}</span>
          </p>
        ) : (
          <p class="headline">
            <span class="label">Before the first cue</span>
          </p>
        )}
        {current && <p class="calls">{callsOf(current.cue)}</p>}
        {current && <Gone cue={current.cue} />}
      </section>
      <section class={next?.status === 'standby' ? 'next standing' : 'next'} aria-label="Next">
        {next ? (
          <>
            <p class="kicker">
              <b>{next.status === 'standby' ? 'STANDING BY' : 'NEXT'}</b>
              <span>
                cue {next.number} {next.label ?? ''}
              </span>
            </p>
            <p class="standby-text">{standbyOf(next)}</p>
            <Gone cue={next} isEarly />
            {next.status === 'standby' && (
              <ul class="answers">
                {departmentsOf(next).map((department) => (
                  <li class={answered.includes(department) ? 'answered' : ''} key={department}>
                    <Mark shape={answered.includes(department) ? 'disc' : 'ring'} />
                    {departmentName(department)} {answered.includes(department) ? 'standing by' : 'not answered'}
                  </li>
                ))}
              </ul>
            )}
            {after && (
              <p class="after">
                then <b>{after.number}</b> {after.label ?? ''} <span>{callsOf(after)}</span>
              </p>
            )}
          </>
        ) : (
          <>
            <p class="kicker">Next</p>
            <p class="standby-text">{cues.length === 0 ? 'This show has no cues' : 'That was the last cue'}</p>
          </>
        )}
      </section>
    </>
  );
}

/** Which calls have gone; of a cue to come those that its GO leaves out. */
function Gone({ cue, isEarly = false }: { cue: Cue; isEarly?: boolean }) {
  const gone = goneOf(cue);
  if (gone === '') return null;
  return (
    <p class={isEarly ? 'gone early' : 'gone'}>
      {isEarly ? <Mark shape="triangle" /> : <Mark shape="disc" />}
      {isEarly ? `Gone already: ${gone}. GO does not start it again` : `Gone: ${gone}`}
    </p>
  );
}

/** Who pressed the GO that the show stands at, and when: also after a reload of the page. */
function LastGo({ state, ownDeviceId }: { state: ShowState; ownDeviceId: string }) {
  const { lastAdvanceBy, lastAdvanceAt, currentCueId } = state;
  if (!lastAdvanceBy || lastAdvanceAt === null || lastAdvanceBy.cueId !== currentCueId) return null;
  return (
    <span class="last-go">
      GO {timeOfDay(Date.parse(lastAdvanceAt))} by {byWhom(lastAdvanceBy, ownDeviceId)}
    </span>
  );
}

const departmentsOf = (cue: Cue): string[] => [...new Set((cue.calls ?? []).map(({ department }) => department))];

interface Row {
  cue: Cue;
  segmentId: string;
  segment: string;
  /** Act and segment in words. */
  place: string;
}

const rowsOf = (state: ShowState): Row[] =>
  state.acts.flatMap((act) =>
    act.segments.flatMap((segment) =>
      segment.cues.map((cue) => ({
        cue,
        segmentId: segment.id,
        segment: segment.title ?? segment.id,
        place: `${act.title ?? act.id}, ${segment.title ?? segment.id}`,
      })),
    ),
  );

const STATUS_WORDS: Readonly<Record<Cue['status'], string>> = {
  pending: '',
  standby: 'standby',
  current: 'now',
  done: 'done',
  skipped: 'skipped',
};

/** The cues around the current one, which stays in sight. */
export function CueList({ state }: { state: ShowState }) {
  const here = useRef<HTMLLIElement>(null);
  const list = useRef<HTMLOListElement>(null);
  const rows = rowsOf(state);
  const at = rows.findIndex(({ cue }) => cue.id === state.currentCueId);
  const nextId = nextCue(state)?.id;
  const shown = rows.slice(Math.max(0, at - BEFORE_MAX), Math.max(0, at) + AFTER_MAX);
  useLayoutEffect(() => {
    if (here.current && list.current)
      list.current.scrollTop = here.current.offsetTop - list.current.clientHeight * 0.28;
  }, [state.currentCueId]);
  return (
    <section class="panel cue-list" aria-label="Cues">
      <ol ref={list}>
        {shown.map(({ cue, segmentId, segment }, index) => (
          <>
            {shown[index - 1]?.segmentId !== segmentId && (
              <li class="segment" key={segmentId}>
                {segment}
              </li>
            )}
            <li
              key={cue.id}
              class={`cue ${cue.status}${cue.id === nextId ? ' upcoming' : ''}`}
              {...(cue.status === 'current' ? { ref: here, 'aria-current': 'step' as const } : {})}
            >
              <span class="number">{cue.number}</span>
              <span class="label">{cue.label ?? ''}</span>
              <span class="calls">{callsOf(cue)}</span>
              <span class="status">
                {cue.id === nextId && cue.status === 'pending' ? 'next' : STATUS_WORDS[cue.status]}
              </span>
            </li>
          </>
        ))}
      </ol>
    </section>
  );
}
