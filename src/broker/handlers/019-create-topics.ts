import { describeTopic } from '../../config/describe.ts';
import type { TopicCreation } from '../../controller/create-topics.ts';
import { E } from '../../protocol/errors.ts';
import { createTopics } from '../../protocol/messages/019-create-topics.ts';
import type { WriteMessage } from '../../protocol/schema.ts';
import { handler } from '../handler.ts';
import type { BrokerServices } from '../services.ts';

type TopicAnswer = WriteMessage<typeof createTopics.response>['topics'][number];

/** Creates topics, or only checks whether they could be (CreateTopics; KIP-464, 525). */
export const handleCreateTopics = handler(createTopics, async ({ topics, validateOnly }, _context, broker) => {
  const created = await broker.controller.createTopics({ topics, validateOnly });
  return { topics: created.map((topic) => answer(topic, broker)) };
});

function answer(topic: TopicCreation, broker: BrokerServices): TopicAnswer {
  const isCreated = topic.error === E.NONE;
  return {
    name: topic.name,
    topicId: topic.topicId,
    errorCode: topic.error.code,
    errorMessage: topic.message,
    numPartitions: topic.numPartitions,
    replicationFactor: topic.replicationFactor,
    configs: isCreated
      ? describeTopic(topic.configs, broker.config, null).map(({ name, value, readOnly, source, sensitive }) => ({
          name,
          // A setting of the topic's own is shown as it was given.
          value: topic.configs.get(name) ?? value,
          readOnly,
          configSource: source,
          isSensitive: sensitive,
        }))
      : [],
  };
}
