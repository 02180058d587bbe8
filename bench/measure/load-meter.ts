import { cpuSeconds, memory } from './process-stats.ts';

const SAMPLE_MS = 100;
const BYTES_PER_MB = 1e6;

export interface Load {
  readonly cpuSeconds: number;
  /** Highest resident memory seen while it ran, 10^6 bytes. */
  readonly residentMaxMb: number;
  readonly residentEndMb: number;
}

/** Watches what a process uses while something runs: processor time exactly, memory ten times a second. */
export class LoadMeter {
  readonly #pid: number;
  readonly #cpuAtStart: number;
  readonly #timer: NodeJS.Timeout;
  #maxBytes: number;

  constructor(pid: number) {
    this.#pid = pid;
    this.#cpuAtStart = cpuSeconds(pid);
    this.#maxBytes = memory(pid).residentBytes;
    this.#timer = setInterval(() => this.#sample(), SAMPLE_MS);
  }

  stop(): Load {
    this.cancel();
    const used = cpuSeconds(this.#pid) - this.#cpuAtStart;
    const end = this.#sample();
    return { cpuSeconds: used, residentMaxMb: this.#maxBytes / BYTES_PER_MB, residentEndMb: end / BYTES_PER_MB };
  }

  /** Ends the watching; without effect after `stop`. */
  cancel(): void {
    clearInterval(this.#timer);
  }

  #sample(): number {
    const { residentBytes } = memory(this.#pid);
    this.#maxBytes = Math.max(this.#maxBytes, residentBytes);
    return residentBytes;
  }
}

/** Runs a task and tells what the process used meanwhile. */
export async function metered<T>(pid: number, task: () => Promise<T>): Promise<{ result: T; load: Load }> {
  const meter = new LoadMeter(pid);
  try {
    const result = await task();
    return { result, load: meter.stop() };
  } finally {
    meter.cancel();
  }
}
