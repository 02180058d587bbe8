import type { BrokerConfig } from '../config/broker-config.ts';
import type { BrokerImage, ClusterImage, PartitionImage, TopicImage } from '../metadata/cluster-image.ts';
import type { MetadataStore } from '../metadata/metadata-store.ts';
import { isReassigning, withReassignment } from '../metadata/partition-transition.ts';
import { parseRecord, type ConfigRecord } from '../metadata/records.ts';
import { storeKeys } from '../metadata/store-keys.ts';
import { putRecord } from './decision.ts';
import { INTERNAL_TOPICS, wantedMinIsr, wantedReplicas } from './internal-topics.ts';
import type { TopicRules } from './partition-repair.ts';
import type { PartitionUpdate } from './partition-writes.ts';
import { isCordoned } from './replica-placement.ts';

/** Partitions that get further replicas at a time. */
export const GROWING_MAX = 10;

/**
 * The brokers' own topics that were made while few brokers ran get the replicas that the settings ask for once there are
 * brokers for them, some partitions at a time. Kafka refuses to make such topics until enough brokers are there.
 */
export function decideInternalGrowth(
  image: ClusterImage,
  config: BrokerConfig,
  rulesOf: (topic: string) => TopicRules,
): PartitionUpdate[] {
  const topics = INTERNAL_TOPICS.flatMap((name) => image.topics.get(name) ?? []);
  const isAnyShort = topics.some(({ name, partitions }) =>
    partitions.some(({ replicas }) => replicas.length < wantedReplicas(name, config)),
  );
  if (!isAnyShort) return [];
  const brokers = image.liveBrokers().filter(({ id, shuttingDown }) => !shuttingDown && !isCordoned(image, id));
  const growing = topics.flatMap(({ partitions }) => partitions.filter(isReassigning)).length;
  const loads = new Loads(topics);
  const updates: PartitionUpdate[] = [];
  for (const { name, id, partitions } of topics) {
    const rules = { ...rulesOf(name), mayLead: (each: number) => brokers.some((broker) => broker.id === each) };
    for (const [index, seen] of partitions.entries()) {
      if (growing + updates.length >= GROWING_MAX) return updates;
      if (isReassigning(seen)) continue;
      const target = loads.grown(seen, brokers, wantedReplicas(name, config));
      const record = target && withReassignment(seen, target, rules);
      if (record !== undefined) updates.push({ topic: name, topicId: id, index, seen, record });
    }
  }
  return updates;
}

/** What brokers have of the internal topics. */
class Loads {
  readonly #replicas = new Map<number, number>();
  readonly #first = new Map<number, number>();

  constructor(topics: readonly TopicImage[]) {
    for (const { partitions } of topics) {
      for (const { replicas } of partitions) {
        for (const id of replicas) add(this.#replicas, id, 1);
        add(this.#first, replicas[0]!, 1);
      }
    }
  }

  /** The replicas of a partition and further ones, in other racks and where there are fewest; undefined when there are none. */
  grown({ replicas }: PartitionImage, brokers: readonly BrokerImage[], wanted: number): number[] | undefined {
    const target = [...replicas];
    while (target.length < wanted) {
      const racks = new Set(brokers.filter(({ id }) => target.includes(id)).map(({ rack }) => rack));
      const [best] = brokers
        .filter(({ id }) => !target.includes(id))
        .toSorted(
          (left, right) =>
            Number(racks.has(left.rack)) - Number(racks.has(right.rack)) ||
            count(this.#replicas, left.id) - count(this.#replicas, right.id),
        );
      if (best === undefined) break;
      target.push(best.id);
      add(this.#replicas, best.id, 1);
    }
    if (target.length === replicas.length) return undefined;
    // The first one leads: not all that one broker had alone is to be led by it.
    const first = target.reduce((least, id) => (count(this.#first, id) < count(this.#first, least) ? id : least));
    add(this.#first, replicas[0]!, -1);
    add(this.#first, first, 1);
    return [first, ...target.filter((id) => id !== first)];
  }
}

function count(counts: ReadonlyMap<number, number>, id: number): number {
  return counts.get(id) ?? 0;
}

function add(counts: Map<number, number>, id: number, change: number): void {
  counts.set(id, count(counts, id) + change);
}

/** An internal topic that by now has the replicas for the `min.insync.replicas` that the brokers' settings ask for. */
export interface MinIsrRaise {
  readonly topic: string;
  readonly minIsr: number;
}

export function decideMinIsrRaise(image: ClusterImage, config: BrokerConfig): MinIsrRaise | undefined {
  for (const topic of INTERNAL_TOPICS) {
    const partitions = image.topics.get(topic)?.partitions;
    const wanted = wantedMinIsr(topic, config);
    if (partitions === undefined || wanted === undefined) continue;
    const minIsr = Math.min(wanted, wantedReplicas(topic, config));
    const text = image.config({ type: 'topic', name: topic }).get('min.insync.replicas');
    if (text === undefined || Number(text) >= minIsr) continue;
    const isGrown = partitions.every(
      (each) => !isReassigning(each) && each.isr.length === each.replicas.length && each.isr.length >= minIsr,
    );
    if (isGrown && partitions.every(({ replicas }) => replicas.length >= wantedReplicas(topic, config))) {
      return { topic, minIsr };
    }
  }
  return undefined;
}

/** Writes it for a controller's epoch. Resolves with the revision to wait for. Rejects with StoreUnavailable. */
export async function raiseMinIsr(
  store: MetadataStore,
  { topic, minIsr }: MinIsrRaise,
  controllerEpoch: number,
): Promise<number> {
  const key = storeKeys.config({ type: 'topic', name: topic });
  const entry = await store.get(key);
  if (entry === undefined) return 0;
  const record = parseRecord(key, entry.value) as ConfigRecord;
  const { revision } = await store.txn({
    compares: [
      { key: storeKeys.controller, createRevision: controllerEpoch },
      { key, modRevision: entry.modRevision },
    ],
    onSuccess: [putRecord(key, { ...record, 'min.insync.replicas': String(minIsr) })],
  });
  return revision;
}
