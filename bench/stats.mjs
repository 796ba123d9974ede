/** The value below which a part `q` (0 to 1) of the values lies. */
export function quantile(values, q) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))];
}

export const median = (values) => quantile(values, 0.5);

/** A row of the table that has no goal. */
export const row = (what, value, unit = 'ms') => ({ what, value, unit });
/** A row that must not be above `most`, or not below `least`. */
export const atMost = (what, value, most, unit = '×') => ({ what, value, unit, goal: `≤ ${most}`, met: value <= most });
export const atLeast = (what, value, least, unit = '×') => ({
  what,
  value,
  unit,
  goal: `≥ ${least}`,
  met: value >= least,
});

export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
