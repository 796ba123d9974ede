/** Kinds of devices that do not come with the bridge: packages that a bridge file names, installed beside it. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Adapter } from '../adapter-sdk/adapter.js';
import { type AdapterDefinition, problemOfDefinition } from '../adapter-sdk/define-adapter.js';
import type { Finding } from '../config/problems.js';
import type { AdapterParts } from '../config/validate.js';
import { wordsOf } from '../kit/errors.js';
import { listAt, member, pointerOf, textAt } from '../kit/pointer.js';

/** What there is of a kind once it is loaded. */
export interface LoadedKind {
  readonly adapter: Adapter;
  readonly parts: AdapterParts;
}

/** A kind from a package, and where its definition is. */
export interface PackagedKind extends LoadedKind {
  /** The module whose default export the definition is, as a path. */
  readonly entry: string;
}

interface NamedPackage {
  name: string;
  isolated: boolean;
  /** Its name's place in the bridge file. */
  pointer: string;
}

/** By entry and isolation: what was loaded once stays, so that a connection outlives a reload. */
const loaded = new Map<string, Promise<PackagedKind>>();

/**
 * Loads the packages that a bridge file names.
 * @param root  the file, which need not be right. @param taken  names of kinds that no package may have.
 */
export async function loadPackages(
  root: unknown,
  baseDir: string,
  taken: readonly string[],
): Promise<{ kinds: ReadonlyMap<string, PackagedKind>; problems: Finding[] }> {
  const kinds = new Map<string, PackagedKind>();
  const problems: Finding[] = [];
  const say = (pointer: string, message: string) =>
    void problems.push({ file: 'bridge', pointer, code: 'CONFIG_ADAPTER', severity: 'error', message });
  const packages = namedIn(root);
  const loading = packages.map((named) => load(named, baseDir).catch(wordsOf));
  for (const [index, { name, pointer }] of packages.entries()) {
    const kind = await loading[index];
    if (kind === undefined || typeof kind === 'string') {
      say(pointer, `${name} ${kind}`);
      continue;
    }
    const { kind: called } = kind.adapter;
    if (taken.includes(called)) say(pointer, `${name} is a kind '${called}', and so is one of the bridge’s own`);
    else if (kinds.has(called)) say(pointer, `${name} is a kind '${called}', and so is another package of this file`);
    else kinds.set(called, kind);
  }
  return { kinds, problems };
}

/** As bridge-config.schema.json has it, which tells of other names: none of them is looked for. */
const PACKAGE_NAME = /^(@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*$/;

function namedIn(root: unknown): NamedPackage[] {
  return listAt(root, 'adapters').flatMap((item, index) => {
    const at = pointerOf('adapters', index);
    const name = typeof item === 'string' ? item : textAt(item, 'package');
    if (name === undefined || !PACKAGE_NAME.test(name)) return [];
    const pointer = typeof item === 'string' ? at : `${at}/package`;
    return [{ name, isolated: member(item, 'isolated') !== false, pointer }];
  });
}

/** @throws an Error with what is wrong, in words that follow the package's name */
async function load({ name, isolated }: NamedPackage, baseDir: string): Promise<PackagedKind> {
  const entry = entryOf(name, baseDir);
  const key = `${isolated} ${entry}`;
  const loading = loaded.get(key) ?? (isolated ? loadApart(entry) : loadHere(entry));
  loaded.set(key, loading);
  // What could not be loaded may be mended meanwhile.
  loading.catch(() => loaded.delete(key));
  return loading;
}

/** Its code in a thread, its connections each in a process: a fault in it costs itself only. */
async function loadApart(entry: string): Promise<PackagedKind> {
  const [{ AdapterThread, elsewhere }, { isolate }, { validatorsOf }] = await Promise.all([
    import('../devices/drivers/adapter-thread.js'),
    import('../devices/drivers/isolated-adapter.js'),
    import('./adapter-validators.js'),
  ]);
  const thread = await AdapterThread.start(entry);
  const { kind, schema, members } = thread.facts;
  const parts = validatorsOf(kind, schema);
  const answers: Adapter = {
    ...thread.answers(),
    connect: elsewhere,
    ...(members.includes('list') && { list: elsewhere }),
  };
  const adapter = isolate(answers, { module: entry });
  const connect: Adapter['connect'] = (config, io, signal) => {
    thread.log = io.log;
    return adapter.connect(config, io, signal);
  };
  return { adapter: { ...adapter, connect }, parts, entry };
}

async function loadHere(entry: string): Promise<PackagedKind> {
  const { adapter: loadAdapter, kind, schema } = await definitionAt(entry);
  const adapter = await loadAdapter().catch(notLoaded);
  const { validatorsOf } = await import('./adapter-validators.js');
  const parts = validatorsOf(kind, schema instanceof URL ? JSON.parse(readFileSync(schema, 'utf8')) : schema);
  if (!adapter.native) return { adapter, parts, entry };
  const { isolate } = await import('../devices/drivers/isolated-adapter.js');
  return { adapter: isolate(adapter, { module: entry }), parts, entry };
}

/** @throws an Error with what is wrong, in words that follow the package's name */
export async function definitionAt(entry: string): Promise<AdapterDefinition> {
  const exported: { default?: unknown } = await import(pathToFileURL(entry).href).catch(notLoaded);
  const fault = problemOfDefinition(exported.default);
  if (fault !== undefined) throw new Error(fault);
  return exported.default as AdapterDefinition;
}

function notLoaded(cause: unknown): never {
  throw new Error(`does not load: ${wordsOf(cause)}`, { cause });
}

/**
 * The entry of a package as Node finds it from the folder of the bridge file, of whichever kind of module it is.
 * @throws an Error with what is wrong, in words that follow the package's name
 */
function entryOf(name: string, baseDir: string): string {
  for (let folder = baseDir; ; folder = dirname(folder)) {
    const home = join(folder, 'node_modules', name);
    if (existsSync(join(home, 'package.json'))) return entryIn(home);
    if (folder === dirname(folder)) break;
  }
  throw new Error(`is not installed: there is none in ${join(baseDir, 'node_modules')}, nor above it`);
}

function entryIn(home: string): string {
  const { exports, main } = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8'));
  const entry = join(home, conditional(exports?.['.'] ?? exports) ?? main ?? 'index.js');
  if (!existsSync(entry)) throw new Error(`is not whole: it has no ${entry}`);
  return entry;
}

/** What of conditional exports Node takes for an import. */
function conditional(exported: unknown): string | undefined {
  if (typeof exported === 'string') return exported;
  if (typeof exported !== 'object' || exported === null) return undefined;
  for (const [condition, target] of Object.entries(exported)) {
    if (!['import', 'node', 'module-sync', 'default'].includes(condition)) continue;
    const found = conditional(target);
    if (found !== undefined) return found;
  }
  return undefined;
}
