import { valuesOf, type Results } from '../../../../src/client/admin/results.ts';
import { KafkaError } from '../../../../src/client/client-error.ts';
import type { LogDir } from '../../../../src/client/admin/log-dirs.ts';
import type { AdminScenario } from '../side.ts';

export const clusterScenarios: readonly AdminScenario[] = [
  {
    name: 'cluster',
    async run(side) {
      const { admin } = side;
      await side.step(
        'describe',
        () => admin.describeCluster({ includeAuthorizedOperations: true, includeFencedBrokers: true }),
        ({ clusterId, brokers, ...rest }) => ({
          ...rest,
          clusterId: clusterId.length,
          brokers: brokers.map(({ nodeId, rack, isFenced }) => ({ nodeId, rack, isFenced })),
        }),
      );
      await side.step(
        'features',
        () => admin.describeFeatures(),
        ({ finalized, supported }) => ({ finalized, supported }),
      );
      await side.step('validate a feature', () =>
        admin.updateFeatures([{ feature: 'no.such.feature', level: 1 }], { validateOnly: true }),
      );
      await side.step(
        'quorum',
        () => admin.describeQuorum(),
        ({ leaderId, voters, observers }) => ({
          leaderId,
          voters: voters.map(({ replicaId }) => replicaId),
          observers: observers.length,
        }),
      );
      await side.step('unregister nobody', () => admin.unregisterBroker(77));
    },
  },
  {
    name: 'replicas',
    async run(side) {
      const { admin } = side;
      const [topic, none] = [side.name('t'), side.name('none')];
      valuesOf(await admin.createTopics([{ name: topic, partitions: 2 }]));
      const partitions = [
        { topic, partition: 0 },
        { topic, partition: 1 },
      ];
      let path = '';
      await side.step(
        'log directories',
        () => side.until(() => admin.describeLogDirs([1], { partitions }), areAllThere),
        (results) => {
          const dirs = results.get(1);
          if (dirs === undefined || dirs instanceof KafkaError) return dirs;
          return [...dirs].map(([dir, outcome]) => {
            path = dir;
            if (outcome instanceof KafkaError) return outcome;
            const replicas = outcome.replicas.toSorted((a, b) => a.partition - b.partition);
            return { replicas, isKnown: outcome.totalBytes > 0, isCordoned: outcome.isCordoned };
          });
        },
      );
      await side.step('move home', () => admin.alterReplicaLogDirs(1, [{ topic, partition: 0, logDir: path }]));
      await side.step('move nowhere', () =>
        admin.alterReplicaLogDirs(1, [{ topic, partition: 0, logDir: '/no/such/dir' }]),
      );
      await side.step('elect', () => admin.electLeaders('preferred', partitions));
      await side.step('elect none', () => admin.electLeaders('preferred', [{ topic: none, partition: 0 }]));
      await side.step('unclean', () => admin.electLeaders('unclean', partitions));
      await side.step('reassign', () => admin.alterReassignments([{ topic, partition: 0, replicas: [1] }]));
      await side.step('reassign to nobody', () => admin.alterReassignments([{ topic, partition: 0, replicas: [77] }]));
      await side.step('reassign none', () => admin.alterReassignments([{ topic: none, partition: 0, replicas: [1] }]));
      await side.step('take back', () => admin.alterReassignments([{ topic, partition: 1, replicas: null }]));
      await side.step('under way', () => admin.listReassignments(partitions));
      await side.step(
        'all under way',
        () => admin.listReassignments(),
        (moves) => moves.has(topic),
      );
    },
  },
];

function areAllThere(results: Results<Results<LogDir>, number>): boolean {
  const [dir] = [...valuesOf(valuesOf(results).get(1) ?? new Map<string, LogDir>()).values()];
  return dir?.replicas.length === 2;
}
