import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { EVENT_TYPES } from '../../src/protocol/envelope.js';
import { LiveShow, showFile, smallShow, type Wish } from '../support/live-show.js';

interface Case {
  name: string;
  given?: { show?: unknown; events?: Wish[] };
  when: Wish;
  then: Taken | Refused;
}
interface Taken {
  ok: true;
  payload?: object;
  state?: object;
  cues?: Record<string, string>;
}
interface Refused {
  code: string;
  pointer?: string;
  message?: string;
}

const folder = new URL('cases/', import.meta.url);
const files = readdirSync(folder).filter((name) => name.endsWith('.jsonl'));
const casesOf = (name: string): Case[] =>
  readFileSync(new URL(name, folder), 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => JSON.parse(line));

function run({ given, when, then }: Case): void {
  const show = new LiveShow(given?.show === undefined ? smallShow() : showFile(given.show));
  show.take(...(given?.events ?? []));
  const before = show.state;
  const outcome = show.propose(when);
  if ('code' in then) {
    expect(outcome).toMatchObject({
      ok: false,
      code: then.code,
      ...(then.pointer === undefined ? {} : { pointer: then.pointer }),
      message: expect.stringContaining(then.message ?? ''),
    });
    expect(show.state).toBe(before);
    return;
  }
  expect(outcome).toMatchObject({ ok: true });
  if (outcome.ok) expect(outcome.event.payload).toMatchObject(then.payload ?? {});
  expect(show.state).toMatchObject(then.state ?? {});
  expect(show.cues).toMatchObject(then.cues ?? {});
}

for (const file of files) {
  describe(file, () => {
    for (const item of casesOf(file)) test(item.name, () => run(item));
  });
}

test('every event type has a case that takes it', () => {
  const taken = files.flatMap(casesOf).filter(({ then }) => 'ok' in then);
  const types = new Set(taken.map(({ when }) => when.eventType));
  expect(Object.keys(EVENT_TYPES).filter((type) => !types.has(type))).toEqual([]);
});
