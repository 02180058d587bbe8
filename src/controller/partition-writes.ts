import type { Uuid } from '../base/uuid.ts';
import type { ClusterImage, PartitionImage } from '../metadata/cluster-image.ts';
import {
  LeaseGone,
  StoreUnavailable,
  TXN_OPS_MAX,
  type Compare,
  type MetadataStore,
  type StoreOp,
} from '../metadata/metadata-store.ts';
import { NO_LEADER } from '../metadata/partition-transition.ts';
import { partitionRecord, type PartitionRecord } from '../metadata/records.ts';
import { storeKeys } from '../metadata/store-keys.ts';

/** Transactions under way at once. */
const IN_FLIGHT = 4;
/** Compares that a partition takes at most: its own record, and that its new leader is unfenced. */
const COMPARES_EACH = 2;

/** A new record for a partition, decided on the one that was seen. */
export interface PartitionUpdate {
  readonly topic: string;
  readonly topicId: Uuid;
  readonly index: number;
  readonly seen: PartitionImage;
  readonly record: PartitionRecord;
}

/** An update that is decided again when somebody else's change forestalled it. */
export interface PartitionChange extends PartitionUpdate {
  decide(seen: PartitionRecord): PartitionRecord | undefined;
}

export interface UpdatesWritten {
  /** Newest revision that an answer of the store told of; 0 without one. */
  readonly revision: number;
  readonly written: readonly PartitionUpdate[];
  /** Updates that somebody else's change forestalled. */
  readonly refused: readonly PartitionUpdate[];
  /** Why it ended early: another controller took over, or what has become of the rest is unknown. */
  readonly end: 'done' | 'deposed' | 'unavailable';
}

/**
 * Writes partition records for one controller epoch, many to a transaction and in their order. Each compares the record
 * that was seen, for leaders write too, and that a leader it names is still the unfenced broker that was meant. A batch
 * that is refused is halved until what is to blame stands alone.
 */
export class PartitionWrites {
  readonly #store: MetadataStore;
  readonly #image: () => ClusterImage;

  constructor(store: MetadataStore, image: () => ClusterImage) {
    this.#store = store;
    this.#image = image;
  }

  /** Never rejects for what a store can do. */
  async write(updates: readonly PartitionUpdate[], controllerEpoch: number): Promise<UpdatesWritten> {
    const run = new Run(this.#store, this.#image().brokers, controllerEpoch);
    await run.writeAll(updates);
    return run;
  }
}

class Run implements UpdatesWritten {
  readonly #store: MetadataStore;
  readonly #brokers: ClusterImage['brokers'];
  readonly #epoch: number;
  readonly written: PartitionUpdate[] = [];
  readonly refused: PartitionUpdate[] = [];
  revision = 0;
  end: UpdatesWritten['end'] = 'done';

  constructor(store: MetadataStore, brokers: ClusterImage['brokers'], epoch: number) {
    this.#store = store;
    this.#brokers = brokers;
    this.#epoch = epoch;
  }

  async writeAll(updates: readonly PartitionUpdate[]): Promise<void> {
    const size = Math.floor((TXN_OPS_MAX - 1) / COMPARES_EACH);
    let next = 0;
    const worker = async (): Promise<void> => {
      while (next < updates.length && this.end === 'done') {
        const batch = updates.slice(next, next + size);
        next += size;
        await this.#write(batch);
      }
    };
    await Promise.all(Array.from({ length: IN_FLIGHT }, worker));
  }

  async #write(batch: readonly PartitionUpdate[]): Promise<void> {
    try {
      const result = await this.#store.txn({
        compares: this.#compares(batch),
        onSuccess: batch.map(putPartition),
        onFailure: [{ type: 'get', key: storeKeys.controller }],
      });
      this.revision = Math.max(this.revision, result.revision);
      if (result.succeeded) {
        this.written.push(...batch);
      } else if (result.reads[0]?.createRevision !== this.#epoch) {
        this.end = 'deposed';
      } else if (batch.length === 1) {
        this.refused.push(batch[0]!);
      } else {
        const middle = batch.length >> 1;
        await this.#write(batch.slice(0, middle));
        if (this.end === 'done') await this.#write(batch.slice(middle));
      }
    } catch (error) {
      if (!(error instanceof StoreUnavailable) && !(error instanceof LeaseGone)) throw error;
      this.end = 'unavailable';
    }
  }

  #compares(batch: readonly PartitionUpdate[]): Compare[] {
    const compares: Compare[] = [{ key: storeKeys.controller, createRevision: this.#epoch }];
    const leaders = new Set<number>();
    for (const { topicId, index, seen, record } of batch) {
      compares.push({ key: storeKeys.partition(topicId, index), modRevision: seen.modRevision });
      if (record.leader !== NO_LEADER && record.leader !== seen.leader) leaders.add(record.leader);
    }
    for (const id of leaders) {
      // A broker that is fenced has no such key: revision 0 would stand for that.
      const createRevision = this.#brokers.get(id)?.liveRevision || -1;
      compares.push({ key: storeKeys.liveBroker(id), createRevision });
    }
    return compares;
  }
}

function putPartition({ topicId, index, record }: PartitionUpdate): StoreOp {
  return { type: 'put', key: storeKeys.partition(topicId, index), value: JSON.stringify(partitionRecord(record)) };
}
