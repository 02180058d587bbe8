import { E, type ErrorSpec } from '../../protocol/errors.ts';
import { listOffsets } from '../../protocol/messages/002-list-offsets.ts';
import type { ReadMessage, WriteMessage } from '../../protocol/schema.ts';
import { absenceError } from '../replicas/absent-partition.ts';
import { handler } from '../requests/handler.ts';
import type { Partition } from '../replicas/partition.ts';
import type { BrokerServices } from '../services.ts';

type PartitionQuestion = ReadMessage<typeof listOffsets.request>['topics'][number]['partitions'][number];
type PartitionAnswer = WriteMessage<typeof listOffsets.response>['topics'][number]['partitions'][number];

const READ_COMMITTED = 1;
const FIRST_VERSION_WITH_EPOCH = 4;
const FIRST_VERSION_WITH_NOT_AVAILABLE = 5;
const CONSUMER_REPLICA_ID = -1;
const DEBUGGING_REPLICA_ID = -2;

/** Timestamps that stand for a place in the log, with the first version that knows each (ListOffsetsRequest). */
const Special = {
  latest: -1,
  earliest: -2,
  maxTimestamp: -3,
  earliestLocal: -4,
  latestTiered: -5,
  earliestPendingUpload: -6,
} as const;
const FIRST_VERSION = new Map<number, number>([
  [Special.maxTimestamp, 7],
  [Special.earliestLocal, 8],
  [Special.latestTiered, 9],
  [Special.earliestPendingUpload, 11],
]);

interface Question {
  readonly version: number;
  readonly timestamp: number;
  readonly currentLeaderEpoch: number;
  readonly isReadCommitted: boolean;
  /** All others may ask up to the log's end. */
  readonly isConsumer: boolean;
  /** A replica that follows tells what it has itself. */
  readonly mayReadFollower: boolean;
}

interface Found {
  readonly error: ErrorSpec;
  readonly timestamp: number;
  readonly offset: number;
  readonly leaderEpoch: number;
}

/** Offsets by time or by place: earliest, latest, of the largest timestamp (ListOffsets; KIP-79, 207, 734, 405). */
export const handleListOffsets = handler(listOffsets, (request, context, broker) => {
  const counts = new Map<string, number>();
  for (const { name, partitions } of request.topics) {
    for (const partition of partitions) {
      const key = keyOf(name, partition);
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
  }
  /** A partition named twice is answered once, and refused. */
  const answer = (name: string, partition: PartitionQuestion): PartitionAnswer[] => {
    const key = keyOf(name, partition);
    const count = counts.get(key);
    counts.delete(key);
    if (count === undefined) return [];
    const { partitionIndex, timestamp, currentLeaderEpoch } = partition;
    const found =
      count > 1
        ? failed(E.INVALID_REQUEST)
        : find(name, partitionIndex, broker, {
            version: context.apiVersion,
            timestamp,
            currentLeaderEpoch,
            isReadCommitted: request.isolationLevel === READ_COMMITTED,
            isConsumer: request.replicaId === CONSUMER_REPLICA_ID,
            mayReadFollower: request.replicaId === DEBUGGING_REPLICA_ID,
          });
    return [
      {
        partitionIndex,
        errorCode: found.error.code,
        timestamp: found.timestamp,
        offset: found.offset,
        leaderEpoch: context.apiVersion >= FIRST_VERSION_WITH_EPOCH ? found.leaderEpoch : -1,
      },
    ];
  };
  return {
    throttleTimeMs: 0,
    topics: request.topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.flatMap((partition) => answer(name, partition)),
    })),
  };
});

function keyOf(topic: string, { partitionIndex }: PartitionQuestion): string {
  return `${partitionIndex} ${topic}`;
}

function failed(error: ErrorSpec): Found {
  return { error, timestamp: -1, offset: -1, leaderEpoch: -1 };
}

function find(topic: string, index: number, broker: BrokerServices, question: Question): Found {
  const { timestamp, version } = question;
  if (timestamp < Special.earliestPendingUpload || version < (FIRST_VERSION.get(timestamp) ?? 0)) {
    return failed(E.UNSUPPORTED_VERSION);
  }
  const partition = broker.partitions.get(topic, index);
  if (partition === undefined) return failed(absenceError(broker.image(), topic, index));
  const error = partition.checkRead(question.currentLeaderEpoch, question.mayReadFollower);
  return error === E.NONE ? locate(partition, question) : failed(error);
}

function at(offset: number, leaderEpoch: number): Found {
  return { error: E.NONE, timestamp: -1, offset, leaderEpoch };
}

function locate(partition: Partition, question: Question): Found {
  const { log } = partition;
  const { leaderEpoch } = partition.leadership;
  const mayBeBeyond = question.isConsumer && !partition.isHighWatermarkKnown;
  const limit = !question.isConsumer
    ? log.logEndOffset
    : question.isReadCommitted
      ? log.lastStableOffset
      : log.highWatermark;
  switch (question.timestamp) {
    case Special.latest:
      return mayBeBeyond ? notKnownYet(question) : at(limit, leaderEpoch);
    case Special.earliest:
    case Special.earliestLocal:
      return at(log.logStartOffset, log.leaderEpochs.epochOf(log.logStartOffset));
    case Special.latestTiered:
    case Special.earliestPendingUpload:
      // Nothing is ever moved to another tier.
      return at(-1, -1);
    case Special.maxTimestamp:
      return before(limit, log.offsetOfMaxTimestamp());
    default:
      return timed(limit, log.offsetForTimestamp(question.timestamp), mayBeBeyond ? question : undefined);
  }
}

/** A new leader does not know yet what is committed: an answer now could lie before one given earlier (KIP-207). */
function notKnownYet({ version }: Question): Found {
  return failed(version >= FIRST_VERSION_WITH_NOT_AVAILABLE ? E.OFFSET_NOT_AVAILABLE : E.LEADER_NOT_AVAILABLE);
}

/** @param undecided the question, when what lies beyond the limit may be committed for all that is known. */
function timed(limit: number, found: Parameters<typeof before>[1], undecided: Question | undefined): Found {
  return undecided !== undefined && (found === undefined || found.offset >= limit)
    ? notKnownYet(undecided)
    : before(limit, found);
}

/** What was found, unless it lies where the asker cannot read yet: that is "nothing", not an error. */
function before(limit: number, found: { timestamp: number; offset: number; leaderEpoch: number } | undefined): Found {
  if (found === undefined || found.offset >= limit) return failed(E.NONE);
  return { error: E.NONE, ...found };
}
