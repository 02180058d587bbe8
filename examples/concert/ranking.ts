import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';

/** A seat was reserved (+1), or a reservation was taken back (-1). In `reservation-confirmed`, keyed by the schedule's id. */
export interface Reservation {
  readonly change: 1 | -1;
}

/** Where a reservation stands, and of which concert it is. */
export interface Placed {
  readonly key: string | null;
  readonly value: Reservation | null;
  readonly partition: number;
  readonly offset: number;
}

/**
 * How many seats each concert has sold. It knows up to which offset it counted, and both lie in one file that is replaced as a whole: a record that
 * comes twice is counted once.
 */
export class Ranking {
  readonly #file: string | undefined;
  readonly #seats: Record<string, number>;
  readonly #next: Record<number, number>;

  /** @param file keeps the ranking over restarts; in memory only when left out. */
  constructor(file?: string) {
    const saved = file !== undefined && existsSync(file) ? readFileSync(file, 'utf8') : '{"seats":{},"next":{}}';
    const { seats, next } = JSON.parse(saved) as { seats: Record<string, number>; next: Record<number, number> };
    this.#file = file;
    this.#seats = seats;
    this.#next = next;
  }

  count({ key, value, partition, offset }: Placed): void {
    if (key === null || value === null || offset < (this.#next[partition] ?? 0)) return;
    const seats = (this.#seats[key] ?? 0) + value.change;
    if (seats < 0) throw new Error(`${key} takes back a seat that nobody reserved: out of order`);
    this.#seats[key] = seats;
    this.#next[partition] = offset + 1;
    this.#save();
  }

  /** Concerts, the one with most seats sold first. */
  get list(): (readonly [string, number])[] {
    return Object.entries(this.#seats).toSorted(([a, seatsA], [b, seatsB]) => seatsB - seatsA || a.localeCompare(b));
  }

  #save(): void {
    if (this.#file === undefined) return;
    writeFileSync(`${this.#file}.new`, JSON.stringify({ seats: this.#seats, next: this.#next }));
    renameSync(`${this.#file}.new`, this.#file);
  }
}
