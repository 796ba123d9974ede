/** Profiles: files that tell what a device of some make understands and says, so that no code has to. */
import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ConfigCode, inOrder, type Problem, placed, wrong } from '../config/problems.js';
import { validatePart } from '../config/validate.js';
import { readYaml } from '../config/yaml-file.js';
import { BridgeError, toBridgeError, wordsOf } from '../kit/errors.js';
import { packageRoot } from '../kit/package.js';
import type { Fault } from '../kit/pointer.js';
import type { Validator } from '../kit/validator.js';
import type { DeviceProblem } from './adapter.js';

/** A larger file is no profile. */
const FILE_BYTES_MAX = 65_536;
/** How many mistakes of one file are told at once. */
const PROBLEMS_TOLD_MAX = 5;

/** The profiles of one kind of adapter: those that come with it lie in a folder, others anywhere. */
export class ProfileFolder<Profile> {
  readonly #path: string;
  readonly #validate: Validator;
  readonly #faultsOf: (profile: Profile) => readonly Fault[];

  /**
   * @param folder  its name in the bridge's config/; or, for a package of its own, where it is.
   * @param validate  generated from the profiles' schema. @param faultsOf  what the schema cannot say.
   */
  constructor(folder: string | URL, validate: Validator, faultsOf: (profile: Profile) => readonly Fault[]) {
    this.#path = folder instanceof URL ? fileURLToPath(folder) : join(packageRoot, 'config', folder);
    this.#validate = validate;
    this.#faultsOf = faultsOf;
  }

  /** Of those that come with the bridge, in order. */
  async names(): Promise<string[]> {
    const files = await readdir(this.#path);
    return files.flatMap((file) => (file.endsWith('.yaml') ? [file.slice(0, -'.yaml'.length)] : [])).sort();
  }

  /** What `profile:` of a device names, or what is wrong with it. @param baseDir  the folder of the bridge file. */
  async resolve(
    name: string,
    baseDir: string,
  ): Promise<{ ok: true; profile: Profile } | { ok: false; problem: DeviceProblem }> {
    try {
      return { ok: true, profile: await this.load(name, baseDir) };
    } catch (error) {
      const { code, message } = toBridgeError(error);
      const unknown = code === 'CONFIG_UNKNOWN_NAME' && { unknown: { name, among: await this.names() } };
      return { ok: false, problem: { pointer: '/profile', message, severity: 'error', ...unknown } };
    }
  }

  /**
   * A profile by its name, or by a path of one's own that ends in .yaml or .yml.
   * @param baseDir  from which such a path is seen; for the bridge's own it does not matter.
   * @throws CONFIG_UNKNOWN_NAME, CONFIG_UNREADABLE, CONFIG_SYNTAX, CONFIG_INVALID
   */
  async load(name: string, baseDir = '.'): Promise<Profile> {
    const isPath = /\.ya?ml$/.test(name);
    const unknown = (cause?: unknown) =>
      new BridgeError('CONFIG_UNKNOWN_NAME', `no profile is called '${name}'`, { cause });
    if (!isPath && !/^[a-z0-9][a-z0-9-]*$/.test(name)) throw unknown();
    let text: string;
    try {
      text = await readFile(isPath ? resolve(baseDir, name) : join(this.#path, `${name}.yaml`), 'utf8');
    } catch (cause) {
      const isMissing = Object(cause).code === 'ENOENT';
      if (isMissing && !isPath) throw unknown(cause);
      const why = isMissing ? 'there is no such file' : wordsOf(cause);
      throw new BridgeError('CONFIG_UNREADABLE', `the profile ${name} cannot be read: ${why}`, { cause });
    }
    return this.parse(text, name);
  }

  /** @throws CONFIG_SYNTAX, CONFIG_INVALID, naming what is wrong, each with its line and column */
  parse(text: string, name: string): Profile {
    if (text.length > FILE_BYTES_MAX) throw new BridgeError('CONFIG_INVALID', `profile ${name} is larger than 64 KiB`);
    const file = readYaml('profile', name, text);
    const told = (code: ConfigCode, problems: readonly Problem[]) => {
      const words = problems
        .slice(0, PROBLEMS_TOLD_MAX)
        .map(({ line, column, message }) => `${line}:${column} ${message}`);
      return new BridgeError(code, `profile ${name}: ${words.join('; ')}`);
    };
    if (!file.sound) throw told('CONFIG_SYNTAX', file.problems);
    const misfits = [...file.valueProblems, ...validatePart(file, file.value, '', this.#validate)];
    const profile = file.value as Profile;
    const found =
      misfits.length > 0
        ? misfits
        : this.#faultsOf(profile).map(({ pointer, message }) => wrong(pointer, 'CONFIG_INVALID', message));
    if (found.length === 0) return profile;
    const problems = found.map((one) => placed(file, one));
    throw told('CONFIG_INVALID', inOrder(problems, [name]));
  }
}
