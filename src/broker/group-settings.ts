import type { BrokerConfig } from '../config/broker-config.ts';
import type { GroupCoordinatorConfig } from '../coordinator/group/group-config.ts';

const MS_PER_MINUTE = 60_000;

/** The settings of groups, read anew at each use so that changes at run time count at once. */
export function groupSettings(config: BrokerConfig): GroupCoordinatorConfig {
  return {
    get groupMinSessionTimeoutMs() {
      return config.get('group.min.session.timeout.ms');
    },
    get groupMaxSessionTimeoutMs() {
      return config.get('group.max.session.timeout.ms');
    },
    get groupInitialRebalanceDelayMs() {
      return config.get('group.initial.rebalance.delay.ms');
    },
    get groupMaxSize() {
      return config.get('group.max.size');
    },
    get offsetMetadataMaxBytes() {
      return config.get('offset.metadata.max.bytes');
    },
    get offsetsRetentionMs() {
      return config.get('offsets.retention.minutes') * MS_PER_MINUTE;
    },
    get offsetsRetentionCheckIntervalMs() {
      return config.get('offsets.retention.check.interval.ms');
    },
    get offsetsCommitTimeoutMs() {
      return config.get('offsets.commit.timeout.ms');
    },
    get memberDisconnectGraceMs() {
      return config.get('posthorn.group.disconnect.grace.ms');
    },
  };
}
