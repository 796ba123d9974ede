/** A bridge that is killed between the log and the wire: the cue is told as taken and not sent, once, and one press sends it. */
import { expect, test } from 'vitest';
import { type Daemon, startDaemon } from '../support/daemon.js';
import { pacebuddy } from '../support/program.js';
import { unsentRig } from '../support/unsent-rig.js';
import { eventually } from '../support/waiting.js';

const logOf = async (daemon: Daemon) =>
  (await (await fetch(`${daemon.url}/v1/log`)).text())
    .split('\n')
    .filter(Boolean)
    .map(
      (line) =>
        JSON.parse(line) as { eventType: string; payload: { code?: string; outputId?: string; cueId?: string } },
    );
const unsentIn = async (daemon: Daemon) =>
  (await logOf(daemon)).filter(({ payload }) => payload.code === 'OUTPUT_UNSENT');

test('after a crash it is told once and never sent by itself; the stage manager sends it with one press', async () => {
  const { file, fired, pressUnsent, close } = await unsentRig();
  await pressUnsent('kill');
  const first = await startDaemon(file);
  await first.line(({ msg, code }) => msg === 'output.unsent' && code === 'OUTPUT_UNSENT');
  await eventually(
    () => first.lines.some(({ msg, eventType }) => msg === 'event.accepted' && eventType === 'OutputFailed'),
    'it is in the log',
  );
  expect(await unsentIn(first)).toMatchObject([
    { eventType: 'OutputFailed', payload: { outputId: 'go', cueId: 'c0' } },
  ]);
  await first.kill();
  const second = await startDaemon(file);
  expect(fired).toEqual([]);
  const rerun = (payload: object) => pacebuddy(['send', 'CallFired', JSON.stringify(payload), '--url', second.url]);
  expect(await rerun({ cueId: 'c0', outputId: 'another', kind: 'rerun' })).toMatchObject({ code: 0 });
  expect(await rerun({ cueId: 'c0', outputId: 'go', kind: 'rerun' })).toMatchObject({ code: 0 });
  await eventually(() => fired.length > 0, 'the packet');
  expect(await rerun({ cueId: 'c0', department: 'sound', kind: 'rerun' })).toMatchObject({ code: 1 });
  expect(await unsentIn(second)).toHaveLength(1);
  const { state } = (await (await fetch(`${second.url}/v1/show`)).json()) as { state: { currentCueId: string } };
  expect([fired, state.currentCueId]).toEqual([['/go/0'], 'c0']);
  await second.stop();
  await close();
});

test('after a stop on purpose nothing is in doubt, also when the rules are others', async () => {
  const { file, fired, pressUnsent, close } = await unsentRig();
  await pressUnsent('stop');
  const daemon = await startDaemon(file);
  expect(await unsentIn(daemon)).toEqual([]);
  expect(fired).toEqual([]);
  await daemon.stop();
  await close();
});
