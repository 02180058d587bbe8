/**
 * What a history can show to be wrong.
 * - `lost`: acknowledged (and committed), but a reader of everything never got it
 * - `duplicate`: one send at two offsets, or one input with two outputs
 * - `reordered`: a producer's records of one partition not in the order they were sent, a key in two partitions, or a reader
 *   that was taken back without a new assignment
 * - `diverged`: two values at one offset
 * - `dirty-read`: read_committed returned a record whose commit nobody had asked for
 * - `aborted-read`: read_committed returned a record of an aborted transaction
 * - `torn`: a transaction with a part of its records, or with its records or its offsets alone
 * - `offset-regression`: a committed offset moved back, or is gone, without a reset
 * - `two-owners`: one partition given to two members in one epoch
 * - `stale-commit`: a commit went through after its partition had another owner of a later epoch
 * - `stuck`: a transaction without an end, or a last stable offset that does not move
 * - `unsent`: a reader got what nobody sent
 */
export type FindingKind =
  | 'lost'
  | 'duplicate'
  | 'reordered'
  | 'diverged'
  | 'dirty-read'
  | 'aborted-read'
  | 'torn'
  | 'offset-regression'
  | 'two-owners'
  | 'stale-commit'
  | 'stuck'
  | 'unsent';

export interface Finding {
  readonly kind: FindingKind;
  readonly what: string;
  /** Positions in the history (from 0) of the events that show it. */
  readonly events: readonly number[];
}

const OF_KIND_MAX = 50;

/** Gathers findings: the first 50 of each kind are kept, the others only counted. */
export class Findings {
  readonly list: Finding[] = [];
  readonly #counts = new Map<FindingKind, number>();

  /** Negative positions stand for events that never came and are left out. */
  add(kind: FindingKind, what: string, ...events: number[]): void {
    const count = (this.#counts.get(kind) ?? 0) + 1;
    this.#counts.set(kind, count);
    if (count > OF_KIND_MAX) return;
    this.list.push({ kind, what, events: events.filter((event) => event >= 0) });
  }

  /** How many of each kind there were, kept or not. */
  get counts(): ReadonlyMap<FindingKind, number> {
    return this.#counts;
  }
}
