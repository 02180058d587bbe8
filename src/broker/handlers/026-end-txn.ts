import { endTxn } from '../../protocol/messages/026-end-txn.ts';
import { handler } from '../requests/handler.ts';

/** Commits or aborts a transaction (EndTxn; KIP-98, 890). */
export const handleEndTxn = handler(endTxn, (request, { apiVersion }, broker) =>
  broker.transactions.endTxn(request, apiVersion),
);
