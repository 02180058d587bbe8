import { consumerGroupHeartbeat } from '../../protocol/messages/068-consumer-group-heartbeat.ts';
import { groupContext } from '../group-context.ts';
import { handler } from '../handler.ts';

/** Joins a consumer group, stays in it, takes and gives back partitions, leaves it (ConsumerGroupHeartbeat; KIP-848). */
export const handleConsumerGroupHeartbeat = handler(consumerGroupHeartbeat, (request, context, broker) =>
  broker.groups.consumerGroupHeartbeat(request, groupContext(context)),
);
