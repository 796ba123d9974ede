import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { Bridge } from '../../src/app/bridge.js';
import { loadChecked } from '../../src/app/registry.js';
import { type Disk, systemDisk } from '../../src/journal/disk.js';
import { systemClock } from '../../src/kit/clock.js';
import { readEvents } from '../support/journal-rig.js';
import { keptLog } from '../support/log-lines.js';
import { smallShow } from '../support/small-show.js';
import { eventually } from '../support/waiting.js';

const clock = systemClock();

/** The machine's disk, which neither writes nor fails as long as it hangs. */
function hangingDisk() {
  const disk = systemDisk();
  let gate: Promise<void> | undefined;
  let open = () => {};
  const hanging: Disk = {
    ...disk,
    open: async (path, mode) => {
      const file = await disk.open(path, mode);
      const append = file.append.bind(file);
      file.append = async (bytes) => {
        await gate;
        await append(bytes);
      };
      return file;
    },
  };
  const hang = () => {
    gate = new Promise((resolve) => {
      open = resolve;
    });
  };
  const answer = () => {
    gate = undefined;
    open();
  };
  return { disk: hanging, hang, answer };
}

test('a disk that hangs is told everywhere within two seconds, moves nothing, and fires nothing late', async () => {
  const wire = createSocket('udp4').bind(0, '127.0.0.1');
  await once(wire, 'listening');
  const fired: string[] = [];
  wire.on('message', (packet) => fired.push(packet.toString('latin1').split('\0')[0] as string));
  const { folder, file } = await smallShow({
    cues: 9,
    parts: `devices: { desk: { adapter: osc, transport: udp, host: 127.0.0.1, port: ${wire.address().port} } }
outputs: [{ id: go, event: CueAdvanced, call: lighting, send: { device: desk, address: /go/$call.number } }]`,
  });
  const loaded = await loadChecked(file);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded));
  const { disk, hang, answer } = hangingDisk();
  const { log, named } = keptLog();
  const bridge = await Bridge.start({ checked: loaded.bridge, log, disk });
  const ready = async () => {
    const response = await fetch(`${bridge.url}/readyz`);
    return { ...((await response.json()) as object), status: response.status };
  };
  const press = () => bridge.press('CueAdvanced', {}, 'button');
  try {
    expect(await press()).toMatchObject({ ok: true });
    await eventually(() => fired.length === 1, 'the first cue');
    await bridge.sequencer.idle();
    hang();
    const began = clock.mono();
    let first: unknown;
    void press().then((outcome) => {
      first = outcome;
    });
    await eventually(() => bridge.sequencer.failure !== undefined, 'it is noticed', 2000);
    expect(await ready()).toMatchObject({ status: 503, code: 'JOURNAL_STALLED' });
    expect(clock.mono() - began).toBeLessThan(2000);
    expect(named('journal.troubled')).toMatchObject([{ code: 'JOURNAL_STALLED' }]);
    const { troubles } = (await (await fetch(`${bridge.url}/v1/show`)).json()) as { troubles?: unknown };
    expect(troubles).toMatchObject([{ code: 'JOURNAL_STALLED' }]);
    // An impatient hand moves nothing: it is told at once, and the show is where it was.
    for (let i = 0; i < 5; i += 1) expect(await press()).toMatchObject({ ok: false, code: 'JOURNAL_UNAVAILABLE' });
    expect(first).toBeUndefined();
    await eventually(() => clock.mono() - began > 2200, 'it is too late for the cue');
    answer();
    await eventually(() => first !== undefined, 'the press that waited is answered');
    expect(first).toMatchObject({ ok: true });
    await eventually(() => bridge.sequencer.failure === undefined, 'it is over', 2000);
    expect(await ready()).toMatchObject({ status: 200 });
    await bridge.sequencer.idle();
    expect(fired).toEqual(['/go/0']);
    expect((await readEvents(bridge.sequencer)).filter(({ eventType }) => eventType === 'OutputFailed')).toMatchObject([
      { payload: { code: 'OUTPUT_LATE' } },
    ]);
    expect(bridge.sequencer.state.currentCueId).toBe('c1');
    expect(await press()).toMatchObject({ ok: true });
    await eventually(() => fired.length === 2, 'the next cue');
    expect(fired).toEqual(['/go/0', '/go/2']);
  } finally {
    answer();
    await bridge.close();
    wire.close();
    await rm(folder, { recursive: true });
  }
});
