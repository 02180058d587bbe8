import { describeTransactions } from '../../protocol/messages/065-describe-transactions.ts';
import { handler } from '../requests/handler.ts';

/** State of transactions (DescribeTransactions; KIP-664). */
export const handleDescribeTransactions = handler(describeTransactions, (request, _context, broker) =>
  broker.transactions.describeTransactions(request),
);
