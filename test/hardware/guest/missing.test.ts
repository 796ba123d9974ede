import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { type Daemon, startDaemon } from '../../support/daemon.js';
import { proposal } from '../../support/messages.js';
import { smallShow } from '../../support/small-show.js';
import { eventually } from '../../support/waiting.js';
import { WireClient } from '../../support/wire-client.js';
import { DEVICES, SLOW_MS, WORKING } from './booth.js';
import { Gadget } from './gadget.js';
import { BOX, DESK, PEDAL } from './rigs.js';

const LIBRARIES = '/usr/lib/x86_64-linux-gnu';
const AWAY = '/run/away';
const gadgets = [new Gadget('hid', 'pedal', PEDAL), new Gadget('acm', 'box', BOX), new Gadget('midi', 'desk', DESK)];

before(async () => {
  execFileSync('mkdir', ['-p', AWAY]);
  for (const gadget of gadgets) await gadget.plug();
});
after(() => {
  for (const gadget of gadgets) gadget.remove();
});

/** Takes files away, and gives back what puts them there again. */
function takeAway(...paths: string[]): () => void {
  for (const path of paths) execFileSync('mv', [path, `${AWAY}/${path.replaceAll('/', '!')}`]);
  return () => {
    for (const name of readdirSync(AWAY)) execFileSync('mv', [`${AWAY}/${name}`, name.replaceAll('!', '/')]);
  };
}
const library = (name: string) =>
  readdirSync(LIBRARIES)
    .filter((file) => file.startsWith(name))
    .map((file) => `${LIBRARIES}/${file}`);

const statusOf = (daemon: Daemon, name: string) =>
  daemon.lines.filter(({ msg, device }) => /^device\.(lost|changed)$/.test(msg ?? '') && device === name).at(-1);

interface Gap {
  what: string;
  files: () => string[];
  /** The devices that cannot work, and what is said of them. */
  lost: Record<string, RegExp>;
}

const GAPS: Gap[] = [
  {
    what: 'the libraries of ALSA and libusb, and udevadm',
    files: () => [...library('libasound.so'), ...library('libusb-1.0'), ...['/usr/bin/udevadm'].filter(existsSync)],
    lost: { desk: /libasound2$/, pedal: /libusb-1\.0-0$/ },
  },
  {
    what: 'libudev and ALSA’s configuration',
    files: () => [...library('libudev.so'), '/usr/share/alsa/alsa.conf'],
    lost: { desk: /libasound2-data$/, pedal: /libudev1$/ },
  },
];

for (const { what, files, lost } of GAPS) {
  test(`without ${what} the bridge starts, names what to install, and works with the rest`, async (t) => {
    const giveBack = takeAway(...files());
    t.after(giveBack);
    const { folder, file } = await smallShow({ cues: 5, parts: DEVICES });
    t.after(() => rm(folder, { recursive: true }));
    const daemon = await startDaemon(file);
    t.after(() => daemon.stop());
    const becomes = (name: string, words: RegExp | undefined) =>
      eventually(
        () => {
          const { status, code, detail } = statusOf(daemon, name) ?? {};
          if (words === undefined) return WORKING.includes(String(status));
          return status === 'down' && code === 'DEVICE_DRIVER_MISSING' && words.test(String(detail));
        },
        () => `${name} ${words ?? 'works'}; the bridge says ${JSON.stringify(statusOf(daemon, name))}`,
        SLOW_MS,
      );
    for (const name of ['pedal', 'box', 'desk']) await becomes(name, lost[name]);

    const client = await WireClient.connect(daemon.url);
    t.after(() => client.drop());
    const go = proposal('CueAdvanced', { segmentId: 's', fromCueId: null, toCueId: 'c0' });
    client.send(go);
    await client.take(({ ackOf, status }) => ackOf === go.messageId && status === 'ok', 'the ack', SLOW_MS);

    giveBack();
    for (const name of Object.keys(lost)) await becomes(name, undefined);
  });
}
