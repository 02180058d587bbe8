import type { BrokerConfig } from '../../config/broker-config.ts';
import { resolveTopicConfig } from '../../config/topic-config.ts';
import type { LogConfig } from '../../log/log-config.ts';
import { isInternalTopic } from '../../controller/internal-topics.ts';

/** What a topic's settings say about its logs. */
export function logSettings(topic: string, overrides: ReadonlyMap<string, string>, config: BrokerConfig): LogConfig {
  const settings = resolveTopicConfig(overrides, config);
  return {
    ...settings,
    // Kafka syncs before it answers; so does this policy, for all that came meanwhile at once.
    flushPolicy: settings.flushMessages === 1 ? 'group' : settings.flushPolicy,
    // Coordinators count on their own timestamps.
    messageTimestampType: isInternalTopic(topic) ? 'CreateTime' : settings.messageTimestampType,
  };
}
