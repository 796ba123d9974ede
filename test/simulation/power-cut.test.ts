import { expect, test } from 'vitest';
import { idOf, readEvents } from '../support/journal-rig.js';
import { MemoryDisk } from '../support/memory-disk.js';
import { seeded } from '../support/seeded.js';
import { openShow } from '../support/sequencer-rig.js';
import { TestClock } from '../support/test-clock.js';

/** How often the machine loses its power. */
const CUTS = 200;
const CUES = 1500;
/** Every fourth is a GO; the others set the timer. */
const wishOf = (n: number) =>
  n % 4 === 0
    ? { messageId: idOf(n) }
    : { messageId: idOf(n), eventType: 'TimerSetOverride', payload: { timerId: 't', value: '00:00:00.000' } };

test(`${CUTS} power cuts under load: nothing answered is lost, nothing fires twice, dedupe and state are whole`, async () => {
  const random = seeded(41);
  const below = (limit: number) => Math.floor(random() * limit);
  const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
  const clock = new TestClock();
  let disk = new MemoryDisk();
  let messages = 0;
  let tornTails = 0;
  /** What somebody was told is stored, and what went out to the devices, over all lives of the machine. */
  const answered = new Map<string, number>();
  const fired: number[] = [];
  const unanswered: number[] = [];

  for (let life = 0; life <= CUTS; life += 1) {
    const { sequencer, propose, happened, log } = await openShow(disk, { cues: CUES, clock });
    tornTails += log.named('journal.tail-cut').length;
    const events = await readEvents(sequencer);
    expect(events.map(({ eventSeq }) => eventSeq)).toEqual(events.map((_, i) => i + 1));
    const seqOf = new Map(events.map(({ messageId, eventSeq }) => [messageId, eventSeq]));
    expect(seqOf.size).toBe(events.length);
    expect([...answered].filter(([messageId, eventSeq]) => seqOf.get(messageId) !== eventSeq)).toEqual([]);
    const advances = events.filter(({ eventType }) => eventType === 'CueAdvanced').length;
    expect(sequencer.state.currentCueId).toBe(advances === 0 ? null : `c${advances - 1}`);
    expect(happened).toEqual([]);

    // Whoever got no answer sends again: it is stored once, or was.
    for (const n of unanswered.splice(0)) {
      const messageId = idOf(n);
      const before = seqOf.get(messageId);
      const outcome = await propose(wishOf(n));
      if (before !== undefined) expect(outcome).toEqual({ ok: true, eventSeq: before });
      if (outcome.ok) answered.set(messageId, outcome.eventSeq as number);
    }
    if (life === CUTS) break;

    let alive = true;
    // Presses in flocks, and in the midst of them the lights go out.
    const cutAfter = below(40);
    for (let tick = 0; tick < cutAfter; tick += 1) {
      for (let n = below(4); n > 0; n -= 1) {
        messages += 1;
        const message = messages;
        unanswered.push(message);
        void propose(wishOf(message)).then((outcome) => {
          if (!alive || !outcome.ok) return;
          answered.set(idOf(message), outcome.eventSeq as number);
          unanswered.splice(unanswered.indexOf(message), 1);
        });
      }
      if (random() < 0.02) void sequencer.close();
      await turn();
    }
    alive = false;
    const cut = disk.crash(random);
    fired.push(...happened.flatMap((one) => (one.what === 'performed' ? [one.event.eventSeq] : [])));
    await turn();
    disk = cut;
  }
  expect(new Set(fired).size).toBe(fired.length);
  expect(answered.size).toBeGreaterThan(CUTS * 10);
  expect(tornTails).toBeGreaterThan(10);
}, 60_000);
