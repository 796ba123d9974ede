import { type Finding, wrong } from '../config/problems.js';
import { listAt, pointerOf, textAt } from '../kit/pointer.js';

interface Named {
  id: string;
  pointer: string;
}

/** Everything in a show file that has an id or a number, in the order of the file; of what is half right, the right half. */
export interface ShowIndex {
  acts: Named[];
  segments: Named[];
  cues: Named[];
  numbers: Named[];
  performers: Named[];
  mics: Named[];
  timers: Named[];
  departments: Set<string>;
}

export function indexShow(show: unknown): ShowIndex {
  const index: ShowIndex = {
    acts: [],
    segments: [],
    cues: [],
    numbers: [],
    performers: entries(show, 'performers'),
    mics: entries(show, 'mics'),
    timers: entries(show, 'timers'),
    departments: new Set(),
  };
  listAt(show, 'acts').forEach((act, a) => {
    const atAct = pointerOf('acts', a);
    put(index.acts, act, 'id', atAct);
    listAt(act, 'segments').forEach((segment, s) => {
      const atSegment = atAct + pointerOf('segments', s);
      put(index.segments, segment, 'id', atSegment);
      listAt(segment, 'cues').forEach((cue, c) => {
        const atCue = atSegment + pointerOf('cues', c);
        put(index.cues, cue, 'id', atCue);
        put(index.numbers, cue, 'number', atCue);
        for (const call of listAt(cue, 'calls')) {
          const department = textAt(call, 'department');
          if (department !== undefined) index.departments.add(department);
        }
      });
    });
  });
  return index;
}

/** Members of a list that have an id, each with the pointer of that id. */
export function entries(value: unknown, name: string, idName = 'id'): Named[] {
  const found: Named[] = [];
  listAt(value, name).forEach((entry, index) => {
    put(found, entry, idName, pointerOf(name, index));
  });
  return found;
}

function put(list: Named[], entry: unknown, member: string, at: string): void {
  const id = textAt(entry, member);
  if (id !== undefined) list.push({ id, pointer: at + pointerOf(member) });
}

type Place = (pointer: string) => { line: number };

/** One problem for each entry whose id another one before it has. */
export function duplicates(
  named: readonly Named[],
  place: Place,
  file: 'bridge' | 'show',
  say: (id: string, firstLine: number) => string,
  severity: 'error' | 'warn' = 'error',
): Finding[] {
  const first = new Map<string, string>();
  const found: Finding[] = [];
  for (const { id, pointer } of named) {
    const before = first.get(id);
    if (before === undefined) first.set(id, pointer);
    else found.push(wrong(pointer, 'CONFIG_DUPLICATE', say(id, place(before).line), { file, severity }));
  }
  return found;
}

/** What the schema of the show file cannot see: ids that clash and names that nobody has. */
export function checkShow(show: unknown, index: ShowIndex, place: Place): Finding[] {
  const twice = (what: string, named: readonly Named[]) =>
    duplicates(named, place, 'show', (id, line) => `two ${what} have the id '${id}' (the first is in line ${line})`);
  return [
    ...twice('acts', index.acts),
    ...twice('segments', index.segments),
    ...twice('cues', index.cues),
    ...duplicates(
      index.numbers,
      place,
      'show',
      (number, line) => `two cues have the number '${number}' (the first is in line ${line})`,
      'warn',
    ),
    ...twice('performers', index.performers),
    ...twice('mics', index.mics),
    ...twice('timers', index.timers),
    ...checkMics(show, index, place),
  ];
}

function checkMics(show: unknown, index: ShowIndex, place: Place): Finding[] {
  const found: Finding[] = [];
  const performers = index.performers.map(({ id }) => id);
  const segments = index.segments.map(({ id }) => id);
  const unknown = (what: string, id: string | undefined, among: readonly string[], pointer: string) => {
    if (id === undefined || among.includes(id)) return;
    const more = { file: 'show', unknown: { name: id, among } } as const;
    found.push(wrong(pointer, 'CONFIG_UNKNOWN_NAME', `unknown ${what} '${id}'`, more));
  };
  const wearers = new Map<string, string>();
  listAt(show, 'mics').forEach((mic, m) => {
    const at = pointerOf('mics', m);
    const performerId = textAt(mic, 'performerId');
    unknown('performer', performerId, performers, `${at}/performerId`);
    const planned = new Map<string, string>();
    listAt(mic, 'plot').forEach((entry, p) => {
      const atEntry = at + pointerOf('plot', p);
      const [segmentId, wearer] = [textAt(entry, 'segmentId'), textAt(entry, 'performerId')];
      unknown('segment', segmentId, segments, `${atEntry}/segmentId`);
      unknown('performer', wearer, performers, `${atEntry}/performerId`);
      if (segmentId === undefined || wearer === undefined) return;
      const before = planned.get(segmentId);
      if (before === undefined) planned.set(segmentId, `${atEntry}/segmentId`);
      else
        conflict(
          atEntry,
          `this mic has two plot entries for segment '${segmentId}' (the first is in line ${place(before).line}); a pack has one wearer`,
        );
    });
    if (performerId === undefined) return;
    const other = wearers.get(performerId);
    if (other === undefined) wearers.set(performerId, `${at}/performerId`);
    else {
      const message = `performer '${performerId}' wears two mics at the start (the first is in line ${place(other).line})`;
      found.push(wrong(`${at}/performerId`, 'CONFIG_DUPLICATE', message, { file: 'show', severity: 'warn' }));
    }
  });
  return found;

  function conflict(pointer: string, message: string): void {
    found.push(wrong(pointer, 'CONFIG_DUPLICATE', message, { file: 'show' }));
  }
}
