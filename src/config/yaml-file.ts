import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  type Scalar,
} from 'yaml';
import { pointerOf, stepsOf } from '../kit/pointer.js';
import { resolveEnvironment } from './environment.js';
import { type ConfigCode, type FileKind, type Finding, type Problem, problem, wrong } from './problems.js';
import { syntaxWords } from './syntax-words.js';

/** A larger file is not read, in bytes. */
export const FILE_BYTES_MAX = 4 * 1024 * 1024;
/** How deep maps and lists may stand in each other. */
const DEPTH_MAX = 64;
/** How many values aliases may add: a few lines of aliases to aliases can stand for billions. */
const ALIASED_VALUES_MAX = 20_000;
/** How many lines, commas, colons and brackets a file may hold: the parser needs some microseconds and a kilobyte for each. */
const PIECES_MAX = 500_000;
/** Of one file, no more faults of its syntax are told: after the first few the rest are echoes. */
const SYNTAX_PROBLEMS_MAX = 50;

export interface Place {
  line: number;
  column: number;
}

/** A YAML text as plain values, which still knows where each of them stands. */
export interface YamlFile {
  readonly kind: FileKind;
  /** As it is shown. */
  readonly path: string;
  /** undefined when the text is empty. After a fault of the syntax it is what could be read. */
  readonly value: unknown;
  /** Whether the syntax is sound, so that `value` is what was written. */
  readonly sound: boolean;
  /** Faults of the syntax. */
  readonly problems: readonly Problem[];
  /** Faults of single values: variables that are not set. */
  readonly valueProblems: readonly Finding[];
  /** Where a value, or the name before it, stands; of what is not there, where the nearest thing around it stands. */
  place(pointer: string, on?: 'key' | 'value'): Place;
  /** Whether it is written in the file, as against a default. */
  has(pointer: string): boolean;
  /** A scalar as it is written, with its quotes; undefined for what is none. */
  source(pointer: string): string | undefined;
  /** Whether the environment had a part in the value: it is then never told. */
  fromEnvironment(pointer: string): boolean;
}

type Env = Readonly<Record<string, string | undefined>>;

/**
 * Reads YAML 1.2 (core schema), one document, without tags. Never throws.
 * @param env  where `${NAME}` is looked up; left out: the text stands as it is.
 */
export function readYaml(kind: FileKind, path: string, text: string, env?: Env): YamlFile {
  const lines = new LineCounter();
  const problems: Problem[] = [];
  const placeAt = (offset: number): Place => {
    const { line, col } = lines.linePos(Math.min(offset, text.length));
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const tell = (offset: number, message: string) =>
    void problems.push(problem(path, placeAt(offset), 'CONFIG_SYNTAX', message));
  const valueProblems: Finding[] = [];
  const tellValue = (code: ConfigCode, pointer: string, message: string, on: 'key' | 'value' = 'value') =>
    void valueProblems.push(wrong(pointer, code, message, { file: kind, on }));

  let doc: Document.Parsed | undefined;
  try {
    if (piecesIn(text) > PIECES_MAX) tell(0, `more than ${PIECES_MAX} lines, commas, colons and brackets`);
    else
      doc = parseDocument(text, {
        version: '1.2',
        schema: 'core',
        strict: true,
        uniqueKeys: true,
        stringKeys: true,
        prettyErrors: false,
        logLevel: 'error',
        lineCounter: lines,
      });
  } catch (cause) {
    // A fault of the parser itself on text that no technician writes; its message may quote the file.
    tell(0, cause instanceof RangeError ? 'nested too deeply' : 'this is no YAML that can be read');
  }
  const root = doc?.contents ?? undefined;
  if (doc) {
    tellSyntax(doc, text, placeAt, tell);
    const { yaml } = doc.directives;
    if (yaml.explicit && yaml.version !== '1.2') tell(0, 'write %YAML 1.2, or leave the line out');
  }
  const plain = new PlainValues(tell, tellValue, env);
  const value = root && problems.length < SYNTAX_PROBLEMS_MAX ? plain.of(root, '', 0) : undefined;
  const find = (pointer: string) => plain.find(root, pointer);

  return {
    kind,
    path,
    value,
    problems,
    valueProblems,
    sound: problems.length === 0,
    place(pointer, on = 'value') {
      const { node, key, found } = find(pointer);
      const empty = isScalar(node) && node.value === null && !node.source;
      const finger = found && key && (on === 'key' || empty) ? key : (node ?? key);
      return placeAt(finger?.range?.[0] ?? 0);
    },
    has: (pointer) => find(pointer).found,
    source(pointer) {
      const { node, found } = find(pointer);
      if (!found || !isScalar(node) || !node.range) return undefined;
      const written = text.slice(node.range[0], node.range[1]);
      return written === '' ? undefined : written;
    },
    fromEnvironment: (pointer) => plain.fromEnvironment.has(pointer),
  };
}

const PIECES: ReadonlySet<string> = new Set([',', '\n', '[', '{', ':']);
function piecesIn(text: string): number {
  let count = 0;
  for (const character of text) if (PIECES.has(character)) count += 1;
  return count;
}

/** What the parser says of lines that are sound once an earlier one is mended. */
const ECHOES: ReadonlySet<string> = new Set(['UNEXPECTED_TOKEN', 'BAD_INDENT', 'MISSING_CHAR', 'IMPOSSIBLE']);

/** The first fault of each line, without those that most likely only follow from an earlier one. */
function tellSyntax(
  doc: Document.Parsed,
  text: string,
  placeAt: (offset: number) => Place,
  tell: (offset: number, message: string) => void,
): void {
  const told = new Set<number>();
  for (const error of [...doc.errors, ...doc.warnings]) {
    const [offset] = error.pos;
    const { line } = placeAt(offset);
    if (told.has(line) || (told.size > 0 && ECHOES.has(error.code))) continue;
    if (told.size >= SYNTAX_PROBLEMS_MAX) return;
    told.add(line);
    const unquoted = text.charAt(offset) === '{' && text.charAt(offset - 1) === '$';
    tell(offset, unquoted ? 'put "${NAME}" in quotes inside of { } and [ ]' : syntaxWords(error));
  }
}

interface Found {
  node: Node | undefined;
  key: Scalar | undefined;
  /** Whether the whole pointer was there; otherwise the rest is what stands around it. */
  found: boolean;
}

/** Turns nodes into plain values, resolving aliases and the environment within their limits. */
class PlainValues {
  readonly fromEnvironment = new Set<string>();
  readonly #tell: (offset: number, message: string) => void;
  readonly #tellValue: (code: ConfigCode, pointer: string, message: string, on?: 'key') => void;
  readonly #env: Env | undefined;
  readonly #anchors = new Map<string, Node>();
  readonly #targets = new Map<Alias, Node>();
  readonly #open = new Set<Node>();
  #aliased = 0;
  #inAlias = 0;

  constructor(
    tell: (offset: number, message: string) => void,
    tellValue: (code: ConfigCode, pointer: string, message: string, on?: 'key') => void,
    env: Env | undefined,
  ) {
    this.#tell = tell;
    this.#tellValue = tellValue;
    this.#env = env;
  }

  of(node: Node, pointer: string, depth: number): unknown {
    if (this.#inAlias > 0) this.#aliased += 1;
    if (isAlias(node)) return this.#alias(node, pointer, depth);
    if (this.#inAlias === 0 && 'anchor' in node && node.anchor) this.#anchors.set(node.anchor, node);
    if (isScalar(node)) return this.#scalar(node, pointer);
    if (depth >= DEPTH_MAX) return this.#bad(node, `nested too deeply: at most ${DEPTH_MAX}`);
    this.#open.add(node);
    try {
      if (isSeq(node)) {
        return node.items.map((item, index) => this.of(item as Node, pointer + pointerOf(index), depth + 1));
      }
      if (isMap(node)) return this.#map(node.items as Pair<Scalar, Node | null>[], pointer, depth);
      return undefined;
    } finally {
      this.#open.delete(node);
    }
  }

  #map(items: readonly Pair<Scalar, Node | null>[], pointer: string, depth: number): Record<string, unknown> {
    const out: Record<string, unknown> = {};
    for (const { key, value } of items) {
      const name = nameOf(key);
      if (name === undefined) continue;
      if (name === '__proto__') {
        this.#tellValue('CONFIG_UNKNOWN_KEY', `${pointer}/__proto__`, "unknown property '__proto__'", 'key');
      } else out[name] = value ? this.of(value, pointer + pointerOf(name), depth + 1) : null;
    }
    return out;
  }

  #scalar(node: Scalar, pointer: string): unknown {
    const { value } = node;
    if (typeof value === 'number' && !Number.isFinite(value)) return this.#bad(node, 'no number that can be used here');
    if (typeof value === 'bigint') return Number(value);
    if (value === null || typeof value === 'number' || typeof value === 'boolean') return value;
    if (typeof value !== 'string') return this.#bad(node, 'tags (!name) have no meaning here; remove it');
    if (!this.#env) return value;
    const { text, names, missing, malformed } = resolveEnvironment(value, this.#env);
    for (const name of missing) this.#tellValue('CONFIG_ENV_MISSING', pointer, `the environment has no ${name}`);
    if (malformed) {
      this.#tellValue(
        'CONFIG_INVALID',
        pointer,
        'this ${ begins no variable: write ${NAME} or ${NAME:-default}, or $${ for ${',
      );
    }
    if (names.length > 0) this.fromEnvironment.add(pointer);
    return text;
  }

  #alias(node: Alias, pointer: string, depth: number): unknown {
    const target = this.#targets.get(node) ?? this.#anchors.get(node.source);
    if (!target) {
      return this.#bad(
        node,
        'a * at the start of text means an alias, and no & of this name stands before it; put text in quotes',
      );
    }
    this.#targets.set(node, target);
    if (this.#open.has(target)) return this.#bad(node, 'this alias stands inside of what it stands for');
    if (this.#aliased > ALIASED_VALUES_MAX) return undefined;
    this.#inAlias += 1;
    const value = this.of(target, pointer, depth);
    this.#inAlias -= 1;
    if (this.#aliased > ALIASED_VALUES_MAX && this.#inAlias === 0) {
      return this.#bad(node, `aliases stand for more than ${ALIASED_VALUES_MAX} values`);
    }
    return value;
  }

  #bad(node: Node, message: string): undefined {
    this.#tell(node.range?.[0] ?? 0, message);
    return undefined;
  }

  find(root: Node | undefined, pointer: string): Found {
    let here: Found = { node: this.#through(root), key: undefined, found: true };
    for (const step of stepsOf(pointer)) {
      const next = this.#step(here.node, step);
      if (!next) return { ...here, found: false };
      here = next;
    }
    return here;
  }

  #step(node: Node | undefined, step: string): Found | undefined {
    if (isSeq(node)) {
      const item = node.items[Number(step)] as Node | undefined;
      return item && { node: this.#through(item), key: undefined, found: true };
    }
    if (!isMap(node)) return undefined;
    const pair = (node.items as Pair<Scalar, Node | null>[]).find(({ key }) => nameOf(key) === step);
    return pair && { node: this.#through(pair.value ?? undefined), key: pair.key, found: true };
  }

  #through(node: Node | undefined): Node | undefined {
    return isAlias(node) ? this.#targets.get(node) : node;
  }
}

/** The text of a name; a name that is a number, such as 12:, is text all the same. */
function nameOf(key: unknown): string | undefined {
  if (!isScalar(key)) return undefined;
  return typeof key.value === 'string' ? key.value : undefined;
}
