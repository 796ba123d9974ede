import { expect, test } from 'vitest';
import { isAlive, misbehavingLister } from '../../test/support/isolated-rig.js';
import { eventually, within } from '../../test/support/waiting.js';
import type { Adapter, PluggedIn } from '../adapter-sdk/adapter.js';
import { lookFor } from './plugged-in.js';

const never = new AbortController().signal;

/** An adapter that finds these. */
const finds = (kind: string, ...found: Partial<PluggedIn>[]): Record<string, Adapter> => ({
  [kind]: {
    kind,
    connect: () => Promise.reject(new Error('it only lists')),
    summarise: () => '',
    list: async () => ({
      found: found.map((each) => ({ name: 'Box', what: 'a box', nickname: 'box', ...each })),
      looked: 'here',
    }),
  },
});

const nicknames = async (adapters: Record<string, Adapter>, kinds = Object.keys(adapters)) =>
  (await lookFor(kinds, adapters, never)).flatMap((listing) =>
    listing.ok ? listing.found.map(({ nickname }) => nickname) : [],
  );

test('every device gets a name that the bridge file allows and no other device has', async () => {
  const adapters = {
    ...finds(
      'hid',
      {},
      { nickname: 'ETC Gadget II' },
      { nickname: '4x4' },
      { nickname: 'true' },
      { nickname: 'Größe' },
    ),
    ...finds('midi', {}, { nickname: '“”' }, { nickname: 'x'.repeat(100) }),
  };
  const names = await nicknames(adapters);
  expect(names).toEqual(['box', 'etc-gadget-ii', 'hid-4x4', 'hid-true', 'gr-e', 'box-2', 'midi', 'x'.repeat(40)]);
  for (const name of names) expect(name).toMatch(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/);
});

test('what a device says of itself stays on its line', async () => {
  const [listing] = await lookFor(
    ['hid'],
    finds('hid', { name: 'Box\n  evil: { adapter: osc }\u2028\u001b[31m' }),
    never,
  );
  expect(listing).toMatchObject({ found: [{ name: 'Box   evil: { adapter: osc } [31m' }] });
});

test('a device that another adapter serves better is told there, or says so where that one was not asked', async () => {
  const entry = { adapter: 'hid', vendorId: 1 };
  const adapters = { ...finds('hid', { entry, betterWith: 'xkeys' }), ...finds('xkeys', { nickname: 'pad' }) };
  expect(await nicknames(adapters)).toEqual(['pad']);
  const [alone] = await lookFor(['hid'], adapters, never);
  expect(alone).toMatchObject({ found: [{ note: expect.stringContaining('use adapter: xkeys') }] });
  expect(Object(alone).found[0]).not.toHaveProperty('entry');
  const [unknown] = await lookFor(['hid', 'xkeys'], { ...adapters, ...finds('xkeys') }, never);
  expect(unknown).toMatchObject({ found: [{ entry }] });
  const [old] = await lookFor(['hid'], finds('hid', { entry, betterWith: 'xkeys' }), never);
  expect(old).toMatchObject({ found: [{ entry }] });
});

const FAULTS: [deed: string, code: string, words: RegExp][] = [
  ['ask', 'DEVICE_DRIVER_MISSING', /on Debian install libbox1$/],
  ['segfault', 'DEVICE_CLOSED', /^the driver process ended \(SIGSEGV\)$/],
  ['throw', 'DEVICE_CLOSED', /^the driver process ended \(exit code 1\); its last words: .*thrown by the driver/],
  ['spin', 'DEVICE_CLOSED', /^the driver process hung/],
  ['scribble', 'DEVICE_CLOSED', /what is no message/],
];

test('a driver that crashes, hangs or lacks a library costs its own answer only, aloud', async () => {
  const adapters = Object.fromEntries(
    [...FAULTS.map(([deed]) => deed), 'well'].map((deed) => [deed, misbehavingLister(deed)]),
  );
  const listings = await within(lookFor(Object.keys(adapters), adapters, never), 'all answers', 9000);
  for (const [deed, code, words] of FAULTS) {
    const listing = listings.find(({ kind }) => kind === deed);
    expect(listing).toMatchObject({ ok: false, why: { code, message: expect.stringMatching(words) } });
  }
  const well = listings.find(({ kind }) => kind === 'well');
  expect(well).toMatchObject({ ok: true, found: [{ name: 'Box', nickname: 'box' }] });
  expect(isAlive(Number(Object(well).found[0].what))).toBe(false);
}, 15_000);

test('a list that is given up ends with its process', async () => {
  const stop = new AbortController();
  const listing = lookFor(['nothing'], { nothing: misbehavingLister('nothing') }, stop.signal);
  stop.abort(new Error('enough'));
  expect(await within(listing, 'the answer')).toMatchObject([{ ok: false, why: { message: 'enough' } }]);
  const processes = () => process.getActiveResourcesInfo().filter((name) => /process/i.test(name));
  await eventually(() => processes().length === 0, 'the process is gone');
});
