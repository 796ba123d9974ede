/** What of a serial device can never work, as far as its configuration tells. Pure. */
import type { DeviceProblem } from '../../src/adapter-sdk/adapter.js';
import { wordsOf } from '../../src/kit/errors.js';
import { framingOf } from './codec.js';
import { encodeWords } from './command.js';
import type { SerialDevice } from './generated/types.js';
import { contactsOf, problemOfLevel } from './handshake.js';

/** @param config  checked by its schema. */
export function problemOfDevice(config: SerialDevice & Readonly<Record<string, unknown>>): DeviceProblem | undefined {
  return problemOfContacts(config) ?? problemOfLevels(config) ?? problemOfWords(config);
}

const problem = (pointer: string, message: string): DeviceProblem => ({ pointer, message, severity: 'error' });

function problemOfContacts(config: SerialDevice): DeviceProblem | undefined {
  for (const { name, line, against } of contactsOf(config)) {
    if (!config.rtscts || (line !== 'cts' && against !== 'rts')) continue;
    return problem(`/contacts/${name}`, `the contact ${name} is on a line of the hardware flow control (rtscts)`);
  }
  return undefined;
}

/** Lines that are driven from the opening on. */
function problemOfLevels(config: SerialDevice): DeviceProblem | undefined {
  for (const line of ['rts', 'dtr'] as const) {
    const level = config[line];
    const why = level === undefined ? undefined : problemOfLevel(config, line, level);
    if (why !== undefined) return problem(`/${line}`, `${line}: ${level}, but ${why}`);
  }
  return undefined;
}

/** What the device is told without a rule. */
function problemOfWords(config: SerialDevice): DeviceProblem | undefined {
  const { onConnect = [], onClose = [], keepAlive, encoding } = config;
  const told = [
    ...onConnect.map((words, index) => ({ pointer: `/onConnect/${index}`, words })),
    ...onClose.map((words, index) => ({ pointer: `/onClose/${index}`, words })),
    ...(keepAlive ? [{ pointer: '/keepAlive', words: keepAlive }] : []),
  ];
  let at = '/delimiter';
  try {
    const framing = framingOf(config);
    for (const { pointer, words } of told) {
      at = pointer;
      encodeWords(words, { encoding, framing });
    }
  } catch (error) {
    return problem(at, wordsOf(error));
  }
  return undefined;
}
