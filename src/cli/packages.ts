import { loadChecked } from '../app/registry.js';
import { formatProblem } from '../config/problems.js';

/**
 * Makes the kinds known whose packages a bridge file names, and tells why one is not; all else that is wrong with the file is
 * no matter here. @returns whether all of them are known
 */
export async function takePackagesIn(file: string): Promise<boolean> {
  const result = await loadChecked(file);
  const faults = (result.ok ? [] : result.problems).filter(
    ({ code }) => code === 'CONFIG_ADAPTER' || code === 'CONFIG_UNREADABLE' || code === 'CONFIG_SYNTAX',
  );
  for (const fault of faults) process.stderr.write(`${formatProblem(fault, {})}\n`);
  return faults.length === 0;
}
