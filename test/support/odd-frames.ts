/** Frames of every kind of damage, seeded: values that have broken parsers, validators and writers of JSON before. */

export const ODD = [
  ...['1e400', '-0', '9007199254740993', '1e-400', '-1', '0.1', 'null', 'true', '[]', '{}', '""', '"\\ud800"'],
  ...['"\\u0000"', '{"__proto__":{"x":1}}', '{"constructor":{"prototype":{}}}', '{"a":1,"a":2}'],
  '{"toString":1,"hasOwnProperty":1}',
  ...[`"${'x'.repeat(5000)}"`, `[${'0,'.repeat(2000)}0]`, `${'['.repeat(60)}${']'.repeat(60)}`, `${'['.repeat(9000)}`],
];
const TYPES = ['CueAdvanced', 'NoteAdded', 'NoteUpdated', 'TimerStarted', 'ClientPresenceUpdated', 'SnapshotRequested'];
const MEMBERS = ['segmentId', 'fromCueId', 'toCueId', 'noteId', 'scope', 'text', 'deviceId', 'status', 'lastEventSeq'];
const ENVELOPE = ['kind', 'version', 'messageId', 'showId', 'createdAt', 'actor', 'patch', 'notAfter', 'withheld', 'x'];

export const picker =
  (random: () => number) =>
  <T>(list: readonly T[]): T =>
    list[Math.floor(random() * list.length)] as T;

export const randomBytes = (random: () => number, most: number): Buffer =>
  Buffer.from(Array.from({ length: 1 + random() * most }, () => Math.floor(random() * 256)));

/** @returns gives one frame after the other. @param actor  whom they say they are of. */
export function oddFrames(random: () => number, actor: object, showId: string): () => string | Buffer {
  const pick = picker(random);
  return () => {
    if (random() < 0.1) return randomBytes(random, 200);
    const payload = Array.from({ length: random() * 4 }, () => `${JSON.stringify(pick(MEMBERS))}:${pick(ODD)}`);
    const whole = {
      ...{ kind: '"event"', version: '"1.2.0"', messageId: `"${crypto.randomUUID()}"`, showId: `"${showId}"` },
      ...{ eventType: `"${pick(TYPES)}"`, createdAt: '"2026-03-01T19:30:00Z"', actor: JSON.stringify(actor) },
      payload: `{${payload.join(',')}}`,
      ...(random() < 0.6 ? { [pick(ENVELOPE)]: pick(ODD) } : {}),
    };
    const members = Object.entries(whole).map(([name, value]) => `"${name}":${value}`);
    const text = `{${members.join(',')}}`;
    return random() < 0.1 ? text.slice(0, random() * text.length) : text;
  };
}
