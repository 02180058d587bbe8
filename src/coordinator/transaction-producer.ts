/** The producer under whose transaction a record is written; its fate is told by a marker. */
export interface TransactionProducer {
  readonly id: number;
  readonly epoch: number;
}
