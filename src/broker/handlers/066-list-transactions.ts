import { listTransactions } from '../../protocol/messages/066-list-transactions.ts';
import { handler } from '../requests/handler.ts';

/** Transactions of this coordinator (ListTransactions; KIP-664, 994, 1152). */
export const handleListTransactions = handler(listTransactions, (request, _context, broker) =>
  broker.transactions.listTransactions(request),
);
