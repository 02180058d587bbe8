import { describeError } from '../../coordinator/group/consumer-description.ts';
import { E } from '../../protocol/errors.ts';
import { consumerGroupDescribe } from '../../protocol/messages/069-consumer-group-describe.ts';
import { handler } from '../requests/handler.ts';
import { GROUP_OPERATIONS } from '../operations.ts';
import { servesConsumerGroups } from '../coordination/serves-consumer-groups.ts';

/** Members, epochs and assignments of consumer groups (ConsumerGroupDescribe; KIP-848). */
export const handleConsumerGroupDescribe = handler(consumerGroupDescribe, async (request, _context, broker) => {
  if (!servesConsumerGroups(broker)) {
    return { groups: request.groupIds.map((groupId) => describeError(groupId, E.UNSUPPORTED_VERSION)) };
  }
  const described = await broker.groups.consumerGroupDescribe(request);
  if (!request.includeAuthorizedOperations) return described;
  return {
    ...described,
    groups: described.groups.map((group) =>
      group.errorCode === E.NONE.code ? { ...group, authorizedOperations: GROUP_OPERATIONS } : group,
    ),
  };
});
