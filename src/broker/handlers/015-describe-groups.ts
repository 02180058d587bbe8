import { describeGroups } from '../../protocol/messages/015-describe-groups.ts';
import { groupContext } from '../group-context.ts';
import { handler } from '../handler.ts';

/** Members and state of classic groups (DescribeGroups; KIP-430, 1043). */
export const handleDescribeGroups = handler(describeGroups, (request, context, broker) =>
  broker.groups.describeGroups(request, groupContext(context)),
);
