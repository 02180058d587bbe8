import { E, errorOf, type ErrorSpec } from '../../protocol/errors.ts';
import { offsetForLeaderEpoch } from '../../protocol/messages/023-offset-for-leader-epoch.ts';
import type { BrokerConnection } from '../broker-connection.ts';
import type { WantedPartition } from './fetch-session.ts';
import type { Place } from './partition-state.ts';
import { byTopic, partitionKey } from './topic-partition.ts';

/** Consumers may ask from this version on. */
const CONSUMER_VERSION_MIN = 3;
const CONSUMER_REPLICA_ID = -1;

/** What a leader says about the epoch of the record before a position. */
export interface EpochEnd extends Place {
  readonly error: ErrorSpec;
}

/** What that means for the position: still there, to be refused for now, gone from a place on, or gone altogether. */
export type Verdict =
  | { readonly kind: 'there' }
  | { readonly kind: 'refused'; readonly error: ErrorSpec }
  | { readonly kind: 'diverged'; readonly place: Place }
  | { readonly kind: 'unknown' };

/** Whether a broker can be asked; without that truncation shows only as an offset out of range. */
export function canCheck(connection: BrokerConnection): boolean {
  return (connection.versionOf(offsetForLeaderEpoch) ?? 0) >= CONSUMER_VERSION_MIN;
}

/** Asks where the epochs of the last records read end (KIP-320), by {@link partitionKey}. */
export async function askEpochEnds(
  connection: BrokerConnection,
  partitions: readonly WantedPartition[],
): Promise<Map<string, EpochEnd>> {
  const answer = await connection.request(offsetForLeaderEpoch, connection.versionFor(offsetForLeaderEpoch), {
    replicaId: CONSUMER_REPLICA_ID,
    topics: [...byTopic(partitions)].map(([topic, items]) => ({
      topic,
      partitions: items.map(({ partition, currentLeaderEpoch, lastFetchedEpoch }) => ({
        partition,
        currentLeaderEpoch,
        leaderEpoch: lastFetchedEpoch,
      })),
    })),
  });
  return new Map(
    answer.topics.flatMap(({ topic, partitions: told }) =>
      told.map(({ partition, errorCode, endOffset, leaderEpoch }) => [
        partitionKey({ topic, partition }),
        { error: errorOf(errorCode), offset: endOffset, leaderEpoch },
      ]),
    ),
  );
}

/** As Kafka's SubscriptionState.maybeCompleteValidation. */
export function verdictOn({ fetchOffset, lastFetchedEpoch }: WantedPartition, end: EpochEnd | undefined): Verdict {
  if (end === undefined) return { kind: 'refused', error: E.UNKNOWN_TOPIC_OR_PARTITION };
  if (end.error !== E.NONE) return { kind: 'refused', error: end.error };
  if (end.offset < 0 || end.leaderEpoch < 0) return { kind: 'unknown' };
  const hasDiverged = end.offset < fetchOffset || end.leaderEpoch < lastFetchedEpoch;
  if (!hasDiverged) return { kind: 'there' };
  return { kind: 'diverged', place: { offset: end.offset, leaderEpoch: end.leaderEpoch } };
}
