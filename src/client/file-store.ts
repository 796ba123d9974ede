import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseStored } from './storage.js';
import type { ClientStorage } from './types.js';

/**
 * Keeps proposals as one small file each, so that they outlive the process. Written at once and by renaming, so that
 * a crash leaves a whole file or none; not forced to the disk, since what a client wishes is no fact yet.
 * @param dir  a folder of this client's own; made when missing.
 */
export function fileStore(dir: string): ClientStorage {
  mkdirSync(dir, { recursive: true });
  const pathOf = (messageId: string) => join(dir, `${messageId.replaceAll(/[^0-9A-Za-z-]/g, '_')}.json`);
  return {
    load: () =>
      readdirSync(dir)
        .filter((name) => name.endsWith('.json'))
        .flatMap((name) => parseStored(readFileSync(join(dir, name), 'utf8'))),
    set: (messageId, stored) => {
      const path = pathOf(messageId);
      writeFileSync(`${path}.part`, JSON.stringify(stored));
      renameSync(`${path}.part`, path);
    },
    remove: (messageId) => rmSync(pathOf(messageId), { force: true }),
  };
}
