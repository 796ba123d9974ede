#!/usr/bin/env node
// Nothing but this before the signals are heard: a bridge is told to stop, or to load its file anew, while it starts.
import { hearSignals } from './signals.js';

if (process.argv[2] === 'run') hearSignals();
await import('./program.js');
