/**
 * A thread beside a driver: an adapter that never lets go of its own thread would hear of nothing, also not that the bridge is
 * gone, and spin on for ever.
 */
import { systemClock } from '../../kit/clock.js';

const LOOK_EVERY_MS = 500;

const { pid, ppid } = process;
const clock = systemClock();
while (process.ppid === ppid) await clock.sleep(LOOK_EVERY_MS);
process.kill(pid, 'SIGKILL');
