import type { BrokerConfig } from '../../config/broker-config.ts';
import type {
  MarkerResult,
  MarkerSender,
  TopicPartition,
  TransactionMarker,
} from '../../coordinator/txn/marker-sender.ts';
import type { ClusterImage } from '../../metadata/cluster-image.ts';
import { E, errorOf, type ErrorSpec } from '../../protocol/errors.ts';
import { writeTxnMarkers } from '../../protocol/messages/027-write-txn-markers.ts';
import type { ReadMessage } from '../../protocol/schema.ts';
import { PeerFailure } from '../../wire/peer-connection.ts';
import type { Peers } from '../../wire/peers.ts';
import { byTopic } from '../requests/by-topic.ts';
import type { Turn } from '../turn.ts';

const VERSION = 2;

export interface ClusterMarkerSenderParts {
  readonly config: BrokerConfig;
  readonly peers: Peers;
  readonly brokerId: number;
  readonly turn: Turn;
  /** For the partitions that this broker leads. */
  readonly local: MarkerSender;
  readonly image: () => ClusterImage;
}

/** Has the leaders of all partitions of a transaction write its marker, wherever they are (TransactionMarkerChannelManager). */
export class ClusterMarkerSender implements MarkerSender {
  readonly #parts: ClusterMarkerSenderParts;

  constructor(parts: ClusterMarkerSenderParts) {
    this.#parts = parts;
  }

  send(marker: TransactionMarker, answered: (results: readonly MarkerResult[]) => void): void {
    const { brokerId, local } = this.#parts;
    const byLeader = new Map<number, TopicPartition[]>();
    for (const place of marker.partitions) {
      const leader = this.#leaderOf(place);
      const places = byLeader.get(leader) ?? [];
      byLeader.set(leader, places);
      places.push(place);
    }
    if (byLeader.size <= 1 && !this.#isElsewhere(byLeader.keys().next().value)) {
      local.send(marker, answered);
      return;
    }
    const results: MarkerResult[] = [];
    let open = byLeader.size;
    const collect = (some: readonly MarkerResult[]): void => {
      results.push(...some);
      open--;
      if (open === 0) answered(results);
    };
    for (const [leader, partitions] of byLeader) {
      const part = { ...marker, partitions };
      if (leader === brokerId) local.send(part, collect);
      else this.#sendTo(leader, part, collect);
    }
  }

  /** A partition that nobody knows any more is left to this broker, which says so. */
  #leaderOf({ topic, partition }: TopicPartition): number {
    return this.#parts.image().partition(topic, partition)?.leader ?? this.#parts.brokerId;
  }

  #isElsewhere(leader: number | undefined): boolean {
    return leader !== undefined && leader !== this.#parts.brokerId;
  }

  #sendTo(leader: number, marker: TransactionMarker, answered: (results: readonly MarkerResult[]) => void): void {
    const { peers, config, turn } = this.#parts;
    const { producerId, producerEpoch, isCommit, coordinatorEpoch, transactionVersion, partitions } = marker;
    const topics = byTopic(partitions, ({ partition }) => partition).map(({ topic, items }) => ({
      name: topic,
      partitionIndexes: items,
    }));
    const sent = {
      producerId,
      producerEpoch,
      transactionResult: isCommit,
      topics,
      coordinatorEpoch,
      transactionVersion,
    };
    const timeoutMs = config.get('request.timeout.ms');
    const request = { api: writeTxnMarkers, version: VERSION, body: { markers: [sent] }, timeoutMs };
    // Without a leader, or an answer of it, the marker is tried again where the leader is then.
    peers.send(leader, 'requests', request, (answer) => {
      const errorOn = (place: TopicPartition): ErrorSpec =>
        answer instanceof PeerFailure ? E.NOT_LEADER_OR_FOLLOWER : errorIn(answer, place);
      const results = partitions.map((place) => ({ ...place, error: errorOn(place) }));
      turn.run(() => turn.guard(() => answered(results)));
    });
  }
}

function errorIn(
  { markers }: ReadMessage<typeof writeTxnMarkers.response>,
  { topic, partition }: TopicPartition,
): ErrorSpec {
  const partitions = markers[0]?.topics.find(({ name }) => name === topic)?.partitions;
  const found = partitions?.find(({ partitionIndex }) => partitionIndex === partition);
  return found === undefined ? E.UNKNOWN_SERVER_ERROR : errorOf(found.errorCode);
}
