import { spawn } from 'node:child_process';
import { writeSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const NANOS_PER_SECOND = 1_000_000_000n;
const NANOS_PER_MILLI = 1_000_000;
const STDOUT = 1;
const PROGRAM = fileURLToPath(import.meta.url);

/**
 * Calls `due` once for each index below `count`, at its time or right after. A process of its own that sleeps in between says
 * when: timers of Node are exact to a millisecond, and a loop that spins takes a processor from the broker.
 * @returns when all have been called.
 */
export async function onSchedule(count: number, perSecond: number, due: (index: number) => void): Promise<void> {
  const numbers = [process.hrtime.bigint(), count, perSecond].map(String);
  const child = spawn(process.execPath, [PROGRAM, ...numbers], { stdio: ['ignore', 'pipe', 'inherit'] });
  let index = 0;
  child.stdout.on('data', (ticks: Buffer) => {
    for (let tick = 0; tick < ticks.length; tick++) due(index++);
  });
  await new Promise((done) => {
    child.stdout.once('end', done);
  });
  if (index < count) throw new Error(`only ${index} of ${count} records fell due`);
}

/** Writes a byte each time something falls due. */
function keepTime(startNs: bigint, count: number, perSecond: bigint): void {
  const never = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  for (let index = 0; index < count; index++) {
    const dueNs = startNs + (BigInt(index) * NANOS_PER_SECOND) / perSecond;
    const leftMs = Number(dueNs - process.hrtime.bigint()) / NANOS_PER_MILLI;
    if (leftMs > 0) Atomics.wait(never, 0, 0, leftMs);
    writeSync(STDOUT, '.');
  }
}

if (process.argv[1] === PROGRAM) {
  const [start = '0', count = '0', perSecond = '1'] = process.argv.slice(2);
  keepTime(BigInt(start), Number(count), BigInt(perSecond));
}
