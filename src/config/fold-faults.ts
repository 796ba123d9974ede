import type { ValidationFault } from '../generated/messages.js';
import { isMap } from '../kit/pointer.js';

/** A fault as a technician would tell it: of the ways something may be written, the one that was meant. */
export interface FoldedFault extends ValidationFault {
  /** The members whose values ask for this, such as `mode: down`. */
  because?: string;
}

/**
 * Ajv tells every fault of every branch of if/then, oneOf and anyOf; this leaves what a person would say.
 * @param waived  whether the value at a pointer cannot be judged yet, as it holds a placeholder.
 */
export function foldFaults(
  faults: readonly ValidationFault[],
  waived: (pointer: string) => boolean = () => false,
): FoldedFault[] {
  const conditions = faults.filter(({ keyword }) => keyword === 'if');
  let left = faults
    .filter(({ keyword, propertyName }) => keyword !== 'if' && propertyName === undefined)
    .map((fault) => withReason(fault, conditions));
  // Ajv tells the branches before the union itself, inner unions before outer ones.
  for (const union of left.filter(({ keyword }) => keyword === 'oneOf' || keyword === 'anyOf')) {
    left = foldUnion(union, left, waived);
  }
  return withoutEchoes(left.filter((fault) => !isWaived(fault, waived)));
}

const isWaived = ({ instancePath, keyword }: ValidationFault, waived: (pointer: string) => boolean): boolean =>
  keyword !== 'additionalProperties' && keyword !== 'required' && waived(instancePath);

/** `then` and `else` faults with the constants of their `if`. */
function withReason(fault: ValidationFault, conditions: readonly ValidationFault[]): FoldedFault {
  const condition = conditions.find(
    ({ schemaPath, instancePath, params }) =>
      fault.instancePath.startsWith(instancePath) &&
      fault.schemaPath.startsWith(`${schemaPath.slice(0, -'if'.length)}${String(params.failingKeyword)}/`),
  );
  if (condition?.params.failingKeyword !== 'then') return fault;
  const test = condition.parentSchema?.if;
  const properties = isMap(test) && isMap(test.properties) ? Object.entries(test.properties) : [];
  const because = properties
    .flatMap(([name, schema]) => (isMap(schema) && 'const' in schema ? [`${name}: ${String(schema.const)}`] : []))
    .join(', ');
  return because === '' ? fault : { ...fault, because };
}

/** Leaves of a union's faults those of the branch that was most likely meant. */
function foldUnion(union: FoldedFault, all: FoldedFault[], waived: (pointer: string) => boolean): FoldedFault[] {
  const several = Array.isArray(union.params.passingSchemas);
  const branches = branchesOf(union, all);
  const ofBranches = new Set(branches.flat());
  const without = all.filter((fault) => !ofBranches.has(fault));
  if (several || branches.length === 0) return without;
  const judged = branches.map((branch) => branch.filter((fault) => !isWaived(fault, waived)));
  const put = (faults: FoldedFault[]) => without.flatMap((fault) => (fault === union ? faults : [fault]));
  // A branch whose only faults are placeholders may well be right.
  if (judged.some((branch) => branch.length === 0)) return put([]);
  const here = (fault: FoldedFault) => fault.instancePath === union.instancePath;

  if (judged.every((branch) => branch.every((fault) => here(fault) && fault.keyword === 'required'))) {
    const names = [...new Set(judged.flat().map(({ params }) => String(params.missingProperty)))];
    return put([{ ...union, keyword: 'oneOfRequired', params: { names } }]);
  }
  if (judged.every((branch) => branch.every((fault) => here(fault) && isScalarFault(fault)))) {
    return put([scalarUnion(union, judged.flat())]);
  }
  const strangers = unknownToAll(judged, union.instancePath);
  if (strangers.length > 0) return put(strangers);
  const best = judged.map((branch) => ({ branch, score: scoreOf(branch, union.instancePath) }));
  best.sort((a, b) => a.score - b.score);
  const [chosen] = best;
  const others = best.slice(1).flatMap(({ branch }) => branch);
  return put((chosen?.branch ?? []).map((fault) => asAlien(fault, others)));
}

const isScalarFault = ({ keyword }: FoldedFault): boolean =>
  keyword === 'type' || keyword === 'const' || keyword === 'enum';

/** One value or another: true or text, a number or a list. An unquoted number where text may stand lacks its quotes. */
function scalarUnion(union: FoldedFault, faults: readonly FoldedFault[]): FoldedFault {
  const unquoted = faults.find(({ keyword, params }) => keyword === 'type' && params.type === 'string');
  if (unquoted && typeof union.data === 'number') return unquoted;
  const types = faults.flatMap(({ params }) => params.type ?? []);
  const values = faults.flatMap(({ params }) => params.allowedValues ?? params.allowedValue ?? []);
  return { ...union, keyword: 'alternatives', params: { types, values } };
}

/** The union's faults by branch. A branch that is a $ref has that reference's schema path. */
function branchesOf(union: FoldedFault, all: readonly FoldedFault[]): FoldedFault[][] {
  const schemas = Array.isArray(union.schema) ? union.schema : [];
  const end = all.indexOf(union);
  return schemas.flatMap((schema: unknown, index) => {
    const own = `${union.schemaPath}/${index}/`;
    const ref = isMap(schema) && typeof schema.$ref === 'string' ? `${schema.$ref}/` : undefined;
    const faults = all.slice(0, end).filter(({ instancePath, schemaPath }) => {
      const inside = instancePath === union.instancePath || instancePath.startsWith(`${union.instancePath}/`);
      return inside && (schemaPath.startsWith(own) || (ref !== undefined && schemaPath.startsWith(ref)));
    });
    return faults.length === 0 ? [] : [faults];
  });
}

/** Members that no branch knows, each once, with the names that any branch knows. */
function unknownToAll(branches: readonly FoldedFault[][], at: string): FoldedFault[] {
  const strange = (branch: FoldedFault[]) =>
    branch.filter(({ keyword, instancePath }) => keyword === 'additionalProperties' && instancePath === at);
  const properties = Object.assign({}, ...branches.flat().map(({ parentSchema }) => parentSchema?.properties ?? {}));
  const [first = [], ...rest] = branches;
  return strange(first)
    .filter(({ params }) =>
      rest.every((branch) =>
        strange(branch).some((other) => other.params.additionalProperty === params.additionalProperty),
      ),
    )
    .map((fault) => ({ ...fault, parentSchema: { properties } }));
}

/** A member of another branch is not unknown: it is one too many. */
function asAlien(fault: FoldedFault, others: readonly FoldedFault[]): FoldedFault {
  const { additionalProperty: name } = fault.params;
  const required = fault.parentSchema?.required;
  if (fault.keyword !== 'additionalProperties' || typeof name !== 'string' || !Array.isArray(required)) return fault;
  const theirs = others.flatMap(({ parentSchema }) => parentSchema?.required ?? []);
  const own = required.filter((one) => others.some(({ params }) => params.additionalProperty === one));
  return theirs.includes(name) && own.length > 0 ? { ...fault, keyword: 'alien', params: { name, own } } : fault;
}

const WEIGHTS: Readonly<Record<string, number>> = {
  type: 30,
  const: 20,
  enum: 20,
  additionalProperties: 4,
  required: 2,
};

/** How unlikely it is that this branch was meant: a member that says which branch it is weighs most. */
const scoreOf = (branch: readonly FoldedFault[], at: string): number =>
  branch.reduce((sum, { keyword, instancePath }) => {
    const weight = WEIGHTS[keyword] ?? 1;
    return sum + (keyword === 'type' && instancePath !== at ? 1 : weight);
  }, 0);

/** One fault for each place and thing said; nothing about a value whose very type is wrong. */
function withoutEchoes(faults: readonly FoldedFault[]): FoldedFault[] {
  const seen = new Set<string>();
  const placesOf = (word: string) =>
    new Set(faults.filter(({ keyword }) => keyword === word).map(({ instancePath }) => instancePath));
  const mistyped = placesOf('type');
  const strange = placesOf('additionalProperties');
  return faults.filter(({ instancePath, keyword, params }) => {
    if (keyword !== 'type' && mistyped.has(instancePath)) return false;
    if (keyword.endsWith('Properties') && keyword !== 'additionalProperties' && strange.has(instancePath)) return false;
    const key = JSON.stringify([instancePath, keyword, params]);
    return seen.has(key) ? false : seen.add(key);
  });
}
