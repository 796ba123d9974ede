/** Pages that reload while notes are written: the bridge keeps the show once, not once for each note. */
import { rm } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { startDaemon } from '../support/daemon.js';
import { smallShow } from '../support/small-show.js';
import { TestClient } from '../support/ws-client.js';

/** Each cycle is a note and a page that loads the show, 0.3 MB of text; 894 of them ended a bridge with 300 MB once. */
const CYCLES = Number(process.env.SOAK_CYCLES ?? 500);
/** What the bridge may hold in JavaScript, in MiB: half of what the texts of all cycles take together. */
const HEAP_MIB = 90;

test(`${CYCLES} reloads of a page while notes are written fit into ${HEAP_MIB} MiB`, async () => {
  const { folder, file } = await smallShow({ cues: 2000 });
  const daemon = await startDaemon(file, { NODE_OPTIONS: `--max-old-space-size=${HEAP_MIB}` });
  const writer = await TestClient.live(daemon.url, { showId: 'small', userId: 'u-sm', deviceId: 'writer' });
  for (let n = 0; n < CYCLES; n += 1) {
    const scope = { type: 'show' };
    const noted = writer.say('NoteAdded', { noteId: `n${n}`, scope, text: 'quiet' });
    await writer.ackOf(noted);
    const page = await TestClient.live(daemon.url, { showId: 'small', userId: 'u-p', deviceId: 'page' });
    expect(page.frames.some(({ kind }) => kind === 'snapshot')).toBe(true);
    page.frames.length = 0;
    writer.frames.length = 0;
    await page.close();
    const deleted = writer.say('NoteDeleted', { noteId: `n${n}` });
    await writer.ackOf(deleted);
  }
  expect(daemon.process.exitCode).toBeNull();
  await writer.close();
  expect(await daemon.stop()).toBe(0);
  await rm(folder, { recursive: true });
}, 180_000);
