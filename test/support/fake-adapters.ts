import { Ajv2020 } from 'ajv/dist/2020.js';
import type { Validator } from '../../src/generated/messages.js';

/** Adapters that are nothing but their schemas, as src/config sees them: made as scripts/generate.mjs makes the real ones. */
export const fakeAdapters = compileAdapters({
  box: {
    device: {
      type: 'object',
      required: ['adapter', 'path'],
      additionalProperties: false,
      properties: {
        adapter: { const: 'box' },
        path: { type: 'string', minLength: 1 },
        baudRate: { type: 'integer', minimum: 50, maximum: 12000000, default: 9600 },
        rtscts: { type: 'boolean', default: false },
      },
    },
    when: {
      type: 'object',
      description: 'device, and exactly one way to tell the line.',
      required: ['device'],
      minProperties: 2,
      maxProperties: 2,
      additionalProperties: false,
      properties: { device: { type: 'string' }, line: { type: 'string' }, prefix: { type: 'string' } },
    },
    send: {
      type: 'object',
      required: ['device', 'line'],
      additionalProperties: false,
      properties: { device: { type: 'string' }, line: { type: 'string', maxLength: 20 } },
    },
  },
  player: {
    device: {
      type: 'object',
      required: ['adapter', 'transport'],
      additionalProperties: false,
      properties: {
        adapter: { const: 'player' },
        transport: { enum: ['udp', 'tcp'] },
        host: { type: 'string' },
        port: { type: 'integer', minimum: 1, maximum: 65535 },
        passcode: { type: 'string', minLength: 4 },
        framing: { enum: ['slip', 'length-prefix'] },
      },
      if: { type: 'object', required: ['transport'], properties: { transport: { const: 'tcp' } } },
      // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
      then: { required: ['host'] },
      else: { properties: { framing: false } },
    },
    when: {
      type: 'object',
      required: ['device', 'event'],
      additionalProperties: false,
      properties: { device: { type: 'string' }, event: { enum: ['go', 'stop'] } },
    },
    send: {
      oneOf: [
        {
          type: 'object',
          required: ['device', 'start'],
          additionalProperties: false,
          properties: { device: { type: 'string' }, start: { type: 'string' }, channel: { type: 'integer' } },
        },
        {
          type: 'object',
          required: ['device', 'stop'],
          additionalProperties: false,
          properties: { device: { type: 'string' }, stop: { anyOf: [{ const: true }, { type: 'string' }] } },
        },
      ],
    },
  },
});

type Parts = { device: object; when: object; send: object };

function compileAdapters(schemas: Readonly<Record<string, Parts>>) {
  const ajv = new Ajv2020({ allErrors: true, verbose: true, useDefaults: true, strict: false });
  const compile = (schema: object): Validator => ajv.compile(schema) as unknown as Validator;
  // As in scripts/generate.mjs: what every device may have besides.
  const common = { backupOf: { type: 'string' }, mirrored: { type: 'boolean' }, playhead: { type: 'object' } };
  return Object.fromEntries(
    Object.entries(schemas).map(([name, { device, when, send }]) => [
      name,
      {
        device: compile({ ...device, properties: { ...Object(device).properties, ...common } }),
        when: compile(when),
        send: compile(send),
      },
    ]),
  );
}
