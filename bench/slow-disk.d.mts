import type { Disk } from '../src/journal/disk.js';
import type { Clock } from '../src/kit/clock.js';

export declare function slowDisk(disk: Disk, delayMs: number, clock: Clock): Disk;
