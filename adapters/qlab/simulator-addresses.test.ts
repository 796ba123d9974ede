/** Every address there is, and what looks like one, with any arguments: answered once, or denied. */
import { expect, test } from 'vitest';
import { qlabClient, readTold } from '../../test/support/qlab-client.js';
import { simulated } from '../../test/support/qlab-desk.js';
import { IMPULSE, type OscArgument } from './codec.js';
import { ALL, OF_CUE } from './simulator-actions.js';
import { PROPERTIES } from './simulator-cues.js';
import { APPLICATION, EMPTY, FONTS, WORKSPACE } from './simulator-settings.js';

const LISTS = ['cueLists', 'selectedCues', 'runningCues', 'runningOrPausedCues'].flatMap((list) =>
  ['', '/shallow', '/uniqueIDs', '/uniqueIDs/shallow'].map((form) => `/${list}${form}`),
);

/** Every address that is known, and what looks like one. */
function everyAddress(listId: string): string[] {
  const settings = [APPLICATION, WORKSPACE].flatMap((table) =>
    Object.entries(table).flatMap(([path, { turnedBy }]) => [path, `${path}/toggle`, ...(turnedBy ? [turnedBy] : [])]),
  );
  const properties = Object.keys(PROPERTIES);
  const ofCue = [...properties, ...Object.keys(OF_CUE), 'valuesForKeys', 'valuesForKeysWithArguments', 'collapse'];
  return [
    ...settings,
    ...Object.keys({ ...EMPTY, ...FONTS, ...ALL }),
    ...['/version', '/workspaces', '/updates', '/updates/toggle', '/alwaysReply', '/forgetMeNot', '/udpKeepAlive'],
    ...[
      '/udpReplyPort',
      '/udpReplyPort/+',
      '/thump',
      '/go',
      '/go/1',
      '/auditionGo',
      '/auditionGo/1',
      '/listen',
      '/ignore',
    ],
    ...[
      '/listen/go',
      '/listen/cue/start/number',
      '/ignore/panicAll',
      '/listen/nonsense',
      '/replyFormat',
      '/save',
      '/undo',
    ],
    ...[
      '/doubleGoWindowRemaining',
      '/currentCueList',
      '/currentCueListID',
      '/currentCueListID/nobody',
      '/dashboard/clear',
    ],
    ...[
      '/playhead',
      '/playheadID',
      '/playhead/next',
      '/playheadID/none',
      '/playbackPosition/previous',
      '/playhead/active',
    ],
    ...[
      '/select/1',
      '/select/next',
      '/select/99',
      '/select_id/nobody',
      '/delete/98',
      '/renumber',
      '/cue/start',
      '/cue_id/start',
    ],
    ...LISTS,
    ...ofCue.flatMap((what) => [`/cue/1/${what}`, `/cue_id/${listId}/${what}`]),
    ...['preWait/+', 'preWait/-/1', 'armed/toggle', 'playhead/next', 'playhead/none'].map((what) => `/cue/1/${what}`),
    ...[
      '/new',
      '/move/x',
      '/dashboard/setLight',
      '/settings/video/stage/x',
      '/cue',
      '/cue/1',
      '/cue/1/',
      '/workspace',
      '/',
    ],
    // Names that every object has.
    ...[
      '/constructor',
      '/toString',
      '/__proto__',
      '/overrides/__proto__',
      '/playhead/constructor',
      '/select/constructor',
    ],
    ...['constructor', '__proto__', 'toString', 'hasOwnProperty/toggle', 'valueOf/+'].map((what) => `/cue/1/${what}`),
    ...[
      '/cue/constructor/start',
      '/cue/99/start',
      '/cue/99/name',
      '/cue/[/name',
      '/cue/{a/name',
      '/cue/)(/name',
      '/cue/\\/name',
      '/cue/****************x/name',
      `/cue/${'x'.repeat(5000)}/name`,
    ],
  ];
}

const ARGUMENTS: OscArgument[] = [
  ...[0, 1, -7, 2.5, '', 'x', 'toggle', '["number"]', '[{"toString":1}]', '{"__proto__":[]}', 'constructor'],
  ...[true, false, null, Uint8Array.of(1, 2, 3)],
  IMPULSE,
];

test('every known address, with any arguments, is answered exactly once, and nothing crashes', async () => {
  const qlab = await simulated({ uniqueID: 'W', cues: ['1', '2'] });
  const { send, got, ask } = await qlabClient(qlab);
  // An address that nobody else asks: the reply to it is no other's.
  const settled = (round: string) => ask(`/settled/${round}`);
  const list = qlab.workspace.all()[0]?.uniqueID ?? '';
  const sets: OscArgument[][] = [[], ...ARGUMENTS.map((arg): OscArgument[] => [arg])];
  for (let at = 0; at < ARGUMENTS.length; at += 3) sets.push(ARGUMENTS.slice(at, at + 2));
  const messages = everyAddress(list).flatMap((address) => [
    ...sets.map((args) => [address, args] as const),
    ...sets.slice(0, 4).map((args) => [`/workspace/W${address}`, args] as const),
  ]);
  send('/alwaysReply', 1);
  for (let from = 0; from < messages.length; from += 500) {
    await settled(`before ${from}`);
    got.length = 0;
    const some = messages.slice(from, from + 500);
    for (const [address, args] of some) {
      send('/workspaces');
      send(address, ...args);
      // What changes how it answers is taken back.
      if (address.includes('/replyFormat')) send('/replyFormat', '');
      else if (address.includes('/alwaysReply')) send('/alwaysReply', 1);
      else send('/basePath');
    }
    await settled(`after ${from}`);
    // Between its two marks each has one reply.
    const replies = got.map((message) => message.address).filter((address) => address.startsWith('/reply'));
    let at = -1;
    for (const [address, args] of some) {
      at = replies.indexOf('/reply/workspaces', at + 1);
      const end = /\/(?:replyFormat|alwaysReply)/.exec(address)?.[0] ?? '/basePath';
      const between = replies.slice(at + 1, at + 3);
      expect([address, args, ...between]).toEqual([address, args, `/reply${address}`, `/reply${end}`]);
      if (address.endsWith('/workspaces')) at += 1;
    }
  }
  expect(await (await qlabClient(qlab)).ask('/thump')).toMatchObject({ data: 'thump' });
}, 60_000);

test('whoever has not connected is denied everything but what says who is there, and nothing happens', async () => {
  const qlab = await simulated({ uniqueID: 'W', cues: ['1', '2'], passcode: '1234' });
  const { send, got, settled } = await qlabClient(qlab);
  const before = JSON.stringify([
    qlab.workspace.all().map(({ number, name }) => [number, name]),
    qlab.workspace.playhead?.number,
  ]);
  const free = ['/version', '/workspaces'];
  const addresses = everyAddress(qlab.workspace.lists[0]?.uniqueID ?? '').filter((address) => !free.includes(address));
  for (const address of addresses) for (const args of [[], [1], ['no']] as OscArgument[][]) send(address, ...args);
  await settled();
  const told = got.slice(0, -1).map(readTold);
  expect(told.length).toBeGreaterThan(addresses.length);
  expect(told.filter(({ status }) => status !== 'denied')).toEqual([]);
  // What is asked without an argument is told that it is denied; what acts is not answered, since nobody asked for that.
  for (const asked of ['/showMode', '/updates', '/playheadID', '/overrides/midiInputEnabled', '/cueLists', '/thump']) {
    expect(got.map(({ address }) => address)).toContain(`/reply${asked}`);
  }
  expect(got.map(({ address }) => address)).not.toContain('/reply/go');
  expect(qlab.fired).toEqual([]);
  expect(
    JSON.stringify([qlab.workspace.all().map(({ number, name }) => [number, name]), qlab.workspace.playhead?.number]),
  ).toBe(before);
  expect(qlab.workspace.settings.size).toBe(0);
});
