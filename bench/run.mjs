/**
 * `npm run bench`: what the bridge costs, against references of its own that run in the same minutes on the same
 * machine. Prints a table and writes bench/results.json. Quote the ratios and medians of one run.
 */
import { writeFile } from 'node:fs/promises';
import { cpus, loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { crowdsRows } from './crowds.mjs';
import { goToWire } from './go-to-wire.mjs';
import { isolationRows } from './isolation.mjs';
import { journalRows } from './journal.mjs';
import { pressToPortRows } from './press-to-port.mjs';
import { sequencerRows } from './sequencer.mjs';

/** Programs that were running, on the mean of the minute before: how much else the machine had to do. */
const loadBefore = loadavg()[0];
const rows = [];
for (const part of [goToWire, pressToPortRows, isolationRows, crowdsRows, sequencerRows, journalRows]) {
  rows.push(...(await part()));
}
const shown = (value) => (value >= 1000 ? Math.round(value).toLocaleString('en') : value.toFixed(value < 10 ? 2 : 1));
const width = Math.max(...rows.map(({ what }) => what.length));
console.log(`\n${'what'.padEnd(width)}  value`);
for (const { what, value, unit, goal, met } of rows) {
  const verdict = goal ? `  goal ${goal}  ${met ? 'met' : 'NOT MET'}` : '';
  console.log(`${what.padEnd(width)}  ${shown(value).padStart(9)} ${unit}${verdict}`);
}
console.log(`\nload of the machine before: ${loadBefore.toFixed(2)} on ${cpus().length} cores`);
const results = {
  at: new Date().toISOString(),
  node: process.version,
  cpu: cpus()[0]?.model,
  cores: cpus().length,
  loadBefore,
  rows,
};
await writeFile(fileURLToPath(new URL('results.json', import.meta.url)), `${JSON.stringify(results, null, 2)}\n`);
