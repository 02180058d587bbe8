import { addOffsetsToTxn } from '../../protocol/messages/025-add-offsets-to-txn.ts';
import { handler } from '../requests/handler.ts';

/** Takes a group's offsets into a transaction (AddOffsetsToTxn; KIP-98). */
export const handleAddOffsetsToTxn = handler(addOffsetsToTxn, (request, { apiVersion }, broker) =>
  broker.transactions.addOffsetsToTxn(request, apiVersion),
);
