import type { BrokerConfig } from '../../config/broker-config.ts';
import { groupValue } from '../../config/group-config.ts';
import type { GroupKey } from '../../config/group-settings.ts';
import type { PartitionAssignor } from '../../coordinator/group/assignor/partition-assignor.ts';
import { rangeAssignor } from '../../coordinator/group/assignor/range-assignor.ts';
import { uniformAssignor } from '../../coordinator/group/assignor/uniform-assignor.ts';
import type { GroupCoordinatorConfig } from '../../coordinator/group/group-config.ts';
import type { MigrationPolicy } from '../../coordinator/group/migration-policy.ts';
import type { ClusterImage } from '../../metadata/cluster-image.ts';

const MS_PER_MINUTE = 60_000;

/** The settings of groups, read anew at each use so that changes at run time count at once. */
export function groupSettings(config: BrokerConfig, image: () => ClusterImage): GroupCoordinatorConfig {
  const ofGroup = (groupId: string, name: ConsumerTimeKey): number =>
    groupValue(name, image().config({ type: 'group', name: groupId }), config);
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
    get changingHeartbeatIntervalMs() {
      return config.get('posthorn.group.changing.heartbeat.interval.ms');
    },
    get consumerGroupMaxSize() {
      return config.get('group.consumer.max.size');
    },
    get consumerGroupMigrationPolicy() {
      return config.get('group.consumer.migration.policy').toUpperCase() as MigrationPolicy;
    },
    assignors: assignors(config.get('group.consumer.assignors')),
    get consumerPatternRefreshIntervalMs() {
      return config.get('group.consumer.regex.refresh.interval.ms');
    },
    consumerSessionTimeoutMs: (groupId) => ofGroup(groupId, 'consumer.session.timeout.ms'),
    consumerHeartbeatIntervalMs: (groupId) => ofGroup(groupId, 'consumer.heartbeat.interval.ms'),
    consumerAssignmentIntervalMs: (groupId) => ofGroup(groupId, 'consumer.assignment.interval.ms'),
  };
}

type ConsumerTimeKey = Extract<GroupKey, `consumer.${string}.ms`>;

/** Those asked for, by name or by the name of Kafka's class; all that there are when none of them is known. */
function assignors(wanted: readonly string[]): ReadonlyMap<string, PartitionAssignor> {
  const known = [
    { assignor: uniformAssignor, className: `${ASSIGNOR_PACKAGE}.UniformAssignor` },
    { assignor: rangeAssignor, className: `${ASSIGNOR_PACKAGE}.RangeAssignor` },
  ];
  const found = wanted.flatMap((name) =>
    known.filter(({ assignor, className }) => name === assignor.name || name === className),
  );
  return new Map((found.length > 0 ? found : known).map(({ assignor }) => [assignor.name, assignor]));
}

const ASSIGNOR_PACKAGE = 'org.apache.kafka.coordinator.group.assignor';
