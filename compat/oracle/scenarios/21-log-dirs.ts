import { alterReplicaLogDirs } from '../../../src/protocol/messages/034-alter-replica-log-dirs.ts';
import { describeLogDirs } from '../../../src/protocol/messages/035-describe-log-dirs.ts';
import type { Read } from '../../../src/protocol/schema.ts';
import { put, someBatch } from '../batches.ts';
import { versionsOf, type Scenario, type Side } from '../scenario.ts';
import { createTopic } from '../topics.ts';

/** DescribeLogDirs with sizes to the byte; AlterReplicaLogDirs to where nothing is. */
export const scenario: Scenario = {
  name: '21-log-dirs',
  async run(side: Side) {
    const peer = side.peer();
    const topic = await createTopic(side, 'l', { partitions: 2 });
    await put(peer, topic, someBatch(5));
    const pick = (answer: Read<typeof describeLogDirs.response.fields>): unknown => ({
      ...answer,
      results: answer.results.map((result) => ({
        ...result,
        topics: result.topics
          .filter(({ name }) => side.isOwn(name))
          .map((each) => ({
            ...each,
            partitions: each.partitions.toSorted((a, b) => a.partitionIndex - b.partitionIndex),
          })),
      })),
    });
    const ask = async (
      label: string,
      version: number,
      topics: { topic: string; partitions: number[] }[] | null,
    ): Promise<void> => {
      await peer.call(label, describeLogDirs, version, { topics }, { pick });
    };
    for (const version of versionsOf(describeLogDirs)) {
      await ask('all', version, null);
      await ask('one', version, [{ topic: topic.name, partitions: [0] }]);
      await ask('unknown partition', version, [{ topic: topic.name, partitions: [9] }]);
      await ask('unknown topic', version, [{ topic: side.name('none'), partitions: [0] }]);
      await ask('none', version, []);
      await ask('a topic without partitions', version, [{ topic: topic.name, partitions: [] }]);
    }
    for (const version of versionsOf(alterReplicaLogDirs)) {
      const dirs = [{ path: '/does/not/exist', topics: [{ name: topic.name, partitions: [0] }] }];
      await peer.call('to an unknown directory', alterReplicaLogDirs, version, { dirs });
      await peer.call('nothing', alterReplicaLogDirs, version, { dirs: [] });
      const unknown = [{ path: '/does/not/exist', topics: [{ name: side.name('none'), partitions: [0] }] }];
      await peer.call('unknown topic to an unknown directory', alterReplicaLogDirs, version, { dirs: unknown });
    }
  },
};
