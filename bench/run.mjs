/**
 * `npm run bench`: what the bridge costs, against references of its own that run in the same minutes on the same
 * machine. Prints a table and writes bench/results.json. Quote the ratios and medians of one run.
 */
import { writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { goToWire } from './go-to-wire.mjs';
import { isolationRows } from './isolation.mjs';
import { journalRows } from './journal.mjs';

const rows = [...(await goToWire()), ...(await isolationRows()), ...(await journalRows())];
const shown = (value) => (value >= 1000 ? Math.round(value).toLocaleString('en') : value.toFixed(value < 10 ? 2 : 1));
const width = Math.max(...rows.map(({ what }) => what.length));
console.log(`\n${'what'.padEnd(width)}  value`);
for (const { what, value, unit, goal, met } of rows) {
  const verdict = goal ? `  goal ${goal}  ${met ? 'met' : 'NOT MET'}` : '';
  console.log(`${what.padEnd(width)}  ${shown(value).padStart(9)} ${unit}${verdict}`);
}
const results = {
  at: new Date().toISOString(),
  node: process.version,
  cpu: cpus()[0]?.model,
  cores: cpus().length,
  rows,
};
await writeFile(fileURLToPath(new URL('results.json', import.meta.url)), `${JSON.stringify(results, null, 2)}\n`);
