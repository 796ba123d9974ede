/** The simulated QLab before Companion's QLab module: what that sends, byte for byte, and what it makes of the answers. */
import { expect, onTestFinished, test } from 'vitest';
import { type QlabSimulatorOptions, startQlabSimulator } from '../../adapters/qlab/simulator.js';
import { type Companion, companionOverTcp, companionOverUdp, settle } from '../support/companion-qlab.js';
import { eventually } from '../support/waiting.js';

async function simulated(options: QlabSimulatorOptions) {
  const qlab = await startQlabSimulator({ port: 0, cues: ['1', '2', '3'], ...options });
  onTestFinished(() => qlab.close());
  return qlab;
}

/** What it knows once all is answered. */
const knows = ({ status, isPasscodeOk, showMode, auditMode, minGo }: Companion) => ({
  ...{ status, isPasscodeOk, showMode, auditMode, minGo },
});
const KNOWN = { status: 'Connected to QLab', isPasscodeOk: true, showMode: false, auditMode: false, minGo: 0.5 };
/** A QLab 5 has no such overrides: the module logs that once. */
const OF_FOUR = ['/overrides/oscOutputEnabled', '/overrides/artNetEnabled'];

test.for([
  ['no passcode, the default workspace', {}],
  ['no passcode, a workspace by its name', { workspace: 'Hamlet' }],
  ['a passcode, the default workspace', { passcode: '1234' }],
  ['a passcode, a workspace by its ID', { passcode: '1234', workspace: 'W' }],
] as const)('over TCP it gets to connected, with %s, and knows the cues', async ([, options]) => {
  const { passcode } = { passcode: undefined, ...options };
  const qlab = await simulated({
    uniqueID: 'W',
    workspace: 'Hamlet',
    minGoTimeMs: 500,
    ...(passcode ? { passcode } : {}),
  });
  const companion = await companionOverTcp({ port: qlab.port, ...options });
  await settle(companion);
  expect(knows(companion)).toEqual(KNOWN);
  expect(companion.errors.map((address) => address.replace(/^\/workspace\/[^/]+/, ''))).toEqual(OF_FOUR);
  expect([...companion.cues.values()].map(({ number, type }) => [number, type])).toEqual([
    ['', 'cue list'],
    ['1', 'audio'],
    ['2', 'audio'],
    ['3', 'audio'],
  ]);
  expect(companion.cues.get(companion.nextCue)?.number).toBe('1');
  // Nothing runs: an error, which it takes for just that.
  const active = () => companion.told.filter(({ address }) => address.endsWith('/cue/active/valuesForKeys'));
  await eventually(() => active().length === 1, 'the answer about what runs');
  expect(active()).toMatchObject([{ status: 'error' }]);
});

test('it follows what runs, where the playhead stands, and what is written', async () => {
  const qlab = await simulated({ cues: ['1', '2', '3'].map((number) => ({ number, durationMs: 60_000 })) });
  const companion = await companionOverTcp({ port: qlab.port });
  await settle(companion);
  qlab.operatorGo();
  qlab.operatorStart('3');
  const running = () => [...companion.cues.values()].flatMap(({ number, isRunning }) => (isRunning ? [number] : []));
  await eventually(
    () => running().join() === '1,3' && companion.cues.get(companion.nextCue)?.number === '2',
    'both run',
  );
  companion.send('/thump');
  await eventually(() => companion.told.at(-1)?.data === 'thump', 'everything before is answered');
  const before = companion.told.length;
  companion.poll();
  const polled = () => companion.told.slice(before).filter(({ address }) => address.endsWith('/valuesForKeys'));
  await eventually(() => polled().length === 2, 'each that runs answers');
  expect(polled().map(({ data }) => (data as { number: string }).number)).toEqual(['1', '3']);

  companion.send('/showMode', [{ type: 'i', value: 1 }]);
  companion.send('/overrides/midiInputEnabled', [{ type: 'i', value: 0 }]);
  companion.send('/settings/general/minGoTime', [{ type: 'f', value: 1.5 }]);
  companion.send('/cue/2/armed', [{ type: 'i', value: 0 }]);
  companion.send('/cue/2/armed');
  await eventually(() => companion.showMode === true && companion.minGo === 1.5, 'it is told of the modes');
  await eventually(() => companion.overrides.get('midiInputEnabled') === false, 'and of the override');
  const armed = () => [...companion.cues.values()].find(({ number }) => number === '2')?.armed;
  await eventually(() => armed() === false, 'and that the cue is disarmed');
  companion.send('/select/3');
  await eventually(() => companion.selected.length === 1, 'and of what is selected');
});

test('with a wrong passcode it sees that it is denied; the right one lets it in again', async () => {
  const qlab = await simulated({ passcode: '1234' });
  const wrong = await companionOverTcp({ port: qlab.port, passcode: '9999' });
  wrong.greet();
  await eventually(() => wrong.status === 'Passcode denied', 'the denial');
  expect(wrong.told.find(({ address }) => address.endsWith('/showMode'))).toMatchObject({ status: 'denied' });
  expect(wrong.prime()).toBe(false);
  expect(wrong.isPasscodeOk).toBe(false);
  // Its user mends the passcode: QLab makes the next one wait, and what comes behind it too.
  const right = await companionOverTcp({ port: qlab.port, passcode: '1234' });
  await settle(right);
  expect(right.status).toBe('Connected to QLab');
});

test('without the passcode that is asked for it stays outside', async () => {
  const qlab = await simulated({ passcode: '1234' });
  const companion = await companionOverTcp({ port: qlab.port });
  companion.greet();
  const connects = () => companion.told.filter(({ address }) => address.endsWith('/connect'));
  await eventually(() => connects().length === 2, 'both are answered');
  expect(connects()).toMatchObject([{ data: 'badpass' }, { data: 'badpass' }]);
  expect(companion.prime()).toBe(false);
});

test('over UDP, on its port 53001: the passcode before every message, and the answers to all that it asks', async () => {
  const qlab = await simulated({ passcode: '1234', minGoTimeMs: 500 });
  const companion = await companionOverUdp({ port: qlab.port, passcode: '1234' }, '127.0.0.1');
  companion.send('/version', [], true);
  await eventually(() => companion.told.length === 1, 'the version');
  companion.sendOverUdp('/go');
  companion.sendOverUdp('/cue/3/start');
  await eventually(() => qlab.fired.length === 2, 'both cues');
  expect(qlab.fired.map(({ number }) => number)).toEqual(['1', '3']);
  await settle(companion);
  expect(knows(companion)).toEqual(KNOWN);
});

test('over UDP a wrong passcode fires nothing, and is denied', async () => {
  const qlab = await simulated({ passcode: '1234' });
  const companion = await companionOverUdp({ port: qlab.port, passcode: '9999' }, '127.0.0.1');
  companion.sendOverUdp('/go');
  companion.sendOverUdp('/showMode');
  await eventually(() => companion.status === 'Passcode denied', 'the denial');
  expect(qlab.fired).toEqual([]);
});
