import { E } from '../../protocol/errors.ts';
import type { BrokerConnection } from '../broker-connection.ts';
import { asKafkaError, brokerError, KafkaError } from '../client-error.ts';
import type { CoordinatorKind } from '../cluster.ts';
import { partitionName, type TopicPartition } from '../consumer/topic-partition.ts';
import type { AdminCalls, Items } from './admin-calls.ts';
import { partitionResults, type Outcome, type PartitionResults, type Results } from './results.ts';

type Attempt<Item, V> = (connection: BrokerConnection, items: Items<Item>) => Promise<Map<string, Outcome<V>>>;

/** Partitions by {@link partitionName}. */
export function partitionItems<T extends TopicPartition>(partitions: readonly T[]): Map<string, T> {
  return new Map(partitions.map((each) => [partitionName(each), each]));
}

/**
 * Asks the leader of each partition (Kafka's PartitionLeaderStrategy). A topic that is not there may be one whose creation is not
 * known everywhere yet: it is looked for until time is up.
 */
export async function atLeaders<T extends TopicPartition, V>(
  calls: AdminCalls,
  about: string,
  partitions: readonly T[],
  attempt: Attempt<T, V>,
): Promise<PartitionResults<V>> {
  const place = (open: Items<T>): Promise<Map<string, Outcome<BrokerConnection>>> => leaders(calls, about, open);
  const outcomes = await calls.eachPlaced(about, 'leader', partitionItems(partitions), { place, attempt });
  return partitionResults(partitions, outcomes);
}

async function leaders(
  { cluster }: AdminCalls,
  about: string,
  open: Items<TopicPartition>,
): Promise<Map<string, Outcome<BrokerConnection>>> {
  const view = await cluster.refresh([...new Set([...open.values()].map(({ topic }) => topic))]);
  const find = async ({ topic, partition }: TopicPartition): Promise<BrokerConnection> => {
    const refused = view.refusals.get(topic);
    const known = view.partition(topic, partition);
    const which = `${about} of ${topic}-${partition}`;
    if (known === undefined) throw brokerError(refused ?? E.UNKNOWN_TOPIC_OR_PARTITION, which);
    if (known.leaderId < 0) throw brokerError(E.LEADER_NOT_AVAILABLE, which);
    return cluster.broker(known.leaderId);
  };
  return placed(about, open, find);
}

/** Asks the coordinator of each key, once for all that have the same one (Kafka's CoordinatorStrategy). */
export function atCoordinators<V>(
  calls: AdminCalls,
  { kind, about }: { readonly kind: CoordinatorKind; readonly about: string },
  keys: readonly string[],
  attempt: (connection: BrokerConnection, keys: readonly string[]) => Promise<Map<string, Outcome<V>>>,
): Promise<Results<V>> {
  const tried = new Set<string>();
  return calls.eachPlaced(about, 'coordinator', new Map(keys.map((key) => [key, key])), {
    place: async (open) => {
      for (const key of open.keys()) {
        if (tried.has(key)) calls.cluster.forgetCoordinator(kind, key);
        tried.add(key);
      }
      return placed(about, open, (key) => calls.cluster.coordinator(kind, key, 'requests'));
    },
    attempt: (connection, items) => attempt(connection, [...items.keys()]),
  });
}

async function placed<Item>(
  about: string,
  open: Items<Item>,
  find: (item: Item) => Promise<BrokerConnection>,
): Promise<Map<string, Outcome<BrokerConnection>>> {
  const entries = [...open].map(async ([key, item]): Promise<[string, BrokerConnection | KafkaError]> => {
    try {
      return [key, await find(item)];
    } catch (error) {
      return [key, asKafkaError(error, about)];
    }
  });
  return new Map(await Promise.all(entries));
}
