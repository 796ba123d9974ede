/** Reads what `node --test` prints as TAP, line by line, and says at the end whether it may be believed. */

/** Our own last line: the exit code of `node --test`. It is what a guest that died does not write. */
const ENDED = /^@@ ended (\d+)$/;

/** The guest's first word: how much slower than a usual machine it is, from what its start took. */
const PATIENCE = /^@@ patience (\d+) after [\d.]+ s$/;
/** Until that word. */
const START_SECONDS = 600;
/** The limit of one file of tests, times the patience, as in init.sh. */
const FILE_SECONDS = 100;
const MARGIN_SECONDS = 60;

/** Lines about a failed test, at most. */
const WORDS_MAX = 24;

export class Tap {
  /**
   * @param onTest  called for each test of the top level: `{ name, ok, seconds, words }`
   * @param onNote  called with what a test printed or noted
   */
  constructor(onTest, onNote) {
    this.onTest = onTest;
    this.onNote = onNote;
    this.passed = 0;
    this.failed = 0;
    this.plan = undefined;
    this.code = undefined;
    this.last = undefined;
    this.text = '';
    /** A guest that says nothing for so long is ended: it would have failed by itself before. */
    this.silenceSeconds = START_SECONDS;
    /** What was heard last, in words. */
    this.lastWord = 'its start';
  }

  push(text) {
    const lines = (this.text + text).split('\n');
    this.text = lines.pop() ?? '';
    for (const line of lines) this.#take(line.replace(/\r$/, ''));
  }

  #take(line) {
    const test = /^(not )?ok \d+ - (.*?)( # (SKIP|TODO).*)?$/.exec(line);
    if (test) {
      this.#tell();
      this.lastWord = `"${test[2]}"`;
      // A test that did not run proves nothing.
      this.last = { name: test[2] + (test[3] ?? ''), ok: !test[1] && !test[3], seconds: 0, words: [] };
      if (this.last.ok) this.passed += 1;
      else this.failed += 1;
      return;
    }
    const note = /^# (?!Subtest: |(?:tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) [\d.]+$)(.*)$/.exec(
      line,
    );
    if (note) this.onNote(note[1]);
    const patience = PATIENCE.exec(line);
    if (patience) {
      this.silenceSeconds = Number(patience[1]) * FILE_SECONDS + MARGIN_SECONDS;
      this.lastWord = 'its word that the tests begin';
      this.onNote(line.slice(3));
    }
    const plan = /^1\.\.(\d+)$/.exec(line);
    if (plan) this.plan = Number(plan[1]);
    const ended = ENDED.exec(line);
    if (ended) this.code = Number(ended[1]);
    const took = /^ {2}duration_ms: ([\d.]+)/.exec(line);
    if (took && this.last) this.last.seconds = Number(took[1]) / 1000;
    else if (/^ {2,}/.test(line) && this.last && this.last.words.length < WORDS_MAX) this.last.words.push(line);
    if (/^ {2}\.\.\.$/.test(line) || note || plan || ended) this.#tell();
  }

  #tell() {
    if (this.last) this.onTest(this.last);
    this.last = undefined;
  }

  /** @returns why the run as a whole cannot be believed, or undefined */
  problem() {
    const seen = this.passed + this.failed;
    if (this.code === undefined) return `the guest ended before its tests did, after ${seen} of them`;
    if (this.plan === undefined) return 'the results have no plan line';
    if (this.plan !== seen) return `${this.plan} tests were planned, ${seen} reported`;
    if (seen === 0) return 'no test ran';
    if ((this.code === 0) !== (this.failed === 0)) return `node --test ended with ${this.code}, ${this.failed} failed`;
    return undefined;
  }
}
