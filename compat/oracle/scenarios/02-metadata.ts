import { ZERO_UUID } from '../../../src/base/uuid.ts';
import { metadata } from '../../../src/protocol/messages/003-metadata.ts';
import type { Write } from '../../../src/protocol/schema.ts';
import { versionsOf, type Scenario, type Side } from '../scenario.ts';
import { createTopic, untilReady, type MetadataAnswer, type Topic } from '../topics.ts';

type Request = Write<typeof metadata.request.fields>;

function ask(topics: Request['topics'], options: Partial<Request> = {}): Request {
  return {
    topics,
    allowAutoTopicCreation: true,
    includeClusterAuthorizedOperations: false,
    includeTopicAuthorizedOperations: false,
    ...options,
  };
}

const named = (...names: (string | null)[]): Request['topics'] => names.map((name) => ({ name, topicId: ZERO_UUID }));
const withId = (topicId: string, name: string | null = null): Request['topics'] => [{ name, topicId }];

/** Metadata: all versions, by name and id, all topics and none, names that are wrong, auto-creation (behaviours 10-16). */
export const scenario: Scenario = {
  name: '02-metadata',
  async run(side: Side) {
    const topic = await createTopic(side, 'three', { partitions: 3 });
    await perVersion(side, topic);
    await byId(side, topic);
    await wrongNames(side, topic);
    await autoCreation(side);
  },
};

async function perVersion(side: Side, topic: Topic): Promise<void> {
  const peer = side.peer();
  const own = (answer: MetadataAnswer): unknown => ({
    ...answer,
    topics: answer.topics.filter(({ name }) => side.isOwn(name)).map(sorted),
  });
  for (const version of versionsOf(metadata)) {
    await peer.call('one topic', metadata, version, ask(named(topic.name)), { pick: inOrder });
    await peer.call('all topics', metadata, version, ask(version === 0 ? [] : null), { pick: own });
    if (version > 0) await peer.call('no topics', metadata, version, ask([]), { pick: inOrder });
    if (version < 4) continue;
    const never = { allowAutoTopicCreation: false };
    await peer.call('unknown topic', metadata, version, ask(named(side.name('none')), never));
    if (version < 8) continue;
    await peer.call(
      'with operations',
      metadata,
      version,
      ask(named(topic.name), { includeTopicAuthorizedOperations: true }),
      { pick: inOrder },
    );
    if (version <= 10)
      await peer.call('cluster operations', metadata, version, ask([], { includeClusterAuthorizedOperations: true }));
  }
}

/** Partitions come in no fixed order. */
function sorted(topic: MetadataAnswer['topics'][number]): unknown {
  return { ...topic, partitions: topic.partitions.toSorted((a, b) => a.partitionIndex - b.partitionIndex) };
}

const topicsInOrder = (answer: MetadataAnswer): unknown => answer.topics.map(sorted);
const inOrder = (answer: MetadataAnswer): unknown => ({ ...answer, topics: topicsInOrder(answer) });

async function byId(side: Side, topic: Topic): Promise<void> {
  const peer = side.peer();
  for (const version of [12, 13]) {
    await peer.call('by id', metadata, version, ask(withId(topic.topicId)), { pick: topicsInOrder });
    await peer.call('by unknown id', metadata, version, ask(withId('AAAAAAAAAAAAAAAAAAAAcg')), { pick: topicsInOrder });
    await peer.call('by id and name', metadata, version, ask(withId(topic.topicId, topic.name)), {
      pick: topicsInOrder,
    });
    await peer.call('by unknown id and name', metadata, version, ask(withId('AAAAAAAAAAAAAAAAAAAAcg', topic.name)), {
      pick: topicsInOrder,
    });
    await peer.call('by neither', metadata, version, ask(withId(ZERO_UUID)), { pick: topicsInOrder });
    await peer.call(
      'by name and by id',
      metadata,
      version,
      ask([...(named(topic.name) ?? []), ...(withId(topic.topicId) ?? [])]),
      { pick: topicsInOrder },
    );
  }
  for (const version of [10, 11]) {
    await peer.call('by id before it may be', metadata, version, ask(withId(topic.topicId, topic.name)), {
      pick: topicsInOrder,
    });
    await peer.call('null name before it may be', metadata, version, ask(withId(topic.topicId)), {
      pick: topicsInOrder,
    });
  }
}

async function wrongNames(side: Side, topic: Topic): Promise<void> {
  const peer = side.peer();
  const names = ['', '.', '..', 'a/b', 'a b', 'ä', 'a'.repeat(249), 'a'.repeat(250), 'a:b'];
  for (const allowAutoTopicCreation of [false, true]) {
    for (const name of names) {
      if (allowAutoTopicCreation && name.length === 249) continue;
      await peer.call(
        `name ${name.slice(0, 5)} of ${name.length}`,
        metadata,
        12,
        ask(named(name), { allowAutoTopicCreation }),
        {
          pick: (answer) => answer.topics,
        },
      );
    }
  }
  await peer.call('same topic twice', metadata, 9, ask(named(topic.name, topic.name)), {
    pick: (answer) => answer.topics.map(sorted),
  });
  await peer.call(
    'one that is and one that is not',
    metadata,
    9,
    ask(named(topic.name, side.name('no')), { allowAutoTopicCreation: false }),
    {
      pick: (answer) => answer.topics.map(sorted),
    },
  );
}

async function autoCreation(side: Side): Promise<void> {
  const peer = side.peer();
  for (const version of [1, 3, 4, 12, 13]) {
    const name = side.name(`auto-${version}`);
    await peer.call('creates the topic', metadata, version, ask(named(name)), { pick: (answer) => answer.topics });
    await untilReady(peer, name);
    await peer.call('created', metadata, version, ask(named(name)), { pick: (answer) => answer.topics.map(sorted) });
  }
  const dotted = side.name('auto.dot');
  await peer.call('a name with a dot', metadata, 12, ask(named(dotted)), { pick: (answer) => answer.topics });
  await untilReady(peer, dotted);
  await peer.call('one that collides with it', metadata, 12, ask(named(side.name('auto_dot'))), {
    pick: (answer) => answer.topics,
  });
}
