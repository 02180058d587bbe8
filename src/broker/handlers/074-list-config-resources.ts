import { E } from '../../protocol/errors.ts';
import { listConfigResources } from '../../protocol/messages/074-list-config-resources.ts';
import { configOfId } from '../../metadata/store-keys.ts';
import { ResourceType } from '../requests/config-resources.ts';
import { handler } from '../requests/handler.ts';
import type { BrokerServices } from '../services.ts';

/** In the order of Kafka's answer. */
const ALL_TYPES: readonly number[] = [
  ResourceType.group,
  ResourceType.clientMetrics,
  ResourceType.brokerLogger,
  ResourceType.broker,
  ResourceType.topic,
];

/** Names of what has settings, by kind; version 0 knows metric subscriptions only (ListConfigResources; KIP-1142). */
export const handleListConfigResources = handler(listConfigResources, (request, context, broker) => {
  const wanted =
    context.apiVersion === 0
      ? [ResourceType.clientMetrics]
      : request.resourceTypes.length === 0
        ? ALL_TYPES
        : ALL_TYPES.filter((type) => request.resourceTypes.includes(type));
  if (request.resourceTypes.some((type) => !ALL_TYPES.includes(type))) {
    return { throttleTimeMs: 0, errorCode: E.UNSUPPORTED_VERSION.code, configResources: [] };
  }
  return {
    throttleTimeMs: 0,
    errorCode: E.NONE.code,
    configResources: wanted.flatMap((resourceType) =>
      namesOf(resourceType, broker).map((resourceName) => ({ resourceName, resourceType })),
    ),
  };
});

function namesOf(resourceType: number, broker: BrokerServices): string[] {
  const image = broker.image();
  const configured = (type: string): string[] =>
    [...image.configs.keys()]
      .map(configOfId)
      .filter((resource) => resource.type === type)
      .map(({ name }) => name);
  switch (resourceType) {
    case ResourceType.topic:
      return [...image.topics.keys()];
    case ResourceType.broker:
    case ResourceType.brokerLogger:
      return [...image.brokers.keys()].map(String);
    case ResourceType.clientMetrics:
      return configured('client-metrics');
    default:
      return configured('group');
  }
}
