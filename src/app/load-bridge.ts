import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { checkBridge } from '../check/bridge.js';
import { checkShow, indexShow } from '../check/show.js';
import { lintSound } from '../check/sound.js';
import { type Finding, inOrder, type Problem, placed, problem, shownPath } from '../config/problems.js';
import { type AdapterParts, validatePart } from '../config/validate.js';
import { FILE_BYTES_MAX, readYaml, type YamlFile } from '../config/yaml-file.js';
import { validateBridgeConfig, validateShowFile } from '../generated/files.js';
import type { BridgeConfig, ShowFile } from '../generated/types.js';
import { isMap, listAt, member, pointerOf, textAt, valueAt } from '../kit/pointer.js';
import { type ResolveDevice, resolveDevices } from './resolve-devices.js';

/** A bridge file and its show file, checked against each other. All paths are absolute. */
export interface CheckedBridge {
  path: string;
  /** The folder of the bridge file: paths in it are seen from here. */
  baseDir: string;
  /** Defaults and environment are filled in. */
  config: BridgeConfig;
  showFile: ShowFile;
  showPath: string;
  journalPath: string;
  /** SHA-256, in hex, of the show as canonical JSON: the same for every spelling of the same show. */
  fingerprint: string;
}

export type LoadResult = { ok: true; bridge: CheckedBridge; warnings: Problem[] } | { ok: false; problems: Problem[] };

export interface LoadOptions {
  env: Readonly<Record<string, string | undefined>>;
  /** What there is of the adapters that the bridge file names. Never rejects. */
  adapters: (root: unknown, baseDir: string) => Promise<KnownAdapters>;
  /** Reads what a device names, such as a profile. Left out: nothing is read. */
  resolveDevice?: ResolveDevice;
  /** What only the mapping knows. It sees only rules that are sound, and a show without cues when the show file is not. */
  lint?: (config: BridgeConfig, showFile: ShowFile) => readonly Finding[];
  /** Paths are shown from here; left out: the process's working folder. */
  cwd?: string;
}

/** The adapters that a bridge file may name. */
export interface KnownAdapters {
  /** The names that `adapter:` may take. */
  kinds: readonly string[];
  /** By such a name, of those that the file does name. */
  parts: Readonly<Record<string, AdapterParts>>;
  /** What is wrong with the packages of adapters that the file names. */
  problems: readonly Finding[];
}

/**
 * Reads a bridge file and the show file that it names and checks all there is to check without the devices.
 * @param path  of the bridge file.
 * @returns the checked files and what is doubtful in them, or every problem at once, by file and line. Never throws.
 */
export async function loadBridge(path: string, options: LoadOptions): Promise<LoadResult> {
  const { env, cwd = process.cwd() } = options;
  const fullPath = resolve(cwd, path);
  const baseDir = dirname(fullPath);
  const bridge = await readFileAt('bridge', fullPath, cwd, env);
  const root = bridge.value;
  const found: Finding[] = [...bridge.valueProblems];
  const adapters = await options.adapters(bridge.sound ? root : undefined, baseDir);
  if (bridge.sound) found.push(...validateBridge(bridge, adapters.parts), ...adapters.problems);
  if (bridge.sound && options.resolveDevice) {
    found.push(...(await resolveDevices(options.resolveDevice, root, baseDir, found)));
  }

  const showName = textAt(member(root, 'show'), 'file');
  const showPath = resolve(baseDir, showName ?? '');
  const show = showName === undefined || showName === '' ? undefined : await readFileAt('show', showPath, cwd);
  if (show?.sound) found.push(...show.valueProblems, ...validatePart(show, show.value, '', validateShowFile));
  const index = show?.sound ? indexShow(show.value) : undefined;
  if (show && index) found.push(...checkShow(show.value, index, (pointer) => show.place(pointer)));
  if (bridge.sound) {
    const isShowSound = !found.some(({ file, severity }) => file === 'show' && severity === 'error');
    const known = isShowSound ? index : undefined;
    found.push(...checkBridge(root, adapters.kinds, known, (pointer) => bridge.place(pointer)));
    if (options.lint) found.push(...lintSound(options.lint, root, show?.sound ? show.value : undefined, found));
  }
  const inFiles = found.map((one) => placed(one.file === 'show' && show ? show : bridge, one));
  const problems = [...bridge.problems, ...(show ? atMention(show, bridge) : []), ...inFiles];

  const ordered = inOrder(problems, [bridge.path, show?.path ?? '']);
  if (!show || ordered.some(({ severity }) => severity === 'error')) return { ok: false, problems: ordered };
  const config = root as BridgeConfig;
  const showFile = show.value as ShowFile;
  return {
    ok: true,
    bridge: {
      path: fullPath,
      baseDir,
      config,
      showFile,
      showPath,
      journalPath: resolve(baseDir, config.journal.path),
      fingerprint: createHash('sha256').update(canonicalJson(showFile)).digest('hex'),
    },
    warnings: ordered,
  };
}

/** The bridge's own schema, then each device, when and send by its adapter's. Fills the defaults of all of them in. */
function validateBridge(file: YamlFile, adapters: KnownAdapters['parts']): Finding[] {
  const root = file.value;
  const problems = validatePart(file, root, '', validateBridgeConfig);
  const devices = member(root, 'devices');
  const adapterOf = (device: string | undefined): AdapterParts | undefined => {
    const kind = device === undefined ? undefined : textAt(member(devices, device), 'adapter');
    return kind !== undefined && Object.hasOwn(adapters, kind) ? adapters[kind] : undefined;
  };
  for (const name of isMap(devices) ? Object.keys(devices) : []) {
    const parts = adapterOf(name);
    if (parts) problems.push(...validatePart(file, root, pointerOf('devices', name), parts.device));
  }
  const holdsPlaceholder = (pointer: string) => {
    const value = valueAt(root, pointer);
    return typeof value === 'string' && PLACEHOLDER.test(value);
  };
  listAt(root, 'inputs').forEach((rule, index) => {
    const parts = adapterOf(textAt(member(rule, 'when'), 'device'));
    if (parts) problems.push(...validatePart(file, root, pointerOf('inputs', index, 'when'), parts.when));
  });
  listAt(root, 'outputs').forEach((rule, index) => {
    const parts = adapterOf(textAt(member(rule, 'send'), 'device'));
    const at = pointerOf('outputs', index, 'send');
    if (parts) problems.push(...validatePart(file, root, at, parts.send, holdsPlaceholder));
  });
  return problems;
}

/** A $ that begins a placeholder of src/mapping, not the second of $$: its value is known only once a cue is. */
const PLACEHOLDER = /(?:^|[^$])(?:\$\$)*\$[A-Za-z]/;

/** A show file that cannot be read at all is a problem of the line that names it. */
function atMention(show: YamlFile, bridge: YamlFile): Problem[] {
  return show.problems.map((found) => {
    if (found.code !== 'CONFIG_UNREADABLE') return found;
    const { line, column } = bridge.place('/show/file');
    return { ...found, file: bridge.path, line, column };
  });
}

async function readFileAt(
  kind: 'bridge' | 'show',
  path: string,
  cwd: string,
  env?: LoadOptions['env'],
): Promise<YamlFile> {
  const shown = shownPath(path, cwd);
  const read = await readText(path);
  if (read.ok) {
    const file = readYaml(kind, shown, read.text, env);
    if (file.value !== undefined || !file.sound) return file;
    return { ...file, sound: false, problems: [...file.problems, atTop('CONFIG_INVALID', 'the file is empty')] };
  }
  const none = readYaml(kind, shown, '', env);
  return {
    ...none,
    sound: false,
    problems: [atTop(read.code, read.code === 'CONFIG_UNREADABLE' ? `${shown}: ${read.why}` : read.why)],
  };

  function atTop(code: 'CONFIG_INVALID' | 'CONFIG_SYNTAX' | 'CONFIG_UNREADABLE', message: string): Problem {
    return problem(shown, { line: 1, column: 1 }, code, message);
  }
}

type ReadResult = { ok: true; text: string } | { ok: false; code: 'CONFIG_UNREADABLE' | 'CONFIG_SYNTAX'; why: string };

async function readText(path: string): Promise<ReadResult> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(path, 'r');
    if (!(await handle.stat()).isFile()) return { ok: false, code: 'CONFIG_UNREADABLE', why: 'this is no file' };
    // One byte more than allowed tells a file that is too large, even one that grows meanwhile.
    const buffer = Buffer.alloc(FILE_BYTES_MAX + 1);
    let length = 0;
    for (;;) {
      const { bytesRead } = await handle.read(buffer, length, buffer.length - length);
      length += bytesRead;
      if (bytesRead === 0 || length > FILE_BYTES_MAX) break;
    }
    if (length > FILE_BYTES_MAX) {
      return { ok: false, code: 'CONFIG_UNREADABLE', why: `larger than ${FILE_BYTES_MAX / 1024 / 1024} MiB` };
    }
    return { ok: true, text: new TextDecoder('utf-8', { fatal: true }).decode(buffer.subarray(0, length)) };
  } catch (cause) {
    if (cause instanceof TypeError)
      return { ok: false, code: 'CONFIG_SYNTAX', why: 'the file is no UTF-8 text; save it as UTF-8' };
    return { ok: false, code: 'CONFIG_UNREADABLE', why: reasonOf(cause) };
  } finally {
    await handle?.close().catch(() => undefined);
  }
}

function reasonOf(cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  if (code === 'ENOENT') return 'there is no such file';
  if (code === 'EACCES' || code === 'EPERM') return 'this user may not read it';
  return `cannot be read (${code || String(cause)})`;
}

/** JSON with the members of every map in the order of their names. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    isMap(inner) ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1))) : inner,
  );
}
