import { readFileSync } from 'node:fs';
import { launched } from '../sides/side.ts';
import { cpuSecondsOf, cpuSeconds, TICKS_PER_SECOND } from './process-stats.ts';

/**
 * How many cores were busy with anything but the bench, its clients and its brokers: what tells a quiet machine from one
 * whose numbers mean little. Time that a hypervisor took away counts too.
 */
export class ForeignLoad {
  readonly #startedAt = performance.now();
  readonly #foreignAtStart = foreignSeconds();

  /** Average number of cores since the construction. */
  cores(): number {
    const seconds = (performance.now() - this.#startedAt) / 1000;
    return Math.max(0, (foreignSeconds() - this.#foreignAtStart) / seconds);
  }
}

function foreignSeconds(): number {
  const own = cpuSecondsOf(readFileSync('/proc/self/stat', 'latin1'), { withEndedChildren: true });
  let running = 0;
  for (const { pid, exitCode, signalCode } of launched) {
    if (pid !== undefined && exitCode === null && signalCode === null) running += cpuSeconds(pid);
  }
  return busySecondsOf(readFileSync('/proc/stat', 'latin1')) - own - running;
}

/** Busy time of all cores, from the text of `/proc/stat`: all but idle, waiting for disks, and guests (counted as user). */
export function busySecondsOf(stat: string): number {
  const [user, nice, system, , , irq, softirq, steal] = stat
    .slice(0, stat.indexOf('\n'))
    .trim()
    .split(/\s+/)
    .slice(1)
    .map(Number);
  return (user! + nice! + system! + irq! + softirq! + steal!) / TICKS_PER_SECOND;
}
