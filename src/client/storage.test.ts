import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { StubBridge } from '../../test/support/stub-bridge.js';
import { fileStore } from './file-store.js';
import { localStorageStore, memoryStore, type WebStorage } from './storage.js';
import type { ClientStorage, StoredProposal } from './types.js';

/** What a browser's localStorage does, with something of another page in it. */
function webStorage(): WebStorage {
  const kept = new Map([['other.page', '{"order":1}']]);
  return {
    get length() {
      return kept.size;
    },
    key: (index) => [...kept.keys()][index] ?? null,
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => void kept.set(key, value),
    removeItem: (key) => void kept.delete(key),
  };
}

function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'pacebuddy-client-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

const stored = (order: number): StoredProposal => ({ proposal: new StubBridge().proposal('NoteAdded', {}), order });
const STORES: [string, () => ClientStorage][] = [
  ['memory', memoryStore],
  ['localStorage', () => localStorageStore('pb.', webStorage())],
  ['files', () => fileStore(join(folder(), 'proposals'))],
];

test.each(STORES)('%s gives back what it was given, until it is removed', async (_name, make) => {
  const store = make();
  const [one, two] = [stored(1), stored(2)];
  await store.set(one.proposal.messageId, one);
  await store.set(two.proposal.messageId, two);
  expect([...(await store.load())].sort((a, b) => a.order - b.order)).toEqual([one, two]);
  await store.remove(one.proposal.messageId);
  await store.remove(one.proposal.messageId);
  expect(await store.load()).toEqual([two]);
});

test('a file that was cut off is left out, and the others are read', async () => {
  const dir = folder();
  const one = stored(1);
  await fileStore(dir).set(one.proposal.messageId, one);
  writeFileSync(join(dir, 'cut.json'), '{"order":3,"prop');
  expect(await fileStore(dir).load()).toEqual([one]);
});
