import { readFileSync, readdirSync } from 'node:fs';

/** Linux counts processor time in hundredths of a second towards user space, on every architecture Node runs on. */
export const TICKS_PER_SECOND = 100;
const BYTES_PER_KIB = 1024;

/** Processor seconds a process has used so far, user and system, all threads. */
export function cpuSeconds(pid: number): number {
  return cpuSecondsOf(readFileSync(`/proc/${pid}/stat`, 'latin1'));
}

/** Reads the text of `/proc/PID/stat`; the program's name may hold spaces and brackets. */
export function cpuSecondsOf(stat: string, { withEndedChildren } = { withEndedChildren: false }): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = fields.slice(11, withEndedChildren ? 15 : 13).map(Number);
  return ticks.reduce((sum, each) => sum + each, 0) / TICKS_PER_SECOND;
}

/**
 * Processor seconds of the threads that a process has now, to the nanosecond: for turns too short for {@link cpuSeconds}.
 * Where the kernel does not count that finely, those.
 */
export function runSeconds(pid: number): number {
  const nanos = readdirSync(`/proc/${pid}/task`).reduce((sum, thread) => sum + runNanos(pid, thread), 0);
  return nanos === 0 ? cpuSeconds(pid) : nanos / 1e9;
}

function runNanos(pid: number, thread: string): number {
  try {
    return Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'latin1').split(' ', 1)[0]);
  } catch {
    // The thread has ended meanwhile, or nothing is counted.
    return 0;
  }
}

/** Resident memory now and at its highest since the start, in bytes. */
export function memory(pid: number): { readonly residentBytes: number; readonly peakBytes: number } {
  return memoryOf(readFileSync(`/proc/${pid}/status`, 'latin1'));
}

export function memoryOf(status: string): { readonly residentBytes: number; readonly peakBytes: number } {
  return { residentBytes: kib(status, 'VmRSS') * BYTES_PER_KIB, peakBytes: kib(status, 'VmHWM') * BYTES_PER_KIB };
}

function kib(status: string, name: string): number {
  const found = new RegExp(`^${name}:\\s*(\\d+) kB$`, 'm').exec(status);
  if (found === null) throw new Error(`no ${name} in the process status`);
  return Number(found[1]);
}
