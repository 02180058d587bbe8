import {
  describeBroker,
  describeClientMetrics,
  describeClusterDefault,
  describeGroup,
  describeTopic,
  type ConfigEntry,
} from '../../config/describe.ts';
import { E, type ErrorSpec } from '../../protocol/errors.ts';
import { describeConfigs } from '../../protocol/messages/032-describe-configs.ts';
import type { ReadMessage, WriteMessage } from '../../protocol/schema.ts';
import { ResourceType } from '../requests/config-resources.ts';
import { handler } from '../requests/handler.ts';
import type { BrokerServices } from '../services.ts';
import { topicNameProblem } from '../../controller/topic-name.ts';

type Request = ReadMessage<typeof describeConfigs.request>;
type Result = WriteMessage<typeof describeConfigs.response>['results'][number];
type Resource = Request['resources'][number];

const INTEGER = /^[+-]?\d+$/;

/** A resource that cannot be described, and why. */
class Refused {
  readonly error: ErrorSpec;
  readonly message: string | null;

  constructor(error: ErrorSpec, message: string | null) {
    this.error = error;
    this.message = message;
  }
}

/** Settings of brokers, topics, groups and metric subscriptions with where they come from (DescribeConfigs; KIP-133, 226, 569). */
export const handleDescribeConfigs = handler(describeConfigs, (request, _context, broker) => ({
  results: request.resources.map((resource) => describe(resource, request, broker)),
}));

function describe(resource: Resource, request: Request, broker: BrokerServices): Result {
  const { resourceType, resourceName } = resource;
  const entries = entriesOf(resource, broker);
  if (entries instanceof Refused) {
    return {
      errorCode: entries.error.code,
      errorMessage: entries.message ?? '',
      resourceType,
      resourceName,
      configs: [],
    };
  }
  return {
    errorCode: E.NONE.code,
    errorMessage: '',
    resourceType,
    resourceName,
    configs: entries.map((entry) => ({
      name: entry.name,
      value: entry.value,
      readOnly: entry.readOnly,
      configSource: entry.source,
      isSensitive: entry.sensitive,
      synonyms: request.includeSynonyms ? entry.synonyms : [],
      configType: entry.type,
      documentation: request.includeDocumentation ? entry.doc : null,
    })),
  };
}

function entriesOf(resource: Resource, broker: BrokerServices): readonly ConfigEntry[] | Refused {
  const { resourceType, resourceName: name, configurationKeys } = resource;
  const keys = configurationKeys !== null && configurationKeys.length > 0 ? configurationKeys : null;
  const image = broker.image();
  switch (resourceType) {
    case ResourceType.topic:
      if (topicNameProblem(name) !== undefined) return new Refused(E.INVALID_TOPIC_EXCEPTION, topicNameProblem(name)!);
      if (!image.topics.has(name)) return new Refused(E.UNKNOWN_TOPIC_OR_PARTITION, null);
      return describeTopic(image.config({ type: 'topic', name }), broker.config, keys);
    case ResourceType.broker:
      if (name === '') return describeClusterDefault(broker.config, keys);
      if (!INTEGER.test(name))
        return new Refused(E.INVALID_REQUEST, `Broker id must be an integer, but it is: ${name}`);
      if (Number(name) !== broker.brokerId) {
        return new Refused(
          E.INVALID_REQUEST,
          `Unexpected broker id, expected ${broker.brokerId} or empty string, but received ${name}`,
        );
      }
      return describeBroker(broker.config, keys);
    case ResourceType.brokerLogger:
      if (!INTEGER.test(name))
        return new Refused(E.INVALID_REQUEST, `Broker id must be an integer, but it is: ${name}`);
      if (Number(name) !== broker.brokerId) {
        return new Refused(E.INVALID_REQUEST, `Unexpected broker id, expected ${broker.brokerId} but received ${name}`);
      }
      return [];
    case ResourceType.clientMetrics:
      if (name === '') return new Refused(E.INVALID_REQUEST, 'Client metrics subscription name must not be empty');
      return describeClientMetrics(image.config({ type: 'client-metrics', name }), broker.config, keys);
    case ResourceType.group:
      if (name === '') return new Refused(E.INVALID_REQUEST, 'Group name must not be empty');
      return describeGroup(image.config({ type: 'group', name }), broker.config, keys);
    default:
      return new Refused(E.INVALID_REQUEST, E.INVALID_REQUEST.text);
  }
}
