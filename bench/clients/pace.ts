import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';

/** When records fall due: the first `start`, on the clock of `process.hrtime`, and so many a second. */
interface Schedule {
  readonly startNs: bigint;
  readonly count: number;
  readonly perSecond: number;
}

const NANOS_PER_SECOND = 1_000_000_000n;
const NANOS_PER_MILLI = 1_000_000;

/**
 * Calls `due` once for each index below `count`, at its time or right after, from a thread that sleeps in between: timers of Node
 * are exact to a millisecond, and a loop that spins takes a processor from the broker.
 * @returns when all have been called.
 */
export async function onSchedule(count: number, perSecond: number, due: (index: number) => void): Promise<void> {
  const schedule: Schedule = { startNs: process.hrtime.bigint(), count, perSecond };
  const thread = new Worker(new URL(import.meta.url), { workerData: schedule });
  await new Promise<void>((done, fail) => {
    thread.on('message', due);
    thread.once('error', fail);
    thread.once('exit', () => done());
  });
}

function keepTime({ startNs, count, perSecond }: Schedule): void {
  const never = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  for (let index = 0; index < count; index++) {
    const dueNs = startNs + (BigInt(index) * NANOS_PER_SECOND) / BigInt(perSecond);
    const leftMs = Number(dueNs - process.hrtime.bigint()) / NANOS_PER_MILLI;
    if (leftMs > 0) Atomics.wait(never, 0, 0, leftMs);
    parentPort?.postMessage(index); // oxlint-disable-line unicorn/require-post-message-target-origin -- not a window
  }
}

if (!isMainThread) keepTime(workerData as Schedule);
