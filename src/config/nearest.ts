/**
 * How many slips turn one name into the other: a letter wrong, missing, too many, or two neighbours exchanged. Case
 * counts as half a slip, so that `cueadvanced` is very near to `CueAdvanced`.
 * @see Damerau 1964; the "optimal string alignment" form, in which no place is edited twice.
 */
export function slips(a: string, b: string): number {
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const cost = costOf(a.charAt(i - 1), b.charAt(j - 1));
      let best = Math.min(at(previous, j) + 1, at(row, j - 1) + 1, at(previous, j - 1) + cost);
      if (i > 1 && j > 1 && a.charAt(i - 1) === b.charAt(j - 2) && a.charAt(i - 2) === b.charAt(j - 1)) {
        best = Math.min(best, at(before, j - 2) + 1);
      }
      row.push(best);
    }
    before = previous;
    previous = row;
  }
  return at(previous, b.length);
}

const at = (row: readonly number[], index: number): number => row[index] ?? Number.POSITIVE_INFINITY;
const costOf = (a: string, b: string): number => (a === b ? 0 : a.toLowerCase() === b.toLowerCase() ? 0.5 : 1);

/** Longer names are not compared: nobody mistypes 80 letters, and the work grows with the square. */
const NAME_CHARS_MAX = 80;
/** More names are not looked through. */
const NAMES_MAX = 5000;

/** @returns the one of `names` that was most likely meant by `name`; undefined when none is near. */
export function nearest(name: string, names: Iterable<string>): string | undefined {
  if (name.length === 0 || name.length > NAME_CHARS_MAX) return undefined;
  const far = Math.max(1, Math.min(3, Math.floor(name.length / 3)));
  let best: { name: string; slips: number } | undefined;
  let looked = 0;
  for (const candidate of names) {
    looked += 1;
    if (looked > NAMES_MAX) break;
    if (candidate === name || Math.abs(candidate.length - name.length) > 3) continue;
    const distance = slips(name, candidate);
    const caseOnly = candidate.toLowerCase() === name.toLowerCase();
    if ((distance <= far || caseOnly) && distance < (best?.slips ?? Number.POSITIVE_INFINITY)) {
      best = { name: candidate, slips: distance };
    }
  }
  return best?.name;
}

/** `, did you mean 'address'?`, or nothing when no name is near. */
export function didYouMean(name: string, names: Iterable<string>): string {
  const meant = nearest(name, names);
  return meant === undefined ? '' : `, did you mean '${meant}'?`;
}
