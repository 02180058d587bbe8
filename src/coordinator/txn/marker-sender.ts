import type { ErrorSpec } from '../../protocol/errors.ts';

export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

/** The end of a transaction, as it has to be written to every partition that took part. */
export interface TransactionMarker {
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly isCommit: boolean;
  readonly coordinatorEpoch: number;
  /** Which rules of epochs the marker is held against (KIP-890, KIP-1228): 0 to 2. */
  readonly transactionVersion: number;
  readonly partitions: readonly TopicPartition[];
}

/** What became of a marker on one partition. */
export interface MarkerResult extends TopicPartition {
  readonly error: ErrorSpec;
}

/** Has the leaders of partitions write markers (WriteTxnMarkers); the broker implements it for those that it leads. */
export interface MarkerSender {
  /** Calls back once, with a result for each partition of the marker, when all are committed or refused. Never throws. */
  send(marker: TransactionMarker, answered: (results: readonly MarkerResult[]) => void): void;
}
