import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';

interface LockedPackage {
  readonly version?: string;
  readonly engines?: { readonly node?: string };
  readonly dependencies?: Record<string, string>;
  readonly optionalDependencies?: Record<string, string>;
}

const root = resolve(import.meta.dirname, '../..');
const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
  packages: Record<string, LockedPackage>;
};

/** Where Node would look for `name` from the package at `from`, nearest first. */
function places(from: string, name: string): string[] {
  const above = from.split('/node_modules/').slice(0, -1);
  const parents = above.map((_, i) => above.slice(0, i + 1).join('/node_modules/'));
  return [...(from === '' ? [] : [from]), ...parents.reverse(), '']
    .map((parent) => `${parent === '' ? '' : `${parent}/`}node_modules/${name}`)
    .filter((place, i, all) => all.indexOf(place) === i);
}

test('npm ci finds every package in the lock file, those of other platforms too', () => {
  const missing = Object.entries(lock.packages).flatMap(([from, { dependencies, optionalDependencies }]) =>
    Object.keys({ ...dependencies, ...optionalDependencies })
      .filter((name) => !places(from, name).some((place) => lock.packages[place]))
      .map((name) => `${from} needs ${name}`),
  );
  expect(missing).toEqual([]);
});

test('every package says that it runs on Node 20', () => {
  const notOn20 = Object.entries(lock.packages)
    .filter(([, { engines }]) => {
      const ranges = (engines?.node ?? '*').split('||').map((range) => range.trim());
      return !ranges.some((range) => /^(\*|([\^~]|>=?)?\s*v?20(\D|$)|>=?\s*v?1?\d(\D|$))/.test(range));
    })
    .map(([path, { engines }]) => `${path} wants ${engines?.node}`);
  expect(notOn20).toEqual([]);
});
