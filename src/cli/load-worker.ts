/** The thread of load-apart.ts: reads and checks one bridge file, tells what came of it, and ends. */
import { parentPort, workerData } from 'node:worker_threads';
import { loadChecked } from '../app/registry.js';

parentPort?.postMessage(await loadChecked(String(workerData)));
