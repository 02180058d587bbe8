import { addPartitionsToTxn } from '../../protocol/messages/024-add-partitions-to-txn.ts';
import { handler } from '../requests/handler.ts';

/** Takes partitions into a transaction (AddPartitionsToTxn; KIP-98, 890). */
export const handleAddPartitionsToTxn = handler(addPartitionsToTxn, (request, { apiVersion }, broker) =>
  broker.transactions.addPartitionsToTxn(request, apiVersion),
);
