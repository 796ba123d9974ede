import fc from 'fast-check';

type Tamper = (message: unknown) => unknown;
type Member = { parent: Record<string, unknown> | unknown[]; key: string };

/** Every member of a message at any depth, first the outer ones. */
function membersOf(value: unknown, found: Member[] = []): Member[] {
  if (typeof value !== 'object' || value === null) return found;
  const parent = value as Record<string, unknown>;
  for (const key of Object.keys(parent)) found.push({ parent, key });
  for (const child of Object.values(parent)) membersOf(child, found);
  return found;
}

const get = ({ parent, key }: Member): unknown => (parent as Record<string, unknown>)[key];
const set = ({ parent, key }: Member, value: unknown): void => {
  (parent as Record<string, unknown>)[key] = value;
};

/** Values near the edges of what the schemas allow, and far from it. */
const value = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    false,
    {},
    [],
    '',
    0,
    -1,
    0.5,
    1,
    1024,
    1025,
    2 ** 53,
    'x'.repeat(128),
    'x'.repeat(129),
  ),
  fc.constantFrom<unknown>('🎭'.repeat(64), '🎭'.repeat(128), '🎭'.repeat(129), '\ud800'.repeat(128), 'x'.repeat(4001)),
  fc.constantFrom<unknown>(
    '00:00:00.000',
    '00:60:00.000',
    '1.1.0',
    '01.1.0',
    '2026-02-30T00:00:00Z',
    '2026-13-01T00:00:00Z',
  ),
  fc.constantFrom<unknown>(
    'CueAdvanced',
    'NoteAdded',
    'FlyMoved',
    'event',
    'ack',
    'show',
    'error',
    'bridge',
    'stageManager',
    'sound',
  ),
  fc.constantFrom<unknown>(['a', 'a'], ['a', 'b'], ['director', 'director'], [{ op: 'move', from: '/a', path: '/~2' }]),
  fc.string({ maxLength: 12 }),
  fc.jsonValue({ maxDepth: 2 }),
);

/** One change to a message, in place: a member is taken away, given another value, added, or moved elsewhere. */
export const mutation: fc.Arbitrary<Tamper> = fc
  .record({ at: fc.nat(), from: fc.nat(), how: fc.constantFrom('remove', 'set', 'add', 'copy'), value })
  .map(({ at, from, how, value }) => (message) => {
    const members = membersOf(message);
    const member = members[at % Math.max(1, members.length)];
    const other = members[from % Math.max(1, members.length)];
    if (!member || !other) return message;
    const given = structuredClone(value);
    if (how === 'set') set(member, given);
    else if (how === 'add') set({ parent: member.parent, key: Array.isArray(member.parent) ? '0' : 'extra' }, given);
    else if (how === 'copy') set(member, structuredClone(get(other)));
    else if (Array.isArray(member.parent)) member.parent.splice(Number(member.key), 1);
    else delete member.parent[member.key];
    return message;
  });
