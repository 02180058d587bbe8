import { describeTopic } from '../../config/describe.ts';
import type { TopicCreation } from '../../controller/create-topics.ts';
import { E } from '../../protocol/errors.ts';
import { createTopics } from '../../protocol/messages/019-create-topics.ts';
import type { WriteMessage } from '../../protocol/schema.ts';
import { handler } from '../requests/handler.ts';
import type { BrokerServices } from '../services.ts';

type TopicAnswer = WriteMessage<typeof createTopics.response>['topics'][number];
type Settings = NonNullable<TopicAnswer['configs']>;

/** Creates topics, or only checks whether they could be (CreateTopics; KIP-464, 525). */
export const handleCreateTopics = handler(createTopics, async ({ topics, validateOnly }, _context, broker) => {
  const created = await broker.controller.createTopics({ topics, validateOnly });
  const settingsOf = settingsDescriber(broker);
  return { topics: created.map((topic) => answer(topic, settingsOf)) };
});

function answer(topic: TopicCreation, settingsOf: (own: ReadonlyMap<string, string>) => Settings): TopicAnswer {
  return {
    name: topic.name,
    topicId: topic.topicId,
    errorCode: topic.error.code,
    errorMessage: topic.message,
    numPartitions: topic.numPartitions,
    replicationFactor: topic.replicationFactor,
    configs: topic.error === E.NONE ? settingsOf(topic.configs) : [],
  };
}

/** Describes topics' settings; all topics of a request without settings of their own share one description. */
function settingsDescriber(broker: BrokerServices): (own: ReadonlyMap<string, string>) => Settings {
  let inherited: Settings | undefined;
  return (own) => {
    if (own.size > 0) return describeSettings(own, broker);
    inherited ??= describeSettings(own, broker);
    return inherited;
  };
}

function describeSettings(own: ReadonlyMap<string, string>, broker: BrokerServices): Settings {
  return describeTopic(own, broker.config, null).map(({ name, value, readOnly, source, sensitive }) => ({
    name,
    // A setting of the topic's own is shown as it was given.
    value: own.get(name) ?? value,
    readOnly,
    configSource: source,
    isSensitive: sensitive,
  }));
}
