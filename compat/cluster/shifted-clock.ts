import { readFileSync } from 'node:fs';

/**
 * Loaded into a broker with `--import`: its wall clock goes by so many milliseconds as the file CLOCK_SHIFT says, read anew at
 * each SIGUSR2. Monotonic time stays as it is, as on a machine whose clock is set.
 */
const file = process.env['CLOCK_SHIFT'];
const realNow = Date.now;
let shiftMs = 0;
Date.now = () => realNow() + shiftMs;
process.on('SIGUSR2', () => {
  if (file !== undefined) shiftMs = Number(readFileSync(file, 'utf8'));
});
