import { ZERO_UUID, type Uuid } from '../base/uuid.ts';
import { TXN_OPS_MAX, type MetadataStore, type StoreOp } from '../metadata/metadata-store.ts';
import type { MetadataView } from '../metadata/metadata-view.ts';
import type { PartitionRecord } from '../metadata/records.ts';
import { storeKeys } from '../metadata/store-keys.ts';
import { putRecord, type DecisionContext, type Mutation } from './decision.ts';
import { internalTopic, isInternalTopic } from './internal-topics.ts';
import { randomUuid } from './random-id.ts';

/** A partition that lies in a broker's directories. */
export interface FoundPartition {
  readonly topic: string;
  readonly partition: number;
  /** The zero id when it was lost. */
  readonly topicId: Uuid;
  /** -1 when the log knows none. */
  readonly latestLeaderEpoch: number;
  /** The largest id of its producers; -1 when it has none. */
  readonly largestProducerId: number;
}

/** Adopted topics keep everything: what they were set to is unknown, and retention would be the end of older records. */
const KEEP_ALL = { 'retention.ms': '-1' };

/**
 * The topics of a cluster whose metadata is new, from the partitions found on disk: a data directory of Apache Kafka, or
 * one whose metadata was lost. Topic ids and partition counts are those found, leaders begin a new epoch, and new
 * producers get ids that no log has seen.
 */
export function decideAdoption(
  context: DecisionContext,
  found: readonly FoundPartition[],
  brokerId: number,
): Mutation | undefined {
  if (found.length === 0) return undefined;
  const staged: StoreOp[] = [];
  const commit: StoreOp[] = [];
  for (const [name, partitions] of byTopic(found)) {
    const known = partitions.find(({ topicId }) => topicId !== ZERO_UUID);
    const id = known?.topicId ?? randomUuid(context.random);
    let count = 0;
    for (const { partition } of partitions) count = Math.max(count, partition + 1);
    for (let index = 0; index < count; index++) {
      const latest = partitions.find(({ partition }) => partition === index)?.latestLeaderEpoch ?? -1;
      staged.push(putRecord(storeKeys.partition(id, index), ledBy(brokerId, latest + 1)));
    }
    staged.push(putRecord(storeKeys.config({ type: 'topic', name }), settingsOf(context, name)));
    commit.push(putRecord(storeKeys.topic(name), { id, partitions: count }));
  }
  let next = 0;
  for (const { largestProducerId } of found) next = Math.max(next, largestProducerId + 1);
  if (next > 0) staged.push(putRecord(storeKeys.producerIds, { next }));
  return { staged, commit };
}

/**
 * Writes an adoption before the cluster has its id, so that one that a crash interrupts is made again. Rejects with
 * StoreUnavailable.
 */
export async function writeAdoption(store: MetadataStore, view: MetadataView, adoption: Mutation): Promise<void> {
  const ops = [...adoption.staged, ...adoption.commit];
  let last = 0;
  for (let start = 0; start < ops.length; start += TXN_OPS_MAX) {
    const compares = [{ key: storeKeys.meta, createRevision: 0 }];
    const { revision } = await store.txn({ compares, onSuccess: ops.slice(start, start + TXN_OPS_MAX) });
    last = revision;
  }
  await view.reached(last);
}

function byTopic(found: readonly FoundPartition[]): Map<string, FoundPartition[]> {
  const topics = new Map<string, FoundPartition[]>();
  for (const partition of found) {
    const others = topics.get(partition.topic);
    if (others === undefined) topics.set(partition.topic, [partition]);
    else others.push(partition);
  }
  return topics;
}

function settingsOf(context: DecisionContext, name: string): Readonly<Record<string, string>> {
  if (!isInternalTopic(name)) return KEEP_ALL;
  return Object.fromEntries(internalTopic(context, name).configs.map((config) => [config.name, config.value ?? '']));
}

function ledBy(brokerId: number, leaderEpoch: number): PartitionRecord {
  return {
    leader: brokerId,
    leaderEpoch,
    partitionEpoch: 0,
    replicas: [brokerId],
    isr: [brokerId],
    elr: [],
    lastKnownElr: [],
    adding: [],
    removing: [],
    recovering: false,
  };
}
