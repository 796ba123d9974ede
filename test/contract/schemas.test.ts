import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { validateBridgeConfig, validateShowFile } from '../../src/generated/files.js';
import {
  type Validator,
  validateShowEvent,
  validateShowState,
  validateWireMessage,
} from '../../src/generated/messages.js';
import { EVENT_TYPES, type ShowEvent } from '../../src/protocol/envelope.js';
import { isReadable } from '../../src/protocol/version.js';
import { apply } from '../../src/show/apply.js';
import { complete } from '../../src/show/complete.js';
import { LiveShow } from '../support/live-show.js';
import { busyShow, events, frames } from './messages.js';
import { mutation } from './mutation.js';

const root = new URL('../../', import.meta.url);
const read = (path: string) => JSON.parse(readFileSync(new URL(path, root), 'utf8'));
const NAMES = ['show-event', 'wire-message', 'show-state', 'show-file', 'bridge-config'];
const schemas = Object.fromEntries(NAMES.map((name) => [name, read(`schemas/${name}.schema.json`)]));

/** Ajv as everybody has it: default options, which are strict. */
function plainAjv() {
  const said: unknown[] = [];
  const say = (...words: unknown[]) => said.push(words);
  const ajv = new Ajv2020({ logger: { log: say, warn: say, error: say } });
  for (const name of NAMES) ajv.addSchema(schemas[name]);
  const validator = (name: string) => {
    const validate = ajv.getSchema(schemas[name].$id);
    if (!validate) throw new Error(`${name} is not there`);
    return validate;
  };
  return { validator, said };
}

describe('the schemas', () => {
  test.each(NAMES)('%s compiles with plain Ajv, without a word of warning', (name) => {
    const { validator, said } = plainAjv();
    expect(validator(name)).toBeTypeOf('function');
    expect(said).toEqual([]);
  });

  test.each(NAMES)('%s says that it is draft 2020-12, and all that it points to is there', (name) => {
    expect(schemas[name].$schema).toBe('https://json-schema.org/draft/2020-12/schema');
    expect(schemas[name].$id).toBe(`https://pacebuddy.invalid/schemas/${name}.schema.json`);
  });

  test.each(['cue-advanced', 'ack', 'snapshot'])(
    'the example %s of the specification is valid as it stands',
    (name) => {
      const message = read(`test/contract/spec-examples/${name}.json`);
      expect(plainAjv().validator('wire-message')(message)).toBe(true);
      expect(validateWireMessage(message)).toBe(true);
      if (name === 'cue-advanced') expect(validateShowEvent(message)).toBe(true);
    },
  );

  test('every event type has a payload of its own and a message in the corpus', () => {
    const dispatched = schemas['show-event'].else.allOf.map(
      (branch: { if: { properties: { eventType: { const: string } } } }) => branch.if.properties.eventType.const,
    );
    expect(dispatched.toSorted()).toEqual(Object.keys(EVENT_TYPES).toSorted());
    expect(events.map(({ eventType }) => eventType).toSorted()).toEqual(dispatched.toSorted());
  });
});

describe('the generated validators', () => {
  const plain = plainAjv();
  const pairs: [string, Validator, unknown[]][] = [
    ['show-event', validateShowEvent, events],
    ['wire-message', validateWireMessage, frames],
    ['show-state', validateShowState, [busyShow().state]],
  ];

  test.each(pairs)('%s takes every good message', (_name, validate, messages) => {
    for (const message of messages) {
      validate(message);
      expect(validate.errors).toBeNull();
    }
  });

  test.each(pairs)('%s says the same as Ajv of a message that was tampered with', (name, validate, messages) => {
    const reference = plain.validator(name);
    const verdicts = { good: 0, bad: 0 };
    fc.assert(
      fc.property(
        fc.constantFrom(...messages),
        fc.array(mutation, { minLength: 1, maxLength: 3 }),
        (message, tampers) => {
          const tampered = tampers.reduce((it, tamper) => tamper(it), structuredClone(message));
          const verdict = reference(tampered);
          verdicts[verdict ? 'good' : 'bad'] += 1;
          expect(validate(tampered)).toBe(verdict);
        },
      ),
      { numRuns: 3000 },
    );
    // A corpus on which everything is refused, or everything passes, would prove nothing.
    expect(verdicts.good).toBeGreaterThan(50);
    expect(verdicts.bad).toBeGreaterThan(50);
  });

  test('the validators of files agree with Ajv as well', () => {
    const show = read('test/contract/small-show.json');
    const bridge = { version: 1, show: { id: 'small', file: 'show.yaml' } };
    for (const [name, validate, message] of [
      ['show-file', validateShowFile, show],
      ['bridge-config', validateBridgeConfig, bridge],
    ] as const) {
      const reference = plain.validator(name);
      fc.assert(
        fc.property(fc.array(mutation, { maxLength: 2 }), (tampers) => {
          const tampered = tampers.reduce((it, tamper) => tamper(it), structuredClone(message));
          const verdict = reference(tampered);
          // Ours fill in defaults: they get a copy.
          expect(validate(structuredClone(tampered))).toBe(verdict);
        }),
        { numRuns: 1000 },
      );
    }
  });

  test.each(Object.keys(EVENT_TYPES))('a bad payload of %s is told by its own branch only', (eventType) => {
    const good = events.find((event) => event.eventType === eventType);
    expect(validateShowEvent({ ...good, payload: {} })).toBe(false);
    const faults = (validateShowEvent.errors ?? []).filter(({ keyword }) => keyword !== 'if');
    const missing = faults.filter(({ keyword }) => keyword === 'required').map(({ params }) => params.missingProperty);
    expect(missing.toSorted()).toEqual(schemas['show-event'].$defs[eventType].required.toSorted());
    expect(new Set(faults.map(({ instancePath }) => instancePath))).toEqual(new Set(['/payload']));
  });
});

describe('older and newer clients', () => {
  const { showId, ...message } = new LiveShow().draft({ eventType: 'FlyMoved', version: '1.9.0', payload: { bar: 7 } });
  const newer: unknown = { ...message, showId, eventSeq: 1, recordedAt: '2026-03-01T19:30:00.000Z' };

  test('an event type of a newer minor is valid and changes nothing', () => {
    expect(validateShowEvent(newer)).toBe(true);
    expect(validateWireMessage(newer)).toBe(true);
    const { state } = busyShow();
    expect(apply(state, newer as ShowEvent)).toBe(state);
  });

  test('another major version is not readable, a newer minor is', () => {
    expect(isReadable('2.0.0')).toBe(false);
    expect(isReadable('0.9.0')).toBe(false);
    expect(isReadable('1.9.3')).toBe(true);
  });

  test('members of a newer minor are kept on the way to the log', () => {
    const show = new LiveShow();
    const draft = show.draft({ eventType: 'CueAdvanced', version: '1.7.0', payload: { fadeMs: 400 } });
    const completed = complete(show.state, Object.assign(draft, { mood: 'calm' }), show.nowMs);
    expect(completed).toMatchObject({
      ok: true,
      proposal: { version: '1.7.0', mood: 'calm', payload: { fadeMs: 400, toCueId: 'cue-1' } },
    });
    if (completed.ok) expect(validateShowEvent(completed.proposal)).toBe(true);
  });

  test('a 1.0 snapshot with only what 1.0 requires is valid', () => {
    expect(validateShowState({ schemaVersion: '1.0.0', acts: [{ id: 'a', segments: [], lights: 'full' }] })).toBe(true);
  });

  test('a withheld payload is valid, and a payload that is only called withheld is not', () => {
    const note = events.find(({ eventType }) => eventType === 'NoteAdded');
    expect(validateShowEvent({ ...note, payload: { noteId: 'n1' }, withheld: true })).toBe(true);
    expect(validateShowEvent({ ...note, payload: { noteId: 'n1' }, withheld: false })).toBe(false);
  });
});
