import type { BrokerConfig } from '../../config/broker-config.ts';
import { resolveTopicConfig } from '../../config/topic-config.ts';
import type { LogConfig } from '../../log/log-config.ts';
import { isInternalTopic } from '../../controller/internal-topics.ts';

/** What a topic's settings say about its logs. */
export function logSettings(topic: string, overrides: ReadonlyMap<string, string>, config: BrokerConfig): LogConfig {
  const settings = resolveTopicConfig(overrides, config);
  return {
    ...settings,
    // Coordinators count on their own timestamps.
    messageTimestampType: isInternalTopic(topic) ? 'CreateTime' : settings.messageTimestampType,
  };
}
