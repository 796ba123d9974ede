/** The validators of an adapter from outside, as scripts/generate.mjs makes those of the bridge's own. */
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { AdapterParts } from '../config/validate.js';
import { deviceMembers, validatorOptions } from '../generated/adapter-schema.js';
import { wordsOf } from '../kit/errors.js';
import type { Validator } from '../kit/validator.js';

interface AdapterSchema {
  $id?: string;
  $defs?: { device?: { properties?: object } };
}

/** @throws an Error with what is wrong, in words that follow the package's name */
export function validatorsOf(kind: string, schema: object): AdapterParts {
  const ajv = new Ajv2020(validatorOptions);
  const { $id = `adapter:${kind}`, $defs, ...rest }: AdapterSchema = schema;
  const properties = { ...$defs?.device?.properties, adapter: { const: kind }, ...deviceMembers };
  try {
    ajv.addSchema({ ...rest, $id, $defs: { ...$defs, device: { ...$defs?.device, properties } } });
    const part = (name: 'device' | 'when' | 'send'): Validator => {
      const validator = ajv.getSchema(`${$id}#/$defs/${name}`);
      if (!validator) throw new Error(`it has no $defs ${name}`);
      return validator as unknown as Validator;
    };
    return { device: part('device'), when: part('when'), send: part('send') };
  } catch (cause) {
    throw new Error(`is no adapter: its schema cannot be used: ${wordsOf(cause)}`, { cause });
  }
}
