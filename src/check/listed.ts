/** How many things of one kind a message names before it counts the rest. */
const NAMED_MAX = 12;

/** `4`, `4 and 7`, `4, 7 and 9`, `1, 2, … and 30 more`. */
export function listed(names: readonly string[]): string {
  const shown = names.length > NAMED_MAX ? [...names.slice(0, NAMED_MAX), `${names.length - NAMED_MAX} more`] : names;
  return shown.length <= 1 ? shown.join('') : `${shown.slice(0, -1).join(', ')} and ${shown.at(-1)}`;
}
