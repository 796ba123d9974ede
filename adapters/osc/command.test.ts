import { describe, expect, test } from 'vitest';
import { decodePacket } from '../../src/wire/osc/codec.js';
import { matches, packetsOf, problemOfCommand, summarise, toInput } from './command.js';
import * as validators from './generated/validators.js';

/** What a command becomes on the far side, as an input. */
function arrives(command: Record<string, unknown>) {
  const { messages, fault } = decodePacket(packetsOf(command, undefined)[0] ?? new Uint8Array());
  const [message] = messages;
  if (!message) throw new Error(fault ?? 'nothing arrived');
  const { address, types, args } = toInput(message, 'x');
  return [address, types, args];
}

const input = (address: string, ...args: unknown[]) => ({ address, args, types: '', from: '10.0.0.7:9000' });

describe('a rule fires', () => {
  test.each<[string, Record<string, unknown>, Record<string, unknown>, boolean]>([
    ['by its address alone', { address: '/go' }, input('/go'), true],
    ['not by another address', { address: '/go' }, input('/stop'), false],
    ['at the press of a button that sends 1', { address: '/go' }, input('/go', 1), true],
    ['not when the button is let go', { address: '/go' }, input('/go', 0), false],
    ['not when it is let go and says false', { address: '/go' }, input('/go', false), false],
    ['at the release, when that is asked for', { address: '/go', edge: 'release' }, input('/go', 0), true],
    ['not at the press, when the release is asked for', { address: '/go', edge: 'release' }, input('/go', 1), false],
    ['at both edges', { address: '/go', edge: 'any' }, input('/go', 0), true],
    ['when a 0 is one argument of several: that is no button', { address: '/go' }, input('/go', 0, 1), true],
    ['when the text "0" is sent', { address: '/go' }, input('/go', '0'), false],
    ['when an empty text is sent', { address: '/go' }, input('/go', ''), false],
    ['when the text "off" is sent', { address: '/go' }, input('/go', ' Off'), false],
    ['when nil, NaN or infinity is sent', { address: '/go' }, input('/go', null), false],
    ['when the text "1" is sent', { address: '/go' }, input('/go', '1'), true],
    ['when any other text is sent', { address: '/go' }, input('/go', '12.5'), true],
    [
      'by a fraction of more digits than 32 bits hold',
      { address: '/x', args: [0.123456789] },
      input('/x', 0.12345679),
      true,
    ],
    ['when its arguments are sent', { address: '/go', args: ['53'] }, input('/go', '53'), true],
    ['when more than its arguments are sent', { address: '/go', args: ['53'] }, input('/go', '53', 1), true],
    ['not when fewer are sent', { address: '/go', args: ['53', 1] }, input('/go', '53'), false],
    ['not by a number where a text is wanted', { address: '/go', args: ['53'] }, input('/go', 53), false],
    ['by a 0 that it names', { address: '/fader', args: [0] }, input('/fader', 0), true],
    [
      'by a 0 that it names, but not at a press',
      { address: '/fader', args: [0], edge: 'press' },
      input('/fader', 0),
      false,
    ],
    ['by a fraction as 32 bits hold it', { address: '/fader', args: [0.1] }, input('/fader', Math.fround(0.1)), true],
    ['by a pattern that meets its address', { address: '/go' }, input('/{go,stop}', 1), true],
    ['by an address that meets its pattern', { address: '/cue/*/go' }, input('/cue/12/go'), true],
  ])('%s', (_, pattern, message, fires) => {
    expect(matches(pattern, message)).toBe(fires);
  });
});

test.each([1.1, 12.5, 99.05])(
  'a cue number that comes as a float of 32 bits is %d, not its binary neighbour',
  (cue) => {
    expect(arrives({ address: '/cue', args: [{ type: 'f', value: cue }] })).toEqual(['/cue', 'f', [cue]]);
    expect(arrives({ address: '/cue', args: [{ type: 'd', value: cue }] })).toEqual(['/cue', 'd', [cue]]);
  },
);

describe('a command', () => {
  test.each<[string, Record<string, unknown>, unknown[]]>([
    ['without arguments', { address: '/go' }, ['/go', '', []]],
    [
      'with each bare kind',
      { address: '/x', args: ['12.5', 7, 0.5, true, false, null] },
      ['/x', 'sifTFN', ['12.5', 7, 0.5, true, false, null]],
    ],
    ['with a whole number as a float', { address: '/x', args: [{ type: 'f', value: 1 }] }, ['/x', 'f', [1]]],
    ['with a placeholder’s text as an int', { address: '/x', args: [{ type: 'i', value: '24' }] }, ['/x', 'i', [24]]],
    [
      'with a placeholder’s text as a double',
      { address: '/x', args: [{ type: 'd', value: '24.5' }] },
      ['/x', 'd', [24.5]],
    ],
    [
      'with 64 bits as text',
      { address: '/x', args: [{ type: 'h', value: '-9223372036854775808' }] },
      ['/x', 'h', ['-9223372036854775808']],
    ],
    ['with 64 bits as a number', { address: '/x', args: [{ type: 'h', value: 5 }] }, ['/x', 'h', [5]]],
    [
      'with all that has no value',
      { address: '/x', args: [{ type: 'T' }, { type: 'F' }, { type: 'N' }, { type: 'I' }] },
      ['/x', 'TFNI', [true, false, null, true]],
    ],
    [
      'with the rarer kinds',
      {
        address: '/x',
        args: [
          { type: 'b', value: '00FF' },
          { type: 'c', value: 'G' },
          { type: 'r', value: 'ff800102' },
          { type: 'm', value: '00903c7f' },
          { type: 'S', value: 'y' },
          { type: 't', value: '0000000000000001' },
        ],
      },
      ['/x', 'bcrmSt', ['00ff', 'G', 'ff800102', '00903c7f', 'y', '0000000000000001']],
    ],
  ])('%s', (_, command, wanted) => {
    expect(problemOfCommand(command)).toBeUndefined();
    expect(arrives(command)).toEqual(wanted);
    expect(validators.send({ device: 'desk', ...command })).toBe(true);
  });

  test.each<[string, Record<string, unknown>, RegExp]>([
    ['without an address', {}, /address/],
    ['whose address lacks its slash', { address: 'go' }, /start with/],
    ['with a number beyond 32 bits', { address: '/x', args: [4294967296] }, /32 bits.*h or d/],
    ['with a number that is none', { address: '/x', args: [Number.NaN] }, /does not fit/],
    ['with a text where an int is wanted', { address: '/x', args: [{ type: 'i', value: 'A1' }] }, /"A1" is no number/],
    ['with an int64 that is none', { address: '/x', args: [{ type: 'h', value: 1.5 }] }, /whole number/],
    ['with a value that needs quotes', { address: '/x', args: [{ type: 'b', value: 12 }] }, /in quotes/],
    ['with an argument of no kind', { address: '/x', args: [[1]] }, /no type for/],
    ['with a type that OSC has not', { address: '/x', args: [{ type: 'q', value: 1 }] }, /no OSC type/],
    ['with args that are no list', { address: '/x', args: '1' }, /no list/],
    ['that fits no datagram', { address: '/x', args: ['a'.repeat(70_000)] }, /at most 65507/],
  ])('%s is told before the show', (_, command, words) => {
    expect(problemOfCommand(command)).toMatch(words);
  });

  test('is told in a few words', () => {
    expect(summarise({ address: '/eos/cue/1/45/fire' })).toBe('/eos/cue/1/45/fire');
    expect(summarise({ address: '/go', args: ['12.5', 1, null, { type: 'h', value: 5 }, { type: 'T' }] })).toBe(
      '/go "12.5" 1 null h:5 T',
    );
    expect(summarise({ address: '/x', args: ['a'.repeat(500)] })).toHaveLength(120);
  });
});

describe('a device of the bridge file', () => {
  test.each<[boolean, Record<string, unknown>]>([
    [true, { host: '10.0.0.9', port: 3032 }],
    [true, { listen: '127.0.0.1:53100' }],
    [true, { listen: '[::1]:53100' }],
    [true, { host: 'desk.local', port: 8000, listen: '0.0.0.0:8001' }],
    [true, { transport: 'tcp', host: '10.0.0.9', port: 3032, framing: 'slip' }],
    [true, { transport: 'tcp', listen: '0.0.0.0:3032' }],
    [false, {}],
    [false, { transport: 'tcp' }],
    [false, { host: '10.0.0.9' }],
    [false, { port: 3032 }],
    [false, { port: 3032, listen: '127.0.0.1:1' }],
    [false, { transport: 'tcp', host: '10.0.0.9', port: 3032, listen: '127.0.0.1:1' }],
    [false, { host: 'osc://10.0.0.9', port: 3032 }],
    [false, { listen: '53100' }],
    [false, { host: '10.0.0.9', port: 3032, adress: 1 }],
  ])('%s: %o', (good, device) => {
    expect(validators.device({ adapter: 'osc', ...device })).toBe(good);
  });
});
