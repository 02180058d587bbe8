import type { ErrorSpec } from '../../protocol/errors.ts';
import type { TopicPartition } from './marker-sender.ts';

/** Partitions that a producer is about to write to in its transaction. */
export interface Enrolment {
  readonly transactionalId: string;
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly partitions: readonly TopicPartition[];
  /** `verify`: they must be part of the transaction already (transaction version 1). `add`: they become part of it (2). */
  readonly mode: 'verify' | 'add';
}

/** What a partition's leader asks the transaction coordinator before the first batch of a transaction (KIP-890). */
export interface TransactionEnrolment {
  /** One error for each partition, in their order, as AddPartitionsToTxn 4-5 answers it; never rejects. */
  enrol(enrolment: Enrolment): Promise<readonly ErrorSpec[]>;
}
