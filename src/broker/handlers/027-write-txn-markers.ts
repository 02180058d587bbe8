import type { MarkerResult, TopicPartition } from '../../coordinator/txn/marker-sender.ts';
import { E } from '../../protocol/errors.ts';
import { writeTxnMarkers } from '../../protocol/messages/027-write-txn-markers.ts';
import type { ReadMessage } from '../../protocol/schema.ts';
import { byTopic } from '../requests/by-topic.ts';
import { handler } from '../requests/handler.ts';
import type { BrokerServices } from '../services.ts';

type Marker = ReadMessage<typeof writeTxnMarkers.request>['markers'][number];

/** Ends transactions in partitions led here (WriteTxnMarkers; KIP-98, 664, 1228): for coordinators, and for the admin's abort. */
export const handleWriteTxnMarkers = handler(writeTxnMarkers, async ({ markers }, _context, broker) => {
  // No batch can carry these; Kafka trips over them.
  const isWrong = markers.some(({ producerId, producerEpoch }) => producerId < 0 || producerEpoch < 0);
  const answers = isWrong ? markers.map(refuse) : await Promise.all(markers.map((marker) => send(marker, broker)));
  /** Markers of one producer are answered together, a partition named twice with what came of it last. */
  const byProducer = new Map<number, Map<string, MarkerResult>>();
  markers.forEach(({ producerId }, index) => {
    const results = byProducer.get(producerId) ?? new Map<string, MarkerResult>();
    byProducer.set(producerId, results);
    for (const result of answers[index]!) results.set(`${result.partition} ${result.topic}`, result);
  });
  return {
    markers: Array.from(byProducer, ([producerId, results]) => ({
      producerId,
      topics: byTopic([...results.values()], ({ partition, error }) => ({
        partitionIndex: partition,
        errorCode: error.code,
      })).map(({ topic, items }) => ({ name: topic, partitions: items })),
    })),
  };
});

function send(marker: Marker, broker: BrokerServices): Promise<readonly MarkerResult[]> {
  const { producerId, producerEpoch, transactionResult: isCommit, coordinatorEpoch, transactionVersion } = marker;
  const partitions = partitionsOf(marker);
  const sent = { producerId, producerEpoch, isCommit, coordinatorEpoch, transactionVersion, partitions };
  return new Promise((answered) => broker.markers.send(sent, answered));
}

function refuse(marker: Marker): readonly MarkerResult[] {
  return partitionsOf(marker).map((place) => ({ ...place, error: E.UNKNOWN_SERVER_ERROR }));
}

function partitionsOf({ topics }: Marker): TopicPartition[] {
  return topics.flatMap(({ name, partitionIndexes }) =>
    partitionIndexes.map((partition) => ({ topic: name, partition })),
  );
}
