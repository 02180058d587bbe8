import { checkContents, kindOf } from '../../metadata/check-contents.ts';
import type { StoreEntry } from '../../metadata/metadata-store.ts';
import type { PartitionRecord, TopicRecord } from '../../metadata/records.ts';
import type { SimulatedStore } from '../../metadata/simulated-store.ts';
import type { Trace } from './trace.ts';

/** `min.insync.replicas` of all topics. */
export const MIN_IN_SYNC = 2;

const NOBODY: readonly number[] = [];

/** What must hold of the cluster's metadata after every change of it. */
export class StoreChecks {
  readonly #store: SimulatedStore;
  readonly #trace: Trace;
  readonly #fail: (what: string) => void;
  #revision = 0;
  #entries: ReadonlyMap<string, StoreEntry> = new Map();
  readonly #partitions = new Map<string, PartitionRecord>();
  readonly #topics = new Map<string, string>();
  readonly #ids = new Map<string, string>();
  readonly #candidates = new Map<string, readonly number[]>();
  /** The newest epoch of each partition, of deleted ones too. */
  readonly #epochs = new Map<string, number>();
  uncleanElections = 0;

  constructor(store: SimulatedStore, trace: Trace, fail: (what: string) => void) {
    this.#store = store;
    this.#trace = trace;
    this.#fail = fail;
  }

  /** Whether the broker is registered and let in. */
  isLive(id: number): boolean {
    return this.#entries.has(`live/${id}`);
  }

  /** Partition records by `<topic id>/<index>`. */
  get partitions(): ReadonlyMap<string, PartitionRecord> {
    return this.#partitions;
  }

  get topics(): ReadonlyMap<string, string> {
    return this.#ids;
  }

  topicOf(key: string): string | undefined {
    return this.#topics.get(key.slice(0, key.lastIndexOf('/')));
  }

  /** Who is let in and may be elected for a partition without loss. */
  candidates(key: string): readonly number[] {
    return this.#candidates.get(key) ?? NOBODY;
  }

  isCandidate(key: string, id: number): boolean {
    return this.candidates(key).includes(id);
  }

  /** Looks at the store; false when nothing has changed. */
  check(): boolean {
    if (this.#store.revision === this.#revision) return false;
    const { revision, entries } = this.#store.copy();
    const before = this.#entries;
    const now = new Map<string, StoreEntry>();
    for (const entry of entries) now.set(entry.key, entry);
    this.#entries = now;
    this.#revision = revision;
    for (const [key, entry] of now) if (before.get(key)?.modRevision !== entry.modRevision) this.#changed(entry);
    for (const key of before.keys()) if (!now.has(key)) this.#deleted(key);
    for (const fault of checkContents(entries)) this.#fail(`I17 ${fault}`);
    this.#candidates.clear();
    for (const [key, { isr, elr }] of this.#partitions) {
      const candidates = [...isr, ...elr].filter((id) => this.isLive(id));
      this.#candidates.set(key, candidates);
    }
    return true;
  }

  #changed({ key, value }: StoreEntry): void {
    const kind = kindOf(key);
    this.#trace.note('store', `${key} = ${value}`);
    if (kind === 't') {
      const { id } = JSON.parse(value) as TopicRecord;
      this.#topics.set(id, key.slice(2));
      this.#ids.set(key.slice(2), id);
    } else if (kind === 'p') {
      this.#partitionChanged(key.slice(2), JSON.parse(value) as PartitionRecord);
    }
  }

  #deleted(key: string): void {
    this.#trace.note('store', `${key} is gone`);
    const kind = kindOf(key);
    if (kind === 't') this.#ids.delete(key.slice(2));
    else if (kind === 'p') this.#partitions.delete(key.slice(2));
  }

  #partitionChanged(key: string, record: PartitionRecord): void {
    const before = this.#partitions.get(key);
    this.#partitions.set(key, record);
    const name = `${this.topicOf(key) ?? ''} ${key}`;
    const { leader, leaderEpoch, partitionEpoch, replicas, isr, recovering } = record;
    if (leaderEpoch < (this.#epochs.get(key) ?? 0))
      this.#fail(`I7 ${name}: leader epoch ${leaderEpoch} after ${this.#epochs.get(key)}`);
    this.#epochs.set(key, leaderEpoch);
    this.#checkSets(name, record);
    if (new Set(replicas).size < replicas.length) this.#fail(`I5 ${name}: replicas ${shown(replicas)}`);
    if (before === undefined) return;
    if (partitionEpoch <= before.partitionEpoch)
      this.#fail(`I7 ${name}: partition epoch ${partitionEpoch} after ${before.partitionEpoch}`);
    if (leader !== before.leader && leaderEpoch <= before.leaderEpoch)
      this.#fail(`I1 ${name}: leader ${leader} after ${before.leader}, both of epoch ${leaderEpoch}`);
    for (const id of isr)
      if (!before.isr.includes(id) && !this.isLive(id))
        this.#fail(`I6 ${name}: ${id} joins ${shown(before.isr)} while fenced`);
    if (recovering && !before.recovering) this.uncleanElections++;
  }

  /** Of the sets of replicas that may lead. */
  #checkSets(name: string, { leader, replicas, isr, elr }: PartitionRecord): void {
    const isKnown = (ids: readonly number[]): boolean => ids.every((id) => replicas.includes(id));
    if (!isKnown(isr) || !isKnown(elr))
      this.#fail(`I5 ${name}: in sync are ${shown(isr)}, eligible ${shown(elr)} of ${shown(replicas)}`);
    if (elr.some((id) => isr.includes(id)))
      this.#fail(`I5 ${name}: both in sync and eligible: ${shown(isr)} and ${shown(elr)}`);
    if (elr.length > 0 && isr.length >= Math.min(MIN_IN_SYNC, replicas.length))
      this.#fail(`I5 ${name}: ${shown(isr)} are in sync, and still ${shown(elr)} eligible`);
    if (leader >= 0 && !isr.includes(leader)) this.#fail(`I5 ${name}: leader ${leader} is not among ${shown(isr)}`);
  }
}

function shown(ids: readonly number[]): string {
  return `[${ids.join(', ')}]`;
}
