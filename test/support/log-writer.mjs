/**
 * A writer of a log as a process of its own: log-writer.mjs FOLDER. One word a line comes in (open, append, close), one
 * line of JSON goes out for each.
 */
import { createInterface } from 'node:readline';
import { v7 } from 'uuid';
import { openFileJournal } from '../../dist/src/journal/file-journal.js';
import { systemClock } from '../../dist/src/kit/clock.js';
import { silentLog } from '../../dist/src/kit/log.js';

const [path] = process.argv.slice(2);
const showId = 'small';
let journal;

const entryOf = (eventSeq) => {
  const event = { kind: 'event', messageId: v7(), showId, eventType: 'NoteAdded', eventSeq };
  return { event, json: Buffer.from(JSON.stringify(event)) };
};
const words = {
  open: async () => {
    const quiet = { onSaved: () => {}, onEvent: () => {} };
    journal = await openFileJournal({ path, showId, fingerprint: 'f', clock: systemClock(), log: silentLog, ...quiet });
    return { opened: journal.lastEventSeq };
  },
  append: async () => {
    const seq = journal.lastEventSeq + 1;
    await journal.append([entryOf(seq)], seq - 1);
    return { stored: seq };
  },
  close: async () => {
    await journal.close();
    return { closed: true };
  },
};
for await (const word of createInterface({ input: process.stdin })) {
  const answer = await words[word]().catch(({ code, message }) => ({ refused: code, message }));
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
process.exit();
