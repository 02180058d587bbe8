import { E } from '../../protocol/errors.ts';
import { consumerGroupHeartbeat } from '../../protocol/messages/068-consumer-group-heartbeat.ts';
import { groupContext } from '../coordination/group-context.ts';
import { handler } from '../requests/handler.ts';
import { servesConsumerGroups } from '../coordination/serves-consumer-groups.ts';

const NOT_SERVED = { errorCode: E.UNSUPPORTED_VERSION.code, memberEpoch: 0, heartbeatIntervalMs: 0 };

/** Joins a consumer group, stays in it, takes and gives back partitions, leaves it (ConsumerGroupHeartbeat; KIP-848). */
export const handleConsumerGroupHeartbeat = handler(consumerGroupHeartbeat, (request, context, broker) =>
  servesConsumerGroups(broker) ? broker.groups.consumerGroupHeartbeat(request, groupContext(context)) : NOT_SERVED,
);
