import type { Clock, Timer, Timers } from '../runtime/clock.ts';
import type { LeaseId } from './metadata-store.ts';

/** Leases held at once; one broker holds one. */
export const LEASES_MAX = 10_000;

interface Lease {
  readonly ttlMs: number;
  deadlineMs: number;
  timer: Timer;
}

/** The leases that this process granted, on its own monotonic clock. */
export class LeaseTable {
  readonly #clock: Clock;
  readonly #timers: Timers;
  readonly #expired: (lease: LeaseId) => void;
  readonly #leases = new Map<LeaseId, Lease>();
  #granted = 0;

  constructor(clock: Clock, timers: Timers, expired: (lease: LeaseId) => void) {
    this.#clock = clock;
    this.#timers = timers;
    this.#expired = expired;
  }

  has(id: LeaseId): boolean {
    return this.#leases.has(id);
  }

  /** Throws RangeError beyond {@link LEASES_MAX}. */
  grant(ttlMs: number): LeaseId {
    if (this.#leases.size >= LEASES_MAX) throw new RangeError(`more than ${LEASES_MAX} leases`);
    this.#granted++;
    const id = String(this.#granted);
    const deadlineMs = this.#clock.monotonicMs() + ttlMs;
    this.#leases.set(id, { ttlMs, deadlineMs, timer: this.#timers.set(ttlMs, () => this.#due(id)) });
    return id;
  }

  /** False when the lease is gone. */
  renew(id: LeaseId): boolean {
    const lease = this.#leases.get(id);
    if (lease === undefined) return false;
    lease.deadlineMs = this.#clock.monotonicMs() + lease.ttlMs;
    return true;
  }

  /** Ends a lease without a word; false when it is gone already. */
  drop(id: LeaseId): boolean {
    this.#leases.get(id)?.timer.cancel();
    return this.#leases.delete(id);
  }

  clear(): void {
    for (const { timer } of this.#leases.values()) timer.cancel();
    this.#leases.clear();
  }

  /**
   * A process that stood still for longer than a lease finds the renewal and the end of it due together: the renewal
   * gets its turn first, for its owner is alive.
   */
  #due(id: LeaseId): void {
    this.#timers.soon(() => {
      const lease = this.#leases.get(id);
      if (lease === undefined) return;
      const leftMs = lease.deadlineMs - this.#clock.monotonicMs();
      if (leftMs > 0) {
        lease.timer = this.#timers.set(leftMs, () => this.#due(id));
        return;
      }
      this.#leases.delete(id);
      this.#expired(id);
    });
  }
}
