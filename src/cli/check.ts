import { loadChecked } from '../app/registry.js';
import { formatProblem } from '../config/problems.js';
import { isColourful } from '../kit/colours.js';
import { EXIT } from './exit.js';

/** Tells every problem of a bridge file and its show file. Exit code 1 when it could not run as it is. */
export async function check(file: string, options: { json?: boolean }): Promise<void> {
  const result = await loadChecked(file);
  const problems = result.ok ? result.warnings : result.problems;
  if (options.json) {
    process.stdout.write(`${JSON.stringify({ ok: result.ok, problems })}\n`);
  } else {
    for (const problem of problems) process.stdout.write(`${formatProblem(problem, { colour: isColourful() })}\n`);
    if (result.ok) {
      const { config, showFile } = result.bridge;
      const cues = showFile.acts.flatMap((act) => act.segments.flatMap((segment) => segment.cues)).length;
      const { devices, inputs, outputs } = config;
      const counts = [
        counted(cues, 'cue'),
        counted(Object.keys(devices).length, 'device'),
        counted(inputs.length, 'input'),
        counted(outputs.length, 'output'),
      ].join(', ');
      process.stdout.write(`${file}: good. ${showFile.title}: ${counts}${warned(problems.length)}\n`);
    } else {
      const errors = problems.filter(({ severity }) => severity === 'error').length;
      process.stdout.write(`${file}: ${counted(errors, 'problem')}; the bridge would not start\n`);
    }
  }
  process.exitCode = result.ok ? EXIT.done : EXIT.refused;
}

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;
const warned = (count: number): string => (count === 0 ? '' : `, ${counted(count, 'warning')}`);
