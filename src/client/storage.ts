import type { ClientStorage, StoredProposal } from './types.js';

/** Keeps proposals until the process ends. */
export function memoryStore(): ClientStorage {
  const kept = new Map<string, StoredProposal>();
  return {
    load: () => [...kept.values()],
    set: (messageId, stored) => {
      kept.set(messageId, stored);
    },
    remove: (messageId) => {
      kept.delete(messageId);
    },
  };
}

/** What `localStorageStore` needs of `window.localStorage`. */
export interface WebStorage {
  readonly length: number;
  key(index: number): string | null;
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

/**
 * Keeps proposals in a browser, so that they outlive a reload and a flat battery.
 * @param prefix  of the keys; two pages of one origin that must not share take two prefixes.
 */
export function localStorageStore(prefix: string, storage: WebStorage = globalThis.localStorage): ClientStorage {
  const keys = () => Array.from({ length: storage.length }, (_, index) => storage.key(index) ?? '');
  return {
    load: () =>
      keys()
        .filter((key) => key.startsWith(prefix))
        .flatMap((key) => parseStored(storage.getItem(key))),
    set: (messageId, stored) => storage.setItem(`${prefix}${messageId}`, JSON.stringify(stored)),
    remove: (messageId) => storage.removeItem(`${prefix}${messageId}`),
  };
}

/** One stored proposal from its text; none when it is not one, such as after a write that was cut off. */
export function parseStored(text: string | null): StoredProposal[] {
  try {
    const stored = JSON.parse(text ?? '') as StoredProposal;
    return typeof stored?.order === 'number' && typeof stored.proposal?.messageId === 'string' ? [stored] : [];
  } catch {
    return [];
  }
}
