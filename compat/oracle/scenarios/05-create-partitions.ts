import { createPartitions } from '../../../src/protocol/messages/037-create-partitions.ts';
import type { Write } from '../../../src/protocol/schema.ts';
import { versionsOf, type Scenario, type Side } from '../scenario.ts';
import { createTopic } from '../topics.ts';

type Request = Write<typeof createPartitions.request.fields>;
type Wanted = Request['topics'][number];

/** CreatePartitions: growth, and each reason to refuse it. */
export const scenario: Scenario = {
  name: '05-create-partitions',
  async run(side: Side) {
    const peer = side.peer();
    const topic = await createTopic(side, 'grows', { partitions: 2 });
    const other = await createTopic(side, 'other');
    const ask = async (label: string, topics: Wanted[], version = 3, validateOnly = false): Promise<void> => {
      await peer.call(
        label,
        createPartitions,
        version,
        { topics, timeoutMs: 10_000, validateOnly },
        {
          pick: ({ results }) => results.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
        },
      );
    };
    const to = (count: number, assignments: Wanted['assignments'] = null, name = topic.name): Wanted => ({
      name,
      count,
      assignments,
    });
    for (const version of versionsOf(createPartitions)) {
      await ask('fewer', [to(1)], version);
      await ask('validate only', [to(7)], version, true);
      await ask('one more', [to(3 + version)], version);
    }
    await ask('as many', [to(6)]);
    await ask('zero', [to(0)]);
    await ask('negative', [to(-1)]);
    await ask('far too many', [to(200_000)], 3, true);
    await ask('unknown topic', [to(3, null, side.name('none'))]);
    await ask('wrong name', [to(3, null, 'a/b')]);
    await ask('empty name', [to(3, null, '')]);
    await ask('twice', [to(8), to(9)]);
    await ask('one of two is wrong', [to(5, null, topic.name), to(2, null, other.name)]);
    await ask('nothing', []);
    await ask('too few assignments', [to(8, [{ brokerIds: [1] }])]);
    await ask('too many assignments', [to(7, [{ brokerIds: [1] }, { brokerIds: [1] }])]);
    await ask('no assignments', [to(7, [])]);
    await ask('unknown broker', [to(7, [{ brokerIds: [7777] }])]);
    await ask('a broker twice', [to(7, [{ brokerIds: [1, 1] }])]);
    await ask('no brokers', [to(7, [{ brokerIds: [] }])]);
    await ask('two brokers', [to(7, [{ brokerIds: [1, 2] }])]);
    await ask('uneven', [to(8, [{ brokerIds: [1] }, { brokerIds: [1, 2] }])]);
    await ask('assigned', [to(7, [{ brokerIds: [1] }])]);
    await ask('an internal topic', [to(1, null, '__consumer_offsets')]);
  },
};
