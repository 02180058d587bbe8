import { cpuSeconds, memory } from './process-stats.ts';

const SAMPLE_MS = 100;
const BYTES_PER_MB = 1e6;

export interface Load {
  readonly cpuSeconds: number;
  /** Highest resident memory seen while it ran, 10^6 bytes. */
  readonly residentMaxMb: number;
  readonly residentEndMb: number;
}

/** Watches what processes use together while something runs: processor time exactly, memory ten times a second. */
export class LoadMeter {
  readonly #pids: readonly number[];
  readonly #cpuAtStart: number;
  readonly #timer: NodeJS.Timeout;
  #maxBytes: number;
  /** Why nothing more could be seen: a process that has ended, mostly. */
  #failure: unknown;

  constructor(pids: readonly number[]) {
    this.#pids = pids;
    this.#cpuAtStart = cpuSecondsOfAll(pids);
    this.#maxBytes = residentBytesOfAll(pids);
    this.#timer = setInterval(() => {
      try {
        this.#sample();
      } catch (error) {
        this.#failure = error;
        this.cancel();
      }
    }, SAMPLE_MS);
  }

  /** Throws when a process has ended meanwhile. */
  stop(): Load {
    this.cancel();
    if (this.#failure !== undefined) throw new Error('a watched process has ended', { cause: this.#failure });
    const used = cpuSecondsOfAll(this.#pids) - this.#cpuAtStart;
    const end = this.#sample();
    return { cpuSeconds: used, residentMaxMb: this.#maxBytes / BYTES_PER_MB, residentEndMb: end / BYTES_PER_MB };
  }

  /** Ends the watching; without effect after `stop`. */
  cancel(): void {
    clearInterval(this.#timer);
  }

  #sample(): number {
    const bytes = residentBytesOfAll(this.#pids);
    this.#maxBytes = Math.max(this.#maxBytes, bytes);
    return bytes;
  }
}

/** Runs a task and tells what the processes used meanwhile. */
export async function metered<T>(pids: readonly number[], task: () => Promise<T>): Promise<{ result: T; load: Load }> {
  const meter = new LoadMeter(pids);
  try {
    const result = await task();
    return { result, load: meter.stop() };
  } finally {
    meter.cancel();
  }
}

function cpuSecondsOfAll(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + cpuSeconds(pid), 0);
}

function residentBytesOfAll(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + memory(pid).residentBytes, 0);
}
