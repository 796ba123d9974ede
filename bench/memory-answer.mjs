/** Answers each line on stdin by what this process holds after a full collection, in bytes. Needs `--expose-gc`. */
export function answerMemory() {
  process.stdin.on('data', async () => {
    // What is closed is let go of in later turns.
    for (let i = 0; i < 3; i++) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      globalThis.gc?.();
    }
    const { heapUsed, external } = process.memoryUsage();
    console.log(JSON.stringify({ bytes: heapUsed + external }));
  });
  process.stdin.unref?.();
}
