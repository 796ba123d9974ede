/**
 * The shortest decimal that 32 bits hold as this value: 1.1 travels as 1.100000023841858, and a cue of that number is no
 * cue's. What is no number, or whole, stays as it is.
 * @param value  one that came from 32 bits (IEEE 754 binary32)
 */
export function shortestDecimal(value: number): number {
  if (Number.isInteger(value) || !Number.isFinite(value)) return value;
  // Six digits always survive 32 bits, nine always tell one value from the next.
  for (let digits = 6; digits < 9; digits += 1) {
    const rounded = Number(value.toPrecision(digits));
    if (Math.fround(rounded) === value) return rounded;
  }
  return Number(value.toPrecision(9));
}
