import { consumerGroupHeartbeat } from '../../../../src/protocol/messages/068-consumer-group-heartbeat.ts';
import type { GroupDescription } from '../../../../src/client/admin/describe-groups.ts';
import { valuesOf, type Results } from '../../../../src/client/admin/results.ts';
import { KafkaError } from '../../../../src/client/client-error.ts';
import type { AdminScenario } from '../side.ts';

export const groupScenarios: readonly AdminScenario[] = [
  {
    name: 'offsets of groups',
    async run(side) {
      const { admin } = side;
      const [topic, g, h] = [side.name('t'), side.name('g'), side.name('h')];
      valuesOf(await admin.createTopics([{ name: topic, partitions: 3 }]));
      const offsets = [
        { topic, partition: 0, offset: 7, metadata: 'why', leaderEpoch: 0 },
        { topic, partition: 1, offset: 0 },
      ];
      await side.step('alter', () => admin.alterGroupOffsets(g, offsets));
      await side.step('alter what is not there', () =>
        admin.alterGroupOffsets(h, [{ topic, partition: 9, offset: 1 }]),
      );
      await side.step('list', () => admin.listGroupOffsets([g, h]));
      await side.step('some', () =>
        admin.listGroupOffsets([g], {
          partitions: [
            { topic, partition: 0 },
            { topic, partition: 2 },
          ],
          requireStable: true,
        }),
      );
      await side.step(
        'groups',
        () => admin.listGroups({ states: ['Empty'], types: ['classic'] }),
        (groups) => groups.filter(({ groupId }) => groupId === g),
      );
      await side.step(
        'no such groups',
        () => admin.listGroups({ states: ['Stable'] }),
        (groups) => groups.filter(({ groupId }) => groupId === g),
      );
      await side.step(
        'describe',
        () => admin.describeGroups([g, h], { includeAuthorizedOperations: true }),
        withoutHosts,
      );
      await side.step('delete offsets', () =>
        admin.deleteGroupOffsets(g, [
          { topic, partition: 0 },
          { topic, partition: 2 },
        ]),
      );
      await side.step('left', () => admin.listGroupOffsets([g]));
      await side.step('delete', () => admin.deleteGroups([g, h]));
      await side.step('delete offsets of none', () => admin.deleteGroupOffsets(h, [{ topic, partition: 0 }]));
      await side.step('remove nobody', () => admin.removeMembers(g, [{ memberId: 'x' }]));
    },
  },
  {
    name: 'members of a KIP-848 group',
    async run(side) {
      const { admin, cluster } = side;
      const [topic, groupId] = [side.name('t'), side.name('g')];
      valuesOf(await admin.createTopics([{ name: topic, partitions: 2 }]));
      const coordinator = await cluster.coordinator('group', groupId);
      const version = coordinator.versionFor(consumerGroupHeartbeat);
      let memberEpoch = 0;
      const beat = async (): Promise<Results<GroupDescription>> => {
        const body = { groupId, memberId: 'm1', memberEpoch, rebalanceTimeoutMs: 1000, topicPartitions: [] };
        const answer = await coordinator.request(consumerGroupHeartbeat, version, {
          ...body,
          subscribedTopicNames: [topic],
        });
        ({ memberEpoch } = answer);
        return admin.describeGroups([groupId]);
      };
      await side.step('join', () => side.until(beat, isAssigned), isAssigned);
      await side.step('describe', () => admin.describeGroups([groupId]), withoutHosts);
      await side.step(
        'listed',
        () => admin.listGroups({ types: ['consumer'] }),
        (groups) => groups.filter((group) => group.groupId === groupId),
      );
      await side.step('alter offsets', () => admin.alterGroupOffsets(groupId, [{ topic, partition: 0, offset: 1 }]));
      await side.step('delete offsets', () => admin.deleteGroupOffsets(groupId, [{ topic, partition: 0 }]));
      await side.step('delete', () => admin.deleteGroups([groupId]));
      await side.step('remove', () => admin.removeMembers(groupId, 'all'));
      await side.step('then', () => admin.describeGroups([groupId]), withoutHosts);
      await side.step('delete after', () => admin.deleteGroups([groupId]));
    },
  },
];

/** Without addresses, and without epochs, which tell how often a group looked at topics before it knew them. */
function withoutHosts(results: Results<GroupDescription>): unknown {
  return new Map(
    [...results].map(([id, group]) => [
      id,
      group instanceof KafkaError
        ? group
        : {
            ...group,
            coordinator: group.coordinator.nodeId,
            groupEpoch: typeof group.groupEpoch,
            targetAssignmentEpoch: typeof group.targetAssignmentEpoch,
            members: group.members.map((member) => ({ ...member, host: '', memberEpoch: typeof member.memberEpoch })),
          },
    ]),
  );
}

function isAssigned(results: Results<GroupDescription>): boolean {
  const [group] = [...valuesOf(results).values()];
  return (group?.members[0]?.assignment.length ?? 0) > 0;
}
