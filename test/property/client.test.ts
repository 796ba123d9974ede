import fc from 'fast-check';
import { expect, test } from 'vitest';
import { connect } from '../../src/client/node.js';
import type { ClientOutcome } from '../../src/client/types.js';
import { SHOW_ID, SM, StubBridge } from '../support/stub-bridge.js';
import { eventually } from '../support/waiting.js';

const step = fc.constantFrom(
  'go',
  'note',
  'note',
  'cut',
  'go elsewhere',
  'note elsewhere',
  'note that gets lost',
  'repeat',
  'garbage',
  'lose answers',
  'settle',
);

/** @returns the proposal of a GO by somebody else, from where the show really is; none at its end. */
const goElsewhere = (bridge: StubBridge) => {
  const order = ['cue-1', 'cue-2', 'cue-3', 'cue-4', 'cue-5'];
  const { currentCueId } = bridge.state;
  const toCueId = order[currentCueId === null ? 0 : order.indexOf(currentCueId) + 1];
  const payload = { segmentId: 'seg-1', fromCueId: currentCueId, toCueId };
  return toCueId === undefined ? undefined : bridge.proposal('CueAdvanced', payload);
};

test('whatever happens to the line: no GO twice, no note lost or out of turn, and the state is the bridge’s', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 20 }), async (steps) => {
      const bridge = await StubBridge.open();
      const client = connect({ url: bridge.url, showId: SHOW_ID, actor: SM, heartbeatMs: 100, random: () => 0 });
      const seen: number[] = [];
      const goes: Promise<ClientOutcome>[] = [];
      const notes: Promise<ClientOutcome>[] = [];
      client.onEvent((event) => seen.push(event.eventSeq));
      const settled = () => client.status === 'live' && client.lastEventSeq === bridge.log.length;
      const note = (noteId: string) => ({ noteId, scope: { type: 'show' as const }, text: noteId });
      const elsewhere = (publish: boolean) => {
        bridge.record(bridge.proposal('NoteAdded', note(`other-${bridge.log.length}`)), publish);
      };
      try {
        await eventually(settled, 'the first connection');
        for (const what of steps) {
          if (what === 'go') goes.push(client.go());
          else if (what === 'note') notes.push(client.propose('NoteAdded', note(`own-${notes.length}`)));
          else if (what === 'cut') bridge.cut();
          else if (what === 'go elsewhere') {
            const proposal = goElsewhere(bridge);
            if (proposal) bridge.record(proposal);
          } else if (what === 'note elsewhere') elsewhere(true);
          else if (what === 'note that gets lost') elsewhere(false);
          else if (what === 'repeat') for (const event of bridge.log.slice(-3)) bridge.publish(event);
          else if (what === 'garbage') bridge.publishText('{"kind":"event"');
          else if (what === 'lose answers') {
            bridge.withholdAcks = !bridge.withholdAcks;
          } else await eventually(() => client.status === 'live', 'the line to be back');
        }
        bridge.withholdAcks = false;
        await eventually(() => client.status === 'live', 'the line to be back at the end');
        // What got lost is noticed when the next event comes.
        elsewhere(true);
        await eventually(() => settled() && client.pending.length === 0, 'all to settle');
        const outcomes = await Promise.all(goes);
        expect((await Promise.all(notes)).map(({ ok }) => ok)).toEqual(notes.map(() => true));

        const own = bridge.log.filter(({ actor }) => actor.userId === SM.userId);
        const ids = own.map(({ messageId }) => messageId);
        expect(new Set(ids).size).toBe(ids.length);
        expect(own.filter(({ eventType }) => eventType === 'CueAdvanced')).toHaveLength(
          outcomes.filter(({ ok }) => ok).length,
        );
        const written = own.flatMap((event) => (event.eventType === 'NoteAdded' ? [event.payload.noteId] : []));
        expect(written).toEqual(notes.map((_, index) => `own-${index}`));
        expect(client.state).toEqual(bridge.state);
        expect(seen).toEqual([...seen].sort((a, b) => a - b));
        expect(new Set(seen).size).toBe(seen.length);
      } finally {
        await client.close();
        await bridge.close();
      }
    }),
    { numRuns: 40 },
  );
});
