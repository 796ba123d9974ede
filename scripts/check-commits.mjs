/**
 * Whether the commits since this check came have subjects as CONTRIBUTING.md asks: `fix(qlab): what is other now`, in at most 72
 * characters, so that `git log --oneline` can be read. Merges are not asked.
 */
import { spawnSync } from 'node:child_process';

const LENGTH_MAX = 72;
const FORM = /^(feat|fix|refactor|perf|test|docs|build|ci|chore|revert)(\([a-z0-9-]+(, [a-z0-9-]+)*\))?: \S.*[^.\s]$/u;

function git(...args) {
  const { status, stdout, stderr } = spawnSync('git', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`git ${args.join(' ')}: ${stderr.trim()}`);
  return stdout.split('\n').filter(Boolean);
}

/** Older ones stay as they are. */
const [began] = git('log', '--diff-filter=A', '--format=%H', '--', 'scripts/check-commits.mjs').slice(-1);
const commits = began ? git('log', '--no-merges', '--format=%h %s', `${began}..HEAD`) : [];
const wrong = commits.flatMap((line) => {
  const subject = line.slice(line.indexOf(' ') + 1);
  const { length } = [...subject];
  if (length > LENGTH_MAX) return [`${line}\n  has ${length} characters, ${LENGTH_MAX} is the most`];
  return FORM.test(subject)
    ? []
    : [`${line}\n  is not as in: fix(qlab): a late reply no longer answers the next request`];
});
if (wrong.length > 0) console.error(wrong.join('\n'));
console.log(`${commits.length} commit subjects looked at, ${wrong.length} wrong`);
process.exitCode = wrong.length > 0 ? 1 : 0;
