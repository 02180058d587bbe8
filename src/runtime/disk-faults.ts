import { DiskError } from './disk.ts';

export type DiskCall = 'open' | 'read' | 'write' | 'truncate' | 'sync' | 'rename' | 'remove' | 'list';

/** A failure to come. */
export interface DiskFault {
  readonly call: DiskCall;
  /** The call that fails, counted from now and from 1; the next one if left out. */
  readonly nth?: number;
  /** How many calls fail from then on; 1 if left out. */
  readonly times?: number;
  /** What the system would say: EIO, ENOSPC, EMFILE ... */
  readonly code: string;
  /** Counts only calls whose path contains this. */
  readonly path?: string;
  /** For writes: bytes that are written before the call fails. */
  readonly writtenBytes?: number;
  /** Told of each call that fails. */
  readonly raised?: (path: string) => void;
}

/** The failures that a test has planned for a disk. */
export class DiskFaults {
  #planned: { readonly fault: DiskFault; seen: number }[] = [];
  #isSuspended = false;

  plan(fault: DiskFault): void {
    this.#planned.push({ fault, seen: 0 });
  }

  clear(): void {
    this.#planned = [];
  }

  /** Calls within `work` neither fail nor count. */
  without(work: () => void): void {
    this.#isSuspended = true;
    try {
      work();
    } finally {
      this.#isSuspended = false;
    }
  }

  /** Counts a call. When it is to fail, calls `before` with the fault, then throws. */
  check(call: DiskCall, path: string, before?: (fault: DiskFault) => void): void {
    if (this.#planned.length === 0 || this.#isSuspended) return;
    for (const each of this.#planned) {
      const { fault } = each;
      if (fault.call !== call || !path.includes(fault.path ?? '')) continue;
      each.seen++;
      const nth = fault.nth ?? 1;
      if (each.seen < nth || each.seen >= nth + (fault.times ?? 1)) continue;
      before?.(fault);
      fault.raised?.(path);
      throw new DiskError(fault.code, path, `${fault.code}: planned failure of ${call}, ${path}`);
    }
  }
}
