import { describeClientQuotas } from '../../controller/client-quotas.ts';
import { E } from '../../protocol/errors.ts';
import { describeClientQuotas as declaration } from '../../protocol/messages/048-describe-client-quotas.ts';
import { handler } from '../requests/handler.ts';

/** Quotas that meet a filter (DescribeClientQuotas; KIP-546). */
export const handleDescribeClientQuotas = handler(declaration, (request, _context, broker) => {
  const { error, message, quotas } = describeClientQuotas(broker.image(), request);
  return {
    errorCode: error.code,
    errorMessage: message ?? '',
    entries:
      error === E.NONE
        ? quotas.map(({ entity, values }) => ({
            entity: entity.map(({ type, name }) => ({ entityType: type, entityName: name })),
            values: Object.entries(values).map(([key, value]) => ({ key, value })),
          }))
        : null,
  };
});
