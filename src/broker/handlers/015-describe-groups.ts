import { E } from '../../protocol/errors.ts';
import { describeGroups } from '../../protocol/messages/015-describe-groups.ts';
import { groupContext } from '../coordination/group-context.ts';
import { handler } from '../requests/handler.ts';
import { GROUP_OPERATIONS } from '../operations.ts';

const FIRST_VERSION_WITH_OPERATIONS = 3;

/** Members and state of classic groups (DescribeGroups; KIP-430, 1043). */
export const handleDescribeGroups = handler(describeGroups, async (request, context, broker) => {
  const described = await broker.groups.describeGroups(request, groupContext(context));
  if (!request.includeAuthorizedOperations || context.apiVersion < FIRST_VERSION_WITH_OPERATIONS) return described;
  return {
    ...described,
    groups: described.groups.map((group) =>
      group.errorCode === E.NONE.code ? { ...group, authorizedOperations: GROUP_OPERATIONS } : group,
    ),
  };
});
