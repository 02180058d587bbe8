import type { Verification } from '../log/producers/verification.ts';
import type { EndTxnMarker } from '../records/control-records.ts';

/** The producer under whose transaction a record is written; its fate is told by a marker. */
export interface TransactionProducer {
  readonly id: number;
  readonly epoch: number;
  /** That the transaction coordinator knows of the partition; without it a transaction cannot begin there (KIP-890). */
  readonly verification?: Verification | undefined;
}

/** The end of a transaction in one partition. */
export interface TransactionEnd extends EndTxnMarker {
  /** By which rules the producer's epoch is judged; 0 when left out. */
  readonly transactionVersion?: number;
}
